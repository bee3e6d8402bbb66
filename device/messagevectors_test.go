package device_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

var updateVectors = flag.Bool("update", false, "write tests/vectors/messages anew; say why in the commit")

const messageVectors = "../tests/vectors/messages"

// letterVector is one file: a message, who reads it with which keys, at what time and after what else, and what must come of it. Octets are
// lower-case hexadecimal. The realm's seeds and the octet that each device's generator repeats are stated, so that the keys can be made anew.
type letterVector struct {
	Comment   string         `json:"comment"`
	Expect    string         `json:"expect"` // ok, or the name of the error
	Master    string         `json:"master_seed"`
	Statement string         `json:"statement_seed"`
	Random    map[string]int `json:"random_octets"` // every random octet that the authority or a device draws
	Core      string         `json:"core"`
	Past      int64          `json:"past_ms"`
	Future    int64          `json:"future_ms"`
	Recipient string         `json:"recipient"`
	First     uint32         `json:"first_epoch"`
	Keys      []string       `json:"keys"` // R ‖ y ‖ D of the recipient, one for each epoch
	List      string         `json:"list"` // the statement in force
	Revoked   []uint32       `json:"revoked"`
	Heard     []string       `json:"heard"` // messages that the recipient took before, in this order
	Now       int64          `json:"now_ms"`
	Message   string         `json:"message"`
	Sender    string         `json:"sender,omitempty"`
	Time      int64          `json:"time_ms,omitempty"`
	Payload   string         `json:"payload,omitempty"`
}

var deviceErrors = map[string]error{
	"ok": nil, "ErrTampered": device.ErrTampered, "ErrMalformed": device.ErrMalformed, "ErrNotForMe": device.ErrNotForMe, "ErrReplay": device.ErrReplay,
	"ErrStaleTime": device.ErrStaleTime, "ErrUnknownSender": device.ErrUnknownSender, "ErrUnknownRealm": device.ErrUnknownRealm,
	"ErrOwnIdentity": device.ErrOwnIdentity, "ErrRevoked": device.ErrRevoked, "ErrEpoch": device.ErrEpoch,
}

// octet is a generator that repeats itself.
type octet byte

func (o octet) Read(b []byte) (int, error) {
	return copy(b, bytes.Repeat([]byte{byte(o)}, len(b))), nil
}

var vectorOctets = map[string]int{"authority": 0xa0, "bus-4711": 0xb1, "tram-12": 0xb2, "parking": 0xb3}

// vectorFleet is the fleet of the vectors, the same every time.
func vectorFleet(t testing.TB) *fleet {
	t.Helper()
	a := newAuthority(1)
	a.epochs = 2
	a.rand = octet(vectorOctets["authority"])
	f := &fleet{authority: a, dirs: map[*device.Device]string{}}
	enrol := func(name string, kind wire.Kind) *device.Device {
		o := a.options()
		o.Rand = octet(vectorOctets[name])
		dir := filepath.Join(t.TempDir(), name)
		d, err := device.Create(dir, device.Wanted{Name: name, Kind: kind}, o)
		check(err)
		t.Cleanup(func() { _ = d.Close() })
		must(d.Install(f.issue(must(d.Request()), edit{}), f.hash()))
		f.dirs[d] = dir
		return d
	}
	f.bus, f.tram, f.park = enrol("bus-4711", wire.KindVehicle), enrol("tram-12", wire.KindVehicle), enrol("parking", wire.KindApplication)
	return f
}

// letterCase makes a message of a fresh fleet; the first of what it returns are those that the parking heard before.
type letterCase struct {
	comment, expect string
	revoked         []uint32
	later           time.Duration // the clock of the parking when it reads, less that of the sender
	make            func(f *fleet) [][]byte
}

func sealed(d *device.Device, payload string, o device.SealOptions, to ...*device.Device) []byte {
	var addresses []wire.Address
	for _, d := range to {
		addresses = append(addresses, address(d))
	}
	if len(to) == 1 {
		msg, _, err := d.Seal(addresses[0], []byte(payload), o)
		check(err)
		return msg
	}
	msg, _, err := d.SealAll(addresses, []byte(payload), o)
	check(err)
	return msg
}

func said(d *device.Device, payload string, short bool) []byte {
	return must(d.Sign([]byte(payload), device.SignOptions{Short: short}))
}

// flipped is a message with one bit of octet i altered; i < 0 counts from the end.
func flipped(msg []byte, i int) []byte {
	b := bytes.Clone(msg)
	if i < 0 {
		i += len(b)
	}
	b[i] ^= 1
	return b
}

