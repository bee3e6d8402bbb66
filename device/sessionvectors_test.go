package device_test

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

const sessionVectors = "../tests/vectors/sessions"

// talkVector is one file: all that one side of a session, the reader, was sent, what it has, and what must come of it. Octets are lower-case
// hexadecimal; the frames are without their length. Of the reader's randomness every octet is that of random_octets.
type talkVector struct {
	Comment   string         `json:"comment"`
	Expect    string         `json:"expect"` // ok, or the name of the error with which the session ends
	Master    string         `json:"master_seed"`
	Statement string         `json:"statement_seed"`
	Random    map[string]int `json:"random_octets"`
	Core      string         `json:"core"`
	Past      int64          `json:"past_ms"`
	Future    int64          `json:"future_ms"`
	Reader    string         `json:"reader"` // initiator or responder
	Own       string         `json:"reader_address"`
	Octet     int            `json:"reader_octet"` // every random octet that the reader draws in the session
	First     uint32         `json:"first_epoch"`
	Keys      []string       `json:"keys"`   // R ‖ y ‖ D of the reader, one for each epoch
	Demands   bool           `json:"hybrid"` // the reader demands ML-KEM
	Peer      string         `json:"peer"`   // whom the initiator calls; who the initiator is
	List      string         `json:"list"`   // the statement in force
	Sequence  uint32         `json:"list_sequence"`
	Revoked   []uint32       `json:"revoked"`
	Now       int64          `json:"now_ms"`
	Opens     bool           `json:"opens,omitempty"` // the call is an opening
	Early     string         `json:"early,omitempty"` // what it says
	Says      string         `json:"reader_says"`     // in one record, before it reads
	Initiator []string       `json:"initiator_sends"`
	Responder []string       `json:"responder_sends"`

	Heard    []string `json:"heard"` // data of the peer's records
	Hash     string   `json:"handshake_hash,omitempty"`
	Split    string   `json:"k1_k2,omitempty"`
	AuthKeys string   `json:"a1_a2,omitempty"`
	Keying   string   `json:"okm,omitempty"`
	Exporter string   `json:"exporter_vector_32,omitempty"` // label "vector", 32 octets
}

var sessionErrors = map[string]error{
	"ok": nil, "ErrTampered": device.ErrTampered, "ErrMalformed": device.ErrMalformed, "ErrNotForMe": device.ErrNotForMe, "ErrEpoch": device.ErrEpoch,
	"ErrUnknownRealm": device.ErrUnknownRealm, "ErrOwnIdentity": device.ErrOwnIdentity, "ErrTwoKeys": device.ErrTwoKeys, "ErrRevoked": device.ErrRevoked,
	"ErrHandshake": device.ErrHandshake, "ErrHybrid": device.ErrHybrid, "ErrTruncated": device.ErrTruncated,
	"ErrStaleTime": device.ErrStaleTime,
}

// recorded is a connection that keeps what was written.
type recorded struct {
	net.Conn
	mu    sync.Mutex // sessions answer from a goroutine of their own, too
	wrote bytes.Buffer
}

func (r *recorded) Write(b []byte) (int, error) {
	r.mu.Lock()
	r.wrote.Write(b)
	r.mu.Unlock()
	return r.Conn.Write(b)
}

func (r *recorded) frames() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return framesOf(r.wrote.Bytes())
}

// framesOf cuts a stream into its frames.
func framesOf(stream []byte) (frames []string) {
	r := bytes.NewReader(stream)
	for r.Len() > 0 {
		frames = append(frames, hex.EncodeToString(must(readFrame(r))))
	}
	return frames
}

func streamOf(frames []string) []byte {
	var b bytes.Buffer
	for _, f := range frames {
		writeFrames(&b, must(hex.DecodeString(f)))
	}
	return b.Bytes()
}

// talkCase makes the peer's side of a session.
type talkCase struct {
	comment, expect string
	reader          string // initiator: the bus, which calls the parking; responder: the parking, which the bus calls
	demands         bool
	revoked         []uint32
	make            func(t *testing.T, f *fleet, v *talkVector)
}

func (v *talkVector) self(f *fleet) *device.Device {
	if v.Reader == "initiator" {
		return f.bus
	}
	return f.park
}

// incoming are the frames of the peer.
func (v *talkVector) incoming() *[]string {
	if v.Reader == "initiator" {
		return &v.Responder
	}
	return &v.Initiator
}

