package device_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

type outcome struct {
	s   *device.Session
	err error
}

// client runs one side in the background.
func client(d *device.Device, conn net.Conn, to wire.Address) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		s, err := d.Client(context.Background(), conn, to)
		ch <- outcome{s, err}
	}()
	return ch
}

func server(d *device.Device, conn net.Conn) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		s, err := d.Server(context.Background(), conn)
		ch <- outcome{s, err}
	}()
	return ch
}

// Another implementation, written from the protocol document alone, agrees with this one on either side.
func TestHandshakeByHand(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	a, b := connect(t)
	got := client(f.bus, a, must(wire.ParseAddress("//fleet.example/Sother~77")))
	p := f.rawPeer(b, k)
	p.answer(p.says)
	must(readFrame(b)) // AuthI
	if o := <-got; o.err != nil || o.s.Peer() != p.says {
		t.Errorf("initiator: %v", o.err)
	}

	a, b = connect(t)
	got = server(f.bus, a)
	p = f.rawPeer(b, k)
	if auth := p.call(address(f.bus)); !auth.Address.IsZero() || auth.List != 1 || auth.Epoch != 10 {
		t.Errorf("AuthR %+v", auth)
	}
	p.introduce()
	if o := <-got; o.err != nil || o.s.Peer() != p.says {
		t.Errorf("responder: %v", o.err)
	}
}

// An enrolled device that answers in another's place is found out before the initiator says who it is.
func TestWrongResponder(t *testing.T) {
	f := newFleet(t)
	mallory := f.key(must(wire.ParseAddress("//fleet.example/Smallory~77")))
	for name, test := range map[string]struct {
		bend func(p *rawPeer)
		want error
	}{
		"without a name":            {func(*rawPeer) {}, device.ErrTampered},
		"under its own name":        {func(p *rawPeer) { p.named = true }, device.ErrMalformed},
		"under the other's name":    {func(p *rawPeer) { p.named, p.says = true, address(f.tram) }, device.ErrMalformed},
		"under the caller's name":   {func(p *rawPeer) { p.named, p.says = true, address(f.bus) }, device.ErrMalformed},
		"with the initiator's role": {func(p *rawPeer) { p.sign = initiatorSign }, device.ErrTampered},
	} {
		a, b := connect(t)
		got := client(f.bus, a, address(f.tram))
		p := f.rawPeer(b, mallory)
		test.bend(p)
		p.answer(address(f.tram))
		if rest, err := io.ReadAll(b); len(rest) != 0 {
			t.Errorf("%s: the initiator sent %d more octets, %v", name, len(rest), err)
		}
		wantErr(t, (<-got).err, test.want, name)
	}

	a, b := connect(t) // a prologue of its own does not even get so far
	got := client(f.bus, a, address(f.tram))
	go func() { f.rawPeer(b, mallory).answer(must(wire.ParseAddress("//fleet.example/Smallory~77"))) }()
	wantErr(t, (<-got).err, device.ErrHandshake, "another prologue")
}

func initiatorSign(k *ibc.PrivateKey, _ string, m []byte) [64]byte {
	return must(k.Sign(nil, "marque/v1/session/initiator", m))
}