func broadcastVectors() map[string]letterCase {
	hello := func(f *fleet) [][]byte { return [][]byte{said(f.bus, "hello", false)} }
	ahead := func(d time.Duration) func(*fleet) [][]byte {
		return func(f *fleet) [][]byte { f.clock.add(d); return hello(f) }
	}
	short := func(f *fleet) [][]byte { return [][]byte{said(f.bus, "hello", false), said(f.bus, "again", true)} }
	bent := func(i int) func(*fleet) [][]byte {
		return func(f *fleet) [][]byte { return [][]byte{flipped(said(f.bus, "hello", false), i)} }
	}
	return map[string]letterCase{
		"broadcast":         {"a broadcast in the full form", "ok", nil, 0, hello},
		"broadcast-empty":   {"without payload", "ok", nil, 0, func(f *fleet) [][]byte { return [][]byte{said(f.bus, "", false)} }},
		"broadcast-oldest":  {"300 s old, the last moment", "ok", nil, 300 * time.Second, hello},
		"broadcast-old":     {"a millisecond older", "ErrStaleTime", nil, 300*time.Second + time.Millisecond, hello},
		"broadcast-ahead":   {"30 s ahead, the last moment", "ok", nil, -30 * time.Second, ahead(30 * time.Second)},
		"broadcast-too-far": {"a millisecond more", "ErrStaleTime", nil, -30*time.Second - time.Millisecond, ahead(30*time.Second + time.Millisecond)},
		"broadcast-payload": {"the last bit of the payload altered", "ErrTampered", nil, 0, bent(-1)},
		"broadcast-time":    {"a bit of the time altered", "ErrTampered", nil, 0, bent(12)},
		"broadcast-realm":   {"a bit of ref altered", "ErrUnknownRealm", nil, 0, bent(1)},
		"broadcast-address": {"the last digit of the serial altered", "ErrTampered", nil, 0, bent(13 + 27)},
		"broadcast-t":       {"a bit of t altered", "ErrTampered", nil, 0, bent(-6 - 20)},
		"broadcast-a-identity": {"A is the identity", "ErrTampered", nil, 0, func(f *fleet) [][]byte {
			b := said(f.bus, "hello", false)
			clear(b[len(b)-69 : len(b)-37])
			return [][]byte{b}
		}},
		"broadcast-own":          {"of the recipient itself", "ErrOwnIdentity", nil, 0, func(f *fleet) [][]byte { return [][]byte{said(f.park, "hello", false)} }},
		"broadcast-revoked":      {"of a sender that is on the list", "ErrRevoked", []uint32{0}, 0, hello},
		"broadcast-again":        {"the same message twice", "ErrReplay", nil, 0, func(f *fleet) [][]byte { b := said(f.bus, "hello", false); return [][]byte{b, b} }},
		"broadcast-cut":          {"without its last 70 octets", "ErrMalformed", nil, 0, func(f *fleet) [][]byte { b := said(f.bus, "hello", false); return [][]byte{b[:len(b)-70]} }},
		"short":                  {"in the short form, after the full one", "ok", nil, 0, short},
		"short-unknown":          {"in the short form, of a stranger", "ErrUnknownSender", nil, 0, func(f *fleet) [][]byte { return short(f)[1:] }},
		"short-payload":          {"the last bit of the payload altered", "ErrTampered", nil, 0, func(f *fleet) [][]byte { m := short(f); return [][]byte{m[0], flipped(m[1], -1)} }},
		"short-form-of-the-full": {"the octet of the mode exchanged", "ErrMalformed", nil, 0, func(f *fleet) [][]byte { b := said(f.bus, "", false)[:80]; b[0] = 0x12; return [][]byte{b} }},
	}
}

// acquaint makes the bus know the parking, and, with both, the parking the bus; it returns what the parking heard.
func acquaint(f *fleet, both bool) (heard [][]byte) {
	must(f.bus.Verify(said(f.park, "park", false)))
	must(f.bus.Verify(said(f.tram, "tram", false)))
	if both {
		hello := said(f.bus, "hello", false)
		heard = append(heard, hello)
		must(f.park.Verify(hello))
		must(f.bus.Open(sealed(f.park, "I know you", device.SealOptions{RequireWarm: true}, f.bus)))
	}
	return heard
}

