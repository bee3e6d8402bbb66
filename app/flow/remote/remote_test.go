package remote

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"marque/app/flow"
	"marque/authority"
	"marque/hsm"
)

// What an error means for the officer is found however it is wrapped, and what it was stays to be found.
func TestErrorsKeepWhatTheyAre(t *testing.T) {
	for _, m := range meanings {
		err := translate(fmt.Errorf("somewhere: %w", m.is))
		if !errors.Is(err, m.means) || !errors.Is(err, m.is) {
			t.Errorf("%v becomes %v", m.is, err)
		}
	}
	var pin *flow.PINError
	if err := translate(fmt.Errorf("unlock: %w", &hsm.PINError{Left: 3})); !errors.As(err, &pin) || pin.Left != 3 {
		t.Errorf("a wrong PIN becomes %v", err)
	}
	until := time.Date(2026, 10, 14, 16, 32, 0, 0, time.UTC)
	var lockout *flow.LockoutError
	if err := translate(fmt.Errorf("unlock: %w", &hsm.LockoutError{Until: until})); !errors.As(err, &lockout) || !lockout.Until.Equal(until) {
		t.Errorf("a lockout becomes %v", err)
	}
	other := errors.New("something new")
	if err := translate(other); !errors.Is(err, other) {
		t.Errorf("another error becomes %v", err)
	}
}

func TestReadOnlyReasons(t *testing.T) {
	for err, want := range map[error]flow.ReadOnlyReason{
		authority.ErrRolledBack: flow.RolledBack, authority.ErrRestored: flow.Restored, authority.ErrCounterLost: flow.CounterLost,
	} {
		if got := readOnlyOf(fmt.Errorf("compare: %w (7 and 9)", err).Error()); got != want {
			t.Errorf("%v becomes %d, want %d", err, got, want)
		}
	}
	if readOnlyOf("") != flow.Changeable {
		t.Error("no reason is one")
	}
}

func TestRoles(t *testing.T) {
	for role, want := range map[authority.Role]flow.Role{
		authority.SecurityOfficer: flow.SecurityOfficer, authority.DepotOperator: flow.DepotOperator,
		authority.SecurityOfficer | authority.DepotOperator: flow.BothRoles, authority.Auditor: flow.Auditor,
	} {
		if got := roleOf(role.String()); got != want {
			t.Errorf("%v becomes %d, want %d", role, got, want)
		}
	}
}
