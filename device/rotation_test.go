package device_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// dynasty founds a realm whose core commits to the next one, and that next one. Change bends the next core before it is committed to.
func dynasty(change func(*wire.Core)) (present, next *authority) {
	next = found(20, nil, func(c *wire.Core) {
		c.Generation = 2
		change(c)
	})
	hash := next.hash()
	return found(1, next.clock, func(c *wire.Core) { c.Next = hash[:] }), next
}

// rotatingFleet is a fleet whose realm can be rotated to next.
func rotatingFleet(t testing.TB) (f *fleet, next *authority) {
	t.Helper()
	a, next := dynasty(func(*wire.Core) {})
	return fleetOf(t, a), next
}

// statement is the core as it is revealed.
func (a *authority) statement() []byte { return a.sign(wire.TypeCore, a.raw) }

// succeed rotates a device to next and installs keys of it.
func succeed(t testing.TB, d *device.Device, next *authority) {
	t.Helper()
	must(d.Rotate(next.statement()))
	must(d.Install(next.issue(must(d.Request()), edit{}), next.hash()))
}

// The whole path: all of a fleet rotates, gets new keys, and talks again.
func TestRotate(t *testing.T) {
	f, next := rotatingFleet(t)
	f.meet(t, f.bus, f.tram)
	a, b := connect(t)
	c, s := join(t, f.bus, f.tram, a, b)
	before, secrets, left := f.bus.Status(), f.bus.Secrets(), f.bus.WatchKeys()

	r := must(f.bus.Rotate(next.statement()))
	if r.CoreHash != next.hash() || r.Core.Generation != 2 || r.Former != f.hash() || r.Again || r.Request == before.Request {
		t.Errorf("%+v", r)
	}
	if n := f.bus.Status().Sessions; n != 0 {
		t.Errorf("%d sessions live", n)
	}
	_, err := c.Read(make([]byte, 1))
	wantErr(t, err, device.ErrRotated, "own end of a session")
	if _, err := s.Read(make([]byte, 1)); err == nil {
		t.Error("the peer's end of the session lives")
	}
	st := f.bus.Status()
	if !before.HasNext || before.Rotating || st.HasNext || !st.Rotating || st.Installed || st.Generation != 2 || st.CoreHash != next.hash() || st.Realm != "fleet.example" ||
		st.Former.Hash() != f.hash() || st.List.Known || st.Peers != 0 || st.Seen != 0 || st.Sessions != 0 || len(st.Alarms) != 0 || st.Request != r.Request {
		t.Errorf("before %+v\nafter %+v", before, st)
	}
	if left() != 0 {
		t.Errorf("%d of %d old keys are left", left(), len(secrets))
	}
	disk := append(must(f.bus.StateOnDisk(0)), must(f.bus.StateOnDisk(1))...)
	for _, k := range secrets {
		if y := k[32:64]; bytes.Contains(disk, y) {
			t.Error("an old key is on disk")
		}
	}
	_, err = f.bus.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrNotInstalled, "sign while rotating")
	_, err = f.bus.Apply(f.publish())
	wantErr(t, err, device.ErrNotInstalled, "apply while rotating")

	request := must(wire.ParseRequest(must(f.bus.Request())))
	if request.Name != "bus-4711" || request.Kind != wire.KindVehicle || request.Hash() != r.Request {
		t.Errorf("%+v", request)
	}
	pkg := next.issue(must(f.bus.Request()), edit{})
	if o := must(f.bus.Inspect(pkg)); !o.Pinned || !o.ForThisRequest {
		t.Errorf("%+v", o)
	}
	_, err = f.bus.Install(pkg, f.hash())
	wantErr(t, err, device.ErrWrongPin, "the old pin")
	must(f.bus.Install(pkg, next.hash()))

	succeed(t, f.tram, next)
	succeed(t, f.park, next)
	f.apply(t, next.publish())
	f.authority = next
	for range 2 {
		f.meet(t, f.bus, f.tram)
		for _, o := range []device.SealOptions{{RequireCold: true}, {RequireWarm: true}} {
			msg, _, err := f.bus.Seal(address(f.tram), []byte("again"), o)
			check(err)
			must(f.tram.Open(msg))
		}
		a, b = connect(t)
		join(t, f.bus, f.tram, a, b)
		f.bus = f.reload(t, f.bus, f.options())
	}
	if former := f.bus.Former(); former.CoreHash != before.CoreHash || former.Address != before.Address || len(former.Checkpoint) == 0 {
		t.Errorf("%+v", former)
	}
}

