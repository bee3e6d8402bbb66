package device_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// flow sends numbers over sessions, each way, as long as it runs, and reads them at the other end.
type flow struct {
	stop             chan struct{}
	readers, writers sync.WaitGroup
}

// quiet waits until nobody writes any more.
func (l *flow) quiet() {
	close(l.stop)
	l.writers.Wait()
}

func (f *fleet) flow(t *testing.T, ends ...*device.Session) *flow {
	t.Helper()
	l := &flow{stop: make(chan struct{})}
	for _, s := range ends {
		l.readers.Go(func() {
			b := make([]byte, 8)
			for want := uint64(0); ; want++ {
				_, err := io.ReadFull(s, b)
				if err != nil {
					return
				}
				if binary.BigEndian.Uint64(b) != want {
					t.Errorf("%x, want %d", b, want)
					return
				}
			}
		})
		l.writers.Go(func() {
			for n := uint64(0); ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				if _, err := s.Write(binary.BigEndian.AppendUint64(nil, n)); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	return l
}

// reach waits until all ends are of a generation.
func reach(t *testing.T, want uint32, ends ...interface{ Generation() uint32 }) {
	t.Helper()
	for _, s := range ends {
		for end := time.Now().Add(10 * time.Second); s.Generation() < want; {
			if time.Now().After(end) {
				t.Fatalf("generation %d, want %d", s.Generation(), want)
			}
			time.Sleep(time.Millisecond)
		}
		if s.Generation() != want {
			t.Errorf("generation %d, want %d", s.Generation(), want)
		}
	}
}

// Sessions whose programs read and write live on, for as long as there are lists, and lose nothing; what was exported stays.
func TestRekey(t *testing.T) {
	for name, fleetFor := range map[string]func(*testing.T) *fleet{"plain": func(t *testing.T) *fleet { return newFleet(t) }, "hybrid": hybridFleet} {
		for kind, ends := range pipes(t) {
			t.Run(name+" "+kind, func(t *testing.T) {
				f := fleetFor(t)
				c, s := join(t, f.bus, f.tram, ends[0], ends[1])
				exported := must(c.Exporter("x", 32))
				l := f.flow(t, c, s)
				for i := range uint32(3) {
					f.clock.add(12 * time.Hour)
					reach(t, i+1, c, s)
				}
				l.quiet()
				if c.Hybrid() != (name == "hybrid") || s.Hybrid() != c.Hybrid() || !bytes.Equal(exported, must(c.Exporter("x", 32))) || !bytes.Equal(exported, must(s.Exporter("x", 32))) {
					t.Errorf("hybrid %v, %v", c.Hybrid(), s.Hybrid())
				}
				check(c.Close())
				check(s.Close())
				l.readers.Wait()
			})
		}
	}
}

// A new epoch gives new keys, and whoever was revoked meanwhile gets none.
func TestRekeyEpoch(t *testing.T) {
	f := newFleet(t)
	f.clock.add(4*week - 4*time.Hour) // an hour before the next
	f.apply(t, f.publish())
	c, s := f.session(t)
	l := f.flow(t, c, s)
	f.clock.add(2 * time.Hour)
	reach(t, 1, c, s)
	f.clock.add(time.Hour)
	time.Sleep(10 * time.Millisecond)
	reach(t, 1, c, s)
	l.quiet()
	must(f.bus.Apply(f.publish(1)))
	f.clock.add(13 * time.Hour)
	_, err := c.Write(nil)
	wantErr(t, err, device.ErrRevoked, "write")
	l.readers.Wait()
	if n := s.Generation(); n != 1 {
		t.Errorf("generation %d", n)
	}
}

// Who has no key of the epoch yet when it is called answers once it has one.
func TestRekeyOnceThereAreKeys(t *testing.T) {
	for kind, ends := range pipes(t) {
		t.Run(kind, func(t *testing.T) {
			f := newFleet(t)
			next := f.following(t, f.tram, edit{})
			f.renew(t, f.bus)
			f.clock.add(12*week - 4*time.Hour) // an hour before the epoch that the tram has no key of
			f.apply(t, f.publish())
			c, s := join(t, f.bus, f.tram, ends[0], ends[1])
			l := f.flow(t, c, s)
			f.clock.add(2 * time.Hour)
			device.AwaitCall(s)
			must(f.tram.Install(next, f.hash()))
			reach(t, 1, c, s)
			l.quiet()
			check(c.Close())
			check(s.Close())
			l.readers.Wait()
		})
	}
}

// A key that has made many records is replaced before it has made too many.
func TestRekeyRecords(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	device.SkipRecords(device.MaxRecords/2-1, c, s)
	l := f.flow(t, c, s)
	time.Sleep(20 * time.Millisecond)
	reach(t, c.Generation(), c, s)
	if n := c.Generation(); n < 1 || n > 2 { // each side's key may have come to its turn
		t.Errorf("generation %d", n)
	}
	l.quiet()
	check(c.Close())
	l.readers.Wait()
}

// byHand is a session of the tram with a peer that can say anything, and what the tram's program hears in it.
func (f *fleet) byHand(t *testing.T, key *ibc.PrivateKey, hybrid bool) (*rawSession, *device.Session, *heard) {
	t.Helper()
	a, b := connect(t)
	got := server(f.tram, b)
	p := f.rawPeer(a, key)
	p.hybrid = hybrid
	r := p.enter(address(f.tram))
	o := <-got
	check(o.err)
	r.before = bytes.Clone(r.okm[88:])
	return r, o.s, hearAll(o.s)
}

// A second implementation, from the text alone, calls for new keys and is called.
func TestRekeyByHand(t *testing.T) {
	for name, f := range map[string]*fleet{"plain": newFleet(t), "hybrid": hybridFleet(t)} {
		t.Run(name, func(t *testing.T) {
			r, s, h := f.byHand(t, f.key(address(f.bus)), name == "hybrid")
			first, rest := r.callAnew(address(f.tram))
			r.send(4, append([]byte{1}, first...))
			kind, answer, err := r.receive()
			if check(err); kind != 4 || answer[0] != 2 {
				t.Fatalf("type %d, %x", kind, answer)
			}
			rest(answer[1:])
			r.send(4, append([]byte{3}, r.auth(0, "marque/v1/session/initiator", r.authR[:])...))
			if kind, b, err := r.receive(); kind != 4 || len(b) > 0 || err != nil {
				t.Fatalf("type %d, %x, %v", kind, b, err)
			}
			r.turn()
			r.send(0, []byte("new"))
			must(s.Write([]byte("answer")))
			if kind, b, err := r.receive(); kind != 0 || string(b) != "answer" || err != nil {
				t.Errorf("type %d, %q, %v", kind, b, err)
			}
			r.send(1, nil)
			<-h.done
			if string(h.data) != "new" || s.Generation() != 1 {
				t.Errorf("%q, %v, generation %d", h.data, h.err, s.Generation())
			}
		})
	}
}

// A peer that does not keep to the order, is somebody else, or does not follow what was before, ends the session.
func TestRekeyRefused(t *testing.T) {
	f := newFleet(t)
	key := f.key(address(f.bus))
	for name, c := range map[string]struct {
		do   func(r *rawSession)
		want error
	}{
		"an answer to nothing":      {func(r *rawSession) { r.send(4, append([]byte{2}, make([]byte, 300)...)) }, device.ErrTampered},
		"a proof of nothing":        {func(r *rawSession) { r.send(4, append([]byte{3}, make([]byte, 300)...)) }, device.ErrTampered},
		"the end of nothing":        {func(r *rawSession) { r.send(4, nil) }, device.ErrTampered},
		"another step":              {func(r *rawSession) { r.send(4, []byte{4}) }, device.ErrMalformed},
		"a short call":              {func(r *rawSession) { r.send(4, []byte{1}) }, device.ErrMalformed},
		"the mode of a first call":  {func(r *rawSession) { r.send(4, append([]byte{1, 0}, make([]byte, 48)...)) }, device.ErrMalformed},
		"another mode":              {func(r *rawSession) { r.send(4, append([]byte{1, 4}, make([]byte, 48)...)) }, device.ErrMalformed},
		"an altered call":           {func(r *rawSession) { r.send(4, append([]byte{1, 2}, bytes.Repeat([]byte{9}, 48)...)) }, device.ErrHandshake},
		"two calls":                 {func(r *rawSession) { r.callTwice(address(f.tram)) }, device.ErrTampered},
		"a proof not of the peer":   {func(r *rawSession) { r.prove(f, f.key(address(f.park)), nil) }, device.ErrTampered},
		"a proof that was altered":  {func(r *rawSession) { r.prove(f, r.key, func(b []byte) { b[20] ^= 1 }) }, device.ErrTampered},
		"a record under the old":    {func(r *rawSession) { r.prove(f, r.key, nil); r.send(0, []byte("late")) }, device.ErrTampered},
		"one from before the first": {func(r *rawSession) { r.prove(f, r.key, nil); r.turn(); r.out = 0; r.send(0, nil) }, device.ErrTampered},
		"a gap behind":              {func(r *rawSession) { r.prove(f, r.key, nil); r.turn(); r.out++; r.send(0, nil) }, device.ErrTampered},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, h := f.byHand(t, key, false)
			c.do(r)
			<-h.done
			wantErr(t, h.err, c.want, "read")
			if len(h.data) > 0 {
				t.Errorf("%q was read", h.data)
			}
		})
	}
}

// Without the secret of the session before, nobody who knows its record keys goes on with it.
func TestRekeyFollows(t *testing.T) {
	f := newFleet(t)
	key := f.key(address(f.bus))
	r, _, h := f.byHand(t, key, false)
	r.before[0] ^= 1
	first, rest := r.callAnew(address(f.tram))
	r.send(4, append([]byte{1}, first...))
	_, answer, err := r.receive()
	check(err)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the answer decrypts")
			}
		}()
		rest(answer[1:])
	}()
	check(r.conn.Close())
	<-h.done
}