func sealedVectors() map[string]letterCase {
	cold := func(f *fleet) []byte { return sealed(f.bus, "hello", device.SealOptions{RequireCold: true}, f.park) }
	warm := func(f *fleet) []byte {
		acquaint(f, false)
		return sealed(f.bus, "hello", device.SealOptions{RequireWarm: true}, f.park)
	}
	of := func(m func(*fleet) []byte, at ...int) func(*fleet) [][]byte {
		return func(f *fleet) [][]byte {
			b := m(f)
			for _, i := range at {
				b = flipped(b, i)
			}
			return [][]byte{b}
		}
	}
	known := func(f *fleet) [][]byte {
		return append(acquaint(f, true), sealed(f.bus, "short", device.SealOptions{RequireWarm: true}, f.park))
	}
	return map[string]letterCase{
		"cold":            {"cold, to a stranger", "ok", nil, 0, of(cold)},
		"cold-ciphertext": {"the first bit of the ciphertext altered", "ErrTampered", nil, 0, of(cold, 57)},
		"cold-tag":        {"the last bit altered", "ErrTampered", nil, 0, of(cold, -1)},
		"cold-u":          {"U altered", "ErrTampered", nil, 0, of(cold, 56)},
		"cold-epoch":      {"the epoch of the header altered", "ErrEpoch", nil, 0, of(cold, 8)},
		"cold-another": {"sealed to somebody else", "ErrNotForMe", nil, 0, func(f *fleet) [][]byte {
			return [][]byte{sealed(f.bus, "hello", device.SealOptions{RequireCold: true}, f.tram)}
		}},
		"cold-again":      {"the same message twice", "ErrReplay", nil, 0, func(f *fleet) [][]byte { b := cold(f); return [][]byte{b, b} }},
		"cold-revoked":    {"of a sender that is on the list", "ErrRevoked", []uint32{0}, 0, of(cold)},
		"cold-old":        {"a millisecond too old", "ErrStaleTime", nil, 300*time.Second + time.Millisecond, of(cold)},
		"warm":            {"warm, the sender in full", "ok", nil, 0, of(warm)},
		"warm-ciphertext": {"the first bit of the ciphertext altered", "ErrTampered", nil, 0, of(warm, 41)},
		"warm-as-cold":    {"the octet of the mode exchanged", "ErrTampered", nil, 0, func(f *fleet) [][]byte { b := warm(f); b[0] = 0x13; return [][]byte{b} }},
		"warm-e":          {"E altered", "ErrTampered", nil, 0, of(warm, 20)},
		"warm-short":      {"warm, the sender by its reference", "ok", nil, 0, known},
		"warm-short-lost": {"warm, by a reference that the recipient does not know", "ErrUnknownSender", nil, 0, func(f *fleet) [][]byte { return known(f)[1:] }},
		"several-cold": {"cold, to two", "ok", nil, 0, func(f *fleet) [][]byte {
			return [][]byte{sealed(f.bus, "to both", device.SealOptions{}, f.tram, f.park)}
		}},
		"several-warm": {"warm, to two", "ok", nil, 0, func(f *fleet) [][]byte {
			acquaint(f, false)
			return [][]byte{sealed(f.bus, "to both", device.SealOptions{RequireWarm: true}, f.tram, f.park)}
		}},
		"several-commit": {"the commitment altered", "ErrTampered", nil, 0, func(f *fleet) [][]byte {
			return [][]byte{flipped(sealed(f.bus, "x", device.SealOptions{}, f.tram, f.park), 10)}
		}},
		"several-wrap": {"the wrap of another recipient altered", "ErrTampered", nil, 0, func(f *fleet) [][]byte {
			return [][]byte{flipped(sealed(f.bus, "x", device.SealOptions{}, f.tram, f.park), 90)}
		}},
		"several-exchange": {"the two wraps in the other order", "ErrTampered", nil, 0, func(f *fleet) [][]byte {
			b := sealed(f.bus, "x", device.SealOptions{}, f.tram, f.park)
			first := bytes.Clone(b[90:138])
			copy(b[90:138], b[138:186])
			copy(b[138:186], first)
			return [][]byte{b}
		}},
		"several-twice": {"two wraps that open", "ErrTampered", nil, 0, func(f *fleet) [][]byte {
			b := sealed(f.bus, "x", device.SealOptions{}, f.tram, f.park)
			copy(b[90:138], b[138:186])
			return [][]byte{b}
		}},
		"several-others": {"of two, neither the recipient", "ErrNotForMe", nil, 0, func(f *fleet) [][]byte {
			other := must(wire.ParseAddress("//fleet.example/Sother~2"))
			msg, _, err := f.bus.SealAll([]wire.Address{address(f.tram), other}, []byte("x"), device.SealOptions{})
			check(err)
			return [][]byte{msg}
		}},
	}
}

