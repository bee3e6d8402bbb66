package appliance

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"io"

	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

// NewTPM is what a new TPM vault needs besides its officers.
type NewTPM struct {
	Path string // of the device, as a rule /dev/tpmrm0, or of the Unix socket of swtpm; empty is Options.TPM
	PIN  []byte // 6 to 1024 octets; stays with the caller, who clears it
	// Lockout is the lockout authorisation of [hsm.NewLockoutAuth], on paper by now.
	// Nil leaves that of the TPM as it is, for one that has one from before.
	Lockout []byte
	// ApprovalKey is of P-256: it approves the platform that runs now, and later ones.
	ApprovalKey crypto.Signer
	Unified     bool // PCR 11 counts, too: for systems that start from a unified kernel image
}

// Cards says how many share cards to make, and how many of them give the seed back. The zero value makes none.
type Cards struct {
	Needed int // 1 to Total
	Total  int // to 32
}

// Founding says what authority to found, and how its master secret is kept. Secrets stay with the caller, who clears them.
//
// A new realm has neither Seed, Core nor Database. Recovery has a Seed, from the backup cards, and a Database: the realm goes on under
// another vault, and its authority is read-only until authority.Authority.Reopen. Rotation has a Seed, from the cards of the next
// core, and the Core that committed to it: the realm begins anew under the next core.
type Founding struct {
	Realm authority.Founding // of a new realm; of the others the lists' lifetimes at most

	TPM        *NewTPM // nil for a vault that a passphrase opens
	Passphrase []byte  // of a passphrase vault
	Officers   []hsm.Appointment
	Needed     int      // security officers that unlock; of a TPM vault
	Cost       hsm.Cost // zero is that of the options
	Backup     Cards    // of the seed
	Next       Cards    // of the next core's seed, which exists nowhere else

	Seed        *hsm.Seed  // stays with the caller
	Commitments []string   // recovery: of the cards that remain good, where Database does not bring them
	Core        *wire.Core // rotation: the core that committed to this one
	Database    io.Reader  // recovery: a backup, or a copy of the old authority.db
}

// Founded is what a founding brought about besides the authority.
type Founded struct {
	Appliance   *Appliance // unlocked
	Cards       [][]byte   // backup cards, texts as of hsm.Share.Text, which exist nowhere else; for the caller to print and clear
	Next        [][]byte   // cards of the next core
	Commitments []string   // of both, in this order: public, for the record
	Core        []byte     // the core's statement
}

// Found founds an authority in dir, which is empty or does not exist yet, and
// leaves it unlocked. All of it is on the disk, and was opened again, before dir comes into being. When Found fails there is no
// authority. Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder], [ErrFounding], [ErrNotNext],
// authority.ErrFounded, hsm.ErrWeakPassphrase, and those of authority.Found, hsm.CreateTPM, hsm.Appoint and hsm.Split.
func Found(dir string, f Founding, o Options) (*Founded, error) {
	_, _, _ = dir, f, o
	return nil, errLater
}

// rand returns where randomness comes from.
func (o *Options) rand() io.Reader { return cmp.Or(o.Rand, rand.Reader) }

func (o *Options) cost() hsm.Cost { return cmp.Or(o.Cost, hsm.DefaultCost()) }
