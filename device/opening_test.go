package device_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// openFleet has a parking lot that takes sessions that begin with data.
func openFleet(t testing.TB) *fleet {
	t.Helper()
	f := newFleet(t)
	f.park = f.reload(t, f.park, f.takesEarly())
	return f
}

func (f *fleet) takesEarly() device.Options {
	o := f.options()
	o.Early = true
	return o
}

// say makes a session from the bus to the parking lot that begins with data.
func (f *fleet) say(t testing.TB, data string) (c, s *device.Session) {
	t.Helper()
	a, b := connect(t)
	return f.sayOver(t, data, a, b)
}

func (f *fleet) sayOver(t testing.TB, data string, a, b net.Conn) (c, s *device.Session) {
	t.Helper()
	srv := server(f.park, b)
	c, err := f.bus.ClientEarly(context.Background(), a, address(f.park), []byte(data))
	o := <-srv
	if err = errors.Join(err, o.err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); o.s.Close() })
	return c, o.s
}

// called returns what a call of these octets gets at a device.
func called(t testing.TB, d *device.Device, call []byte) outcome {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close() })
	srv := server(d, b)
	go func() { _, _ = a.Write(append([]byte{byte(len(call) >> 8), byte(len(call))}, call...)) }()
	go func() { _, _ = io.Copy(io.Discard, a) }()
	return <-srv
}

// recorded is a call of the bus to the parking lot as the carrier sees it, who keeps it back.
func (f *fleet) recorded(t testing.TB, data string) []byte {
	t.Helper()
	a, b := connect(t)
	got := make(chan error, 1)
	go func() {
		_, err := f.bus.ClientEarly(context.Background(), a, address(f.park), []byte(data))
		got <- err
	}()
	call := must(readFrame(b))
	check(b.Close())
	wantErr(t, <-got, device.ErrHandshake, "a call that nobody answers")
	return call
}

func TestSessionBeginsWithData(t *testing.T) {
	f := openFleet(t)
	for _, data := range []string{"are you free?", "", string(make([]byte, device.MaxEarly))} {
		c, s := f.say(t, data)
		if got, ok := s.Early(); string(got) != data || !ok {
			t.Errorf("%d octets came of %d, %v", len(got), len(data), ok)
		}
		if got, ok := c.Early(); got != nil || ok {
			t.Errorf("the caller has %q", got)
		}
		if s.Peer() != address(f.bus) || c.Peer() != address(f.park) || c.Hybrid() || s.PeerList() != 1 {
			t.Errorf("%v, %v", s.Peer(), c.Peer())
		}
		must(c.Write([]byte("later")))
		must(s.Write([]byte("yes, 3 spaces")))
		for end, want := range map[*device.Session]string{s: "later", c: "yes, 3 spaces"} {
			got := make([]byte, len(want)) // and nothing of what came with the call
			must(io.ReadFull(end, got))
			if string(got) != want {
				t.Errorf("%q", got)
			}
		}
		if !bytes.Equal(must(c.Exporter("x", 32)), must(s.Exporter("x", 32))) {
			t.Error("the exporters differ")
		}
		if n := c.HandshakeBytes(); n != s.HandshakeBytes() || n > 443 {
			t.Errorf("%d octets beside the data", n)
		}
	}
	a, _ := connect(t)
	_, err := f.bus.ClientEarly(context.Background(), a, address(f.park), make([]byte, device.MaxEarly+1))
	wantErr(t, err, device.ErrOptions, "an octet too much")
	x, y := connect(t)
	_, s := join(t, f.bus, f.park, x, y)
	if got, ok := s.Early(); got != nil || ok {
		t.Errorf("a session without has %q", got)
	}
}