// Whatever is not the core that was committed to leaves the device as it was, octet for octet. Who holds the old secret cannot make another.
func TestRotateRefuses(t *testing.T) {
	f, next := rotatingFleet(t)
	elsewhere := found(30, f.clock, func(c *wire.Core) { c.Generation = 2 })
	foreign := found(40, f.clock, func(c *wire.Core) { c.Realm = "depot.fleet.example" })
	before := readState(f.dirs[f.bus])
	good := next.statement()
	for name, test := range map[string]struct {
		core []byte
		want error
	}{
		"nothing":                     {nil, device.ErrMalformed},
		"cut off":                     {good[:len(good)-1], device.ErrMalformed},
		"trailing octet":              {append(slices.Clone(good), 0), device.ErrMalformed},
		"the bare core":               {next.raw, device.ErrMalformed},
		"another statement":           {next.policy, device.ErrMalformed},
		"signed with the old secret":  {f.sign(wire.TypeCore, next.raw), device.ErrTampered},
		"a core of the thief":         {elsewhere.statement(), device.ErrNotNext},
		"another realm":               {foreign.statement(), device.ErrNotNext},
		"another realm in the header": {must(wire.SignStatement(next.signer, wire.TypeCore, "depot.fleet.example", next.raw)), device.ErrUnknownRealm},
	} {
		_, err := f.bus.Rotate(test.core)
		wantErr(t, err, test.want, name)
		if readState(f.dirs[f.bus]) != before {
			t.Fatalf("%s: the state changed", name)
		}
	}
	flips(good, 3, func(bit int, altered []byte) {
		if _, err := f.bus.Rotate(altered); err == nil {
			t.Fatalf("bit %d flipped: rotated", bit)
		}
	})
	must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
	must(f.bus.Rotate(good))

	plain := newFleet(t)
	_, err := plain.bus.Rotate(good)
	wantErr(t, err, device.ErrNoNext, "a realm that committed to none")
	fresh, _ := f.create(t, "ship", wire.KindVehicle)
	_, err = fresh.Rotate(good)
	wantErr(t, err, device.ErrNotInstalled, "before the first package")
	check(fresh.Close())
	_, err = fresh.Rotate(good)
	wantErr(t, err, device.ErrClosed, "a closed device")
}

// A next core must go on where the present one ends, even if it was committed to.
func TestRotateChecksSuccession(t *testing.T) {
	for name, change := range map[string]func(*wire.Core){
		"the same generation":  func(c *wire.Core) { c.Generation = 1 },
		"one generation more":  func(c *wire.Core) { c.Generation = 3 },
		"another domain":       func(c *wire.Core) { c.SPIDs = []string{"fleet.example"} },
		"another realm":        func(c *wire.Core) { c.Realm = "depot.fleet.example" },
		"another epoch 0":      func(c *wire.Core) { c.Epoch0 = c.Epoch0.Add(time.Second) },
		"another epoch length": func(c *wire.Core) { c.EpochLength += time.Second },
	} {
		a, next := dynasty(change)
		d, _ := a.create(t, "bus", wire.KindVehicle)
		must(d.Install(a.issue(must(d.Request()), edit{}), a.hash()))
		_, err := d.Rotate(next.statement())
		wantErr(t, err, device.ErrNotNext, name)
		must(d.Sign(nil, device.SignOptions{}))
	}
}

// Who holds the old secret can say nothing any more, neither while the device waits nor afterwards.
func TestNothingOfTheOldCore(t *testing.T) {
	f, next := rotatingFleet(t)
	beacon := must(f.tram.Sign([]byte("old"), device.SignOptions{}))
	cold, _, err := f.tram.Seal(address(f.bus), []byte("old"), device.SealOptions{})
	check(err)
	old := f.authority
	refuse := func(request []byte, messages error) {
		t.Helper()
		_, err := f.bus.Rotate(old.statement())
		wantErr(t, err, device.ErrRotated, "rotate back")
		_, err = f.bus.Install(old.issue(request, edit{seq: 7}), old.hash())
		wantErr(t, err, device.ErrRotated, "a package of the old core")
		_, err = f.bus.Install(old.issue(request, edit{seq: 8}), next.hash())
		wantErr(t, err, device.ErrRotated, "a package of the old core under the new pin")
		_, err = f.bus.Apply(old.publish())
		wantErr(t, err, messages, "a list of the old core")
		_, err = f.bus.Verify(beacon)
		wantErr(t, err, messages, "a beacon of the old core")
		_, err = f.bus.Open(cold)
		wantErr(t, err, messages, "a message of the old core")
	}
	must(f.bus.Rotate(next.statement()))
	request := must(f.bus.Request())
	refuse(request, device.ErrNotInstalled)
	f.bus = f.reload(t, f.bus, f.options())
	refuse(request, device.ErrNotInstalled)
	must(f.bus.Install(next.issue(request, edit{}), next.hash()))
	must(f.bus.Apply(next.publish()))
	refuse(request, device.ErrRotated)
	f.bus = f.reload(t, f.bus, f.options())
	refuse(request, device.ErrRotated)

	a, b := connect(t)
	got := server(f.bus, a)
	f.rawPeer(b, f.key(address(f.tram))).hello(address(f.bus))
	wantErr(t, (<-got).err, device.ErrRotated, "a session of the old core")

	forged := old.key(address(f.tram)) // the old secret, under the new reference
	f.clock.add(31 * time.Second)
	msg := &wire.Broadcast{Ref: next.core.Ref(), Time: f.clock.now(), Sender: address(f.tram), R: forged.R()}
	msg.Sig = must(forged.Sign(nil, "marque/v1/broadcast", msg.Signed()))
	next.next = 3 // the list speaks of the forged serial, too
	must(f.bus.Apply(next.publish()))
	_, err = f.bus.Verify(must(msg.Marshal()))
	wantErr(t, err, device.ErrTampered, "signed under the old core, sent as of the new one")
	if alarms := f.bus.Alarms(); len(alarms) != 0 {
		t.Errorf("alarms %v", alarms)
	}
}

