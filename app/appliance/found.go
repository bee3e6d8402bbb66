package appliance

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rand"
	"fmt"
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
// leaves it unlocked. All of it is on the disk, and was opened again with everybody's passphrase, before dir comes into being. When
// Found fails there is no authority, and nothing of it in the TPM but the protection against guessed PINs. A founding that was killed
// leaves a folder ".NAME.founding" beside dir, which the next one cleans up together with the TPM's counters.
//
// Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder], [ErrFounding], [ErrNotNext], [ErrLockoutForm],
// authority.ErrFounded, hsm.ErrWeakPassphrase, and those of authority.Found, hsm.CreateTPM, hsm.Appoint and hsm.Split; and with a
// Database backup.ErrArchive, backup.ErrKey, authority.ErrOtherMaster and [ErrDatabase].
func Found(dir string, f Founding, o Options) (*Founded, error) {
	founded, err := found(dir, &f, o)
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	return founded, nil
}

func found(dir string, f *Founding, o Options) (*Founded, error) {
	if f.TPM != nil && f.TPM.Path != "" {
		o.TPM = f.TPM.Path
	}
	o.Cost = cmp.Or(f.Cost, o.cost())
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.Core != nil {
		if err := f.follow(); err != nil {
			return nil, err
		}
	}
	dir, err := target(dir)
	if err != nil {
		return nil, err
	}
	b := &builder{founding: f, options: o, dir: dir}
	if f.TPM != nil {
		if err := b.prepareTPM(); err != nil {
			return nil, err
		}
	}
	founded, err := b.build()
	if err != nil {
		b.erase()
		return nil, err
	}
	return founded, nil
}

// check refuses what contradicts itself. What single values may be is for the packages below to say.
func (f *Founding) check() error {
	var wrong string
	switch {
	case f.TPM == nil && (len(f.Officers) > 0 || f.Needed != 0):
		wrong = "a passphrase vault has no officers"
	case f.TPM != nil && f.Passphrase != nil:
		wrong = "a TPM vault opens with a PIN and officers, and not with a passphrase"
	case f.TPM != nil && f.TPM.ApprovalKey == nil:
		wrong = "a TPM vault needs an approval key"
	case f.Seed == nil && (f.Core != nil || f.Database != nil):
		wrong = "recovery and rotation take a seed from its cards"
	case f.Seed != nil && f.Core == nil && f.Database == nil:
		wrong = "a seed from its cards takes the database, or the core that is to be replaced"
	case f.Core != nil && f.Database != nil:
		wrong = "it is either recovery, with a database, or rotation, with a core"
	case f.Seed != nil && f.Next != Cards{}:
		wrong = "the next core is committed to with a new realm only"
	case f.Commitments != nil && f.Seed == nil:
		wrong = "commitments are of cards that there are already"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrFounding, wrong)
}

// follow makes sure, before anything else, that the seed is what the core committed to, and takes over what stays the same.
func (f *Founding) follow() error {
	if len(f.Core.Next) == 0 {
		return fmt.Errorf("%w; it committed to none", ErrNotNext)
	}
	params, err := f.Seed.Params()
	if err != nil {
		return err
	}
	next := authority.NextCore(f.Realm, params, f.Seed.StatementKey(), f.Core)
	if hash := next.Hash(); !bytes.Equal(hash[:], f.Core.Next) {
		return ErrNotNext
	}
	r := &f.Realm
	r.Realm, r.SPIDs, r.Generation, r.Next = next.Realm, next.SPIDs, next.Generation, nil
	r.Epoch0, r.EpochLength = next.Epoch0, next.EpochLength
	return nil
}

// rand returns where randomness comes from.
func (o *Options) rand() io.Reader { return cmp.Or(o.Rand, rand.Reader) }

func (o *Options) cost() hsm.Cost { return cmp.Or(o.Cost, hsm.DefaultCost()) }