// A listener gives such a session out before the caller could say anything else.
func TestDialEarly(t *testing.T) {
	f := openFleet(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l := must(f.park.ListenOn(ctx, "tcp", "127.0.0.1:0"))
	defer l.Close()
	c := must(f.bus.DialEarly(ctx, "tcp", l.Addr().String(), address(f.park), []byte("free?")))
	s := must(l.AcceptSession())
	if got, ok := s.Early(); string(got) != "free?" || !ok {
		t.Errorf("%q, %v", got, ok)
	}
	must(s.Write([]byte("yes")))
	check(s.Close())
	if got := must(io.ReadAll(c)); string(got) != "yes" {
		t.Errorf("%q", got)
	}
	check(f.park.Close())
	_, err := f.bus.DialEarly(ctx, "tcp", "127.0.0.1:1", address(f.park), nil)
	if err == nil {
		t.Error("there is a session with nobody")
	}
}

// Another implementation, written from the protocol document alone, agrees with this one on either side.
func TestOpeningByHand(t *testing.T) {
	f := openFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	a, b := connect(t)
	got := server(f.park, a)
	o := f.rawPeer(b, k).opening(address(f.park), "are you free?")
	writeFrames(b, o.make())
	if auth := o.answered(); !auth.Address.IsZero() || auth.List != 1 || auth.Epoch != 10 {
		t.Errorf("AuthR %+v", auth)
	}
	s := (<-got).s
	if data, ok := s.Early(); string(data) != "are you free?" || !ok || s.Peer() != o.says {
		t.Errorf("%q of %s", data, s.Peer())
	}
	raw := o.session()
	raw.send(0, []byte("later"))
	must(io.ReadFull(s, make([]byte, 5)))
	must(s.Write([]byte("yes")))
	if _, data, err := raw.receive(); err != nil || string(data) != "yes" {
		t.Errorf("%q, %v", data, err)
	}

	a, b = connect(t)
	came, to := make(chan outcome, 1), o.says
	go func() {
		s, err := f.bus.ClientEarly(context.Background(), a, to, []byte("hello"))
		came <- outcome{s, err}
	}()
	o = f.rawPeer(b, k).opening(to, "")
	o.read()
	o.answer(func(*wire.Auth) {})
	if c := <-came; c.err != nil || o.data != "hello" || c.s.Peer() != o.says {
		t.Errorf("%v, %q", c.err, o.data)
	}
}

// What came with a call is given to the program once: not on a second connection, not on two at a time, not after a restart, and not after a
// crash that lost the record.
func TestOpeningReplayed(t *testing.T) {
	f := openFleet(t)
	call := f.recorded(t, "charge me")
	var wg sync.WaitGroup
	outcomes := make([]outcome, 8)
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = called(t, f.park, call) })
	}
	wg.Wait()
	took := 0
	for _, o := range outcomes {
		if o.err == nil {
			took++
			data, _ := o.s.Early()
			if string(data) != "charge me" {
				t.Errorf("%q", data)
			}
			check(o.s.Close())
		} else {
			wantErr(t, o.err, device.ErrReplay, "again")
		}
	}
	if took != 1 {
		t.Fatalf("taken %d times", took)
	}
	for name, reopen := range map[string]func(){
		"after a restart":         func() { f.park = f.reload(t, f.park, f.takesEarly()) },
		"after a crash":           func() { f.park = f.load(t, crash(t, f.dirs[f.park]), f.takesEarly()) },
		"after the record's loss": func() {},
	} {
		reopen()
		o := called(t, f.park, call)
		if !errors.Is(o.err, device.ErrReplay) && !errors.Is(o.err, device.ErrStaleTime) {
			t.Errorf("%s: %v", name, o.err)
		}
	}
	dir := f.dirs[f.park]
	check(f.park.Close())
	check(os.Remove(filepath.Join(dir, "replay")))
	f.park = f.load(t, dir, f.takesEarly())
	wantErr(t, called(t, f.park, call).err, device.ErrStaleTime, "when the record is gone")
	late := f.recorded(t, "late")
	f.clock.add(301 * time.Second)
	wantErr(t, called(t, f.park, late).err, device.ErrStaleTime, "held back for too long")
}

// Whoever is called and is not meant gets nothing, and a call is nothing but a call.
func TestOpeningElsewhere(t *testing.T) {
	f := openFleet(t)
	f.tram = f.reload(t, f.tram, f.takesEarly())
	call := f.recorded(t, "for the parking lot")
	wantErr(t, called(t, f.tram, call).err, device.ErrNotForMe, "opened by another")
	_, err := f.park.Open(call)
	wantErr(t, err, device.ErrMalformed, "as a message")
	call[0] = wire.ModeCold
	_, err = f.park.Open(call)
	wantErr(t, err, device.ErrTampered, "as a cold message")
	msg, _, err := f.bus.Seal(address(f.park), make([]byte, 60), device.SealOptions{})
	check(err)
	wantErr(t, called(t, f.park, msg).err, device.ErrMalformed, "a cold message as a call")
	msg[0] = wire.ModeOpening
	wantErr(t, called(t, f.park, msg).err, device.ErrTampered, "a cold message with the mode of a call")
	wantErr(t, called(t, f.bus, f.recorded(t, "")).err, device.ErrEarly, "who does not take such calls")
}

