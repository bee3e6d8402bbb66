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
	"marque/device/ibc"
	"marque/device/wire"
)

// spreading is a fleet in which sessions are read at both ends, as programs do, until they are closed.
type spreading struct {
	*fleet
	learned chan *device.Applied // by any of the devices
	refused chan error
	o       device.Options
	liar    *ibc.PrivateKey // of the parking's serial
}

func newSpreading(t testing.TB, change func(*device.Options)) *spreading {
	t.Helper()
	f := &spreading{fleet: newFleet(t), learned: make(chan *device.Applied, 64), refused: make(chan error, 64)}
	o := f.options()
	o.Learned = func(_ wire.Address, a *device.Applied, err error) {
		if a == nil {
			f.refused <- err
			return
		}
		f.learned <- a
	}
	if change != nil {
		change(&o)
	}
	f.o = o
	f.bus, f.tram, f.park = f.reload(t, f.bus, o), f.reload(t, f.tram, o), f.reload(t, f.park, o)
	return f
}

// open makes a session over a connection, and reads both ends into what it returns.
func (f *spreading) open(t testing.TB, client, server *device.Device, a, b net.Conn) (c, s *device.Session, ends [2]*heard) {
	t.Helper()
	c, s = join(t, client, server, a, b)
	return c, s, [2]*heard{hearAll(c), hearAll(s)}
}

// heard is what came over a session, once it is done.
type heard struct {
	data []byte
	err  error
	done chan struct{}
}

// hearAll reads a session to its end.
func hearAll(s *device.Session) *heard {
	h := &heard{done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.data, h.err = io.ReadAll(s)
	}()
	return h
}

