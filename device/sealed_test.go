package device_test

import (
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// Cold at first; warm once a signed message was verified; the sender's short form once the peer showed that it knows the sender.
func TestColdThenWarmThenShort(t *testing.T) {
	f := newFleet(t)
	_, _, err := f.bus.Seal(address(f.park), nil, device.SealOptions{RequireWarm: true})
	wantErr(t, err, device.ErrWarmUnknown, "warm to a stranger")
	for i, step := range []struct {
		from, to *device.Device
		mode     device.Mode
		size     int // overhead less the sender's address
	}{
		{f.bus, f.park, device.ModeCold, 179},
		{f.bus, f.park, device.ModeCold, 179}, // hearing nothing teaches nothing
		{f.park, f.bus, device.ModeWarm, 163}, // the bus has not shown yet that it knows the car park's key
		{f.bus, f.park, device.ModeWarm, 138}, // and now each knows that the other knows
		{f.park, f.bus, device.ModeWarm, 138},
	} {
		msg, mode, err := step.from.Seal(address(step.to), []byte("payload"), device.SealOptions{})
		check(err)
		size := len(msg) - len("payload")
		if step.size != 138 {
			size -= len(address(step.from).String())
		}
		if mode != step.mode || size != step.size {
			t.Errorf("step %d: %v with %d octets, want %v with %d", i, mode, size, step.mode, step.size)
		}
		if m := must(step.to.Open(msg)); m.Sender != address(step.from) || m.Mode != step.mode || string(m.Payload) != "payload" {
			t.Errorf("step %d: %+v", i, m)
		}
	}
	if _, mode, err := f.bus.Seal(address(f.park), nil, device.SealOptions{RequireCold: true}); err != nil || mode != device.ModeCold {
		t.Errorf("RequireCold: %v, %v", mode, err)
	}
	if msg, mode, err := f.bus.Seal(address(f.park), nil, device.SealOptions{Full: true}); err != nil || mode != device.ModeWarm || len(msg) == 138 {
		t.Errorf("Full: %v, %d octets, %v", mode, len(msg), err)
	}
	_, _, err = f.bus.Seal(address(f.park), nil, device.SealOptions{RequireCold: true, RequireWarm: true})
	wantErr(t, err, device.ErrOptions, "warm and cold")

	f.bus = f.reload(t, f.bus, f.options())
	if msg, mode, err := f.bus.Seal(address(f.park), nil, device.SealOptions{}); err != nil || mode != device.ModeWarm || len(msg) != 138 {
		t.Errorf("after a restart: %v, %d octets, %v", mode, len(msg), err)
	}
	f.clock.add(4 * week)
	f.refresh(t, f.bus, f.park)
	_, _, err = f.bus.Seal(address(f.park), nil, device.SealOptions{RequireWarm: true})
	wantErr(t, err, device.ErrWarmUnknown, "warm in the next epoch")
}

// A peer that forgot the sender's key cannot open the short form, and the sender can say its name again.
func TestForgottenSender(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.park)
	msg, _, err := f.park.Seal(address(f.bus), nil, device.SealOptions{})
	check(err)
	must(f.bus.Open(msg))
	for i := range device.MaxPeers {
		k := f.key(must(wire.NewAddress("fleet.example", "", "other", uint32(1000+i))))
		must(f.park.Verify(f.beacon(k, f.clock.now(), "hello")))
	}
	msg, _, err = f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{})
	check(err)
	_, err = f.park.Open(msg)
	wantErr(t, err, device.ErrUnknownSender, "short form")
	msg, _, err = f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{Full: true})
	check(err)
	must(f.park.Open(msg))
}

func TestSealedAltered(t *testing.T) {
	f := newFleet(t)
	cold, _, err := f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{})
	check(err)
	f.meet(t, f.bus, f.park)
	warm, _, err := f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{RequireWarm: true})
	check(err)
	for _, msg := range [][]byte{cold, warm} {
		flips(msg, 1, func(bit int, altered []byte) {
			f.clock.add(10 * time.Millisecond) // so that the bucket fills again
			if m, err := f.park.Open(altered); err == nil {
				t.Fatalf("bit %d flipped: %+v", bit, m)
			}
		})
		for n := range msg {
			f.clock.add(10 * time.Millisecond)
			if _, err := f.park.Open(msg[:n]); err == nil {
				t.Fatalf("cut to %d octets: accepted", n)
			}
		}
		_, err := f.tram.Open(msg)
		wantErr(t, err, device.ErrNotForMe, "somebody else's message")
		wantErr(t, err, device.ErrTampered, "somebody else's message")
		must(f.park.Open(msg)) // none of that spoiled the message itself
	}
}

