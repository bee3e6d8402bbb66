package device_test

import (
	"errors"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

func TestBroadcastShort(t *testing.T) {
	f := newFleet(t)
	short := must(f.bus.Sign([]byte("one"), device.SignOptions{Short: true}))
	_, err := f.tram.Verify(short)
	wantErr(t, err, device.ErrUnknownSender, "short form of a stranger")
	must(f.tram.Verify(must(f.bus.Sign([]byte("two"), device.SignOptions{}))))
	m := must(f.tram.Verify(short))
	if m.Sender != address(f.bus) || m.Mode != device.ModeBroadcastShort || string(m.Payload) != "one" {
		t.Errorf("%+v", m)
	}
	f.tram = f.reload(t, f.tram, f.options())
	must(f.tram.Verify(must(f.bus.Sign([]byte("three"), device.SignOptions{Short: true}))))
	f.clock.add(4 * week)
	must(f.tram.Apply(f.publish()))
	_, err = f.tram.Verify(must(f.bus.Sign([]byte("four"), device.SignOptions{Short: true})))
	wantErr(t, err, device.ErrUnknownSender, "short form in the next epoch")
}

func TestBroadcastAltered(t *testing.T) {
	f := newFleet(t)
	for _, short := range []bool{false, true} {
		msg := must(f.bus.Sign([]byte("at stop 7"), device.SignOptions{Short: short}))
		flips(msg, 1, func(bit int, altered []byte) {
			if m, err := f.tram.Verify(altered); err == nil {
				t.Fatalf("short %v, bit %d flipped: %+v", short, bit, m)
			}
			if _, err := f.tram.Open(altered); err == nil {
				t.Fatalf("short %v, bit %d flipped: opened", short, bit)
			}
		})
		for n := range msg {
			if _, err := f.tram.Verify(msg[:n]); err == nil {
				t.Fatalf("short %v, cut to %d octets: accepted", short, n)
			}
		}
		if _, err := f.tram.Verify(append(msg[:len(msg):len(msg)], 0)); !errors.Is(err, device.ErrTampered) {
			t.Errorf("a longer payload: %v", err)
		}
		must(f.tram.Verify(msg)) // none of that spoiled the message itself
	}
}

func TestBroadcastRefused(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	now, far := f.clock.now(), must(wire.ParseAddress("//other.example/Sbus~0"))
	bus := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	for name, test := range map[string]struct {
		msg  []byte
		want error
	}{
		"another realm":    {foreign.beacon(foreign.key(address(f.bus)), now, "x"), device.ErrUnknownRealm},
		"another domain":   {f.beacon(f.key(far), now, "x"), device.ErrUnknownRealm},
		"too old":          {f.beacon(bus, now.Add(-300*time.Second-time.Millisecond), "x"), device.ErrStaleTime},
		"in the future":    {f.beacon(bus, now.Add(30*time.Second+time.Millisecond), "x"), device.ErrStaleTime},
		"before all time":  {f.beacon(bus, epoch0.Add(-time.Second), "x"), device.ErrStaleTime},
		"a sealed message": {f.seal(f.letter(bus, address(f.tram))), device.ErrMalformed},
		"nothing":          {nil, device.ErrMalformed},
	} {
		_, err := f.tram.Verify(test.msg)
		wantErr(t, err, test.want, name)
	}
	must(f.tram.Verify(f.beacon(bus, now.Add(-300*time.Second), "oldest")))
	must(f.tram.Verify(f.beacon(bus, now.Add(30*time.Second), "latest")))
	_, err := f.bus.Sign(make([]byte, device.MaxPayload+1), device.SignOptions{})
	wantErr(t, err, device.ErrTooLong, "payload")
	must(f.tram.Verify(must(f.bus.Sign(make([]byte, device.MaxPayload), device.SignOptions{}))))
}

// A key signs in its own epoch only: the epoch follows from the signed time.
func TestBroadcastWrongEpoch(t *testing.T) {
	f := newFleet(t)
	old := f.key(address(f.bus))
	f.clock.add(4 * week)
	must(f.tram.Apply(f.publish()))
	_, err := f.tram.Verify(f.beacon(old, f.clock.now(), "signed with last epoch's key"))
	wantErr(t, err, device.ErrTampered, "key of another epoch")
}

// A = the neutral element satisfies the verification equation with t = c·y, and is refused.
func TestIdentityNonceRefused(t *testing.T) {
	f := newFleet(t)
	k := f.key(must(wire.ParseAddress("//fleet.example/Sother~77")))
	b := &wire.Broadcast{Ref: f.core.Ref(), Time: f.clock.now(), Sender: must(wire.ParseAddress(k.Identity().Address)), R: k.R(), Payload: []byte("x")}
	b.Sig = f.signWithIdentity(k, "marque/v1/broadcast", b.Signed())
	_, err := f.tram.Verify(must(b.Marshal()))
	wantErr(t, err, device.ErrTampered, "broadcast")

	l := f.letter(k, address(f.tram))
	l.sign = f.signWithIdentity
	_, err = f.tram.Open(f.seal(l))
	wantErr(t, err, device.ErrTampered, "sealed message")
}

// Two valid keys for one identity prove double issuing: both are refused, and the alarm stays.
func TestTwoKeys(t *testing.T) {
	f := newFleet(t)
	must(f.tram.Verify(must(f.bus.Sign([]byte("real"), device.SignOptions{}))))
	substitute := f.key(address(f.bus))
	_, err := f.tram.Verify(f.beacon(substitute, f.clock.now(), "substitute"))
	wantErr(t, err, device.ErrTwoKeys, "the second key")
	for range 2 {
		_, err = f.tram.Verify(must(f.bus.Sign([]byte("real again"), device.SignOptions{})))
		wantErr(t, err, device.ErrTwoKeys, "the first key")
		_, _, err = f.tram.Seal(address(f.bus), nil, device.SealOptions{})
		wantErr(t, err, device.ErrTwoKeys, "seal to it")
		if alarms := f.tram.Status().Alarms; len(alarms) != 1 {
			t.Fatalf("alarms: %v", alarms)
		}
		f.tram = f.reload(t, f.tram, f.options())
	}
	must(f.park.Verify(must(f.bus.Sign([]byte("to somebody who saw one key"), device.SignOptions{}))))
}

// The 65th peer takes the place of the one unused longest.
func TestPeersAreBounded(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.tram)
	f.meet(t, f.park, f.tram)
	for i := range device.MaxPeers - 1 {
		k := f.key(must(wire.NewAddress("fleet.example", "", "other", uint32(1000+i))))
		must(f.tram.Verify(f.beacon(k, f.clock.now(), "hello")))
		must(f.tram.Verify(must(f.park.Sign([]byte{byte(i)}, device.SignOptions{Short: true}))))
	}
	if n := f.tram.Status().Peers; n != device.MaxPeers {
		t.Errorf("%d peers", n)
	}
	_, _, err := f.tram.Seal(address(f.bus), nil, device.SealOptions{RequireWarm: true})
	wantErr(t, err, device.ErrWarmUnknown, "the forgotten peer")
	f.tram = f.reload(t, f.tram, f.options())
	if _, _, err = f.tram.Seal(address(f.park), nil, device.SealOptions{RequireWarm: true}); err != nil {
		t.Error("the peer used last:", err)
	}
}