func (f *spreading) wait(t testing.TB) *device.Applied {
	t.Helper()
	select {
	case a := <-f.learned:
		return a
	case err := <-f.refused:
		t.Fatalf("refused: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("no list came")
	}
	return nil
}

func sequence(d *device.Device) uint32 { return d.Status().List.Order.Sequence }

// pipes are connections with and without a buffer.
func pipes(t testing.TB) map[string][2]net.Conn {
	a, b := connect(t)
	c, d := net.Pipe()
	return map[string][2]net.Conn{"TCP": {a, b}, "pipe": {c, d}}
}

// Whoever is behind, caller or called, is brought to the list of the other by one change, or by the full list.
func TestListsSpread(t *testing.T) {
	for _, full := range []bool{true, false} {
		for _, calls := range []bool{true, false} {
			for name, conns := range pipes(t) {
				f := newSpreading(t, nil)
				newest := f.publish(2)
				file := newest
				if !full {
					file = f.change(newest, 1, []uint32{2}, asIs)
				}
				must(f.bus.Apply(file))
				client, server := f.bus, f.tram
				if calls {
					client, server = f.tram, f.bus
				}
				c, s, ends := f.open(t, client, server, conns[0], conns[1])
				if a := f.wait(t); !a.Changed || a.Order.Sequence != 2 || a.Count != 1 {
					t.Errorf("%s, full %v, the one behind calls %v: %+v", name, full, calls, a)
				}
				must(c.Write([]byte("ping")))
				must(s.Write([]byte("pong")))
				check(c.Close())
				<-ends[1].done
				if string(ends[1].data) != "ping" || ends[1].err != nil {
					t.Errorf("%s: %q, %v", name, ends[1].data, ends[1].err)
				}
				if st := f.bus.Status().Shared; st.Given != 1 || st.Refused != 0 || st.Carried != 1+btoi(!full) {
					t.Errorf("%s: %+v", name, st)
				}
				if st := f.tram.Status(); st.Shared.Taken != 1 || !st.List.Known || sequence(f.tram) != 2 {
					t.Errorf("%s: %+v", name, st.Shared)
				}
			}
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// What was learned from a peer is handed on, after a restart, too.
func TestListsSpreadOn(t *testing.T) {
	f := newSpreading(t, nil)
	f.next++ // a serial that is nobody's here
	must(f.bus.Apply(f.change(f.publish(), 1, nil, asIs)))
	must(f.bus.Apply(f.change(f.publish(3), 2, []uint32{3}, asIs)))
	for _, pair := range [][2]*device.Device{{f.bus, f.tram}, {f.tram, f.park}} {
		d := f.reload(t, pair[0], f.options())
		a, b := connect(t)
		c, s := join(t, d, pair[1], a, b)
		hearAll(c)
		hearAll(s)
		for range 2 { // the first change, and the second
			f.wait(t)
		}
		if got := sequence(pair[1]); got != 3 {
			t.Errorf("list %d", got)
		}
		check(s.Close())
	}
}

// Lists and data cross at once, both ways, and nothing of either is lost.
func TestListsSpreadUnderTraffic(t *testing.T) {
	for name, conns := range pipes(t) {
		f := newSpreading(t, nil)
		must(f.bus.Apply(f.large()))
		c, s := join(t, f.tram, f.bus, conns[0], conns[1])
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
		for _, w := range []*device.Session{c, s} {
			go func() { must(w.Write(data)) }()
		}
		for _, r := range []*device.Session{c, s} {
			got := make([]byte, len(data))
			must(io.ReadFull(r, got))
			if !bytes.Equal(got, data) {
				t.Errorf("%s: the data changed", name)
			}
		}
		hearAll(c)
		hearAll(s)
		if a := f.wait(t); a.Count != 6000 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Deadlines of the program that pass meanwhile lose nothing of a list: reads go on, and a record that was cut off goes before the next one.
func TestListsSpreadUnderDeadlines(t *testing.T) {
	f := newSpreading(t, nil)
	must(f.bus.Apply(f.large()))
	a, b := net.Pipe()
	c, s := join(t, f.tram, f.bus, a, b)
	check(c.SetWriteDeadline(time.Unix(1, 0)))
	for _, end := range []*device.Session{c, s} {
		go func() {
			for p := make([]byte, 1); ; {
				check(end.SetReadDeadline(time.Now().Add(time.Millisecond)))
				if _, err := end.Read(p); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
					return
				}
			}
		}()
	}
	time.Sleep(20 * time.Millisecond) // so that the request meets the deadline; either way it must arrive
	check(c.SetWriteDeadline(time.Time{}))
	must(c.Write([]byte("x")))
	if a := f.wait(t); a.Count != 6000 {
		t.Errorf("%+v", a)
	}
}

// A connection that breaks after any number of octets leaves the old list or the new one; the next session brings the rest.
func TestListsSpreadCutOff(t *testing.T) {
	f := newSpreading(t, nil)
	must(f.bus.Apply(f.large()))
	for most := 0; ; most += 700 {
		a, b := connect(t)
		c, s := join(t, f.tram, f.bus, a, &cutConn{Conn: b, left: 700 + most})
		ends := []*heard{hearAll(c), hearAll(s)}
		select {
		case a := <-f.learned:
			if a.Count != 6000 || most < 2*700 {
				t.Errorf("after %d octets: %+v", most, a)
			}
			return
		case err := <-f.refused:
			t.Fatal(err)
		case <-ends[0].done:
			<-ends[1].done
		}
		if st := f.tram.Status(); st.List.Order.Sequence != 1 || st.Shared.Refused != 0 {
			t.Fatalf("after %d octets: %+v", most, st.Shared)
		}
	}
}

// cutConn breaks after it has sent so many octets.
type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Write(p []byte) (int, error) {
	if len(p) > c.left {
		n, _ := c.Conn.Write(p[:c.left])
		return n, errors.Join(io.ErrClosedPipe, c.Close())
	}
	c.left -= len(p)
	return c.Conn.Write(p)
}

// Peers of a live session hear of a list that the other applies meanwhile. It may end the session, and is then not lost.
func TestListsSpreadInLiveSession(t *testing.T) {
	f := newSpreading(t, nil)
	a, b := connect(t)
	f.open(t, f.bus, f.tram, a, b)
	a, b = connect(t)
	f.open(t, f.tram, f.park, a, b)
	for range 3 {
		must(f.bus.Apply(f.change(f.publish(), f.list-1, nil, asIs)))
		f.wait(t)
		f.wait(t)
		if sequence(f.tram) != f.list || sequence(f.park) != f.list {
			t.Errorf("lists %d and %d", sequence(f.tram), sequence(f.park))
		}
	}
	if n := f.tram.Status().Shared; n.Taken != 3 || n.Given != 3 || n.Refused != 0 {
		t.Errorf("%+v", n)
	}
}

// With sharing switched off on either side nothing is asked or given, and the session carries data.
func TestListsSpreadOff(t *testing.T) {
	for _, giver := range []bool{true, false} {
		f := newSpreading(t, nil)
		o := f.o
		o.Share.Off = true
		if giver {
			f.bus = f.reload(t, f.bus, o)
		} else {
			f.tram = f.reload(t, f.tram, o)
		}
		must(f.bus.Apply(f.publish()))
		a, b := connect(t)
		c, s, ends := f.open(t, f.bus, f.tram, a, b)
		must(c.Write([]byte("ping")))
		must(s.Write([]byte("pong")))
		check(s.Close())
		<-ends[0].done
		check(c.Close())
		if sequence(f.tram) != 1 || string(ends[0].data) != "pong" || ends[0].err != nil {
			t.Errorf("list %d, %q, %v", sequence(f.tram), ends[0].data, ends[0].err)
		}
		for _, d := range []*device.Device{f.bus, f.tram} {
			if st := d.Status().Shared; st.Given+st.Taken+st.Refused != 0 {
				t.Errorf("%+v", st)
			}
		}
	}
}

// Whom the newer list revokes gets no session, and with it no list.
func TestListsSpreadToNoneRevoked(t *testing.T) {
	f := newSpreading(t, nil)
	must(f.bus.Apply(f.publish(1)))
	a, b := connect(t)
	go func() { _, _ = f.bus.Server(context.Background(), b) }()
	s, err := f.tram.Client(context.Background(), a, address(f.bus))
	if err == nil {
		_, err = s.Read(make([]byte, 1))
		check(s.Close())
	}
	if err == nil || sequence(f.tram) != 1 || f.bus.Status().Shared.Given != 0 {
		t.Errorf("%v, list %d", err, sequence(f.tram))
	}
}

// A peer that says it is ahead and then says nothing holds up no other for long.
func TestSpreadPatience(t *testing.T) {
	f := newSpreading(t, nil)
	liar, _ := f.claim(t, f.tram, 9)
	liar.request()
	must(f.bus.Apply(f.publish()))
	a, b := connect(t)
	c, _, _ := f.open(t, f.bus, f.tram, a, b)
	must(c.Write([]byte("x")))
	f.clock.add(31 * time.Second)
	must(c.Write([]byte("x")))
	if a := f.wait(t); a.Order.Sequence != 2 {
		t.Errorf("%+v", a)
	}
	liar.send(listPiece, make([]byte, 8)) // too late
	liar.send(1, nil)
}

// A peer that has no more than one change for each step, and no full list for the last, brings all steps in one session.
func TestSpreadManySteps(t *testing.T) {
	f := newSpreading(t, nil)
	for range 7 {
		must(f.bus.Apply(f.change(f.publish(), f.list-1, nil, asIs)))
	}
	a, b := connect(t)
	f.open(t, f.bus, f.tram, a, b)
	for range 7 {
		f.wait(t)
	}
	if sequence(f.tram) != f.list {
		t.Errorf("list %d of %d", sequence(f.tram), f.list)
	}
}

// When a peer that was to bring a list is gone, another one is asked, though nothing is said in its session.
func TestSpreadNextPeer(t *testing.T) {
	f := newSpreading(t, nil)
	liar, end := f.claim(t, f.tram, 9)
	liar.request()
	must(f.bus.Apply(f.publish()))
	a, b := connect(t)
	f.open(t, f.bus, f.tram, a, b)
	time.Sleep(50 * time.Millisecond) // either way it must come
	check(liar.conn.Close())
	<-end.done
	if a := f.wait(t); a.Order.Sequence != 2 {
		t.Errorf("%+v", a)
	}
}