// A device that did not hear of the rotation is told to rotate, by whatever of the new core reaches it first.
func TestRotateFirst(t *testing.T) {
	f, next := rotatingFleet(t)
	succeed(t, f.tram, next)
	must(f.tram.Apply(next.publish()))
	_, err := f.bus.Install(next.issue(must(f.tramRequest(t)), edit{}), next.hash())
	wantErr(t, err, device.ErrRotateFirst, "a package")
	_, err = f.bus.Apply(next.publish())
	wantErr(t, err, device.ErrRotateFirst, "a list")
	_, err = f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrRotateFirst, "a beacon")
	msg, _, err := f.tram.Seal(must(wire.ParseAddress("//fleet.example/Sbus-4711~9")), nil, device.SealOptions{})
	check(err)
	_, err = f.bus.Open(msg)
	wantErr(t, err, device.ErrRotateFirst, "a message")
	a, b := connect(t)
	got := server(f.bus, a)
	next.rawPeer(b, next.key(address(f.tram))).hello(address(f.bus))
	wantErr(t, (<-got).err, device.ErrRotateFirst, "a session")
	must(f.park.Verify(must(f.bus.Sign(nil, device.SignOptions{})))) // all is as it was
}

// tramRequest is the request of a device that asks for the tram's name.
func (f *fleet) tramRequest(t testing.TB) ([]byte, error) {
	t.Helper()
	d, _ := f.create(t, "tram-12", wire.KindVehicle)
	return d.Request()
}

// The core may be revealed as often as one likes, in every state.
func TestRotateAgain(t *testing.T) {
	f, next := rotatingFleet(t)
	first := must(f.bus.Rotate(next.statement()))
	request := must(f.bus.Request())
	for range 2 {
		again := must(f.bus.Rotate(next.statement()))
		if !again.Again || again.Request != first.Request || again.Former != f.hash() || again.CoreHash != next.hash() || !bytes.Equal(must(f.bus.Request()), request) {
			t.Errorf("while it waits: %+v", again)
		}
		f.bus = f.reload(t, f.bus, f.options())
	}
	must(f.bus.Install(next.issue(request, edit{}), next.hash()))
	for range 2 {
		if again := must(f.bus.Rotate(next.statement())); !again.Again || again.Request != [32]byte{} {
			t.Errorf("with keys: %+v", again)
		}
		must(f.bus.Sign(nil, device.SignOptions{}))
		f.bus = f.reload(t, f.bus, f.options())
	}
	if again := must(f.tram.Rotate(f.statement())); !again.Again || again.Former != [32]byte{} {
		t.Errorf("the core in force: %+v", again)
	}
	must(f.tram.Sign(nil, device.SignOptions{}))
	if f.tram.Former() != nil {
		t.Error("a former core without a rotation")
	}
}

// Nothing stands in the way of a rotation: not that the device is revoked, nor an expired list, nor a wrong time.
func TestRotateInNeed(t *testing.T) {
	f, next := rotatingFleet(t)
	must(f.bus.Apply(f.publish(0)))
	f.clock.add(30 * week) // past the list and the keys
	succeed(t, f.bus, next)
	must(f.bus.Sign(nil, device.SignOptions{}))
}