func (s *rawSession) callTwice(to wire.Address) {
	for range 2 {
		first, _ := s.callAnew(to)
		s.send(4, append([]byte{1}, first...))
	}
}

// prove runs a handshake inside the session up to its proof, by a key.
func (s *rawSession) prove(f *fleet, key *ibc.PrivateKey, change func([]byte)) {
	first, rest := s.callAnew(address(f.tram))
	s.send(4, append([]byte{1}, first...))
	_, answer, err := s.receive()
	check(err)
	rest(answer[1:])
	s.key, s.says = key, must(wire.ParseAddress(key.Identity().Address))
	proof := s.auth(0, "marque/v1/session/initiator", s.authR[:])
	if change != nil {
		change(proof)
	}
	s.send(4, append([]byte{3}, proof...))
}

// A session that is hybrid stays so, whoever calls.
func TestRekeyStaysHybrid(t *testing.T) {
	f := newFleet(t)
	r, _, h := f.byHand(t, f.key(address(f.bus)), true)
	r.hybrid = false
	first, _ := r.callAnew(address(f.tram))
	r.send(4, append([]byte{1}, first...))
	<-h.done
	wantErr(t, h.err, device.ErrHybrid, "read")
}

// A policy that came with a renewal holds for the next keys of sessions that there are, and who is called ends one that would go on without.
func TestRekeyUnderANewPolicy(t *testing.T) {
	for kind, ends := range pipes(t) {
		t.Run(kind, func(t *testing.T) {
			f := newFleet(t)
			c, s := join(t, f.bus, f.tram, ends[0], ends[1])
			demands := f.signPolicy(func(p *wire.Policy) { p.Sequence, p.Hybrid = 2, true })
			must(f.bus.Install(f.following(t, f.bus, edit{policy: demands}), f.hash()))
			must(f.tram.Install(f.following(t, f.tram, edit{policy: demands}), f.hash()))
			l := f.flow(t, c, s)
			f.clock.add(12 * time.Hour)
			reach(t, 1, c, s)
			l.quiet()
			if !c.Hybrid() || !s.Hybrid() {
				t.Error("the session is not hybrid")
			}
			check(c.Close())
			check(s.Close())
			l.readers.Wait()
		})
	}
}
