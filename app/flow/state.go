package flow

import (
	"slices"
	"time"

	"marque/authority"
)

// State is how the service and its authority stand.
type State struct {
	Phase     Phase            // Absent, Locked, ReadOnly or Open, whoever unlocked it
	Dir       string           // the authority's folder, absolute
	Authority authority.Status // zero while absent
	Custody   Custody          // zero while absent
	Idle      time.Duration    // after which the service locks
}

// Custody is how the master secret is kept.
type Custody struct {
	TPM        bool     // a TPM guards the vault, and officers open it; else a passphrase does
	Production bool     // its grade; else evaluation
	Reasons    []string // why it is of evaluation grade: English clauses, which the translations know
	Officers   []Officer
	Needed     int      // security officers who unlock; 0 for a passphrase
	Present    []string // names of those who are signed on, in this console or elsewhere
	Drill      Drill
	ReadOnly   ReadOnlyReason
	Counter    uint64 // of the newest checkpoint
	Chip       *Chip  // nil without a TPM, or when it does not say how it stands
	Backup     Cards
	Next       Cards
	LastBackup *BackupInfo // nil when nobody knows of one
}

// Cards says how many share cards there are, and how many of them give the seed back. Zero for none.
type Cards struct {
	Needed, Total int
	Seen          []int // numbers of those that were typed in again from paper, ascending
}

// Officer is the public part of an officer.
type Officer struct {
	Name string
	Role Role
	Key  [32]byte // verifies approvals
}

// Role is what an officer may do.
type Role int

// The roles.
const (
	SecurityOfficer Role = iota // unlocks, approves, revokes, enrols
	DepotOperator               // enrols
	BothRoles                   // security officer and depot operator
	Auditor                     // reads
)

// Unlocks reports whether the role counts for the quorum.
func (r Role) Unlocks() bool { return r == SecurityOfficer || r == BothRoles }

// Chip is how a TPM stands.
type Chip struct {
	TriesLeft int // wrong PINs until it locks itself, at most [MaxTries]
	LockedOut bool
	Until     time.Time // if LockedOut: when it takes the next PIN, at the latest
	Counter   uint64    // against rollback
	Changed   string    // which registers no approval fits; empty when the platform is an approved one
}

// MaxTries is how many wrong PINs a TPM takes before it locks itself.
const MaxTries = 10

// Drill is how the restore drill stands.
type Drill int

// How a drill stands.
const (
	DrillNone    Drill = iota // there are no cards
	DrillPending              // nothing is issued before it
	DrillPassed
	DrillWaived // for ever
)

// ReadOnlyReason is why nothing can be changed.
type ReadOnlyReason int

// The reasons.
const (
	Changeable  ReadOnlyReason = iota
	RolledBack                 // the database is older than the TPM's counter
	Restored                   // the database came from a backup
	CounterLost                // the database is not of this TPM's counter
)

// quorum counts the security officers among names.
func (c *Custody) quorum(names []string) (n int) {
	for _, o := range c.Officers {
		if o.Role.Unlocks() && slices.Contains(names, o.Name) {
			n++
		}
	}
	return n
}
