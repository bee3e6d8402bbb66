package device_test

import (
	"io"
	"testing"

	"marque/device"
)

// The main path: three devices that never met talk in every way there is.
func TestStrangersTalk(t *testing.T) {
	f := newFleet(t)

	beacon := must(f.bus.Sign([]byte("at stop 7"), device.SignOptions{}))
	m := must(f.tram.Verify(beacon))
	if m.Sender != address(f.bus) || string(m.Payload) != "at stop 7" || m.Mode != device.ModeBroadcast || m.Stale || m.NewerThanList {
		t.Errorf("beacon: %+v", m)
	}

	cold, mode, err := f.bus.Seal(address(f.park), []byte("a place for tonight?"), device.SealOptions{})
	check(err)
	m = must(f.park.Open(cold))
	if mode != device.ModeCold || m.Mode != mode || m.Sender != address(f.bus) || string(m.Payload) != "a place for tonight?" {
		t.Errorf("cold: %v %+v", mode, m)
	}

	warm, mode, err := f.park.Seal(address(f.bus), []byte("number 12"), device.SealOptions{RequireWarm: true})
	check(err)
	m = must(f.bus.Open(warm))
	if mode != device.ModeWarm || m.Mode != mode || m.Sender != address(f.park) || string(m.Payload) != "number 12" {
		t.Errorf("warm: %v %+v", mode, m)
	}

	a, b := connect(t)
	c, s := join(t, f.bus, f.tram, a, b)
	if c.Peer() != address(f.tram) || s.Peer() != address(f.bus) {
		t.Errorf("peers %v and %v", c.Peer(), s.Peer())
	}
	must(c.Write([]byte("ping")))
	got := make([]byte, 4)
	must(io.ReadFull(s, got))
	must(s.Write([]byte(string(got) + "-pong")))
	check(s.Close())
	if answer := must(io.ReadAll(c)); string(answer) != "ping-pong" {
		t.Errorf("answer %q", answer)
	}
}
