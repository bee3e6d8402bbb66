package device_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// session makes a session from bus to tram over loopback TCP.
func (f *fleet) session(t testing.TB) (c, s *device.Session) {
	t.Helper()
	a, b := connect(t)
	return join(t, f.bus, f.tram, a, b)
}

func TestSessionCarriesData(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB, both ways at once
	send := func(w *device.Session) {
		must(w.Write(data))
	}
	go send(c)
	go send(s)
	for _, r := range []*device.Session{c, s} {
		got := make([]byte, len(data))
		must(io.ReadFull(r, got))
		if !bytes.Equal(got, data) {
			t.Error("the data changed")
		}
	}
	check(c.Close())
	check(c.Close())
	if n, err := s.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("after the peer closed: %d, %v", n, err)
	}
	_, err := c.Read(make([]byte, 1))
	wantErr(t, err, net.ErrClosed, "read after close")
	_, err = c.Write([]byte("x"))
	wantErr(t, err, net.ErrClosed, "write after close")
	if n := f.bus.Status().Sessions; n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// The exporter gives both ends the same octets, others to others.
func TestSessionExporter(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	c2, _ := f.session(t)
	one := must(c.Exporter("label", 32))
	if !bytes.Equal(one, must(s.Exporter("label", 32))) {
		t.Error("the ends differ")
	}
	for name, other := range map[string][]byte{"label": must(c.Exporter("label2", 32)), "session": must(c2.Exporter("label", 32))} {
		if bytes.Equal(one, other) {
			t.Errorf("another %s gives the same", name)
		}
	}
	_, err := c.Exporter("label", 0)
	wantErr(t, err, device.ErrOptions, "no octets")
	_, err = c.Exporter("label", 1<<20)
	wantErr(t, err, device.ErrOptions, "too many octets")
}

// A session shows each side the other's key: the next message is warm, and short.
func TestSessionIntroduces(t *testing.T) {
	f := newFleet(t)
	f.session(t)
	for _, m := range [][2]*device.Device{{f.bus, f.tram}, {f.tram, f.bus}} {
		msg, mode, err := m[0].Seal(address(m[1]), nil, device.SealOptions{RequireWarm: true})
		check(err)
		if mode != device.ModeWarm || len(msg) != 138 {
			t.Errorf("%v, %d octets", mode, len(msg))
		}
		must(m[1].Open(msg))
	}
}

// A list that revokes the peer ends the session at once, even under a blocked Read.
func TestSessionRevoked(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	must(c.Write([]byte("waiting")))
	blocked := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		blocked <- err
	}()
	list := f.publish(1)
	if a := must(f.park.Apply(list)); a.Ended != 0 {
		t.Errorf("%d sessions ended at a device that has none", a.Ended)
	}
	if a := must(f.bus.Apply(list)); a.Ended != 1 {
		t.Errorf("%d sessions ended", a.Ended)
	}
	wantErr(t, <-blocked, device.ErrRevoked, "blocked read")
	_, err := c.Write([]byte("x"))
	wantErr(t, err, device.ErrRevoked, "write")
	if f.bus.Status().Sessions != 0 {
		t.Error("the session lives")
	}
	got := make([]byte, 100)
	n := must(s.Read(got))
	_, err = s.Read(got)
	wantErr(t, err, device.ErrTruncated, "the revoked side, after what was sent before")
	if string(got[:n]) != "waiting" {
		t.Errorf("read %q", got[:n])
	}
	must(f.tram.Apply(list))
	_, err = s.Write([]byte("x"))
	wantErr(t, err, device.ErrRevoked, "a device that knows that it is revoked")
}

// A session ends after 24 hours, and when the list in force expires.
func TestSessionEnds(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	must(c.Write([]byte("x")))
	f.clock.add(24*time.Hour - time.Millisecond)
	must(s.Read(make([]byte, 1)))
	must(c.Write([]byte("y")))
	f.clock.add(time.Millisecond)
	_, err := s.Read(make([]byte, 1))
	wantErr(t, err, device.ErrSessionEnded, "read after a day")
	_, err = c.Write([]byte("z"))
	wantErr(t, err, device.ErrSessionEnded, "write after a day")

	f.clock.add(7*week + 6*24*time.Hour - time.Minute)
	c, _ = f.session(t)
	f.clock.add(time.Minute)
	_, err = c.Write([]byte("z"))
	wantErr(t, err, device.ErrListExpired, "write after hard expiry")
}

