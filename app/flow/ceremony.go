package flow

import (
	"errors"
	"io"

	"marque/app/ceremony"
)

// Founder makes the authority that does not exist yet, and leaves it unlocked. It keeps none of the secrets. Discard takes an authority
// back that was never used.
type Founder interface {
	Found(plan *ceremony.Plan, s *Secrets) (*Made, error)
	Discard() error
}

// Secrets is what founding takes besides the plan. Whoever filled it in clears it.
type Secrets struct {
	Passphrase  []byte            // of a passphrase vault
	PIN         []byte            // of a TPM vault
	Passphrases map[string][]byte // by the officer's name
	Lockout     []byte            // the TPM's lockout authorisation; nil leaves the one that it has
	ApprovalKey []byte            // P-256 private key in PKCS #8 and PEM, of a TPM vault
}

// Clear overwrites all of it.
func (s *Secrets) Clear() {
	clear(s.Passphrase)
	clear(s.PIN)
	for _, p := range s.Passphrases {
		clear(p)
	}
	clear(s.Lockout)
	clear(s.ApprovalKey)
	*s = Secrets{}
}

// Made is what a founding brought about besides the authority. The cards exist nowhere else: whoever has them writes and clears them.
type Made struct {
	Cards, Next  [][]byte // texts
	Commitments  []string
	Core, Record []byte
}

// Papers is the folder for what a founding brings about, and what must not stay there. Errors: those of this package, [ErrPapersUsed] and
// [ErrPapersOpen] among them.
type Papers interface {
	Prepare(plan *ceremony.Plan) (Preparation, error) // makes the folder, and what the founding takes
	Sheets() ([]Sheet, error)                         // what lies there; none when there is no folder
	Clear() error                                     // removes all of it
}

// Preparation is what was made ready for a founding.
type Preparation interface {
	Secrets() (lockout, approvalKey []byte) // which stay its own, until Erase
	Write(m *Made) error                    // writes the papers and clears the cards
	Erase()
}

// SheetKind is what a paper is.
type SheetKind int

// The kinds.
const (
	SheetBackup      SheetKind = iota // a backup card
	SheetNext                         // a card of the next core
	SheetLockout                      // the lockout authorisation of the TPM
	SheetRecord                       // the record, to be signed
	SheetApprovalKey                  // a file, not for print
	SheetCore                         // a file, not for print
)

// Sheet is one of the papers.
type Sheet struct {
	Kind  SheetKind
	Index int    // of a card, from 1
	Path  string // of the page for print, or of the file
}

// Printable reports whether it has a page.
func (s *Sheet) Printable() bool { return s.Kind < SheetApprovalKey }

// Drafts keeps how far the planning of a founding came, so that a crash loses nothing typed. Nothing in it is secret. Kept returns nil
// where there is none; Keep(nil) removes it.
type Drafts interface {
	Keep(draft []byte) error
	Kept() []byte
}

// Ceremony is what foundings need of this computer. What is nil or empty leaves out what needs it.
type Ceremony struct {
	Papers Papers
	Drafts Drafts
	Read   func(path string, limit int) ([]byte, error) // a file of at most so many octets; error: [ErrNoFile]
	Print  func(path string) error                      // sends a page to the printer; error: [ErrNoPrinter]
	Carry  func(folder string) error                    // copies the files among the papers, and reads them back; error: [ErrWrite]
	// Archive writes a new file, flushed, of what fill writes, whole or not at all, and reads it back: its hash is what fill says. Errors:
	// [ErrFileExists], [ErrWrite], and fill's.
	Archive func(path string, fill func(w io.Writer) ([32]byte, error)) error
	TPM     string // path of a TPM that can be used
}

// CardPurpose is what a share card gives back.
type CardPurpose int

// The purposes.
const (
	CardBackup CardPurpose = iota // the master secret
	CardNext                      // the seed of the next core
)

// CardCheck is what a re-entered card turned out to be.
type CardCheck struct {
	Purpose CardPurpose
	Index   int // from 1
	Total   int
	Seen    int // cards of that purpose that were re-entered so far, this one included
}

// The errors of foundings and cards.
var (
	// ErrPapersUsed: the folder for papers holds those of another founding.
	ErrPapersUsed = errors.New("papers of another founding")
	// ErrPapersOpen: others can reach the folder for papers.
	ErrPapersOpen = errors.New("papers within reach of others")
	// ErrPapersLost: the papers could not be written, and the cards are lost.
	ErrPapersLost = errors.New("the papers were not written")
	// ErrPaperFile: a file among the papers is not what its name says.
	ErrPaperFile = errors.New("a paper is damaged")
	// ErrNoPrinter: there is no printer, or it takes nothing.
	ErrNoPrinter = errors.New("no printer")
	// ErrTPMOwned: somebody else took ownership of the TPM.
	ErrTPMOwned = errors.New("the TPM has an owner")
	// ErrTPMFull: the TPM's memory is used up.
	ErrTPMFull = errors.New("the TPM is full")
	// ErrTPMUnprotected: the TPM does not limit guesses.
	ErrTPMUnprotected = errors.New("the TPM does not limit guesses")
	// ErrTPMBank: the TPM does not measure under SHA-256.
	ErrTPMBank = errors.New("the TPM has no PCRs of SHA-256")
	// ErrWeakPIN: the PIN is too short or too long.
	ErrWeakPIN = errors.New("unsuitable PIN")
	// ErrSamePIN: the PIN is a passphrase as well.
	ErrSamePIN = errors.New("the PIN is a passphrase")
	// ErrCardText: a card was mistyped.
	ErrCardText = errors.New("mistyped card")
	// ErrOtherCards: a card of another set.
	ErrOtherCards = errors.New("card of another set")
	// ErrCardWrong: a card that does not fit what was committed to.
	ErrCardWrong = errors.New("wrong card")
	// ErrSameCard: a card was entered twice.
	ErrSameCard = errors.New("the same card twice")
	// ErrNoCards: no cards of that purpose were made.
	ErrNoCards = errors.New("no cards were made")
	// ErrDrill: the cards give another secret.
	ErrDrill = errors.New("the cards give another secret")
	// ErrUsed: the authority was used, and cannot be taken back.
	ErrUsed = errors.New("the authority was used")
	// ErrLockoutAuth: the lockout authorisation is not that of the TPM.
	ErrLockoutAuth = errors.New("wrong lockout authorisation")
	// ErrApproval: the approval is not of the officers' key.
	ErrApproval = errors.New("not the approval key")
)

// knownCeremony lists the texts of these errors, as known does.
var knownCeremony = []knownError{
	{ErrPapersUsed, "papersused"},
	{ErrPapersOpen, "papersopen"},
	{ErrPapersLost, "paperslost"},
	{ErrPaperFile, "paperfile"},
	{ErrNoPrinter, "noprinter"},
	{ErrTPMOwned, "tpmowned"},
	{ErrTPMFull, "tpmfull"},
	{ErrTPMUnprotected, "tpmunprotected"},
	{ErrTPMBank, "tpmbank"},
	{ErrWeakPIN, "weakpin"},
	{ErrSamePIN, "samepin"},
	{ErrCardText, "cardtext"},
	{ErrOtherCards, "othercards"},
	{ErrCardWrong, "cardwrong"},
	{ErrSameCard, "samecard"},
	{ErrNoCards, "nocards"},
	{ErrDrill, "drillfailed"},
	{ErrUsed, "used"},
	{ErrLockoutAuth, "lockoutauth"},
	{ErrApproval, "approvalkey"},
}