// outgoing are the frames of the reader.
func (v *talkVector) outgoing() *[]string {
	if v.Reader == "initiator" {
		return &v.Initiator
	}
	return &v.Responder
}

// use has the reader say what it says, and read to the end.
func (v *talkVector) use(s *device.Session) (heard []string, err error) {
	must(s.Write(must(hex.DecodeString(v.Says))))
	heard, err = recordsOf(s)
	check(s.Close())
	return heard, err
}

// both has two devices talk: each says something, and closes.
func both(t *testing.T, f *fleet, v *talkVector) {
	t.Helper()
	x, y := connect(t)
	a, b := &recorded{Conn: x}, &recorded{Conn: y}
	var c, s *device.Session
	if v.Opens {
		o := f.options()
		o.Rand, o.Early = octet(vectorOctets["parking"]), true
		f.park = f.reload(t, f.park, o)
		v.Early = hex.EncodeToString([]byte("are you free?"))
		c, s = f.sayOver(t, "are you free?", a, b)
	} else {
		c, s = join(t, f.bus, f.park, a, b)
	}
	must(c.Write([]byte("to the parking")))
	must(s.Write([]byte("to the bus")))
	must(io.ReadFull(s, make([]byte, len("to the parking"))))
	must(io.ReadFull(c, make([]byte, len("to the bus"))))
	done := make(chan error, 1)
	go func() { done <- c.Close() }()
	check(s.Close())
	check(<-done)
	v.Initiator, v.Responder = a.frames(), b.frames()
}

// raw is the peer as it is made by hand, of repeated octets, too.
func (v *talkVector) raw(f *fleet, name string) *rawPeer {
	addr := must(wire.ParseAddress(name))
	u := must(ibc.NewEnrolmentKey(octet(0xc4)))
	id := ibc.Identity{Core: f.hash(), Address: addr.String(), Epoch: must(f.core.Epoch(f.clock.now()))}
	k := must(u.Complete(f.master.Params(), id, must(f.master.Extract(octet(0xc5), id, u.Public()))))
	p := f.rawPeer(nil, k)
	p.rand = octet(0xc6)
	p.sign = func(k *ibc.PrivateKey, context string, m []byte) [64]byte {
		return must(k.Sign(octet(0xc7), context, m))
	}
	return p
}

// byHand has the reader talk to a raw peer that was bent; the record after the handshake comes from say.
func byHand(name string, bend func(p *rawPeer), say func(s *rawSession)) func(*testing.T, *fleet, *talkVector) {
	return func(t *testing.T, f *fleet, v *talkVector) {
		t.Helper()
		x, y := connect(t)
		a, b := &recorded{Conn: x}, &recorded{Conn: y}
		p := v.raw(f, name)
		p.conn = a
		bend(p)
		reader := v.self(f)
		v.Peer = p.says.String()
		if v.Reader == "initiator" {
			got := client(reader, b, p.says)
			p.answer(p.says)
			x.Close()
			<-got
		} else {
			got := server(reader, b)
			s := p.enter(address(reader))
			if say != nil {
				say(s)
			}
			if v.Expect == "ok" {
				v.use((<-got).s)
			} else {
				x.Close()
				<-got
			}
		}
		*v.incoming(), *v.outgoing() = a.frames(), b.frames()
	}
}

// bentFrames is what both say, with the frames of the peer altered.
func bentFrames(change func(frames []string) []string) func(*testing.T, *fleet, *talkVector) {
	return func(t *testing.T, f *fleet, v *talkVector) {
		t.Helper()
		both(t, f, v)
		*v.incoming() = change(*v.incoming())
	}
}

// bit alters a bit of octet at of frame n.
func bit(n, at int) func([]string) []string {
	return func(frames []string) []string {
		frames[n] = hex.EncodeToString(flipped(must(hex.DecodeString(frames[n])), at))
		return frames
	}
}

const strangersName = "//fleet.example/Sother~77"

