package device_test

import (
	"io"
	"net"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// spreading is a fleet in which sessions are read at both ends, as programs do, until they are closed.
type spreading struct {
	*fleet
	learned chan *device.Applied // by any of the devices
	refused chan error
}

func newSpreading(t testing.TB, change func(*device.Options)) *spreading {
	t.Helper()
	f := &spreading{newFleet(t), make(chan *device.Applied, 64), make(chan error, 64)}
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