// vector makes the file of a case.
func (c letterCase) vector(t testing.TB) *letterVector {
	t.Helper()
	f := vectorFleet(t)
	v := &letterVector{
		Comment: c.comment, Expect: c.expect, Master: strings.Repeat("01", 32), Statement: strings.Repeat("02", 32), Random: vectorOctets,
		Core: hex.EncodeToString(f.raw), Past: 300_000, Future: 30_000, Recipient: address(f.park).String(),
		First: must(f.core.Epoch(f.clock.now())), Revoked: append([]uint32{}, c.revoked...), Heard: []string{},
	}
	for _, key := range f.park.Secrets() {
		v.Keys = append(v.Keys, hex.EncodeToString(key))
	}
	f.apply(t, f.publish()) // the senders do not know yet that they are revoked
	v.List = hex.EncodeToString(f.bundle(f.list, c.revoked, func(b *wire.Bundle) { b.Previous = [16]byte{} }))
	messages := c.make(f)
	for _, b := range messages[:len(messages)-1] {
		v.Heard = append(v.Heard, hex.EncodeToString(b))
	}
	v.Message = hex.EncodeToString(messages[len(messages)-1])
	v.Now = f.clock.now().Add(c.later).UnixMilli()
	return v
}

// read gives the message to a device that was made of the seeds.
func (v *letterVector) read(t testing.TB) (*device.Message, error) {
	t.Helper()
	f := vectorFleet(t)
	must(f.park.Apply(must(hex.DecodeString(v.List))))
	if v.Recipient != address(f.park).String() || v.Core != hex.EncodeToString(f.raw) || len(v.Keys) != len(f.park.Secrets()) {
		t.Error("the seeds make another recipient")
	}
	for i, key := range f.park.Secrets() {
		if hex.EncodeToString(key) != v.Keys[i] {
			t.Errorf("the seeds make another key of epoch %d", int(v.First)+i)
		}
	}
	take := func(b []byte) (*device.Message, error) {
		if b[0] <= wire.ModeBroadcastShort {
			return f.park.Verify(b)
		}
		return f.park.Open(b)
	}
	for _, s := range v.Heard {
		must(take(must(hex.DecodeString(s))))
	}
	f.clock.add(time.UnixMilli(v.Now).Sub(f.clock.now()))
	return take(must(hex.DecodeString(v.Message)))
}

func TestMessageVectors(t *testing.T) {
	cases := broadcastVectors()
	for name, c := range sealedVectors() {
		cases[name] = c
	}
	if *updateVectors {
		check(os.RemoveAll(messageVectors))
		check(os.MkdirAll(messageVectors, 0o755))
		for name, c := range cases {
			v := c.vector(t)
			if m, err := v.read(t); err == nil {
				v.Sender, v.Time, v.Payload = m.Sender.String(), m.Time.UnixMilli(), hex.EncodeToString(m.Payload)
			}
			b := must(json.MarshalIndent(v, "", "  "))
			check(os.WriteFile(filepath.Join(messageVectors, name+".json"), append(b, '\n'), 0o600))
		}
	}
	files := must(filepath.Glob(filepath.Join(messageVectors, "*.json")))
	if len(files) != len(cases) {
		t.Errorf("%d files, %d cases: run with -update", len(files), len(cases))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			var v letterVector
			d := json.NewDecoder(bytes.NewReader(must(os.ReadFile(file))))
			d.DisallowUnknownFields()
			check(d.Decode(&v))
			want, ok := deviceErrors[v.Expect]
			if !ok {
				t.Fatalf("expects %q, which is no error", v.Expect)
			}
			m, err := v.read(t)
			wantErr(t, err, want, v.Comment)
			if err == nil && (m.Sender.String() != v.Sender || m.Time.UnixMilli() != v.Time || hex.EncodeToString(m.Payload) != v.Payload) {
				t.Errorf("reads as %+v", m)
			}
			if v.Expect != "ok" {
				return
			}
			if again := cases[name].vector(t); again.Message != v.Message || again.List != v.List || !slices.Equal(again.Heard, v.Heard) || again.Now != v.Now {
				t.Error("the seeds make another message of it")
			}
		})
	}
}