func initiatorVectors() map[string]talkCase {
	as := func(comment, expect string, talk func(*testing.T, *fleet, *talkVector)) talkCase {
		return talkCase{comment, expect, "initiator", false, nil, talk}
	}
	hand := func(bend func(p *rawPeer)) func(*testing.T, *fleet, *talkVector) {
		return byHand(strangersName, bend, nil)
	}
	hybrid := func(change func([]string) []string) func(*testing.T, *fleet, *talkVector) {
		return func(t *testing.T, f *fleet, v *talkVector) {
			t.Helper()
			hand(func(*rawPeer) {})(t, f, v)
			v.Responder = change(v.Responder)
		}
	}
	return map[string]talkCase{
		"initiator":        as("the bus calls the parking", "ok", both),
		"initiator-second": as("a bit of the responder's ephemeral key altered", "ErrHandshake", bentFrames(bit(0, 3))),
		"initiator-tag":    as("a bit of the tag of Noise message 2 altered", "ErrHandshake", bentFrames(bit(0, -1))),
		"initiator-order": as("an ephemeral key of low order", "ErrHandshake", bentFrames(func(frames []string) []string {
			frames[0] = strings.Repeat("00", 32) + frames[0][64:]
			return frames
		})),
		"initiator-long":     as("an octet behind Noise message 2", "ErrHandshake", bentFrames(func(f []string) []string { f[0] += "00"; return f })),
		"initiator-auth":     as("a bit of AuthR altered", "ErrTampered", bentFrames(bit(1, 50))),
		"initiator-named":    as("AuthR that carries an address", "ErrHandshake", hand(func(p *rawPeer) { p.named = true })),
		"initiator-stranger": as("AuthR of another device", "ErrTampered", hand(func(p *rawPeer) { p.says = must(wire.ParseAddress("//fleet.example/Sanother~78")) })),
		"initiator-role":     as("AuthR signed in the initiator's context", "ErrTampered", hand(func(p *rawPeer) { p.sign = initiatorSign })),
		"initiator-epoch":    as("AuthR of an epoch that is not now", "ErrEpoch", hand(func(p *rawPeer) { p.epoch = 1 })),
		"initiator-record":   as("a bit of a record altered", "ErrTampered", bentFrames(bit(2, -1))),
		"initiator-repeated": as("a record twice", "ErrTampered", bentFrames(func(f []string) []string { return slices.Insert(f, 3, f[2]) })),
		"initiator-skipped":  as("a record left out", "ErrTampered", bentFrames(func(f []string) []string { return slices.Delete(f, 2, 3) })),
		"initiator-cut":      as("the stream ends without a close record", "ErrTruncated", bentFrames(func(f []string) []string { return f[:3] })),
		"initiator-hybrid": {"the bus, which demands ML-KEM, calls a stranger", "ok", "initiator", true, nil, func(t *testing.T, f *fleet, v *talkVector) {
			t.Helper()
			talkHybrid(t, f, v)
		}},
		"initiator-hybrid-ct": {
			"a bit of the ML-KEM ciphertext altered", "ErrHandshake", "initiator", true, nil, hybrid(bit(0, 700)),
		},
	}
}

// talkHybrid lets a stranger answer a hybrid call by hand, say something and close. The data is sent under the responder's keys.
func talkHybrid(t *testing.T, f *fleet, v *talkVector) {
	t.Helper()
	x, y := connect(t)
	a, b := &recorded{Conn: x}, &recorded{Conn: y}
	p := v.raw(f, strangersName)
	p.conn, v.Peer = a, strangersName
	got := client(f.bus, b, p.says)
	p.answer(p.says)
	authI := must(readFrame(x))
	s := p.entered(must(p.aead(0).Open(nil, make([]byte, 12), authI, nil)))
	s.sendAs(44, 0, []byte("hybrid"))
	s.sendAs(44, 1, nil)
	o := <-got
	check(o.err)
	_, err := v.use(o.s)
	check(err)
	v.Initiator, v.Responder = b.frames(), a.frames()
}

