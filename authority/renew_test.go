package authority_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

const epochLength = authority.DefaultEpochLength

// renew has a vehicle's receipt answered with its next package.
func (r *realm) renew(t *testing.T, v *vehicle) *authority.Issued {
	t.Helper()
	issued, err := r.Enrol(v.receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func TestNextPackage(t *testing.T) {
	r := found(t)
	bus, tram := r.vehicle(t, "bus-1"), r.vehicle(t, "tram-1")
	_, err := r.Enrol(bus.receipt(t))
	refused(t, "at once", err, authority.ErrNotDue)
	if s := r.status(t); s.Unreceived != 1 {
		t.Errorf("%d receipts missing: what is refused because it is early counts all the same", s.Unreceived)
	}
	early := tram.receipt(t)
	r.longer(t, 10*epochLength)
	first := bus.Status()
	issued := r.renew(t, bus)
	if issued.Sequence != 2 || issued.Address != first.Address || issued.Again || !issued.Renewed {
		t.Errorf("%+v", issued)
	}
	if s := r.status(t); s.Unreceived != 2 || s.Identities != 2 {
		t.Errorf("%+v", s)
	}
	again := r.renew(t, bus)
	if !again.Again {
		t.Errorf("%+v", again)
	}
	sameBytes(t, "the packages", issued.Package, again.Package)

	in, err := bus.Install(issued.Package, r.Core().Hash())
	if err != nil {
		t.Fatal(err)
	}
	if in.FirstEpoch != first.LastEpoch+1 || in.LastEpoch != first.LastEpoch+10 || in.Address != first.Address {
		t.Errorf("%+v after %+v", in, first)
	}
	if a := r.accept(t, bus.receipt(t)); a.Again || a.Address != first.Address { // signed with a key of the first package
		t.Errorf("%+v", a)
	}
	if s := r.status(t); s.Unreceived != 1 || s.Alarms != 0 {
		t.Errorf("%+v", s)
	}
	r.longer(t, 5*epochLength) // past the keys of the first package
	r.mustTalk(t, bus, r.vehicle(t, "bus-2"))
	if a := r.accept(t, bus.receipt(t)); a.Address != first.Address {
		t.Errorf("%+v", a)
	}
	r.reopen(t)
	if third := r.renew(t, bus); third.Sequence != 3 {
		t.Errorf("%+v", third)
	}
	late, err := r.Enrol(early) // though its keys have run out
	if err != nil || late.Sequence != 2 {
		t.Errorf("%+v, %v", late, err)
	}
	id, err := r.Identity(tram.Status().Address)
	if err != nil || id.LastEpoch != id.FirstEpoch+authority.Epochs-1 || id.Sequence != 2 {
		t.Errorf("%+v, %v", id, err)
	}
	r.mustAudit(t)
}

// Only devices that are in order, and answer for what they have, get more.
func TestRenewalRefuses(t *testing.T) {
	r := found(t)
	lost, asleep, copied := r.vehicle(t, "bus-1"), r.vehicle(t, "bus-2"), r.vehicle(t, "bus-3")
	receipts := [][]byte{lost.receipt(t), asleep.receipt(t), nil, nil}
	copy(receipts[2:], copied.copies(t, 2))
	other := found(t)
	other.enrol(t, "bus-1")
	other.enrol(t, "bus-2")
	stranger := other.vehicle(t, "bus-3").receipt(t)
	r.longer(t, 5*epochLength)
	r.revoke(t, lost.Status().Address)
	r.suspend(t, asleep.Status().Address)
	r.accept(t, receipts[2])
	before := r.logSize(t)

	reviewed, err := r.ReviewAll(append(receipts, stranger))
	if err != nil {
		t.Fatal(err)
	}
	wants := []error{authority.ErrAlreadyRevoked, authority.ErrSuspended, nil, authority.ErrTwoReceipts, wire.ErrRealm}
	for i, v := range reviewed {
		if !errors.Is(v.Problem, wants[i]) || v.Renews != (wants[i] == nil) || v.Again {
			t.Errorf("review of %d: %+v", i, v)
		}
	}
	if r.logSize(t) != before || r.status(t).Alarms != 0 {
		t.Error("a review changed something")
	}
	granted, _ := r.enrolAll(t, append(receipts, stranger))
	for i, g := range granted {
		if want := wants[i]; !errors.Is(g.Err, want) || (g.Issued == nil) != (want != nil) {
			t.Errorf("%d: %+v", i, g)
		}
	}
	// The copy showed itself when its twin had its package already.
	if s := r.status(t); s.Alarms != 1 || s.Revoked != 3 {
		t.Errorf("%+v", s)
	}
	_, err = r.Enrol(receipts[2])
	refused(t, "once it is suspended", err, authority.ErrSuspended)
	r.release(t, asleep.Status().Address)
	if _, err := r.Enrol(receipts[1]); err != nil {
		t.Error(err)
	}
	r.mustAudit(t)
}

// A device that brings an enrolment key that it had a package for gets no other, and holds up nobody beside it.
func TestRenewalWithAnOldEnrolmentKey(t *testing.T) {
	r := found(t)
	honest := r.vehicle(t, "bus-1")
	d := newRequester(t, "bus-2", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	content, core := d.open(t, issued.Package, r.Core().Hash())
	params, err := core.Params()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(epoch uint32) *ibc.PrivateKey {
		id, err := core.Identity(issued.Address, epoch)
		if err != nil {
			t.Fatal(err)
		}
		key, err := d.u.Complete(params, id, content.Keys[epoch-content.FirstEpoch])
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	r.longer(t, 5*epochLength)
	same := r.answer(t, sign(5), issued.Address, 1, d.body.Hash(), d.u)
	_, err = r.Enrol(marshal(t, same))
	refused(t, "the key that this package was made for", err, authority.ErrSeenKey)
	u := []*ibc.EnrolmentKey{newEnrolmentKey(t), newEnrolmentKey(t)}
	request := d.body.Hash()
	for i, epoch := range []uint32{5, 10} {
		receipt := r.answer(t, sign(epoch), issued.Address, uint32(1+i), request, u[i])
		if renewed, err := r.Enrol(marshal(t, receipt)); err != nil || renewed.Sequence != uint32(2+i) {
			t.Fatalf("%+v, %v", renewed, err)
		}
		request = receipt.Next(wire.KindVehicle, request).Hash()
		r.longer(t, []time.Duration{5 * epochLength, 2 * epochLength}[i])
	}
	for i := range u { // of the package before, and of this one
		again := marshal(t, r.answer(t, sign(12), issued.Address, 3, request, u[i]))
		granted, _ := r.enrolAll(t, [][]byte{again, honest.receipt(t)})
		refused(t, "a key of before", granted[0].Err, authority.ErrSeenKey)
		if granted[1].Err != nil {
			t.Errorf("the honest one: %v", granted[1].Err)
		}
		_, err = r.AcceptReceipt(again)
		refused(t, "taken", err, authority.ErrSeenKey)
	}
	r.mustAudit(t)
}

// What a first package answered does not give the second.
func TestRequestOfBefore(t *testing.T) {
	r := found(t)
	bus := r.vehicle(t, "bus-1")
	r.longer(t, 5*epochLength)
	receipt := bus.receipt(t)
	r.renew(t, bus)
	old, err := wire.ParseReceipt(receipt)
	if err != nil {
		t.Fatal(err)
	}
	next, err := old.Next(wire.KindVehicle, bus.Status().Request).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Enrol(next) // the request that the receipt stands for
	if err != nil || !again.Again || again.Sequence != 2 {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := bus.Install(again.Package, r.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	r.longer(t, 5*epochLength)
	r.renew(t, bus)
	_, err = r.Enrol(next)
	refused(t, "a request of before", err, authority.ErrRenewed)
	_, err = r.Enrol(receipt)
	refused(t, "a receipt of before", err, authority.ErrOldReceipt)
}

// A copy of the database that was put back may have forgotten packages. Who shows that it has none of them goes on, in a way that makes them
// worthless.
func TestRenewalAfterARestoring(t *testing.T) {
	r, c := counted(t)
	here, away := r.vehicle(t, "bus-1"), r.vehicle(t, "bus-2")
	list := r.publish(t)
	r.longer(t, 5*epochLength)
	receipts := [][]byte{here.receipt(t), away.receipt(t)}
	at := c.value
	backup := r.copy(t)
	var packages [][]byte
	for i, b := range receipts {
		issued, err := r.Enrol(b)
		if err != nil {
			t.Fatal(err)
		}
		if packages = append(packages, issued.Package); c.value != at+uint64(i)+1 {
			t.Errorf("the counter stands at %d after %d renewals from %d", c.value, i+1, at)
		}
	}
	if _, err := away.Install(packages[1], r.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	r.restored(t, backup)
	mustFail(t, "the counter", r.SetCounter(c), authority.ErrRolledBack)
	r.later(time.Hour)
	got := r.mustReopen(t, [][]byte{list.Bundle}, nil)
	_, err := r.Enrol(here.receipt(t))
	refused(t, "what was shown before", err, authority.ErrUnproved)
	for _, v := range []*vehicle{here, away} {
		if _, err := v.Apply(got.List.Bundle); err != nil {
			t.Fatal(err)
		}
	}
	issued := r.renew(t, here)
	if issued.Sequence != 3 {
		t.Errorf("%+v", issued)
	}
	_, err = r.Enrol(away.receipt(t))
	refused(t, "who has a package that is forgotten", err, authority.ErrLaterPackage)
	if s := r.status(t); s.Alarms != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := here.Install(issued.Package, r.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	_, err = here.Install(packages[0], r.Core().Hash())
	refused(t, "the package that was forgotten", err, device.ErrOldPackage)
	r.accept(t, here.receipt(t))
	r.longer(t, 3*epochLength)
	if issued := r.renew(t, here); issued.Sequence != 4 { // from then on one by one
		t.Errorf("%+v", issued)
	}
	r.mustAudit(t)
	if err := r.store.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Error(err)
	}
}

// Whoever is revoked may have a package that a restored database forgot: it stays on the lists until that has run out.
func TestRevokedAfterARestoring(t *testing.T) {
	r := found(t)
	lost := r.vehicle(t, "bus-1").Status().Address
	r.longer(t, 10*epochLength)
	r.restored(t, r.copy(t))
	r.mustReopen(t, [][]byte{r.newest(t)}, nil)
	r.revoke(t, lost)
	for epoch := 11; epoch < 26; epoch++ {
		r.longer(t, epochLength)
		_, serials := r.listed(t, r.newest(t))
		if want := epoch < 24; slices.Contains(serials, lost.Serial()) != want {
			t.Errorf("epoch %d: listed %v", epoch, serials)
		}
	}
	r.mustAudit(t)
}

// Who renews otherwise than the protocol says is found out.
func TestAuditOfRenewals(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-1").Address
	lost := r.enrol(t, "bus-2").Address
	r.revoke(t, lost)
	r.longer(t, 5*epochLength)
	other, err := wire.NewAddress("fleet.example", "", "bus-9", bus.Serial())
	if err != nil {
		t.Fatal(err)
	}
	backup := r.copy(t)
	for want, e := range map[string]wire.IssueEntry{
		"it is package 3 of serial 0, where 2 is next":                                  {Address: bus, Sequence: 3, FirstEpoch: 13, Count: 5},
		"its keys begin in epoch 12, where those of serial 0 go on in epoch 13":         {Address: bus, Sequence: 2, FirstEpoch: 12, Count: 5},
		"its keys begin in epoch 14, where those of serial 0 go on in epoch 13":         {Address: bus, Sequence: 2, FirstEpoch: 14, Count: 5},
		"its keys last until epoch 18, but it was made in epoch 5":                      {Address: bus, Sequence: 2, FirstEpoch: 13, Count: 6},
		"it gives keys to serial 1, which is revoked or was never given away":           {Address: lost, Sequence: 2, FirstEpoch: 13, Count: 5},
		"it renews an address that nobody has":                                          {Address: other, Sequence: 2, FirstEpoch: 13, Count: 5},
		"it issues serial 0 where 2 is next: a serial is issued once, and none is left": {Address: bus, Sequence: 1, FirstEpoch: 5, Count: 13},
	} {
		r.putBack(t, backup)
		e.Request[0] = 9
		r.log(t, &e)
		r.mustFind(t, want)
	}
}

// mustTalk gives both the newest list, and has them verify and read each other's messages.
func (r *realm) mustTalk(t *testing.T, a, b *vehicle) {
	t.Helper()
	list := r.publish(t)
	for _, v := range []*vehicle{a, b} {
		if _, err := v.Apply(list.Bundle); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[*vehicle]*vehicle{a: b, b: a} {
		signed, err := from.Sign([]byte("hello"), device.SignOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Verify(signed); err != nil {
			t.Error(err)
		}
		sealed, _, err := from.Seal(to.Status().Address, []byte("hello"), device.SealOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Open(sealed); err != nil {
			t.Error(err)
		}
	}
	r.later(time.Minute)
}

// longer lets so much time pass that somebody has to confirm the clock.
func (r *realm) longer(t *testing.T, d time.Duration) {
	t.Helper()
	r.later(d)
	if err := r.ConfirmClock(r.now); err != nil {
		t.Fatal(err)
	}
	r.publish(t)
}

// TestAuditOfRenewalsThatCanBePutBack: what covers a renewal has the counter's next value, so that no earlier copy can renew again.
func TestAuditOfRenewalsThatCanBePutBack(t *testing.T) {
	r, c := counted(t)
	bus := r.vehicle(t, "bus-1")
	r.longer(t, 5*epochLength)
	r.renew(t, bus)
	r.mustAudit(t)
	r.longer(t, 2*epochLength)
	e := &wire.IssueEntry{Address: bus.Status().Address, Sequence: 3, FirstEpoch: 18, Count: 2}
	e.Request[0] = 9
	r.logCounting(t, c.value, e)
	r.mustFind(t, "it covers a renewal, and its counter is that of the checkpoint before")
}
