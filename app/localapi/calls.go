package localapi

import (
	"time"

	"marque/authority"
)

// Phase is what can be done with an authority at all.
type Phase string

// The phases.
const (
	Absent   Phase = "absent"    // no authority was founded in the folder yet
	Locked   Phase = "locked"    // public parts can be read
	ReadOnly Phase = "read-only" // unlocked, but nothing may be changed until Reopen: see Status.Reason
	Open     Phase = "open"      // unlocked
)

// Status is how the service and its authority stand. Everybody who reaches the socket may ask.
type Status struct {
	Phase     Phase
	Dir       string
	Authority *authority.Status // nil while absent
	Custody   *Custody          // nil while absent
	Idle      time.Duration     // after which sessions end and the vault locks
	Confined  []string          // what keeps the service apart, as clauses: "no network", "no core dumps", …
	Exposed   []string          // what could not be had, with the reason
	Version   string
}

// Custody is how the master secret is kept.
type Custody struct {
	Vault    string    // "passphrase" or "tpm"
	Grade    string    // "production", or "evaluation" for one of Reasons
	Reasons  []string  // why it is of evaluation grade, as clauses; empty for production
	Officers []Officer // empty where a passphrase opens the vault
	Needed   int       // security officers that unlock; 0 where a passphrase does
	Present  []string  // names of the officers who are signed on
	Drill    Drill
	Reason   string // why it is read-only; empty when it is not
	Counter  uint64 // of the newest checkpoint; 0 without a TPM
	TPM      *TPM   // nil without one, or when it did not answer
	NoTPM    string // why it did not answer; empty when it did, and without one
	Backup   *Cards // nil when no cards were made
	Next     *Cards // cards of the next core; nil when the realm committed to none

	LastBackup *BackupInfo // nil when nobody knows of one that was made here
}

// Officer is the public part of one officer.
type Officer struct {
	Name string
	Role string   // "security officer", "depot operator", "security officer and depot operator", "auditor"
	Key  [32]byte // verifies approvals
}

// Drill is the restore drill that stands before the first issuing.
type Drill string

// How a drill stands.
const (
	DrillNone    Drill = "none" // no cards were made, and the drill was waived with them
	DrillPending Drill = "pending"
	DrillPassed  Drill = "passed"
	DrillWaived  Drill = "waived"
)

// Cards says how many share cards there are, and how many of them give the seed back.
type Cards struct {
	Needed int   // 1 to 32
	Total  int   // to 32
	Seen   []int // numbers of the cards that were re-entered and verified, ascending
}

// TPM is how the TPM of a vault stands.
type TPM struct {
	TriesLeft int       // wrong PINs until it locks itself
	LockedOut bool      //
	Until     time.Time // if LockedOut: when it takes the next PIN, at the latest
	Counter   uint64    // the rollback counter
	Changed   string    // empty when an approval fits the platform that runs; else which PCR differs
}

// SignOn signs an officer on. The session lasts until SignOff, until it was idle for Status.Idle, or until the service ends.
type SignOn struct {
	Officer    string
	Passphrase []byte
}

// Session is a session as its holder knows it.
type Session struct {
	Officer Officer
	Token   string // 32 random octets in hexadecimal: the client keeps it and shows it to nobody
}

// Unlock opens the vault: with the PIN and the security officers who are signed on, or, where there are no officers, with the passphrase,
// which also begins the session of that passphrase's holder.
type Unlock struct {
	PIN        []byte
	Passphrase []byte
}

// Founding asks the service to found its authority, which is absent.
type Founding struct {
	Plan        []byte            // a ceremony file; see package ceremony
	Passphrase  []byte            // of a passphrase vault
	PIN         []byte            // of a TPM vault
	Passphrases map[string][]byte // by the officer's name
	Lockout     []byte            // the TPM's lockout authorisation, printed by now; nil leaves the one that it has
	ApprovalKey []byte            // P-256 private key in PKCS #8 and PEM, of a TPM vault

	Backup      string   // recovery: a file that Client.Import got, or empty
	Cards       [][]byte // recovery and rotation: share cards, texts
	Commitments string   // of these cards; empty when they are to be rebuilt from the cards
	OldCore     []byte   // rotation: the statement of the core that committed to this one
}