func responderVectors() map[string]talkCase {
	as := func(comment, expect string, talk func(*testing.T, *fleet, *talkVector)) talkCase {
		return talkCase{comment, expect, "responder", false, nil, talk}
	}
	hand := func(bend func(p *rawPeer)) func(*testing.T, *fleet, *talkVector) {
		return byHand(strangersName, bend, nil)
	}
	return map[string]talkCase{
		"responder":          as("the parking is called by the bus", "ok", both),
		"responder-realm":    as("a hello with another ref", "ErrUnknownRealm", bentFrames(bit(0, 1))),
		"responder-callee":   as("a hello for somebody else", "ErrNotForMe", bentFrames(bit(0, 5))),
		"responder-mode":     as("an octet 0x23 in the hello", "ErrMalformed", bentFrames(func(f []string) []string { f[0] = "23" + f[0][2:]; return f })),
		"responder-cut":      as("a first message without its last octet", "ErrHandshake", bentFrames(func(f []string) []string { f[0] = f[0][:len(f[0])-2]; return f })),
		"responder-order":    as("an ephemeral key of low order", "ErrHandshake", bentFrames(func(f []string) []string { f[0] = f[0][:18] + strings.Repeat("00", 32); return f })),
		"responder-demands":  {"a call without ML-KEM where it is demanded", "ErrHybrid", "responder", true, nil, both},
		"responder-ek":       as("an encapsulation key with coefficients above q", "ErrHandshake", badKey),
		"responder-auth":     as("a bit of AuthI altered", "ErrTampered", bentFrames(bit(1, 80))),
		"responder-unnamed":  as("AuthI without an address", "ErrHandshake", hand(func(p *rawPeer) { p.says = wire.Address{} })),
		"responder-own":      as("AuthI of the responder itself, under another R", "ErrTwoKeys", byHand("//fleet.example/Sparking~2", func(*rawPeer) {}, nil)),
		"responder-name":     as("AuthI under another's name", "ErrTampered", hand(func(p *rawPeer) { p.says = must(wire.ParseAddress("//fleet.example/Stram-12~1")) })),
		"responder-revoked":  {"AuthI of who is on the list", "ErrRevoked", "responder", false, []uint32{0}, both},
		"responder-order-of": as("AuthI that does not cover AuthR", "ErrTampered", hand(func(p *rawPeer) { p.deaf = true })),
		"responder-role":     as("AuthI signed in the responder's context", "ErrTampered", hand(func(p *rawPeer) { p.sign = responderSign })),
		"responder-records": as("three records and a close", "ok", byHand(strangersName, func(*rawPeer) {}, func(s *rawSession) {
			s.send(0, []byte("one"))
			s.send(0, nil)
			s.send(0, bytes.Repeat([]byte{'x'}, 16384))
			s.send(1, nil)
		})),
		"responder-type": as("a record of an unknown type", "ErrTampered", byHand(strangersName, func(*rawPeer) {}, func(s *rawSession) { s.send(9, []byte("one")) })),
		"responder-seq": as("the first record has number 1", "ErrTampered", byHand(strangersName, func(*rawPeer) {}, func(s *rawSession) {
			s.out = 1
			s.send(0, []byte("one"))
		})),
		"responder-renewed":       as("new keys between two records, and no close", "ErrTruncated", renewed(func(*rawPeer) {})),
		"responder-renewed-order": as("a proof for new keys that does not cover AuthR", "ErrTampered", renewed(func(p *rawPeer) { p.deaf = true })),
		"responder-direction": as("a record under the keys of the other direction", "ErrTampered",
			byHand(strangersName, func(*rawPeer) {}, func(s *rawSession) { s.sendAs(44, 0, []byte("one")) })),
	}
}

func responderSign(k *ibc.PrivateKey, _ string, m []byte) [64]byte {
	return must(k.Sign(octet(0xc7), "marque/v1/session/responder", m))
}

// badKey calls hybrid with an encapsulation key that FIPS 203 refuses.
func badKey(t *testing.T, f *fleet, v *talkVector) {
	t.Helper()
	p := v.raw(f, strangersName)
	p.hybrid = true
	p.start(true, address(f.park))
	hello := must((&wire.Hello{Ref: f.core.Ref(), Callee: wire.Callee(f.hash(), address(f.park)), Hybrid: true}).Marshal())
	msg, _, _, err := p.noise.WriteMessage(hello, bytes.Repeat([]byte{0xff}, mlkem.EncapsulationKeySize768))
	check(err)
	v.Peer, v.Initiator = strangersName, []string{hex.EncodeToString(msg)}
}

