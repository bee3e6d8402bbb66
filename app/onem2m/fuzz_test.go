package onem2m

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"reflect"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// What is read as an answer is within bounds, and read the same again when it is written as it should have been.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"rsc":2000,"rqi":"a","pc":{"m2m:cin":{"con":"EQ==","ri":"a"}}}`))
	f.Add([]byte(`{"m2m:rsp":{"m2m:rsc":"2001.0","rqi":17,"pc":{"m2m:uril":["a","b c",7]}}}`))
	f.Add([]byte(`{"rsc":2e3,"pc":{"uril":"a b"}}`))
	t0 := &target{root: "/id-in/"}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parsePrimitive(b)
		if err != nil {
			if !errors.Is(err, ErrAnswer) {
				t.Fatal(err)
			}
			return
		}
		ids := t0.list(a.content)
		var names []any
		for _, id := range ids {
			names = append(names, id)
		}
		if again := t0.list(map[string]any{"uril": names}); len(ids) > MaxList || !reflect.DeepEqual(again, ids) {
			t.Fatalf("%q, again %q", ids, again)
		}
		i, err := instance(a.content)
		if err != nil {
			return
		}
		q := &request{op: opCreate, content: base64.StdEncoding.EncodeToString(i.Message)}
		if again, err := instance(q.body()); err != nil || !bytes.Equal(again.Message, i.Message) || i.ID != "" && !validID(i.ID) {
			t.Fatalf("%+v, again %+v, %v", i, again, err)
		}
	})
}

// An address that is taken is written in a request as it came.
func FuzzContainer(f *testing.F) {
	f.Add("http://cse.example:8080/cse-in/inbox")
	f.Add("mqtt://[::1]/~/id-in/cse-in/inbox")
	f.Add("http://0//0")
	f.Add("http://cse.example/_/sp.example/id-in/cse-in/inbox")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseTarget(s)
		if err != nil {
			return
		}
		scheme := "http"
		if c.mqtt {
			scheme = "mqtt"
		}
		again, err := parseTarget(scheme + "://" + c.host + path(c.id))
		if err != nil || *again != *c {
			t.Fatalf("%+v, again %+v, %v", c, again, err)
		}
	})
}

// Packets of a broker are read within bounds, whatever they say of their length.
func FuzzPacket(f *testing.F) {
	var b bytes.Buffer
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.TopicName, p.MessageID, p.Payload = 1, "/oneM2M/resp/Cbus/id-in/json", 7, []byte(`{"rsc":2000}`)
	if err := p.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0x20, 2, 0, 0})
	f.Add([]byte{0x90, 3, 0, 1, 0})
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		for in := bufio.NewReader(bytes.NewReader(b)); ; {
			p, err := readPacket(in)
			if err != nil {
				if !errors.Is(err, ErrAnswer) && !errors.Is(err, ErrUnreachable) {
					t.Fatal(err)
				}
				return
			}
			if p, ok := p.(*packets.PublishPacket); ok && len(p.Payload) > len(b) {
				t.Fatalf("%d octets of payload in %d", len(p.Payload), len(b))
			}
		}
	})
}