func TestSealedRefused(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	must(f.park.Verify(f.beacon(k, f.clock.now(), "hello"))) // so that its short form is known
	for name, test := range map[string]struct {
		bend func(l *letter)
		want error
	}{
		"header of the past epoch":      {func(l *letter) { l.epoch--; l.to.Epoch-- }, device.ErrEpoch},
		"header of the next epoch":      {func(l *letter) { l.epoch++; l.to.Epoch++ }, device.ErrEpoch},
		"too old":                       {func(l *letter) { l.time = l.time.Add(-301 * time.Second) }, device.ErrStaleTime},
		"in the future":                 {func(l *letter) { l.time = l.time.Add(31 * time.Second) }, device.ErrStaleTime},
		"short form in a cold message":  {func(l *letter) { l.sender = wire.Sender{Known: true, KeyRef: k.Public().Reference()} }, device.ErrMalformed},
		"signed for somebody else":      {func(l *letter) { l.signedTo.Address = address(f.tram).String() }, device.ErrTampered},
		"signed for another epoch":      {func(l *letter) { l.signedTo.Epoch++ }, device.ErrTampered},
		"another sender's name":         {func(l *letter) { l.sender.Address = address(f.tram) }, device.ErrTampered},
		"the receiver as its sender":    {func(l *letter) { l.sender.Address = address(f.park) }, device.ErrOwnIdentity},
		"a sender of another realm":     {func(l *letter) { l.sender.Address = must(wire.ParseAddress("//other.example/Sx~5")) }, device.ErrUnknownRealm},
		"in the context of a broadcast": {func(l *letter) { l.sign = broadcastSign }, device.ErrTampered},
	} {
		l := f.letter(k, address(f.park))
		test.bend(l)
		_, err := f.park.Open(f.seal(l))
		wantErr(t, err, test.want, name)
	}
	must(f.park.Open(f.seal(f.letter(k, address(f.park)))))
	_, err := f.park.Open(foreign.seal(foreign.letter(foreign.key(address(f.bus)), address(f.park))))
	wantErr(t, err, device.ErrUnknownRealm, "another realm")
	_, err = f.park.Open(must(f.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrMalformed, "a broadcast")
	_, _, err = f.bus.Seal(must(wire.ParseAddress("//other.example/Sx~5")), nil, device.SealOptions{})
	wantErr(t, err, device.ErrUnknownRealm, "seal to another realm")
	_, _, err = f.bus.Seal(wire.Address{}, nil, device.SealOptions{})
	wantErr(t, err, device.ErrMalformed, "seal to nobody")
	_, err = wire.ParseAddress("Sbus-4711~0")
	wantErr(t, err, wire.ErrAddress, "relative address")
}

func broadcastSign(k *ibc.PrivateKey, _ string, m []byte) [64]byte {
	return must(k.Sign(nil, "marque/v1/broadcast", m))
}

// A message sealed in the last seconds of an epoch opens in the first of the next; one that mixes the epochs does not.
func TestEpochChange(t *testing.T) {
	f := newFleet(t)
	end := f.core.EpochStart(11)
	f.clock.add(end.Sub(f.clock.now()) - time.Second)
	f.refresh(t, f.bus, f.park)
	msg, _, err := f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{})
	check(err)
	old := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	f.clock.add(2 * time.Second)
	must(f.park.Open(msg))
	l := f.letter(old, address(f.park)) // sealed for the new epoch, with a time of the old one
	l.time = end.Add(-time.Second)
	_, err = f.park.Open(f.seal(l))
	wantErr(t, err, device.ErrEpoch, "epochs mixed")
}

// A flood of cold messages costs at most a burst of pairings; warm messages still get through.
func TestColdFlood(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.park)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	busy := 0
	for range 80 {
		junk := f.seal(f.letter(k, address(f.tram))) // costs the receiver a pairing before it can tell
		if _, err := f.park.Open(junk); err == nil {
			t.Fatal("opened")
		} else if isBusy(err) {
			busy++
		}
	}
	if busy != 80-64 {
		t.Errorf("%d of 80 were not looked at", busy)
	}
	warm, _, err := f.bus.Seal(address(f.park), nil, device.SealOptions{RequireWarm: true})
	check(err)
	must(f.park.Open(warm))
	cold, _, err := f.bus.Seal(address(f.park), nil, device.SealOptions{RequireCold: true})
	check(err)
	_, err = f.park.Open(cold)
	wantErr(t, err, device.ErrBusy, "in the flood")
	f.clock.add(time.Second)
	must(f.park.Open(cold))
}