// vector makes the file of a case.
func (c talkCase) vector(t *testing.T) *talkVector {
	t.Helper()
	f := vectorFleet(t)
	v := &talkVector{
		Comment: c.comment, Expect: c.expect, Master: strings.Repeat("01", 32), Statement: strings.Repeat("02", 32), Random: vectorOctets,
		Core: hex.EncodeToString(f.raw), Past: 300_000, Future: 30_000, Reader: c.reader, Demands: c.demands,
		Peer: address(f.park).String(), Octet: vectorOctets["bus-4711"], First: must(f.core.Epoch(f.clock.now())),
		Revoked: append([]uint32{}, c.revoked...), Now: f.clock.now().UnixMilli(), Heard: []string{},
		Initiator: []string{}, Responder: []string{},
	}
	if c.reader == "responder" {
		v.Peer, v.Octet = address(f.bus).String(), vectorOctets["parking"]
	}
	v.Own = address(v.self(f)).String()
	for _, key := range v.self(f).Secrets() {
		v.Keys = append(v.Keys, hex.EncodeToString(key))
	}
	list := f.publish()
	f.apply(t, list) // the peer does not know yet that it is revoked
	v.Sequence = 1
	v.List = hex.EncodeToString(f.bundle(f.list, c.revoked, func(b *wire.Bundle) { b.Previous = [16]byte{} }))
	if c.demands && c.reader == "initiator" {
		f.bus = f.reload(t, f.bus, v.options(f))
	}
	v.Says = hex.EncodeToString([]byte(map[string]string{"initiator": "to the parking", "responder": "to the bus"}[c.reader]))
	c.make(t, f, v)
	switch {
	case v.Expect != "ok":
	case v.Opens:
		v.computeOpened(f)
	default:
		v.compute(f)
	}
	return v
}

func (v *talkVector) options(f *fleet) device.Options {
	o := f.options()
	o.Rand, o.Hybrid, o.Early = octet(v.Octet), v.Demands, v.Opens
	return o
}

// compute states the values between, from the reader's ephemeral secrets.
func (v *talkVector) compute(f *fleet) {
	p := f.rawPeer(nil, f.key(must(wire.ParseAddress(v.Own))))
	p.rand, p.hybrid = octet(v.Octet), v.Demands
	frame := func(frames []string, n int) []byte { return must(hex.DecodeString(frames[n])) }
	first, second := frame(v.Initiator, 0)[9:], frame(v.Responder, 0)
	if v.Reader == "initiator" {
		dk := must(mlkem.NewDecapsulationKey768(bytes.Repeat([]byte{byte(v.Octet)}, 64)))
		p.start(true, must(wire.ParseAddress(v.Peer)))
		var ek []byte
		if v.Demands {
			ek = dk.EncapsulationKey().Bytes()
		}
		msg, _, _, err := p.noise.WriteMessage(nil, ek)
		check(err)
		if !bytes.Equal(msg, first) {
			panic("another first message")
		}
		if v.Demands {
			p.preshare(must(dk.Decapsulate(second[:1088])), ek, second[:1088])
			second = second[1088:]
		}
		_, k1, k2, err := p.noise.ReadMessage(nil, second)
		check(err)
		p.split(k1, k2)
	} else {
		p.start(false, must(wire.ParseAddress(v.Own)))
		must3(p.noise.ReadMessage(nil, first))
		_, k1, k2, err := p.noise.WriteMessage(nil, nil)
		check(err)
		p.split(k1, k2)
	}
	none := make([]byte, 12)
	authR := must(p.aead(32).Open(nil, none, frame(v.Responder, 1), nil))
	p.authI = sha256.Sum256(authR)
	s := p.entered(must(p.aead(0).Open(nil, none, frame(v.Initiator, 1), nil)))
	auths := append(ibc.AppendLPString(nil, "marque/v1/session-auth"), p.noise.ChannelBinding()...)
	export := append(ibc.AppendLPString(nil, "marque/v1/exporter"), ibc.AppendLPString(nil, "vector")...)
	v.Hash, v.Split, v.Keying = hex.EncodeToString(p.noise.ChannelBinding()), hex.EncodeToString(p.keys), hex.EncodeToString(s.okm)
	v.AuthKeys = hex.EncodeToString(must(hkdf.Key(sha512.New, p.keys, nil, string(auths), 64)))
	v.Exporter = hex.EncodeToString(must(hkdf.Key(sha512.New, s.okm[88:], nil, string(export), 32)))
}

// talk lets a device that was made of the seeds have the reader's part, and returns what it was sent as data, what it sent, and why it ended.
func (v *talkVector) talk(t *testing.T) (heard, sent []string, exporter string, err error) {
	t.Helper()
	f := vectorFleet(t)
	list := must(hex.DecodeString(v.List))
	d := v.self(f)
	must(d.Apply(list))
	d = f.reload(t, d, v.options(f))
	x, y := connect(t)
	conn := &recorded{Conn: x}
	must(y.Write(streamOf(*v.incoming())))
	check(y.(*net.TCPConn).CloseWrite())
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, y) }()
	var s *device.Session
	switch {
	case v.Reader == "responder":
		s, err = d.Server(context.Background(), conn)
	case v.Opens:
		s, err = d.ClientEarly(context.Background(), conn, must(wire.ParseAddress(v.Peer)), must(hex.DecodeString(v.Early)))
	default:
		s, err = d.Client(context.Background(), conn, must(wire.ParseAddress(v.Peer)))
	}
	if err == nil {
		if early, ok := s.Early(); v.Reader == "responder" && (hex.EncodeToString(early) != v.Early || ok != v.Opens) {
			t.Errorf("%q came with the call", early)
		}
		if s.Peer().String() != v.Peer {
			t.Errorf("the peer is %s", s.Peer())
		}
		exporter = hex.EncodeToString(must(s.Exporter("vector", 32)))
		heard, err = v.use(s)
	}
	_ = x.Close() // where it is not closed yet
	<-drained
	return heard, conn.frames(), exporter, err
}

