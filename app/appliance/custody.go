package appliance

import (
	"time"

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
	a.mu.Lock()
	defer a.mu.Unlock()
	return &Custody{Vault: a.Kind(), Grade: GradeEvaluation}, nil
}