// A carrier cannot alter a bit of the call or of the answer, and gets no session out of it.
func TestOpeningAltered(t *testing.T) {
	f := openFleet(t)
	call := f.recorded(t, "x")
	flips(call, 1, func(bit int, altered []byte) {
		if bit > 8*57 && bit%7 != 0 { // behind the header each costs a pairing
			return
		}
		f.clock.add(10 * time.Millisecond) // so that the bucket fills again
		if o := called(t, f.park, altered); o.err == nil || isBusy(o.err) {
			t.Fatalf("call, bit %d: %v", bit, o.err)
		}
	})
	check(called(t, f.park, call).err) // none of that spoiled the thing itself
	for frame, size := range []int{48, 121} {
		for bit := frame; bit < 8*size; bit += 31 {
			f.clock.add(10 * time.Millisecond)
			c, s := f.through(t, func(n int, b []byte) {
				if n == frame {
					b[bit/8] ^= 1 << (bit % 8)
				}
			})
			if c == nil || s != nil {
				t.Fatalf("answer %d, bit %d: the caller got %v, and the other %v", frame, bit, c, s)
			}
		}
	}
}

// through makes a session from the bus to the parking lot through somebody who changes the two frames of the answer.
func (f *fleet) through(t testing.TB, change func(frame int, b []byte)) (client, served error) {
	t.Helper()
	a, b := connect(t)
	x, y := connect(t)
	srv := server(f.park, y)
	got := make(chan error, 1)
	go func() {
		_, err := f.bus.ClientEarly(context.Background(), a, address(f.park), []byte("x"))
		got <- err
	}()
	writeFrames(x, must(readFrame(b)))
	for frame := range 2 {
		msg := must(readFrame(x))
		change(frame, msg)
		writeFrames(b, msg)
	}
	return <-got, (<-srv).err
}

// Where sessions must be hybrid, no data goes with a call: it would be what ML-KEM does not protect.
func TestOpeningWhereHybridIsRequired(t *testing.T) {
	f := openFleet(t)
	call := f.recorded(t, "x")
	o := f.takesEarly()
	o.Hybrid = true
	f.park = f.reload(t, f.park, o)
	wantErr(t, called(t, f.park, call).err, device.ErrHybrid, "called")
	early := func(from, to *device.Device) error {
		a, b := net.Pipe()
		defer b.Close()
		_, err := from.ClientEarly(context.Background(), a, address(to), []byte("x")) // which sends nothing
		return err
	}
	wantErr(t, early(f.park, f.bus), device.ErrHybrid, "calling")
	wantErr(t, early(f.park, f.bus), device.ErrEarly, "calling")
	f.policy = f.signPolicy(func(p *wire.Policy) { p.Hybrid = true })
	d := f.enrol(t, "hybrid", wire.KindVehicle)
	d = f.reload(t, d, f.takesEarly())
	f.refresh(t, d, f.bus)
	wantErr(t, early(d, f.bus), device.ErrHybrid, "calling, by policy")
	p := f.rawPeer(nil, f.key(address(f.bus))).opening(address(d), "x")
	wantErr(t, called(t, d, p.make()).err, device.ErrHybrid, "called, by policy")
}

// Who has the master secret reads what goes with the call, and gets no further: nobody but the one who is called can sign the answer.
func TestAuthorityCannotAnswerOpening(t *testing.T) {
	f := openFleet(t)
	escrow, other := f.key(address(f.park)), f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	a, b := connect(t)
	server(f.park, a)
	genuine := f.rawPeer(b, other).call(address(f.park)) // what the parking lot signs for anybody
	answer := func(bend func(*wire.Auth)) error {
		a, b := connect(t)
		got := make(chan error, 1)
		go func() {
			_, err := f.bus.ClientEarly(context.Background(), a, address(f.park), []byte("secret"))
			got <- err
		}()
		o := f.rawPeer(b, escrow).opening(address(f.park), "")
		o.read()
		if o.data != "secret" {
			t.Errorf("escrow reads %q", o.data)
		}
		o.answer(bend)
		return <-got
	}
	for name, bend := range map[string]func(*wire.Auth){
		"not signed":                       func(a *wire.Auth) { a.Sig = [64]byte{} },
		"not signed, under its key":        func(a *wire.Auth) { a.R, a.Sig = genuine.R, [64]byte{} },
		"signed by somebody else":          func(a *wire.Auth) { a.R = genuine.R },
		"by somebody else under their key": func(a *wire.Auth) { a.R = other.R() },
		"what was signed for another call": func(a *wire.Auth) { *a = *genuine },
		"under a name":                     func(a *wire.Auth) { a.Address = address(f.park) },
	} {
		if err := answer(bend); err == nil {
			t.Errorf("%s: there is a session", name)
		}
	}
	f.meet(t, f.bus, f.park)
	wantErr(t, answer(func(*wire.Auth) {}), device.ErrTwoKeys, "a second key, which the authority can make")
}

