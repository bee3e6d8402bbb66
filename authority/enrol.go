package authority

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// firstPackage is the sequence number of an identity's first package.
const firstPackage = 1

// Issued is what an enrolment gives.
type Issued struct {
	Address  wire.Address
	Package  []byte // statement of type package, at most 65,536 octets
	Sequence uint32 // of the package, from 1
	Again    bool   // this very request was enrolled before; Package is what was made then
	Renewed  bool   // it is the next package of an identity that had one
}

// Enrol grants a request: it allocates a serial, extracts keys for [Epochs]
// epochs beginning with the present one, records them, and returns the package,
// sealed to the device, once all of that is on the disk. The same request again
// gives the same package, byte for byte. Whether the request comes from the
// device it names, the caller must have made sure of: see [Review].
//
// Errors: those of wire.ParseRequest, [ErrUsedName], [ErrSeenKey],
// [ErrAlreadyRevoked], [ErrDrillPending], [ErrClock], [ErrClockAhead], [ErrLocked], [ErrSelfCheck], and what
// [Authority.ReadOnly] says.
func (a *Authority) Enrol(request []byte) (*Issued, error) {
	granted, err := a.grant([][]byte{request})
	if err == nil {
		err = granted[0].Err
	}
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return granted[0].Issued, nil
}

// again returns the package that an identity got.
func again(tx *storage.Tx, id *storage.Identity) (*Issued, error) {
	pkg, err := tx.Package(id.Serial)
	if err != nil {
		return nil, fmt.Errorf("read the package: %w", err)
	}
	return &Issued{Address: id.Address, Package: pkg, Sequence: id.Sequence, Again: true}, nil
}

// skipLost leaves out the serials that could have been given away and taken from
// the log since the counter last advanced, if the authority ended without sealing it.
func (a *Authority) skipLost(tx *storage.Tx, now time.Time) error {
	if !a.rollback.unclean {
		return nil
	}
	next := tx.Count() + advanceEvery
	if next >= wire.MaxSerials {
		return ErrSerials
	}
	if _, _, err := record(tx, now, &wire.LostEntry{NextSerial: uint32(next)}); err != nil {
		return err
	}
	if err := tx.SkipTo(uint32(next)); err != nil {
		return fmt.Errorf("leave serials out: %w", err)
	}
	a.rollback.skipped = true
	return nil
}

// extract makes the keys of all candidates. When it fails, they have those that it made before, for the caller to erase.
func (a *Authority) extract(fresh []*candidate) error {
	for _, c := range fresh {
		c.content.Keys = make([]*ibc.PartialKey, c.id.Epochs)
	}
	return inParallel(len(fresh)*Epochs, func(i int) error {
		c, key := fresh[i/Epochs], i%Epochs
		if key >= len(c.content.Keys) { // who is renewed early gets fewer
			return nil
		}
		epoch := c.id.FirstEpoch + uint32(key)
		name, err := a.core.Identity(c.id.Address, epoch)
		if err != nil {
			return fmt.Errorf("name the key of epoch %d: %w", epoch, err)
		}
		if c.content.Keys[key], err = a.master.Extract(name, c.id.EnrolmentKey); err != nil {
			return fmt.Errorf("make the key of epoch %d: %w", epoch, err)
		}
		return nil
	})
}

func erase(keys []*ibc.PartialKey) {
	for _, k := range keys {
		if k != nil {
			k.Erase()
		}
	}
}

func keysHash(keys []*ibc.PartialKey) [32]byte {
	return wire.KeysHash(pointsOf(keys))
}

// pack seals the content to the device and signs the package.
func (a *Authority) pack(c *candidate) error {
	plain, err := c.content.Marshal()
	if err != nil {
		return fmt.Errorf("package: %w", err)
	}
	defer clear(plain)
	if err := a.checkContent(plain, c.hash, c.id.Sequence); err != nil {
		return err
	}
	p := &wire.Package{Core: a.coreBytes, RequestHash: c.hash, Sequence: c.id.Sequence, Enc: c.enc}
	if p.Ciphertext, err = c.sender.Seal(nil, plain); err != nil {
		return fmt.Errorf("package: seal it: %w", err)
	}
	payload, err := p.Marshal()
	if err != nil {
		return fmt.Errorf("package: %w", err)
	}
	pkg, err := a.sign(wire.TypePackage, payload)
	if err != nil {
		return err
	}
	c.issued = &Issued{Address: c.id.Address, Package: pkg, Sequence: c.id.Sequence, Renewed: c.renews}
	return a.checkPackage(payload, p)
}

// checkContent reads what is about to be sealed as the device will.
func (a *Authority) checkContent(plain []byte, request [32]byte, sequence uint32) error {
	c, err := wire.ParseContent(plain)
	if err != nil {
		return fmt.Errorf("package: %w", errors.Join(ErrSelfCheck, err))
	}
	defer erase(c.Keys)
	if _, err := c.CheckLog(a.core, request, sequence); err != nil {
		return fmt.Errorf("package: %w", errors.Join(ErrSelfCheck, err))
	}
	return nil
}

// checkPackage reads the payload that was signed as the device will, as far as one can without the device's key. Its signature, sign checked.
func (a *Authority) checkPackage(payload []byte, want *wire.Package) error {
	p, err := wire.ParsePackage(payload)
	if err != nil {
		return fmt.Errorf("package: %w", errors.Join(ErrSelfCheck, err))
	}
	if !bytes.Equal(p.Core, a.coreBytes) || p.RequestHash != want.RequestHash || p.Sequence != want.Sequence ||
		p.Enc != want.Enc || !bytes.Equal(p.Ciphertext, want.Ciphertext) {
		return fmt.Errorf("package: %w", ErrSelfCheck)
	}
	return nil
}
