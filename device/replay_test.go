package device_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// crash copies a device folder as a process that is killed now would leave it.
func crash(t testing.TB, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "copy")
	check(os.CopyFS(out, os.DirFS(dir)))
	return out
}

func TestReplay(t *testing.T) {
	f := newFleet(t)
	broadcast := must(f.bus.Sign([]byte("once"), device.SignOptions{}))
	cold, _, err := f.bus.Seal(address(f.park), []byte("once"), device.SealOptions{})
	check(err)
	f.meet(t, f.bus, f.park)
	warm, _, err := f.bus.Seal(address(f.park), []byte("once"), device.SealOptions{RequireWarm: true})
	check(err)
	must(f.park.Verify(broadcast))
	must(f.park.Open(cold))
	must(f.park.Open(warm))
	for range 2 {
		_, err = f.park.Verify(broadcast)
		wantErr(t, err, device.ErrReplay, "broadcast")
		_, err = f.park.Open(cold)
		wantErr(t, err, device.ErrReplay, "cold")
		_, err = f.park.Open(warm)
		wantErr(t, err, device.ErrReplay, "warm")
		f.park = f.reload(t, f.park, f.options()) // and so it is after a restart
	}
	must(f.park.Verify(must(f.bus.Sign([]byte("next"), device.SignOptions{}))))
}

// The same message offered many times at once is accepted once.
func TestReplayAtOnce(t *testing.T) {
	f := newFleet(t)
	msg := must(f.bus.Sign([]byte("once"), device.SignOptions{}))
	accepted := make(chan bool)
	for range 8 {
		go func() {
			_, err := f.tram.Verify(msg)
			accepted <- err == nil
		}()
	}
	n := 0
	for range 8 {
		if <-accepted {
			n++
		}
	}
	if n != 1 {
		t.Errorf("accepted %d times", n)
	}
}

// A device that was killed does not know what it had accepted, and refuses all that was sent before its next start and a little more.
func TestReplayAfterCrash(t *testing.T) {
	f := newFleet(t)
	accepted := must(f.bus.Sign([]byte("accepted"), device.SignOptions{}))
	waiting := must(f.bus.Sign([]byte("not received yet"), device.SignOptions{}))
	must(f.park.Verify(accepted))
	saved := filepath.Join(t.TempDir(), "replay")
	d := f.load(t, crash(t, f.dirs[f.park]), f.options())
	for _, msg := range [][]byte{accepted, waiting} {
		_, err := d.Verify(msg)
		wantErr(t, err, device.ErrStaleTime, "sent before the start")
	}
	f.clock.add(30 * time.Second)
	_, err := d.Verify(must(f.bus.Sign([]byte("sent in the first 30 s"), device.SignOptions{})))
	wantErr(t, err, device.ErrStaleTime, "sent in the first 30 s")
	f.clock.add(time.Millisecond)
	late := must(f.bus.Sign([]byte("sent later"), device.SignOptions{}))
	must(d.Verify(late))

	// A record put back by hand does not help: it is of another start.
	dir := f.dirs[d]
	check(d.Close())
	check(os.CopyFS(saved, os.DirFS(dir)))
	f.load(t, dir, f.options())
	check(os.WriteFile(filepath.Join(dir, "replay"), must(os.ReadFile(filepath.Join(saved, "replay"))), 0o600))
	d = f.load(t, crash(t, dir), f.options())
	_, err = d.Verify(late)
	wantErr(t, err, device.ErrStaleTime, "with an old record put back")
	d = f.load(t, saved, f.options())
	_, err = d.Verify(late)
	wantErr(t, err, device.ErrReplay, "closed in an orderly way")
}

// A clock that is set back brings nothing back: neither within a run nor after a restart.
func TestClockSetBack(t *testing.T) {
	f := newFleet(t)
	msg := must(f.bus.Sign([]byte("once"), device.SignOptions{}))
	must(f.park.Verify(msg))
	f.clock.add(10 * time.Minute)
	must(f.park.Verify(must(f.bus.Sign([]byte("later"), device.SignOptions{})))) // forgets the first for its age
	f.clock.add(-10 * time.Minute)
	_, err := f.park.Verify(msg)
	wantErr(t, err, device.ErrStaleTime, "clock set back")
	f.clock.add(10 * time.Minute)
	f.park = f.reload(t, f.park, f.options())
	f.clock.add(-10 * time.Minute)
	_, err = f.park.Verify(msg)
	wantErr(t, err, device.ErrStaleTime, "clock set back, after a restart")
}

