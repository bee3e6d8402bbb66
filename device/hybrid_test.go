package device_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"marque/device"
	"marque/device/wire"
)

// hybridFleet has a bus that demands hybrid sessions by itself, and a tram and a parking lot that do not.
func hybridFleet(t *testing.T) *fleet {
	t.Helper()
	f := newFleet(t)
	o := f.options()
	o.Hybrid = true
	f.bus = f.reload(t, f.bus, o)
	return f
}

func TestHybridSession(t *testing.T) {
	f := hybridFleet(t)
	c, s := f.session(t)
	must(c.Write([]byte("to the tram")))
	must(s.Write([]byte("to the bus")))
	for _, end := range []struct {
		s    *device.Session
		want string
	}{{s, "to the tram"}, {c, "to the bus"}} {
		got := make([]byte, len(end.want))
		must(io.ReadFull(end.s, got))
		if string(got) != end.want || !end.s.Hybrid() {
			t.Errorf("%q, hybrid %v", got, end.s.Hybrid())
		}
	}
	if !bytes.Equal(must(c.Exporter("x", 32)), must(s.Exporter("x", 32))) {
		t.Error("the exporters differ")
	}
	if n := c.HandshakeBytes(); n != s.HandshakeBytes() || n > 2660 {
		t.Errorf("%d octets", n)
	}
	x, y := connect(t)
	if c, _ = join(t, f.tram, f.park, x, y); c.Hybrid() {
		t.Error("a session that nobody wanted hybrid is")
	}
}

// Another implementation, written from the protocol document alone, agrees with this one on either side.
func TestHybridByHand(t *testing.T) {
	f := hybridFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	a, b := connect(t)
	got := client(f.bus, a, must(wire.ParseAddress("//fleet.example/Sother~77")))
	p := f.rawPeer(b, k)
	p.answer(p.says)
	must(readFrame(b)) // AuthI
	if o := <-got; o.err != nil || o.s.Peer() != p.says || !p.hybrid {
		t.Errorf("initiator: %v", o.err)
	}
	a, b = connect(t)
	got = server(f.bus, a)
	p = f.rawPeer(b, k)
	p.hybrid = true
	p.call(address(f.bus))
	p.introduce()
	if o := <-got; o.err != nil || o.s.Peer() != p.says {
		t.Errorf("responder: %v", o.err)
	}
}

// Who demands hybrid sessions takes no other call, whether the realm or the device demands it, and makes none.
func TestHybridIsRequired(t *testing.T) {
	f := hybridFleet(t)
	try := func(from, to *device.Device) (c, s error) {
		a, b := connect(t)
		srv := server(to, b)
		_, c = from.Client(context.Background(), a, address(to))
		return c, (<-srv).err
	}
	c, s := try(f.tram, f.bus)
	wantErr(t, s, device.ErrHybrid, "as responder")
	wantErr(t, c, device.ErrHandshake, "calling who demands it")
	f.policy = f.signPolicy(func(p *wire.Policy) { p.Hybrid = true })
	d := f.enrol(t, "hybrid", wire.KindVehicle)
	f.refresh(t, d, f.bus, f.tram)
	_, s = try(f.tram, d)
	wantErr(t, s, device.ErrHybrid, "by policy, as responder")
	c, s = try(d, f.tram)
	wantErr(t, c, nil, "by policy, as initiator")
	wantErr(t, s, nil, "called by who demands it")
}

// A carrier can neither turn a hybrid hello into another, nor alter a bit of it.
func TestHybridAltered(t *testing.T) {
	f := hybridFleet(t)
	f.flipped(t, 101)
	for frame, cut := range []int{41, 48} { // what stands there without ML-KEM
		c, s := f.altered(t, func(n int, b []byte) {
			if n == frame {
				b[0] = 0x21
				clear(b[cut:])
			}
		})
		if c.err == nil || s.err == nil {
			t.Errorf("message %d: %v, %v", frame, c.err, s.err)
		}
	}
}

// Keys of ML-KEM that FIPS 203 forbids are refused, and a peer gets no session by them.
func TestHybridKeyRefused(t *testing.T) {
	f := hybridFleet(t)
	a, b := connect(t)
	got := server(f.bus, a)
	p := f.rawPeer(b, f.key(address(f.tram)))
	p.hybrid = true
	p.start(true, address(f.bus))
	hello := must((&wire.Hello{Ref: f.core.Ref(), Callee: wire.Callee(f.hash(), address(f.bus)), Hybrid: true}).Marshal())
	msg, _, _, err := p.noise.WriteMessage(hello, bytes.Repeat([]byte{0xff}, 1184)) // coefficients above q
	check(err)
	writeFrames(b, msg)
	wantErr(t, (<-got).err, device.ErrHandshake, "a key of too large coefficients")
}
