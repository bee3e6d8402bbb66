package appliance

import (
	"errors"
	"slices"
	"time"

	"marque/authority"
	"marque/hsm"
)

// The grades of custody.
const (
	GradeProduction = "production"
	GradeEvaluation = "evaluation"
)

// Drill is how the restore drill stands that comes before the first issuing.
type Drill string

// How a drill stands.
const (
	DrillNone    Drill = "none" // no cards were made, and the drill was waived with them
	DrillPending Drill = "pending"
	DrillPassed  Drill = "passed"
	DrillWaived  Drill = "waived"
)

// Custody is how the master secret is kept.
type Custody struct {
	Vault    string   // KindPassphrase or KindTPM
	Grade    string   // GradeProduction, or GradeEvaluation for one of Reasons
	Reasons  []string // why it is of evaluation grade, as clauses; empty for production
	Officers []hsm.Officer
	Needed   int // security officers that unlock; 0 where a passphrase does
	Drill    Drill
	ReadOnly error  // why nothing can be changed; nil when it can, and while locked
	Counter  uint64 // of the newest checkpoint; 0 without a TPM
	TPM      *TPM   // nil without one, or when it did not answer: see TPMError
	TPMError error
	Backup   *CardSet // nil when no cards were made
	Next     *CardSet // cards of the next core; nil when the realm committed to none
}

// TPM is how the TPM of a vault stands.
type TPM struct {
	TriesLeft int       // wrong PINs until it locks itself
	LockedOut bool      // it takes no PIN now
	Until     time.Time // if LockedOut: when it takes the next PIN, at the latest
	Counter   uint64    // the rollback counter
	Changed   string    // which registers no approval fits; empty when one does
}

// CardSet says how many share cards of a purpose there are.
type CardSet struct {
	Needed int // that give the seed back
	Total  int
	Seen   []int // numbers of those that were re-entered and verified, ascending
}

// Custody says how the master secret is kept. It works while the appliance is locked, and asks the TPM, which takes some 50 ms.
func (a *Appliance) Custody() (*Custody, error) {
	_, c, err := a.Status()
	return c, err
}

// Status says how the authority stands, and how its master secret is kept, as [Appliance.Custody] does.
func (a *Appliance) Status() (*authority.Status, *Custody, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	status, err := a.authority.Status()
	if err != nil {
		return nil, nil, err
	}
	return &status, a.custody(&status), nil
}

// custody is Custody for a caller who holds a.mu.
func (a *Appliance) custody(status *authority.Status) *Custody {
	c := &Custody{
		Vault: a.Kind(), Drill: drillOf(status.Drill), Counter: status.Counter,
		Backup: a.cards.describe(hsm.PurposeBackup), Next: a.cards.describe(hsm.PurposeNext),
	}
	if a.officers != nil {
		c.Officers, c.Needed = a.officers.List(), a.officers.Needed()
	}
	if !a.Locked() {
		c.ReadOnly = a.authority.ReadOnly()
	}
	if c.Vault == KindTPM {
		c.TPM, c.TPMError = a.askTPM()
	}
	core := a.authority.Core()
	c.judge(len(core.Next) > 0 || core.Generation > 1)
	return c
}

// judge sets the grade. committed says that the core has a next one, or is one.
func (c *Custody) judge(committed bool) {
	if c.Vault != KindTPM {
		c.Reasons = append(c.Reasons, "whoever copies the folder can guess the passphrase without end")
	}
	if c.Vault == KindTPM && c.Needed < 2 {
		c.Reasons = append(c.Reasons, "one officer alone unlocks the vault")
	}
	if !committed {
		c.Reasons = append(c.Reasons, "no next core was committed to, so that a stolen master secret could not be replaced")
	}
	switch c.Drill {
	case DrillPassed:
	case DrillPending:
		c.Reasons = append(c.Reasons, "the restore drill was not done yet")
	case DrillWaived:
		c.Reasons = append(c.Reasons, "the restore drill was waived")
	case DrillNone:
		c.Reasons = append(c.Reasons, "there are no backup cards, so that a lost vault is a lost realm")
	}
	c.Grade = GradeEvaluation
	if len(c.Reasons) == 0 {
		c.Grade = GradeProduction
	}
}

func drillOf(o authority.Outcome) Drill {
	switch o {
	case authority.DrillPassed:
		return DrillPassed
	case authority.DrillWaived:
		return DrillWaived
	case authority.DrillPending:
		return DrillPending
	case authority.NoCards:
		return DrillNone
	default:
		return DrillPending
	}
}

// describe says which cards of a purpose there are, or nil.
func (c *cards) describe(p hsm.Purpose) *CardSet {
	s := c.of(p)
	if s == nil {
		return nil
	}
	return &CardSet{Needed: s.commitments.Needed(), Total: s.commitments.Total(), Seen: slices.Clone(s.Seen)}
}

// askTPM returns how the TPM stands. The caller holds a.mu.
func (a *Appliance) askTPM() (*TPM, error) {
	s := new(TPM)
	err := a.withTPM(func(t *hsm.TPM) (err error) {
		if s.TriesLeft, s.LockedOut, s.Until, err = t.Tries(); err != nil {
			return err
		}
		if s.Counter, err = a.vault.Counter(t); err != nil {
			return err
		}
		s.Changed, err = a.changed(t)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// changed says which registers no approval fits. That the approval which fits does not hold any more is said the same way.
func (a *Appliance) changed(t *hsm.TPM) (string, error) {
	changed, err := a.vault.PlatformChanged(t)
	if errors.Is(err, hsm.ErrApprovalRetired) || errors.Is(err, hsm.ErrApproval) {
		return err.Error(), nil
	}
	return changed, err
}