// recordsOf reads to the end, a record at a time.
func recordsOf(s *device.Session) (heard []string, err error) {
	b := make([]byte, device.MaxRecordData)
	for {
		n, err := s.Read(b)
		if errors.Is(err, io.EOF) {
			return heard, nil
		}
		if err != nil {
			return heard, err
		}
		heard = append(heard, hex.EncodeToString(b[:n]))
	}
}

func TestSessionVectors(t *testing.T) {
	cases := initiatorVectors()
	for _, more := range []map[string]talkCase{responderVectors(), openingVectors()} {
		for name, c := range more {
			cases[name] = c
		}
	}
	if *updateVectors {
		check(os.RemoveAll(sessionVectors))
		check(os.MkdirAll(sessionVectors, 0o755))
		for name, c := range cases {
			v := c.vector(t)
			v.Heard, _, _, _ = v.talk(t)
			v.Heard = append([]string{}, v.Heard...)
			b := must(json.MarshalIndent(v, "", "  "))
			check(os.WriteFile(filepath.Join(sessionVectors, name+".json"), append(b, '\n'), 0o600))
		}
	}
	files := must(filepath.Glob(filepath.Join(sessionVectors, "*.json")))
	if len(files) != len(cases) {
		t.Errorf("%d files, %d cases: run with -update", len(files), len(cases))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time goes to the disk
			v := new(talkVector)
			d := json.NewDecoder(bytes.NewReader(must(os.ReadFile(file))))
			d.DisallowUnknownFields()
			check(d.Decode(v))
			v.replay(t, cases[name])
		})
	}
}

func (v *talkVector) replay(t *testing.T, c talkCase) {
	t.Helper()
	want, ok := sessionErrors[v.Expect]
	if !ok {
		t.Fatalf("expects %q, which is no error", v.Expect)
	}
	heard, sent, exporter, err := v.talk(t)
	wantErr(t, err, want, v.Comment)
	if !slices.Equal(heard, v.Heard) {
		t.Errorf("heard %q, the vector says %q", heard, v.Heard)
	}
	if v.Expect != "ok" {
		return
	}
	if !slices.Equal(sent, *v.outgoing()) || exporter != v.Exporter {
		t.Error("the seeds make another session of it")
	}
	if again := c.vector(t); !slices.Equal(again.Initiator, v.Initiator) || !slices.Equal(again.Responder, v.Responder) || again.Keying != v.Keying || again.List != v.List {
		t.Error("the seeds make another vector of it")
	}
}

// renewed has a peer made by hand call for new keys within the session, say something before and after, and break off.
func renewed(bend func(p *rawPeer)) func(*testing.T, *fleet, *talkVector) {
	return func(t *testing.T, f *fleet, v *talkVector) {
		t.Helper()
		x, y := connect(t)
		a := &recorded{Conn: x}
		p := v.raw(f, strangersName)
		p.conn, v.Peer = a, strangersName
		got := server(f.park, y)
		s := p.enter(address(f.park))
		o := <-got
		check(o.err)
		done := make(chan struct{})
		go func() { defer close(done); _, _ = v.use(o.s) }()
		_, _, err := s.receive() // what the reader says
		check(err)
		s.before = bytes.Clone(s.okm[88:])
		s.send(0, []byte("before"))
		first, rest := s.callAnew(address(f.park))
		s.send(4, append([]byte{1}, first...))
		_, answer, err := s.receive()
		check(err)
		rest(answer[1:])
		bend(p)
		s.send(4, append([]byte{3}, p.auth(0, "marque/v1/session/initiator", p.authR[:])...))
		s.turn()
		s.send(0, []byte("after"))
		check(x.Close())
		<-done
		v.Initiator = a.frames()
	}
}
