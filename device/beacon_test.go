package device_test

import (
	"errors"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// mixed signs with Mixed and says whether that gave the full form.
func mixed(d *device.Device) (msg []byte, full bool) {
	msg = must(d.Sign([]byte("here"), device.SignOptions{Mixed: true}))
	return msg, msg[0] == wire.ModeBroadcast
}

func wantFull(t *testing.T, d *device.Device, want bool, when string) []byte {
	t.Helper()
	msg, full := mixed(d)
	if full != want {
		t.Errorf("%s: full %v", when, full)
	}
	return msg
}

func TestMixedBroadcasts(t *testing.T) {
	f := newFleet(t)
	for range 3 {
		for i := range device.DefaultFullEvery {
			must(f.tram.Verify(wantFull(t, f.bus, i == 0, "by number")))
		}
	}
	wantFull(t, f.bus, true, "by number")
	wantFull(t, f.bus, false, "one later")
	f.clock.add(device.DefaultFullAfter - time.Millisecond)
	wantFull(t, f.bus, false, "just before its time")
	f.clock.add(time.Millisecond)
	wantFull(t, f.bus, true, "in its time")
	wantFull(t, f.bus, false, "one later")

	f.bus = f.reload(t, f.bus, f.options())
	wantFull(t, f.bus, true, "after a start")
	f.clock.add(f.core.EpochStart(11).Sub(f.clock.now()) - time.Second)
	wantFull(t, f.bus, true, "in its time")
	wantFull(t, f.bus, false, "in the last second of an epoch")
	f.clock.add(time.Second)
	wantFull(t, f.bus, true, "in a new epoch")

	o := f.options()
	o.FullEvery, o.FullAfter = 1, time.Hour
	f.bus = f.reload(t, f.bus, o)
	wantFull(t, f.bus, true, "every one")
	wantFull(t, f.bus, true, "every one")
	_, err := f.bus.Sign(nil, device.SignOptions{Mixed: true, Short: true})
	wantErr(t, err, device.ErrOptions, "mixed and short")
	o.FullEvery = -1
	check(f.bus.Close())
	_, err = device.Load(f.dirs[f.bus], o)
	wantErr(t, err, device.ErrOptions, "FullEvery")
}

// request returns what an error asks with.
func request(t *testing.T, err error) []byte {
	t.Helper()
	var unknown *device.UnknownSenderError
	if !errors.As(err, &unknown) || !errors.Is(err, device.ErrUnknownSender) {
		t.Fatalf("%v", err)
	}
	return unknown.Request
}

// Who comes late asks, and understands from then on.
func TestFullWanted(t *testing.T) {
	f := newFleet(t)
	wantFull(t, f.bus, true, "first")
	_, err := f.tram.Verify(wantFull(t, f.bus, false, "second"))
	ask := request(t, err)
	if len(ask) != 13 {
		t.Fatalf("asks with %x", ask)
	}
	_, err = f.tram.Verify(wantFull(t, f.bus, false, "third"))
	if again := request(t, err); again != nil {
		t.Errorf("asks again at once: %x", again)
	}
	wantErr(t, f.park.FullWanted(ask), device.ErrNotForMe, "asked somebody else")
	check(f.bus.FullWanted(ask))
	must(f.tram.Verify(wantFull(t, f.bus, true, "asked for")))
	must(f.tram.Verify(wantFull(t, f.bus, false, "the next")))

	check(f.bus.FullWanted(ask)) // a flood of requests, which anybody can send
	wantFull(t, f.bus, false, "asked again within a second")
	f.clock.add(time.Second)
	check(f.bus.FullWanted(ask))
	check(f.bus.FullWanted(ask))
	wantFull(t, f.bus, true, "asked a second later")
	wantFull(t, f.bus, false, "asked twice")

	f.clock.add(time.Second)
	_, err = f.park.Verify(wantFull(t, f.bus, false, "to another"))
	if ask := request(t, err); ask == nil {
		t.Error("does not ask")
	}
	foreign := newAuthority(7)
	other := must((&wire.FullRequest{Ref: foreign.core.Ref()}).Marshal())
	wantErr(t, f.bus.FullWanted(other), device.ErrUnknownRealm, "another realm")
	wantErr(t, f.bus.FullWanted(ask[:12]), device.ErrMalformed, "cut")
	wantErr(t, f.bus.FullWanted(append(ask[:13:13], 0)), device.ErrMalformed, "trailing")
	wantErr(t, f.bus.FullWanted(nil), device.ErrMalformed, "nothing")
	flips(ask, 1, func(bit int, altered []byte) {
		if f.bus.FullWanted(altered) == nil {
			t.Errorf("bit %d flipped: taken", bit)
		}
	})
	f.clock.add(4 * week)
	wantErr(t, f.bus.FullWanted(ask), device.ErrNotForMe, "a key of the epoch before")
}

// Somebody who makes up references makes nobody ask without end, and spoils little for those who are real.
func TestRequestsAreBounded(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	asked := 0
	made := func(i int) []byte {
		b := &wire.Broadcast{Ref: f.core.Ref(), Time: f.clock.now(), Short: true, KeyRef: [8]byte{byte(i), byte(i >> 8), 1}}
		b.Sig = must(k.Sign(nil, "marque/v1/broadcast", b.Signed()))
		return must(b.Marshal())
	}
	for i := range 100 {
		_, err := f.tram.Verify(made(i))
		if request(t, err) != nil {
			asked++
		}
	}
	if asked != 16 {
		t.Errorf("asked %d times", asked)
	}
	f.clock.add(time.Second)
	asked = 0
	for i := range 100 {
		_, err := f.tram.Verify(made(1000 + i))
		if request(t, err) != nil {
			asked++
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times in the next second", asked)
	}
}

// A sealed message makes nobody ask: its sender is hidden, and a request would name it.
func TestSealedAsksForNothing(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	f.meet(t, f.bus, f.park)
	l := f.letter(k, address(f.park))
	l.sender = wire.Sender{Known: true, KeyRef: k.Public().Reference()}
	l.toKey = f.peerKey(f.park)
	_, err := f.park.Open(f.seal(l))
	wantErr(t, err, device.ErrUnknownSender, "short form in a warm message")
	var unknown *device.UnknownSenderError
	if errors.As(err, &unknown) {
		t.Errorf("asks with %x", unknown.Request)
	}
}

// peerKey returns a device's public key as its broadcasts give it.
func (f *fleet) peerKey(d *device.Device) *ibc.PublicKey {
	b := must(wire.ParseBroadcast(must(d.Sign(nil, device.SignOptions{}))))
	id := ibc.Identity{Core: f.hash(), Address: b.Sender.String(), Epoch: must(f.core.Epoch(b.Time))}
	return must(ibc.NewPublicKey(f.master.Params(), id, b.R))
}