// The responder gives the program nothing before it knows who called.
func TestWrongInitiator(t *testing.T) {
	f := newFleet(t)
	old := f.key(must(wire.ParseAddress("//fleet.example/Sold~78")))
	f.clock.add(4 * week)
	must(f.bus.Apply(f.publish(1)))
	mallory, revoked := f.key(must(wire.ParseAddress("//fleet.example/Smallory~77"))), f.key(address(f.tram))
	for name, test := range map[string]struct {
		key  *ibc.PrivateKey
		bend func(p *rawPeer)
		want error
	}{
		"no name":                   {mallory, func(p *rawPeer) { p.says = wire.Address{} }, device.ErrMalformed},
		"somebody else's name":      {mallory, func(p *rawPeer) { p.says = address(f.park) }, device.ErrTampered},
		"the responder's own name":  {mallory, func(p *rawPeer) { p.says = address(f.bus) }, device.ErrOwnIdentity},
		"a key of the past epoch":   {old, func(*rawPeer) {}, device.ErrEpoch},
		"a revoked identity":        {revoked, func(*rawPeer) {}, device.ErrRevoked},
		"another realm's name":      {mallory, func(p *rawPeer) { p.says = must(wire.ParseAddress("//other.example/Sx~7")) }, device.ErrUnknownRealm},
		"another responder's proof": {mallory, func(p *rawPeer) { p.authR[0] ^= 1 }, device.ErrTampered},
		"the nonce zero":            {mallory, func(p *rawPeer) { p.sign = f.signWithIdentity }, device.ErrTampered},
	} {
		a, b := connect(t)
		got := server(f.bus, a)
		p := f.rawPeer(b, test.key)
		p.call(address(f.bus))
		test.bend(p)
		p.introduce()
		o := <-got
		wantErr(t, o.err, test.want, name)
		if o.s != nil {
			t.Errorf("%s: there is a session", name)
		}
	}
	if n := f.bus.Status().Sessions; n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestHandshakeRefused(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	for name, test := range map[string]struct {
		to   wire.Address
		want error
	}{
		"oneself":        {address(f.bus), device.ErrOwnIdentity},
		"another realm":  {must(wire.ParseAddress("//other.example/Sx~7")), device.ErrUnknownRealm},
		"nobody":         {wire.Address{}, device.ErrMalformed},
		"somebody else":  {address(f.park), device.ErrHandshake}, // the tram answers, by closing
		"another serial": {must(wire.ParseAddress("//fleet.example/Stram-12~8")), device.ErrHandshake},
	} {
		a, b := connect(t)
		srv := server(f.tram, b)
		_, err := f.bus.Client(context.Background(), a, test.to)
		wantErr(t, err, test.want, name)
		if o := <-srv; o.err == nil {
			t.Errorf("%s: the responder has a session", name)
		} else if errors.Is(err, device.ErrHandshake) {
			wantErr(t, o.err, device.ErrNotForMe, name)
		}
	}
	for name, test := range map[string]struct {
		first []byte
		want  error
	}{
		"nothing":           {nil, device.ErrHandshake},
		"HTTP":              {[]byte("GET / HTTP/1.1\r\nHost: example\r\n\r\n"), device.ErrHandshake},
		"a wrong mode":      {append([]byte{0, 41, 0x20}, make([]byte, 40)...), device.ErrMalformed},
		"an empty message":  {[]byte{0, 0}, device.ErrHandshake},
		"another authority": {append([]byte{0, 41}, hello(foreign, address(f.tram), 41)...), device.ErrUnknownRealm},
	} {
		a, b := connect(t)
		srv := server(f.tram, b)
		must(a.Write(test.first))
		check(a.(*net.TCPConn).CloseWrite())
		wantErr(t, (<-srv).err, test.want, name)
	}
}

// hello is a first message of n octets.
func hello(a *authority, to wire.Address, n int) []byte {
	b := must((&wire.Hello{Ref: a.core.Ref(), Callee: wire.Callee(a.hash(), to)}).Marshal())
	return append(b, make([]byte, n-len(b))...)
}

// Whatever bit of the handshake is flipped on the way, the responder gets no session, and the initiator none that it could read from.
func TestHandshakeAltered(t *testing.T) {
	f := newFleet(t)
	f.flipped(t, 23)
}

// flipped flips every step-th bit of every message of a handshake.
func (f *fleet) flipped(t *testing.T, step int) {
	t.Helper()
	sizes := []int{0, 0, 0, 0}
	f.altered(t, func(frame int, b []byte) { sizes[frame] = len(b) })
	for frame, size := range sizes {
		for bit := frame; bit < 8*size; bit += step {
			c, s := f.altered(t, func(n int, b []byte) {
				if n == frame {
					b[bit/8] ^= 1 << (bit % 8)
				}
			})
			if s.err == nil {
				t.Fatalf("message %d, bit %d: the responder has a session", frame, bit)
			}
			if c.err == nil && frame < 3 {
				t.Fatalf("message %d, bit %d: the initiator has a session", frame, bit)
			}
		}
	}
}

// altered makes a session through somebody who sees and changes each message of the handshake: message 1 is 0, AuthI is 3.
func (f *fleet) altered(t *testing.T, change func(frame int, b []byte)) (c, s outcome) {
	t.Helper()
	a, b := net.Pipe()
	x, y := net.Pipe()
	cc, ss := client(f.bus, a, address(f.tram)), server(f.tram, y)
	defer func() {
		a.Close()
		y.Close()
	}()
	for frame, from := range []net.Conn{b, x, x, b} {
		to := x
		if from == x {
			to = b
		}
		msg, err := readFrame(from)
		if err != nil {
			break
		}
		change(frame, msg)
		if _, err := to.Write(append([]byte{byte(len(msg) >> 8), byte(len(msg))}, msg...)); err != nil {
			break
		}
		if frame == 3 {
			s = <-ss
			return <-cc, s
		}
	}
	b.Close()
	x.Close()
	return <-cc, <-ss
}

// The context bounds the handshake, and the connection is closed afterwards.
func TestHandshakeContext(t *testing.T) {
	f := newFleet(t)
	a, b := connect(t)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = readFrame(b) // the first message, and no answer
		cancel()
	}()
	_, err := f.bus.Client(ctx, a, address(f.tram))
	wantErr(t, err, context.Canceled, "cancelled")
	if _, err := a.Write([]byte{0}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection is open: %v", err)
	}
	_, err = f.bus.Dial(ctx, "tcp", "127.0.0.1:1", address(f.tram))
	wantErr(t, err, context.Canceled, "dial with a dead context")
}