// Whoever sends what, and in whatever order of times, the record never grows beyond its limit.
func TestReplayNeverGrows(t *testing.T) {
	f := newFleet(t)
	o := f.options()
	o.Replay = 8
	f.tram = f.reload(t, f.tram, o)
	keys := make([]*ibc.PrivateKey, 8)
	for i := range keys {
		keys[i] = f.key(must(wire.NewAddress("fleet.example", "", "one-of-many", uint32(100+i))))
		must(f.tram.Verify(f.beacon(keys[i], f.clock.now(), "first")))
	}
	for _, k := range keys {
		_, _ = f.tram.Verify(f.beacon(k, f.clock.now().Add(-time.Second), "older")) // no room, or accepted in place of another's
		if n := f.tram.Status().Seen; n != 8 {
			t.Fatalf("%d messages remembered, want 8", n)
		}
	}
}

// A sender that floods loses its own place in the record, not that of others.
func TestReplayIsBounded(t *testing.T) {
	f := newFleet(t)
	o := f.options()
	o.Replay = 8
	f.tram = f.reload(t, f.tram, o)
	bus := must(f.bus.Sign([]byte("from the bus"), device.SignOptions{}))
	must(f.tram.Verify(bus))
	keys := make([]*ibc.PrivateKey, 5)
	for i := range keys {
		keys[i] = f.key(must(wire.NewAddress("fleet.example", "", "flood", uint32(100+i))))
	}
	var first []byte
	for i := range 5 { // five messages, where two are a quarter
		msg := f.beacon(keys[0], f.clock.now().Add(time.Duration(i)*time.Millisecond), "flood")
		must(f.tram.Verify(msg))
		if i == 0 {
			first = msg
		}
	}
	if n := f.tram.Status().Seen; n != 3 {
		t.Errorf("%d messages remembered, want the quota of 2 and 1", n)
	}
	_, err := f.tram.Verify(first)
	wantErr(t, err, device.ErrStaleTime, "dropped message of the flooding sender")
	_, err = f.tram.Verify(f.beacon(keys[0], f.clock.now(), "another old one"))
	wantErr(t, err, device.ErrStaleTime, "the flooding sender's old times")

	for _, k := range keys[1:] { // more senders than fit
		for i := range 2 {
			must(f.tram.Verify(f.beacon(k, f.clock.now().Add(time.Duration(i)*time.Millisecond), "flood")))
		}
	}
	if n := f.tram.Status().Seen; n != 8 {
		t.Errorf("%d messages remembered, want 8", n)
	}
	f.tram = f.reload(t, f.tram, o)
	_, err = f.tram.Verify(bus)
	wantErr(t, err, device.ErrReplay, "the quiet sender's message")
	_, err = f.tram.Verify(first)
	wantErr(t, err, device.ErrStaleTime, "after a restart")
	must(f.tram.Verify(must(f.bus.Sign([]byte("the bus goes on"), device.SignOptions{}))))

	f.clock.add(6 * time.Minute) // everything is too old now, and makes room
	for _, k := range keys {
		must(f.tram.Verify(f.beacon(k, f.clock.now(), "again")))
	}
}

// A message is looked up before anything is decrypted: repeating one costs no pairing, and so nothing of what cold messages may cost.
func TestReplaysCostNothing(t *testing.T) {
	f := newFleet(t)
	seal := func() []byte {
		msg, _, err := f.bus.Seal(address(f.park), nil, device.SealOptions{RequireCold: true})
		check(err)
		return msg
	}
	msg := seal()
	must(f.park.Open(msg))
	for range 200 { // more than the bucket holds
		_, err := f.park.Open(msg)
		wantErr(t, err, device.ErrReplay, "again")
	}
	must(f.park.Open(seal()))
}