// Who holds the old secret can sign times far ahead, which make a device deaf and erase its keys. Rotating heals it.
func TestRotateForgetsStolenTimes(t *testing.T) {
	f, next := rotatingFleet(t)
	f.list++
	must(f.bus.Apply(f.bundle(f.list, nil, func(b *wire.Bundle) { b.Issued = b.Issued.AddDate(1000, 0, 0) })))
	if _, err := f.bus.Sign(nil, device.SignOptions{}); err == nil {
		t.Fatal("the stolen time had no effect")
	}
	must(f.bus.Rotate(next.statement()))
	f.bus = f.reload(t, f.bus, f.options())
	if s := f.bus.Status(); !s.Now.Equal(f.clock.now()) {
		t.Errorf("now %v, floor %v", s.Now, s.Floor)
	}
	pkg := next.issue(must(f.bus.Request()), edit{})
	must(f.bus.Install(pkg, next.hash()))
	must(f.bus.Apply(next.publish()))
	must(f.bus.Sign(nil, device.SignOptions{}))
	if s := f.bus.Status(); !s.Floor.Equal(f.clock.now().Truncate(time.Second)) {
		t.Errorf("floor %v", s.Floor)
	}
}

// Alarms and their evidence stay, and neither fill the room of the new core's alarms nor hide equal ones.
func TestRotateKeepsAlarms(t *testing.T) {
	f, next := rotatingFleet(t)
	old := f.authority
	substitute := f.key(address(f.bus))
	_, err := f.bus.Verify(f.beacon(substitute, f.clock.now(), "I am the bus"))
	wantErr(t, err, device.ErrTwoKeys, "substitute key")
	for i := range uint32(40) { // signed with the stolen secret
		first, second := f.bundle(100+i, []uint32{1}, func(*wire.Bundle) {}), f.bundle(100+i, []uint32{2}, func(*wire.Bundle) {})
		must(f.bus.Apply(first))
		_, err := f.bus.Apply(second)
		wantErr(t, err, device.ErrForked, "fork")
	}
	before := f.bus.Alarms()
	succeed(t, f.bus, next)
	f.authority = next
	f.next = 0
	must(f.bus.Apply(f.bundle(100, nil, func(*wire.Bundle) {})))
	f.next = 3
	_, err = f.bus.Apply(f.bundle(100, []uint32{1}, func(*wire.Bundle) {}))
	wantErr(t, err, device.ErrForked, "fork under the new core")
	f.bus = f.reload(t, f.bus, f.options())
	alarms := f.bus.Alarms()
	if len(before) != 32 || len(alarms) != 33 || alarms[32].Core != next.hash() || alarms[32].Text != alarms[1].Text {
		t.Fatalf("%d, then %d alarms", len(before), len(alarms))
	}
	for i, a := range alarms[:32] {
		if a.Core != old.hash() || a.Text != before[i].Text || len(a.Keys) != len(before[i].Keys) {
			t.Errorf("alarm %d: %+v", i, a)
		}
	}
	k, former := alarms[0].Keys[1], f.bus.Former()
	id := must(former.Core.Identity(k.Address, k.Epoch))
	if err := must(ibc.NewPublicKey(must(former.Core.Params()), id, k.R)).Verify(k.Context, k.Signed, k.Sig); err != nil {
		t.Error("evidence:", err)
	}
}

// A core that commits to a further one can be rotated again, at once, too.
func TestRotateTwice(t *testing.T) {
	third := found(50, nil, func(c *wire.Core) { c.Generation = 3 })
	hash := third.hash()
	next := found(20, third.clock, func(c *wire.Core) { c.Generation, c.Next = 2, hash[:] })
	nextHash := next.hash()
	f := fleetOf(t, found(1, third.clock, func(c *wire.Core) { c.Next = nextHash[:] }))
	_, err := f.bus.Rotate(third.statement())
	wantErr(t, err, device.ErrNotNext, "one left out")
	_, err = f.bus.Verify(f.beacon(f.key(address(f.bus)), f.clock.now(), "substitute"))
	wantErr(t, err, device.ErrTwoKeys, "substitute")
	must(f.bus.Rotate(next.statement()))
	r := must(f.bus.Rotate(third.statement()))
	if r.Former != next.hash() || len(f.bus.Alarms()) != 0 || f.bus.Former().Checkpoint != nil {
		t.Errorf("%+v", r)
	}
	f.bus = f.reload(t, f.bus, f.options())
	_, err = f.bus.Rotate(next.statement())
	wantErr(t, err, device.ErrRotated, "back")
	_, err = f.bus.Rotate(f.statement())
	wantErr(t, err, device.ErrNoNext, "back to the first")
	must(f.bus.Install(third.issue(must(f.bus.Request()), edit{}), third.hash()))
	must(f.bus.Sign(nil, device.SignOptions{}))
}

// hello only says whom the initiator calls.
func (p *rawPeer) hello(responder wire.Address) {
	p.start(true, responder)
	hello := must((&wire.Hello{Ref: p.a.core.Ref(), Callee: wire.Callee(p.a.hash(), responder)}).Marshal())
	msg, _, _, err := p.noise.WriteMessage(hello, nil)
	check(err)
	writeFrames(p.conn, msg)
}
