package authority

import (
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Outcome says how the drill of the backup cards stands: whether it was tried that
// the cards give the master secret back.
type Outcome uint8

// The outcomes. Keys are issued only when it is not pending.
const (
	NoCards      Outcome = iota // there are no cards to try
	DrillPending                // it has to be passed, or waived, before the first keys are issued
	DrillWaived                 // it was waived, which is shown for ever
	DrillPassed                 // a second vault, made from the cards, was the same
)

var outcomes = map[Outcome]struct {
	text  string
	entry uint8
}{
	NoCards:      {"no cards", wire.DrillNone},
	DrillPending: {"pending", 0},
	DrillWaived:  {"waived", wire.DrillWaived},
	DrillPassed:  {"passed", wire.DrillPassed},
}

// String returns "no cards", "pending", "waived" or "passed".
func (o Outcome) String() string {
	if v, ok := outcomes[o]; ok {
		return v.text
	}
	return fmt.Sprintf("outcome %d", uint8(o))
}

// outcomeOf returns what an entry of the log records.
func outcomeOf(e *wire.DrillEntry) Outcome {
	switch e.Outcome {
	case wire.DrillPassed:
		return DrillPassed
	case wire.DrillWaived:
		return DrillWaived
	}
	return NoCards
}

// mayFollow says whether a drill can have outcome next when it stood at o. It can
// be passed again and again; once it was waived, passing it is recorded, but does
// not change how it stands.
func (o Outcome) mayFollow(next Outcome) bool {
	switch o {
	case DrillPending:
		return next != DrillPending
	case DrillWaived, DrillPassed:
		return next == DrillPassed
	case NoCards:
		return false
	}
	return false
}

// Drill returns how the drill stands. It works while the authority is locked.
func (a *Authority) Drill() (Outcome, error) {
	o := DrillPending
	err := a.current(func(*storage.Tx) error {
		o = a.ledger.drill
		return nil
	})
	if err != nil {
		return DrillPending, fmt.Errorf("look the drill up: %w", err)
	}
	return o, nil
}

// RecordDrill records that the drill was passed, or waived, which is possible only
// while it is pending. Errors: [ErrDrill], and those of every change.
func (a *Authority) RecordDrill(o Outcome) error {
	if o != DrillPassed && o != DrillWaived {
		return fmt.Errorf("record the drill: %w", ErrDrill)
	}
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		if !a.ledger.drill.mayFollow(o) {
			return fmt.Errorf("%w (it stands at: %s)", ErrDrill, a.ledger.drill)
		}
		return recordDrill(tx, now, o)
	})
	if err != nil {
		return fmt.Errorf("record the drill: %w", err)
	}
	return nil
}

func recordDrill(tx *storage.Tx, now time.Time, o Outcome) error {
	_, _, err := record(tx, now, &wire.DrillEntry{Outcome: outcomes[o].entry})
	return err
}
