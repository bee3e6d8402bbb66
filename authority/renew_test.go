package authority_test

import (
	"testing"
	"time"

	"marque/authority"
	"marque/device"
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
