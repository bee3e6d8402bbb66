package authority_test

import (
	"errors"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// muchLater lets more time pass than the clock may jump, and confirms the clock.
func (r *realm) muchLater(d time.Duration) {
	r.later(d)
	if err := r.ConfirmClock(r.now); err != nil {
		panic(err) // there are no officers
	}
}

// TestClockFarAhead: a signed time cannot be taken back, so that one that lies
// far ahead of the log is signed only when somebody vouched for it.
func TestClockFarAhead(t *testing.T) {
	r := busy(t)
	before := r.status(t)
	r.later(r.Policy().HardExpiry + time.Second)
	address, err := wire.ParseAddress("//fleet.example/Sbus-0~0")
	if err != nil {
		t.Fatal(err)
	}
	ops := map[string]func() error{
		"Enrol":   func() error { _, err := r.Enrol(newRequester(t, "bus-9", r.now).request); return err },
		"Revoke":  func() error { return r.Revoke(address, wire.ReasonLost, time.Time{}) },
		"Publish": func() error { _, err := r.Publish(); return err },
	}
	refused := func(when string) {
		t.Helper()
		for name, op := range ops {
			if err := op(); !errors.Is(err, authority.ErrClockAhead) {
				t.Errorf("%s, %s: %v", when, name, err)
			}
		}
	}
	refused("unconfirmed")
	r.confirm(t, r.now.Add(-r.Policy().HardExpiry-time.Second))
	refused("after an earlier time was confirmed")
	r.confirm(t, r.now)
	r.reopen(t)
	refused("confirmed before a restart")
	if s := r.status(t); s.LogSize != before.LogSize || s.Identities != before.Identities || s.List != before.List {
		t.Errorf("something changed: %+v", s)
	}

	r.confirm(t, r.now)
	r.later(r.Policy().HardExpiry + time.Second)
	refused("further ahead than what was confirmed")
	r.later(-time.Second)
	for name, op := range ops {
		if err := op(); err != nil {
			t.Errorf("confirmed: %s: %v", name, err)
		}
	}
	r.mustAudit(t)
}

func TestClockAheadAsFarAsAListLasts(t *testing.T) {
	r := busy(t)
	r.later(r.Policy().HardExpiry)
	r.publish(t)
	r.later(-time.Second)
	r.confirm(t, r.now) // nothing lets the clock go back
	if _, err := r.Publish(); !errors.Is(err, authority.ErrClock) {
		t.Error(err)
	}
	r.mustAudit(t)
}
