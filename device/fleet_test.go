package device_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"marque/device"
	"marque/device/wire"
)

// fleet is an authority with three enrolled devices that have applied its first list: serials 0, 1 and 2.
type fleet struct {
	*authority
	bus, tram, park *device.Device
	dirs            map[*device.Device]string
}

func newFleet(t testing.TB) *fleet {
	t.Helper()
	return fleetOf(t, newAuthority(1))
}

func fleetOf(t testing.TB, a *authority) *fleet {
	t.Helper()
	f := &fleet{authority: a, dirs: map[*device.Device]string{}}
	f.bus = f.enrol(t, "bus-4711", wire.KindVehicle)
	f.tram = f.enrol(t, "tram-12", wire.KindVehicle)
	f.park = f.enrol(t, "parking", wire.KindApplication)
	f.apply(t, f.publish())
	return f
}

func (a *authority) options() device.Options { return device.Options{Clock: a.clock.now} }

// create makes a device with a request.
func (a *authority) create(t testing.TB, name string, kind wire.Kind) (*device.Device, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	d, err := device.Create(dir, device.Wanted{Name: name, Kind: kind}, a.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

func (f *fleet) enrol(t testing.TB, name string, kind wire.Kind) *device.Device {
	t.Helper()
	d, dir := f.create(t, name, kind)
	if _, err := d.Install(f.issue(must(d.Request()), edit{}), f.hash()); err != nil {
		t.Fatal(err)
	}
	f.dirs[d] = dir
	return d
}

// apply gives a list to all devices.
func (f *fleet) apply(t testing.TB, bundle []byte) {
	t.Helper()
	for _, d := range []*device.Device{f.bus, f.tram, f.park} {
		if _, err := d.Apply(bundle); err != nil {
			t.Fatal(err)
		}
	}
}

// reload closes a device and opens its folder again.
func (f *fleet) reload(t testing.TB, d *device.Device, o device.Options) *device.Device {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return f.load(t, f.dirs[d], o)
}

func (f *fleet) load(t testing.TB, dir string, o device.Options) *device.Device {
	t.Helper()
	d, err := device.Load(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	f.dirs[d] = dir
	return d
}

func address(d *device.Device) wire.Address { return d.Status().Address }

// meet makes two devices know each other's keys.
func (f *fleet) meet(t testing.TB, a, b *device.Device) {
	t.Helper()
	for _, m := range [][2]*device.Device{{a, b}, {b, a}} {
		msg, err := m[0].Sign([]byte("hello"), device.SignOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m[1].Verify(msg); err != nil {
			t.Fatal(err)
		}
	}
}

// wantErr fails unless err is target.
func wantErr(t testing.TB, err, target error, what string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got error %v, want %v", what, err, target)
	}
}

// connect returns both ends of a loopback TCP connection.
func connect(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ch := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(ch)
			return
		}
		ch <- c
	}()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, ok := <-ch
	if !ok {
		t.Fatal("no connection")
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// join makes a session between two devices over a connection.
func join(t testing.TB, client, server *device.Device, a, b net.Conn) (c, s *device.Session) {
	t.Helper()
	type result struct {
		s   *device.Session
		err error
	}
	ch := make(chan result, 1)
	go func() {
		s, err := server.Server(context.Background(), b)
		ch <- result{s, err}
	}()
	c, err := client.Client(context.Background(), a, address(server))
	r := <-ch
	if err = errors.Join(err, r.err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); r.s.Close() })
	return c, r.s
}

// refresh publishes a fresh list for some devices only.
func (f *fleet) refresh(t testing.TB, ds ...*device.Device) {
	t.Helper()
	list := f.publish()
	for _, d := range ds {
		if _, err := d.Apply(list); err != nil {
			t.Fatal(err)
		}
	}
}

func isBusy(err error) bool { return errors.Is(err, device.ErrBusy) }