// Nobody gets data to the program who may not call.
func TestWrongCaller(t *testing.T) {
	f := openFleet(t)
	old := f.key(must(wire.ParseAddress("//fleet.example/Sold~78")))
	f.clock.add(4 * week)
	must(f.park.Apply(f.publish(1)))
	mallory, revoked := f.key(must(wire.ParseAddress("//fleet.example/Smallory~77"))), f.key(address(f.tram))
	for name, test := range map[string]struct {
		key  *ibc.PrivateKey
		bend func(o *rawOpening)
		want error
	}{
		"somebody else's name":       {mallory, func(o *rawOpening) { o.says = address(f.bus) }, device.ErrTampered},
		"the callee's own name":      {mallory, func(o *rawOpening) { o.says = address(f.park) }, device.ErrOwnIdentity},
		"a key of the past epoch":    {old, func(*rawOpening) {}, device.ErrTampered},
		"the past epoch":             {old, func(o *rawOpening) { o.to.Epoch, o.epoch = 10, 10 }, device.ErrEpoch},
		"a revoked identity":         {revoked, func(*rawOpening) {}, device.ErrRevoked},
		"another realm's name":       {mallory, func(o *rawOpening) { o.says = must(wire.ParseAddress("//other.example/Sx~7")) }, device.ErrUnknownRealm},
		"signed for another":         {mallory, func(o *rawOpening) { o.signedTo.Address = address(f.bus).String() }, device.ErrTampered},
		"signed as a sealed message": {mallory, func(o *rawOpening) { o.context = "marque/v1/sealed" }, device.ErrTampered},
		"not signed":                 {mallory, func(o *rawOpening) { o.sign = unsigned }, device.ErrTampered},
		"the nonce zero":             {mallory, func(o *rawOpening) { o.sign = f.signWithIdentity }, device.ErrTampered},
		"too old":                    {mallory, func(o *rawOpening) { o.time = o.time.Add(-301 * time.Second) }, device.ErrStaleTime},
		"too far ahead":              {mallory, func(o *rawOpening) { o.time = o.time.Add(31 * time.Second) }, device.ErrStaleTime},
		"another prologue":           {mallory, func(o *rawOpening) { o.callee = address(f.bus) }, device.ErrHandshake},
		"a spoiled Noise message":    {mallory, func(o *rawOpening) { o.spoil = func(b []byte) { b[40] ^= 1 } }, device.ErrHandshake},
		"an ephemeral of low order":  {mallory, func(o *rawOpening) { o.spoil = func(b []byte) { clear(b[:32]) } }, device.ErrHandshake},
		"too much":                   {mallory, func(o *rawOpening) { o.data = string(make([]byte, device.MaxEarly+1)) }, device.ErrMalformed},
	} {
		o := f.rawPeer(nil, test.key).opening(address(f.park), "charge me")
		test.bend(o)
		got := called(t, f.park, o.make())
		wantErr(t, got.err, test.want, name)
		if got.s != nil {
			t.Errorf("%s: there is a session", name)
		}
	}
	if n := f.park.Status().Sessions; n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func unsigned(*ibc.PrivateKey, string, []byte) (sig [64]byte) { return sig }

// A session that began with data gets new keys, carries lists, and ends when its peer is revoked, as any other.
func TestOpenedSessionIsASession(t *testing.T) {
	f := openFleet(t)
	must(f.bus.Apply(f.publish(1)))
	c, s := f.say(t, "x")
	l := f.flow(t, c, s)
	for i := range uint32(2) {
		f.clock.add(12 * time.Hour)
		reach(t, i+1, c, s)
	}
	for end := time.Now().Add(10 * time.Second); f.park.Status().List.Order.Sequence < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the one who was called has no later list")
		}
	}
	l.quiet()
	must(f.park.Apply(f.publish(0, 1)))
	_, err := s.Write([]byte("y"))
	wantErr(t, err, device.ErrRevoked, "the caller was revoked")
	check(c.Close())
	l.readers.Wait()
}