// A device's own messages come back as somebody else's to nobody, and a second key for it is noticed by itself.
func TestOwnIdentity(t *testing.T) {
	f := newFleet(t)
	_, err := f.bus.Verify(must(f.bus.Sign([]byte("echo"), device.SignOptions{})))
	wantErr(t, err, device.ErrOwnIdentity, "own broadcast")
	_, _, err = f.bus.Seal(address(f.bus), nil, device.SealOptions{})
	wantErr(t, err, device.ErrOwnIdentity, "seal to oneself")
	if n := len(f.bus.Alarms()); n != 0 {
		t.Fatalf("%d alarms", n)
	}
	substitute := f.key(address(f.bus))
	msg := f.beacon(substitute, f.clock.now(), "I am the bus")
	flips(msg[len(msg)-40:], 16, func(_ int, end []byte) { // a forgery proves nothing
		_, err = f.bus.Verify(append(msg[:len(msg)-40:len(msg)-40], end...))
		wantErr(t, err, device.ErrOwnIdentity, "forged")
	})
	if n := len(f.bus.Alarms()); n != 0 {
		t.Fatalf("%d alarms", n)
	}
	_, err = f.bus.Verify(msg)
	wantErr(t, err, device.ErrTwoKeys, "own substitute key")
	_, err = f.bus.Open(f.seal(f.letter(substitute, address(f.bus))))
	wantErr(t, err, device.ErrTwoKeys, "own substitute key, sealed")

	f.bus = f.reload(t, f.bus, f.options())
	alarms := f.bus.Alarms()
	if len(alarms) != 1 || len(alarms[0].Keys) != 2 {
		t.Fatalf("alarms %+v", alarms)
	}
	for i, e := range alarms[0].Keys { // the evidence convinces anybody who has the public parameters
		id := ibc.Identity{Core: f.hash(), Address: e.Address.String(), Epoch: e.Epoch}
		key := must(ibc.NewPublicKey(f.master.Params(), id, e.R))
		if err := key.Verify(e.Context, e.Signed, e.Sig); (err == nil) != (i == 1) {
			t.Errorf("evidence %d: %v", i, err)
		}
	}
}
