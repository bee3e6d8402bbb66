package device_test

import (
	"context"
	"net"
	"testing"
	"time"

	"marque/device"
)

// One host that opens connections and says nothing takes a part of the room only: others get in.
func TestOneHostCannotCrowdOthersOut(t *testing.T) {
	f := newFleet(t)
	refused := make(chan error, 1000)
	o := f.options()
	o.Refused = func(_ net.Addr, err error) { refused <- err }
	f.tram = f.reload(t, f.tram, o)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // less than a silent handshake lasts
	defer cancel()
	l := must(f.tram.ListenOn(ctx, "tcp", "127.0.0.1:0"))
	defer l.Close()
	for range 300 { // more than there is room for
		defer must(net.Dial("tcp", l.Addr().String())).Close()
	}

	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn := must(from.DialContext(ctx, "tcp", l.Addr().String()))
	s, err := f.bus.Client(ctx, conn, address(f.tram))
	if err != nil {
		t.Fatal("another host:", err)
	}
	defer s.Close()
	if got := must(l.AcceptSession()); got.Peer() != address(f.bus) {
		t.Errorf("peer %v", got.Peer())
	}
	wantErr(t, <-refused, device.ErrCrowded, "the crowd")
}
