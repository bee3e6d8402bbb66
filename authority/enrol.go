package authority

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
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
	req, err := wire.ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var issued *Issued
	err = a.commit(func(tx *storage.Tx) error {
		known, err := holder(tx, req)
		switch {
		case err != nil:
			return err
		case known != nil:
			issued, err = again(tx, known)
		default:
			issued, err = a.issue(tx, req)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return issued, nil
}

// again returns the package that an identity got.
func again(tx *storage.Tx, id *storage.Identity) (*Issued, error) {
	pkg, err := tx.Package(id.Serial)
	if err != nil {
		return nil, fmt.Errorf("read the package: %w", err)
	}
	return &Issued{Address: id.Address, Package: pkg, Sequence: id.Sequence, Again: true}, nil
}

// issue makes a new identity and its package.
func (a *Authority) issue(tx *storage.Tx, req *wire.Request) (*Issued, error) {
	now, err := a.begin(tx)
	if err != nil {
		return nil, err
	}
	if a.ledger.drill == DrillPending {
		return nil, ErrDrillPending
	}
	if err := a.skipLost(tx, now); err != nil {
		return nil, err
	}
	id, err := a.newIdentity(tx, req, now)
	if err != nil {
		return nil, err
	}
	keys, err := a.extract(id)
	defer erase(keys)
	if err != nil {
		return nil, err
	}
	content, err := a.enter(tx, id, keys)
	if err != nil {
		return nil, err
	}
	pkg, err := a.pack(req, content, id.Sequence)
	if err != nil {
		return nil, err
	}
	if err := tx.AddPackage(id.Serial, id.Sequence, pkg); err != nil {
		return nil, fmt.Errorf("store the package: %w", err)
	}
	a.rollback.issued++
	return &Issued{Address: id.Address, Package: pkg, Sequence: id.Sequence}, nil
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

// newIdentity gives the request a serial, and an address made of it.
func (a *Authority) newIdentity(tx *storage.Tx, req *wire.Request, now time.Time) (*storage.Identity, error) {
	serial, err := tx.NextSerial()
	if err != nil {
		return nil, fmt.Errorf("allocate a serial: %w", err)
	}
	address, err := wire.NewAddress(a.core.Realm, "", req.Name, serial)
	if err != nil {
		return nil, fmt.Errorf("make the address: %w", err)
	}
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return nil, fmt.Errorf("choose the epochs: %w", err)
	}
	return &storage.Identity{
		Serial: serial, Address: address, Kind: req.Kind, Request: req.Hash(), EnrolmentKey: req.U,
		Sequence: firstPackage, FirstEpoch: epoch, Epochs: Epochs, Issued: now,
	}, nil
}

// extract makes the keys of an identity. It also returns those that it made
// before it failed, for the caller to erase.
func (a *Authority) extract(id *storage.Identity) ([]*ibc.PartialKey, error) {
	keys := make([]*ibc.PartialKey, 0, id.Epochs)
	for e := id.FirstEpoch; e < id.FirstEpoch+id.Epochs; e++ {
		name, err := a.core.Identity(id.Address, e)
		if err != nil {
			return keys, fmt.Errorf("name the key of epoch %d: %w", e, err)
		}
		key, err := a.master.Extract(name, id.EnrolmentKey)
		if err != nil {
			return keys, fmt.Errorf("make the key of epoch %d: %w", e, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func erase(keys []*ibc.PartialKey) {
	for _, k := range keys {
		k.Erase()
	}
}

// enter stores the identity, records its keys in the log, signs the new head, and
// returns what the device is to get, with the proof of the record.
func (a *Authority) enter(tx *storage.Tx, id *storage.Identity, keys []*ibc.PartialKey) (*wire.Content, error) {
	if err := tx.AddIdentity(id); err != nil {
		return nil, fmt.Errorf("store the identity: %w", err)
	}
	rs := make([][32]byte, len(keys))
	for i, k := range keys {
		rs[i] = k.R()
	}
	index, entry, err := record(tx, id.Issued, &wire.IssueEntry{
		Address: id.Address, Request: id.Request, Sequence: id.Sequence,
		FirstEpoch: id.FirstEpoch, Count: len(keys), Keys: wire.KeysHash(rs),
	})
	if err != nil {
		return nil, err
	}
	c := &wire.Content{
		Address: id.Address, FirstEpoch: id.FirstEpoch, Keys: keys, Policy: a.terms.Load().stmt,
		Entry: entry, Index: index,
	}
	if c.Checkpoint, err = a.checkpoint(tx, id.Issued, a.due()); err != nil {
		return nil, err
	}
	if c.Path, err = tx.ProveLog(index, tx.LogSize()); err != nil {
		return nil, fmt.Errorf("prove the entry: %w", err)
	}
	return c, nil
}

// pack seals the content to the device and signs the package.
func (a *Authority) pack(req *wire.Request, c *wire.Content, sequence uint32) ([]byte, error) {
	plain, err := c.Marshal()
	if err != nil {
		return nil, fmt.Errorf("package: %w", err)
	}
	defer clear(plain)
	if err := a.checkContent(plain, req.Hash(), sequence); err != nil {
		return nil, err
	}
	p := &wire.Package{Core: a.coreBytes, RequestHash: req.Hash(), Sequence: sequence}
	if err := seal(p, req.HPKEKey, wire.PackageInfo(a.coreHash, p.RequestHash, sequence), plain); err != nil {
		return nil, err
	}
	payload, err := p.Marshal()
	if err != nil {
		return nil, fmt.Errorf("package: %w", err)
	}
	pkg, err := a.sign(wire.TypePackage, payload)
	if err != nil {
		return nil, err
	}
	return pkg, a.checkPackage(pkg, p)
}

// seal encrypts the content with HPKE in base mode (RFC 9180).
func seal(p *wire.Package, to [32]byte, info, plain []byte) error {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(to[:])
	if err != nil {
		return fmt.Errorf("package: the request's HPKE key: %w", err)
	}
	enc, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return fmt.Errorf("package: the request's HPKE key: %w", err)
	}
	p.Enc = [32]byte(enc)
	if p.Ciphertext, err = sender.Seal(nil, plain); err != nil {
		return fmt.Errorf("package: seal it: %w", err)
	}
	return nil
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

// checkPackage reads the finished package as the device will, as far as one can
// without the device's key.
func (a *Authority) checkPackage(pkg []byte, want *wire.Package) error {
	p, core, err := wire.OpenPackage(pkg)
	if err != nil {
		return fmt.Errorf("package: %w", errors.Join(ErrSelfCheck, err))
	}
	if core.Hash() != a.coreHash || p.RequestHash != want.RequestHash || p.Sequence != want.Sequence ||
		p.Enc != want.Enc || !bytes.Equal(p.Ciphertext, want.Ciphertext) {
		return fmt.Errorf("package: %w", ErrSelfCheck)
	}
	return nil
}