// Founded is what a founding brought about besides the authority. The cards exist nowhere else.
type Founded struct {
	Status      Status
	Cards       [][]byte // backup cards, texts; none where the plan has no backup
	Next        [][]byte // cards of the next core
	Commitments []string // of the cards: public, and what checks them
	Core        []byte   // the core's statement
	Record      []byte   // the ceremony's record, plain text
}

// CardCheck is what a re-entered card turned out to be.
type CardCheck struct {
	Purpose string // "backup" or "next core"
	Index   int    // from 1
	Total   int
	Seen    int // cards of that purpose that were re-entered so far, this one included
}

// Outcome is what became of something that officers decide about.
type Outcome struct {
	Done     bool
	Proposal *Proposal // where officers decide: what it was, or still is
}

// Proposal is something that officers decide about.
type Proposal struct {
	Digest    [32]byte
	Action    authority.Action
	Words     []string // the exact payload in words, one line each
	Payload   []byte
	Requester string
	Time      time.Time
	Expires   time.Time
	Approved  []string // names
	Missing   int
	State     string // "open", "decided", "refused", "expired"
	Refused   string // by whom and why
}

// Revoke withdraws identities.
type Revoke struct {
	Addresses []string
	Reason    string    // as wire.ParseReason takes it
	Effective time.Time // zero for now
}

// Policy changes the realm's policy. Zero values leave a term as it is.
type Policy struct {
	Past, Future, NextUpdate, HardExpiry time.Duration
}

// OfficersChange appoints everybody who is an officer afterwards. It takes the PIN, and as many security officers signed on in this
// client as the table says.
type OfficersChange struct {
	Needed      int
	Officers    []Appointment
	PIN         []byte
	ApprovalKey []byte // as in Founding: the vault is sealed anew
	NewPIN      []byte // nil keeps the PIN
}

// Appointment is one officer to be.
type Appointment struct {
	Name       string
	Role       string
	Passphrase []byte // nil for somebody who stays and keeps theirs
}

// Platform is what the TPM measured, and what the officers approved.
type Platform struct {
	Now       []PCR
	Changed   string // empty when an approval fits
	Bound     uint64 // what an approval made now takes
	Digest    []byte // what the approval key signs, 32 octets
	Approvals int
	Retired   uint64
}

// PCR is one register of the TPM.
type PCR struct {
	Index  int
	Digest []byte // 32 octets
}

// Approval approves the platform that runs: with the key, or with its signature over Platform.Digest.
type Approval struct {
	Key       []byte // PKCS #8 in PEM
	Signature []byte // ECDSA, ASN.1 DER
}

// BackupInfo is what a backup of the database holds.
type BackupInfo struct {
	Size    int64 // octets
	Hash    [32]byte
	LogSize uint64
	List    uint32 // number of the newest list
	Counter uint64
	Time    time.Time
}

// Reopening ends read-only: the newest lists found on any medium are merged, the lists' generation rises, serials jump.
type Reopening struct {
	Lists       [][]byte // statements of type bundle, in any order; others are refused
	Checkpoints [][]byte // statements of type checkpoint
}

// Reopened is what came of it.
type Reopened struct {
	Generation uint32 // of the lists from now on
	NextSerial uint32
	Merged     int // serials that stay revoked because a merged list has them
}

// Restoration says what opens the vault of a backup, as it was when the backup was made. Secrets stay with the caller, who clears them.
type Restoration struct {
	PIN         []byte
	Passphrases map[string][]byte // by the officer's name: as many security officers as the vault needs
	Passphrase  []byte            // of a passphrase vault
}