// The last record under a key is kept for closing.
func TestSessionRecordLimit(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	device.SkipRecords(device.MaxRecords-2, c, s)
	must(c.Write([]byte("x")))
	_, err := c.Write([]byte("y"))
	wantErr(t, err, device.ErrSessionEnded, "the last but one")
	must(s.Read(make([]byte, 1)))
	check(c.Close())
	_, err = s.Read(make([]byte, 1))
	wantErr(t, err, io.EOF, "closed in order")
}

// tapped makes a session through somebody in the middle, who holds the initiator's records and gives the responder what he likes.
func (f *fleet) tapped(t *testing.T) (c, s *device.Session, fromC, toS net.Conn) {
	t.Helper()
	a, b := connect(t)
	x, y := connect(t)
	cc, ss := client(f.bus, a, address(f.tram)), server(f.tram, y)
	for _, m := range []struct{ from, to net.Conn }{{b, x}, {x, b}, {x, b}, {b, x}} {
		writeFrames(m.to, must(readFrame(m.from)))
	}
	client, server := <-cc, <-ss
	check(errors.Join(client.err, server.err))
	t.Cleanup(func() { client.s.Close(); server.s.Close() })
	return client.s, server.s, b, x
}

// record writes one record and gives it to the one in the middle.
func record(c *device.Session, tap net.Conn, data string) []byte {
	must(c.Write([]byte(data)))
	return must(readFrame(tap))
}

func TestRecordsAreProtected(t *testing.T) {
	f := newFleet(t)
	other, _, otherTap, _ := f.tapped(t)
	foreign := record(other, otherTap, "from another session")
	for name, send := range map[string]func(first, second []byte) [][]byte{
		"replayed":            func(first, _ []byte) [][]byte { return [][]byte{first, first} },
		"left out":            func(_, second []byte) [][]byte { return [][]byte{second} },
		"reordered":           func(first, second []byte) [][]byte { return [][]byte{second, first} },
		"of another session":  func(_, _ []byte) [][]byte { return [][]byte{foreign} },
		"renumbered":          func(_, second []byte) [][]byte { second[7] = 0; return [][]byte{second} },
		"cut to its sequence": func(first, _ []byte) [][]byte { return [][]byte{first[:8]} },
		"empty":               func(_, _ []byte) [][]byte { return [][]byte{{}} },
		"too long":            func(_, _ []byte) [][]byte { return [][]byte{make([]byte, 16_410)} },
	} {
		c, s, tap, out := f.tapped(t)
		writeFrames(out, send(record(c, tap, "one"), record(c, tap, "two"))...)
		got, err := io.ReadAll(s)
		wantErr(t, err, device.ErrTampered, name)
		if len(got) != 0 && name != "replayed" || len(got) > 3 {
			t.Errorf("%s: read %q", name, got)
		}
		_, err = s.Read(make([]byte, 1))
		wantErr(t, err, device.ErrTampered, name+", read again")
	}

	c, _, tap, _ := f.tapped(t) // a record sent back to its author
	writeFrames(tap, record(c, tap, "one"))
	_, err := c.Read(make([]byte, 3))
	wantErr(t, err, device.ErrTampered, "reflected")
}

func TestRecordBitFlips(t *testing.T) {
	f := newFleet(t)
	c, _, tap, _ := f.tapped(t)
	size := len(record(c, tap, "payload"))
	for bit := 0; bit < 8*size; bit += 5 {
		c, s, tap, out := f.tapped(t)
		b := record(c, tap, "payload")
		b[bit/8] ^= 1 << (bit % 8)
		writeFrames(out, b)
		_, err := s.Read(make([]byte, 1))
		wantErr(t, err, device.ErrTampered, "flipped")
	}
}

// A stream that ends without a close record was cut: whatever was read may not be all.
func TestTruncation(t *testing.T) {
	f := newFleet(t)
	c, s, tap, out := f.tapped(t)
	first, second := record(c, tap, "one"), record(c, tap, "two")
	writeFrames(out, first)
	must(out.Write([]byte{0, byte(len(second))}))
	must(out.Write(second[:10]))
	check(out.Close())
	got, err := io.ReadAll(s)
	wantErr(t, err, device.ErrTruncated, "cut inside a record")
	wantErr(t, err, io.ErrUnexpectedEOF, "cut inside a record")
	if string(got) != "one" {
		t.Errorf("read %q", got)
	}

	c, s, tap, out = f.tapped(t)
	writeFrames(out, record(c, tap, "one"))
	check(out.Close())
	_, err = io.ReadAll(s)
	wantErr(t, err, device.ErrTruncated, "cut between records")
}

