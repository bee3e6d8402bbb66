package ceremony

import "time"

// Record is what was done at a ceremony. Nothing in it is secret.
type Record struct {
	Plan    *Plan
	Program string    // and its version
	Began   time.Time // UTC
	Ended   time.Time // UTC
	Steps   []Step    // in their order

	CoreHash     [32]byte
	Words        string // of it
	Epoch0       time.Time
	StatementKey [32]byte
	NextCore     []byte        // hash of the core that follows; nil without one
	Officers     []OfficerKey  // as in Plan.Officers, none with a passphrase vault
	CardSets     []CardSet     // of what cards were made
	Platform     []Measurement // what the TPM measured when the vault was made, empty without one
	ApprovalKey  []byte        // public, PKIX, DER; nil without a TPM
}

// Step is one thing that was done.
type Step struct {
	Time time.Time
	Who  string // empty for the program itself
	What string // one line
}

// OfficerKey is the public key of one officer.
type OfficerKey struct {
	Name string
	Key  [32]byte // Ed25519, verifies approvals
}

// CardSet is one set of share cards.
type CardSet struct {
	Purpose     string // "backup" or "next core"
	Cards       Cards
	Set         [16]byte
	Commitments string // text
}

// Measurement is one platform register.
type Measurement struct {
	Index  int
	Digest []byte
}

// Text is the record for print, plain text of at most 100 columns.
func (r *Record) Text() []byte { return r.text() }
