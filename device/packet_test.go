package device_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// rough is a socket whose network does what change says with what is sent: the datagrams that it returns arrive, at the same address.
type rough struct {
	net.PacketConn
	mu     sync.Mutex
	change func(b []byte) [][]byte
}

func (r *rough) WriteTo(b []byte, to net.Addr) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.change(bytes.Clone(b)) {
		if _, err := r.PacketConn.WriteTo(one, to); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func socket(t testing.TB) net.PacketConn {
	t.Helper()
	return must(net.ListenPacket("udp", "127.0.0.1:0"))
}

// packetPair is listeners of the bus and the tram, over sockets that change what is sent.
func (f *fleet) packetPair(t testing.TB, change func(b []byte) [][]byte) (bus, tram *device.PacketListener) {
	t.Helper()
	bus = f.bus.ListenPacket(&rough{PacketConn: socket(t), change: change})
	tram = f.tram.ListenPacket(&rough{PacketConn: socket(t), change: change})
	t.Cleanup(func() { bus.Close(); tram.Close() })
	return bus, tram
}

func faithful(b []byte) [][]byte { return [][]byte{b} }

// talk makes a session from one listener to another.
func talk(t testing.TB, from, to *device.PacketListener, peer wire.Address) (c, s *device.PacketSession) {
	t.Helper()
	got := make(chan *device.PacketSession, 1)
	go func() {
		s, _ := to.AcceptSession()
		got <- s
	}()
	c = must(from.Dial(context.Background(), to.Addr(), peer))
	return c, <-got
}

func wantMessage(t testing.TB, s *device.PacketSession, want string) {
	t.Helper()
	b := make([]byte, device.MaxRecordData)
	check(s.SetReadDeadline(time.Now().Add(5 * time.Second)))
	if n, err := s.Read(b); err != nil || string(b[:n]) != want {
		t.Errorf("%q, %v; want %q", b[:n], err, want)
	}
}

func TestPacketSession(t *testing.T) {
	f := newFleet(t)
	bus, tram := f.packetPair(t, faithful)
	c, s := talk(t, bus, tram, address(f.tram))
	back, _ := talk(t, tram, bus, address(f.bus)) // over the same two sockets
	must(back.Write([]byte("another")))
	for _, m := range []string{"one", "", "three"} {
		must(c.Write([]byte(m)))
		wantMessage(t, s, m)
		must(s.Write([]byte(m)))
		wantMessage(t, c, m)
	}
	if s.Peer() != address(f.bus) || c.Peer() != address(f.tram) || c.Hybrid() || !bytes.Equal(must(c.Exporter("x", 32)), must(s.Exporter("x", 32))) {
		t.Errorf("%v, %v", s.Peer(), c.Peer())
	}
	_, err := c.Write(make([]byte, device.MaxRecordData+1))
	wantErr(t, err, device.ErrTooLong, "a long message")
	must(c.Write([]byte("long")))
	_, err = s.Read(make([]byte, 1))
	wantErr(t, err, io.ErrShortBuffer, "a short buffer")
	check(s.SetReadDeadline(time.Now().Add(-time.Second)))
	_, err = s.Read(make([]byte, 9))
	wantErr(t, err, os.ErrDeadlineExceeded, "a deadline in the past")
	check(s.SetReadDeadline(time.Time{}))
	must(c.Write([]byte("last words")))
	check(c.Close())
	wantMessage(t, s, "last words")
	_, err = s.Read(make([]byte, 9))
	wantErr(t, err, io.EOF, "after the peer closed")
	_, err = s.Write([]byte("x"))
	wantErr(t, err, net.ErrClosed, "to a peer that closed")
	check(tram.Close())
	_, err = tram.Accept()
	wantErr(t, err, net.ErrClosed, "accept after close")
}

// Over a socket of its own, hybrid.
func TestDialPacket(t *testing.T) {
	f := hybridFleet(t)
	_, tram := f.packetPair(t, faithful)
	go func() {
		s, err := tram.AcceptSession()
		check(err)
		must(s.Write([]byte("welcome")))
	}()
	c := must(f.bus.DialPacket(context.Background(), "udp", tram.Addr().String(), address(f.tram)))
	wantMessage(t, c, "welcome")
	if !c.Hybrid() {
		t.Error("not hybrid")
	}
	check(c.Close())
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := f.bus.DialPacket(ctx, "udp", tram.Addr().String(), address(f.park))
	wantErr(t, err, device.ErrHandshake, "somebody who is not there")
}

// Loss, repetition and another order cost time and messages, and no session; nothing comes twice.
func TestPacketRoughNetwork(t *testing.T) {
	f := newFleet(t)
	rnd := rand.New(rand.NewPCG(1, 2)) // under each socket's lock, and one at a time
	var mu sync.Mutex
	var late [][]byte
	bus, tram := f.packetPair(t, func(b []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		switch rnd.IntN(6) {
		case 0:
			return nil
		case 1:
			return [][]byte{b, b}
		case 2:
			late = append(late, b)
			return nil
		}
		out := append([][]byte{b}, late...) // to either; what is not for it is dropped
		late = nil
		return out
	})
	c, s := talk(t, bus, tram, address(f.tram))
	for i := range 60 {
		must(c.Write(fmt.Append(nil, i)))
	}
	check(s.SetReadDeadline(time.Now().Add(300 * time.Millisecond)))
	seen, b := map[string]bool{}, make([]byte, 9)
	for {
		n, err := s.Read(b)
		if err != nil {
			wantErr(t, err, os.ErrDeadlineExceeded, "read")
			break
		}
		if seen[string(b[:n])] {
			t.Errorf("%s came twice", b[:n])
		}
		seen[string(b[:n])] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d messages", len(seen))
	}
}

// Forged answers before the right one, and every datagram altered beside the right one, do no harm.
func TestPacketForged(t *testing.T) {
	f := newFleet(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	var mu sync.Mutex
	bus, tram := f.packetPair(t, func(b []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		var out [][]byte
		for range 4 {
			forged := bytes.Clone(b)
			forged[9+rnd.IntN(len(b)-9)] ^= 1 << rnd.IntN(8)
			out = append(out, forged)
		}
		return append(out, b)
	})
	c, s := talk(t, bus, tram, address(f.tram))
	for _, m := range []string{"one", "two"} {
		must(c.Write([]byte(m)))
		wantMessage(t, s, m)
	}
}

// Calls without the right cookie cost a cookie, shorter than they are, and begin nothing; others cost nothing at all.
func TestPacketFlood(t *testing.T) {
	f := newFleet(t)
	refused := make(chan error, 100)
	o := f.options()
	o.Refused = func(_ net.Addr, err error) { refused <- err }
	f.tram = f.reload(t, f.tram, o)
	_, tram := f.packetPair(t, faithful)
	me := socket(t)
	defer me.Close()
	call := func(to wire.Address, number byte, cookie [16]byte) []byte {
		b := must((&wire.Hello{Ref: f.core.Ref(), Callee: wire.Callee(f.hash(), to)}).Marshal())
		g := &wire.Datagram{Mode: wire.ModeCall, From: [8]byte{number}, Cookie: cookie, Body: append(b, bytes.Repeat([]byte{9}, 32)...)}
		return must(g.Marshal())
	}
	ask := func(b []byte) (*wire.Datagram, int) {
		must(me.WriteTo(b, tram.Addr()))
		check(me.SetReadDeadline(time.Now().Add(100 * time.Millisecond)))
		in := make([]byte, 2000)
		n, _, err := me.ReadFrom(in)
		if err != nil {
			return nil, 0
		}
		return must(wire.ParseDatagram(in[:n])), n
	}
	first, n := ask(call(address(f.tram), 1, [16]byte{}))
	if first == nil || first.Mode != wire.ModeCookie || n > len(call(address(f.tram), 1, [16]byte{})) {
		t.Fatalf("%+v", first)
	}
	for what, b := range map[string][]byte{
		"another's cookie":   call(address(f.tram), 2, first.Cookie),
		"a cookie of nobody": call(address(f.tram), 1, [16]byte{1}),
	} {
		if g, _ := ask(b); g == nil || g.Mode != wire.ModeCookie {
			t.Errorf("%s: %+v", what, g)
		}
	}
	for what, b := range map[string][]byte{"nothing": {}, "for another": call(address(f.park), 1, [16]byte{}), "junk": []byte("GET / HTTP/1.1"), "a record": append([]byte{0x45}, make([]byte, 60)...)} {
		if g, _ := ask(b); g != nil {
			t.Errorf("%s: %+v", what, g)
		}
	}
	f.clock.add(3 * time.Minute)
	if g, _ := ask(call(address(f.tram), 1, first.Cookie)); g == nil || g.Mode != wire.ModeCookie {
		t.Errorf("an old cookie: %+v", g)
	} else if g, _ := ask(call(address(f.tram), 1, g.Cookie)); g == nil || g.Mode != wire.ModeAnswer {
		t.Errorf("the right cookie: %+v", g)
	}
	select {
	case err := <-refused:
		t.Error(err)
	default:
	}
}

// A revoked peer's session ends, whoever waits in it is told, and it gets no other.
func TestPacketRevoked(t *testing.T) {
	f := newFleet(t)
	bus, tram := f.packetPair(t, faithful)
	c, _ := talk(t, bus, tram, address(f.tram))
	got := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		got <- err
	}()
	must(f.bus.Apply(f.publish(1)))
	wantErr(t, <-got, device.ErrRevoked, "read")
	_, err := c.Write(nil)
	wantErr(t, err, device.ErrRevoked, "write")
	_, err = bus.Dial(context.Background(), tram.Addr(), address(f.tram))
	wantErr(t, err, device.ErrRevoked, "dial")
	ctx, cancel := context.WithTimeout(context.Background(), 600*time.Millisecond)
	defer cancel()
	if _, err = tram.Dial(ctx, bus.Addr(), address(f.bus)); !errors.Is(err, device.ErrHandshake) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("from a revoked peer: %v", err)
	}
}