// A peer whose connection is reset, as TCP does when it is closed before everything was read, is cut off like any other.
func TestReset(t *testing.T) {
	f := newFleet(t)
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn := must(l.Accept())
		must(f.bus.Server(t.Context(), conn))
		accepted <- conn
	}()
	s := must(f.tram.Dial(t.Context(), "tcp", l.Addr().String(), address(f.bus)))
	conn := (<-accepted).(*net.TCPConn)
	check(conn.SetLinger(0))
	check(conn.Close())
	_, err := io.ReadAll(s)
	wantErr(t, err, device.ErrTruncated, "reset")
}

// stutter gives one octet at a time, and a timeout before each.
type stutter struct {
	net.Conn
	late bool
	on   bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if !s.on {
		return s.Conn.Read(p)
	}
	if s.late = !s.late; s.late {
		return 0, os.ErrDeadlineExceeded
	}
	return s.Conn.Read(p[:1])
}

// A read that times out inside a record loses nothing.
func TestTimeoutsLoseNothing(t *testing.T) {
	f := newFleet(t)
	a, b := connect(t)
	slow := &stutter{Conn: b}
	c, s := join(t, f.bus, f.tram, a, slow)
	slow.on = true
	must(c.Write([]byte("hello")))
	check(c.Close())
	var got []byte
	timeouts := 0
	for {
		p := make([]byte, 3)
		n, err := s.Read(p)
		got = append(got, p[:n]...)
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			timeouts++
			continue
		}
		if err != nil {
			wantErr(t, err, io.EOF, "end")
			break
		}
	}
	if string(got) != "hello" || timeouts < 30 {
		t.Errorf("read %q with %d timeouts", got, timeouts)
	}
	check(s.SetDeadline(time.Unix(1, 0)))
	_, err := s.Write([]byte("x"))
	wantErr(t, err, os.ErrDeadlineExceeded, "write past its deadline")
	check(s.SetDeadline(time.Time{}))
	_, err = s.Write([]byte("x"))
	wantErr(t, err, os.ErrDeadlineExceeded, "write after one that timed out")
}

// Closing a device ends its sessions in order.
func TestDeviceCloseEndsSessions(t *testing.T) {
	f := newFleet(t)
	c, s := f.session(t)
	must(c.Write([]byte("last words")))
	check(f.bus.Close())
	got, err := io.ReadAll(s)
	if err != nil || string(got) != "last words" {
		t.Errorf("%q, %v", got, err)
	}
	_, err = c.Write([]byte("x"))
	wantErr(t, err, net.ErrClosed, "write after the device closed")
	_, err = f.bus.Client(context.Background(), c, address(f.tram))
	wantErr(t, err, device.ErrClosed, "session of a closed device")
}

// Sizes on the wire, for addresses of 25 octets (PROTOCOL.md, sections 7 and 10).
func TestSizes(t *testing.T) {
	f := newFleet(t)
	a, b := f.enrol(t, "bus-47", wire.KindVehicle), f.enrol(t, "bus-48", wire.KindVehicle)
	if n := len(address(a).String()) + len(address(b).String()); n != 50 {
		t.Fatalf("addresses of %d octets", n)
	}
	f.refresh(t, a, b)
	size := func(what string, got, want int) {
		if got != want {
			t.Errorf("%s: %d octets, want %d", what, got, want)
		}
	}
	size("broadcast", len(must(a.Sign(nil, device.SignOptions{}))), 135)
	size("short broadcast", len(must(a.Sign(nil, device.SignOptions{Short: true}))), 85)
	msg, _, err := a.Seal(address(b), nil, device.SealOptions{})
	check(err)
	size("cold", len(msg), 204)
	f.meet(t, a, b)
	msg, _, err = a.Seal(address(b), nil, device.SealOptions{})
	check(err)
	size("warm", len(msg), 188)
	x, y := connect(t)
	c, s := join(t, a, b, x, y)
	size("handshake", c.HandshakeBytes(), 364)
	size("handshake, seen by the responder", s.HandshakeBytes(), 364)
	msg, _, err = a.Seal(address(b), nil, device.SealOptions{})
	check(err)
	size("short warm", len(msg), 138)
}