// Revoked devices and devices without a list get no session.
func TestHandshakeNeedsTrust(t *testing.T) {
	f := newFleet(t)
	try := func(from, to *device.Device) (c, s error) {
		a, b := connect(t)
		srv := server(to, b)
		_, c = from.Client(context.Background(), a, address(to))
		return c, (<-srv).err
	}
	list := f.publish(1)
	must(f.bus.Apply(list))
	c, _ := try(f.bus, f.tram)
	wantErr(t, c, device.ErrRevoked, "to a revoked peer")
	_, s := try(f.tram, f.bus)
	wantErr(t, s, device.ErrRevoked, "from a revoked peer")
	must(f.tram.Apply(list))
	c, _ = try(f.tram, f.park)
	wantErr(t, c, device.ErrRevoked, "as a revoked device")
	_, s = try(f.park, f.tram)
	wantErr(t, s, device.ErrRevoked, "to a device that knows that it is revoked")
	d := f.enrol(t, "new", wire.KindVehicle)
	c, _ = try(d, f.bus)
	wantErr(t, c, device.ErrNoList, "without a list")
	_, s = try(f.bus, d)
	wantErr(t, s, device.ErrNoList, "without a list, as responder")
	f.clock.add(9 * week)
	c, _ = try(f.bus, f.park)
	wantErr(t, c, device.ErrListExpired, "with an expired list")
}

// A slow or hostile client holds nobody up.
func TestListener(t *testing.T) {
	f := newFleet(t)
	refused := make(chan error, 100)
	o := f.options()
	o.Refused = func(_ net.Addr, err error) { refused <- err }
	f.tram = f.reload(t, f.tram, o)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	l := f.tram.Listen(inner)
	defer l.Close()
	for range 40 { // they say nothing, for ever
		defer must(net.Dial("tcp", l.Addr().String())).Close()
	}
	junk := must(net.Dial("tcp", l.Addr().String()))
	must(junk.Write([]byte("GET / HTTP/1.1\r\n\r\n")))
	wantErr(t, <-refused, device.ErrHandshake, "a web browser")
	got := make(chan net.Conn, 1)
	go func() { got <- must(l.Accept()) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := must(f.bus.Dial(ctx, "tcp", l.Addr().String(), address(f.tram)))
	s := (<-got).(*device.Session)
	if s.Peer() != address(f.bus) || c.RemoteAddr().String() != l.Addr().String() || s.LocalAddr().String() != l.Addr().String() {
		t.Errorf("peer %v", s.Peer())
	}
	must(f.park.Dial(ctx, "tcp", l.Addr().String(), address(f.tram))) // is never accepted
	check(l.Close())
	check(l.Close())
	_, err = l.Accept()
	wantErr(t, err, net.ErrClosed, "accept after close")
	must(c.Write([]byte("x"))) // sessions outlive the listener
	must(io.ReadFull(s, make([]byte, 1)))
}
