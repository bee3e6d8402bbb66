package onem2m

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// broker starts a real one, mosquitto of Debian, on a port that is free, and returns its host and port.
func broker(t *testing.T) (host, port string) {
	t.Helper()
	for range 5 { // somebody else may take the port meanwhile
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		host, port, _ = net.SplitHostPort(l.Addr().String())
		l.Close()
		file := filepath.Join(t.TempDir(), "mosquitto.conf")
		if err := os.WriteFile(file, fmt.Appendf(nil, "listener %s %s\nallow_anonymous true\nset_tcp_nodelay true\n", port, host), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/usr/sbin/mosquitto", "-c", file)
		log, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatalf("%v: install the Debian package mosquitto", err)
		}
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if strings.Contains(lines.Text(), " running") {
				go io.Copy(io.Discard, log)
				t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
				return host, port
			}
		}
		_ = cmd.Wait()
	}
	t.Fatal("mosquitto does not start")
	return "", ""
}

// serveMQTT lets the CSE answer what comes through the broker. Its own client is that of mosquitto, so that two implementations meet.
// evil, if it is not nil, gives what is published before each answer.
func (c *cse) serveMQTT(t *testing.T, host, port string, evil func(request map[string]any) []string) (at string) {
	t.Helper()
	in := exec.Command("stdbuf", "-oL", "mosquitto_sub", "-h", host, "-p", port, "-q", "1", "-t", "/oneM2M/req/+/id-in/#", "-F", "%t %p", "-d")
	requests, err := in.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(); err != nil {
		t.Fatalf("%v: install the Debian package mosquitto-clients", err)
	}
	lines := bufio.NewReaderSize(requests, 1<<20)
	for subscribed := false; !subscribed; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		subscribed = strings.HasPrefix(line, "Subscribed")
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = in.Process.Kill(); <-done; _ = in.Wait() })
	go func() {
		defer close(done)
		out := map[string]io.Writer{} // a publisher for each originator
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			topic, body, ok := strings.Cut(line, " ")
			if !ok || !strings.HasPrefix(topic, "/oneM2M/req/") {
				continue // what mosquitto_sub says about packets
			}
			topic = strings.Replace(topic, "/req/", "/resp/", 1)
			if out[topic] == nil {
				cmd := exec.Command("mosquitto_pub", "-h", host, "-p", port, "-q", "1", "-t", topic, "-l")
				w, err := cmd.StdinPipe()
				if err != nil || cmd.Start() != nil {
					return
				}
				defer func() { w.Close(); cmd.Wait() }()
				out[topic] = w
			}
			for _, answer := range c.answerMQTT(body, evil) {
				fmt.Fprintln(out[topic], answer)
			}
		}
	}()
	return fmt.Sprintf("mqtt://%s:%s/~/id-in/%s", host, port, inbox)
}

// answerMQTT gives the lines to publish for one request primitive.
func (c *cse) answerMQTT(body string, evil func(map[string]any) []string) (lines []string) {
	var q map[string]any
	if json.Unmarshal([]byte(body), &q) != nil || q["rvi"] != "3" || q["fr"] == nil {
		return nil
	}
	if evil != nil {
		lines = evil(q)
	}
	content, _ := q["pc"].(map[string]any)
	filter, _ := q["fc"].(map[string]any)
	to, _ := q["to"].(string)
	status, pc := c.answer(q["op"] == 1.0 && q["ty"] == 4.0, to, filter["fu"] == 1.0, content)
	p := map[string]any{"rsc": json.RawMessage(c.status(status)), "rqi": q["rqi"], "pc": pc}
	if c.old {
		p = map[string]any{"m2m:rsp": map[string]any{"m2m:rsc": c.status(status), "m2m:rqi": q["rqi"], "m2m:pc": pc}}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return lines
	}
	return append(lines, string(b))
}

func TestMQTT(t *testing.T) {
	host, port := broker(t)
	for _, test := range []struct {
		name string
		c    *cse
		evil func(map[string]any) []string
	}{
		{"honest", &cse{}, nil},
		{"as others write", &cse{old: true}, nil},
		{"replays", &cse{twist: func(s [][]byte) [][]byte { return slices.Repeat(s, 10) }}, nil},
		{"others publish, too", &cse{}, func(q map[string]any) []string {
			return []string{"", "{", `{"rsc":2000}`, `{"rsc":2000,"rqi":"0","pc":{"m2m:uril":["cse-in/nowhere"]}}`, strings.Repeat("x", 200_000)}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFleet(t)
			at := test.c.serveMQTT(t, host, port, test.evil)
			want := f.postAll(t, test.c, at)
			got, problems, err := f.fetch(t, at)
			if slices.Sort(got); err != nil || !slices.Equal(got, want) {
				t.Errorf("fetched %q, want %q: %v %s", got, want, err, problems)
			}
			if got, problems, err := f.fetch(t, at); err != nil || len(got) > 0 {
				t.Errorf("fetched again %q: %v %s", got, err, problems)
			}
		})
	}
}

// Whoever runs the broker, and answers under the very identifier of the request, can keep messages back and nothing else.
func TestHostileBroker(t *testing.T) {
	host, port := broker(t)
	f, c := newFleet(t), &cse{}
	at := c.serveMQTT(t, host, port, func(q map[string]any) []string {
		c.mu.Lock()
		defer c.mu.Unlock()
		return []string{strings.Replace(c.lie, "%s", fmt.Sprint(q["rqi"]), 1)}
	})
	want := f.postAll(t, c, at)
	thinned := func(s [][]byte) (out [][]byte) { // each takes the broker some time
		for i, b := range altered(s) {
			if i%8 == 0 {
				out = append(out, b)
			}
		}
		return append(out, s...)
	}
	for _, lie := range []string{
		`{"rsc":4103,"rqi":"%s"}`,
		`{"rsc":2000,"rqi":"%s","pc":{"m2m:cin":{"con":"EQ=="}}}`,
		`{"rsc":2000,"rqi":"%s","pc":[[[]]]}`,
	} {
		c.become(thinned, lie)
		if got, _, err := f.fetch(t, at, "--latest"); err == nil || len(got) > 0 {
			t.Errorf("with %s: accepted %q", lie, got)
		}
	}
	c.become(thinned, `{"rsc":"%s"}`) // of no use to anybody: the true answer comes after it
	got, problems, err := f.fetch(t, at)
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("fetched %q, want %q: %v %s", got, want, err, problems)
	}
}