// Each session ends when a key has made its last record but one.
func TestPacketRecordLimit(t *testing.T) {
	f := newFleet(t)
	bus, tram := f.packetPair(t, faithful)
	c, s := talk(t, bus, tram, address(f.tram))
	device.SkipPackets(device.MaxRecords-2, c)
	must(c.Write([]byte("the last")))
	wantMessage(t, s, "the last")
	_, err := c.Write([]byte("x"))
	wantErr(t, err, device.ErrSessionEnded, "one too many")
}

// One peer has sixteen sessions at most: whoever lost some, or has bad intentions, does not fill the listener.
func TestPacketSessionsOfOnePeer(t *testing.T) {
	f := newFleet(t)
	bus, tram := f.packetPair(t, faithful)
	_, first := talk(t, bus, tram, address(f.tram))
	_, second := talk(t, bus, tram, address(f.tram))
	for range 15 {
		talk(t, bus, tram, address(f.tram))
	}
	_, err := first.Write(nil)
	wantErr(t, err, device.ErrSessionEnded, "the oldest")
	must(second.Write([]byte("x")))
	if n := f.tram.Status().Sessions; n != 16 {
		t.Errorf("%d sessions", n)
	}
}

// A caller that never heard that its proof was believed says so, and leaves no session behind.
func TestPacketCallerGivesUp(t *testing.T) {
	f := newFleet(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tram := f.tram.ListenPacket(&rough{PacketConn: socket(t), change: func(b []byte) [][]byte {
		if b[0] == wire.ModeRecord {
			return nil
		}
		return [][]byte{b}
	}})
	defer tram.Close()
	given := make(chan error, 1)
	go func() {
		_, err := f.bus.DialPacket(ctx, "udp", tram.Addr().String(), address(f.tram))
		given <- err
	}()
	s := must(tram.AcceptSession())
	cancel()
	wantErr(t, <-given, context.Canceled, "dial")
	check(s.SetReadDeadline(time.Now().Add(5 * time.Second)))
	_, err := s.Read(nil)
	wantErr(t, err, io.EOF, "read")
}

// That nobody is there just now, which anybody could say, ends no session.
func TestPacketUnreachable(t *testing.T) {
	f := newFleet(t)
	var mute atomic.Bool
	tram := f.tram.ListenPacket(&rough{PacketConn: socket(t), change: func(b []byte) [][]byte {
		if mute.Load() {
			return nil
		}
		return [][]byte{b}
	}})
	go func() { _, _ = tram.Accept() }()
	c := must(f.bus.DialPacket(context.Background(), "udp", tram.Addr().String(), address(f.tram)))
	defer c.Close()
	mute.Store(true)
	check(tram.Close())
	for range 100 {
		must(c.Write([]byte("x")))
		time.Sleep(100 * time.Microsecond)
	}
	check(c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)))
	_, err := c.Read(make([]byte, 1))
	wantErr(t, err, os.ErrDeadlineExceeded, "read")
}

// A deadline in the past ends reads even while messages keep coming, and a session made while its listener closes ends, too.
func TestPacketDeadlineAndClose(t *testing.T) {
	f := newFleet(t)
	bus, tram := f.packetPair(t, faithful)
	c, s := talk(t, bus, tram, address(f.tram))
	must(c.Write([]byte("one")))
	wantMessage(t, s, "one")
	must(c.Write([]byte("two")))
	time.Sleep(20 * time.Millisecond)
	check(s.SetReadDeadline(time.Unix(1, 0)))
	_, err := s.Read(make([]byte, 9))
	wantErr(t, err, os.ErrDeadlineExceeded, "read")
	wantMessage(t, s, "two")
	check(tram.Close())
	if n := f.tram.Status().Sessions; n != 0 {
		t.Errorf("%d sessions", n)
	}
}
