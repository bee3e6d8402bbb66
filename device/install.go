package device

import (
	"bytes"
	"crypto/hpke"
	"fmt"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// Offer is what a package says of itself, verified under the core that it carries. That core is only as good as the comparison of its
// fingerprint with the authority's.
type Offer struct {
	Core           *wire.Core
	CoreHash       [32]byte // shown to a person as eight words, and given to Install as the pin
	Sequence       uint32
	ForThisRequest bool // it answers the request that this device waits with, or what its receipt brought
	Renews         bool // it is the next package of the identity that this device has
	Pinned         bool // a core is in force here, and Install takes no package of another: there is nothing to confirm
}

// Installed is what Install did.
type Installed struct {
	Address    wire.Address // given by the authority; other devices reach this one by it
	CoreHash   [32]byte
	Sequence   uint32
	FirstEpoch uint32 // of the keys
	LastEpoch  uint32
	From       time.Time // start of the first epoch
	Until      time.Time // end of the last one
}

// Inspect reads a package of at most 65,536 octets and changes nothing, so that a person can compare the authority's fingerprint before
// Install. It fails with ErrMalformed or ErrTampered.
func (d *Device) Inspect(pkg []byte) (*Offer, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, fmt.Errorf("inspect package: %w", ErrClosed)
	}
	p, core, err := wire.OpenPackage(pkg)
	if err != nil {
		return nil, fmt.Errorf("inspect package: %w", statementError(err))
	}
	o := &Offer{Core: core, CoreHash: wire.CoreHash(p.Core), Sequence: p.Sequence, Renews: d.renews(p.RequestHash)}
	o.ForThisRequest = o.Renews || d.enrol != nil && p.RequestHash == d.enrol.hash
	present, _ := d.inForce()
	o.Pinned = present != nil
	return o, nil
}

// Install takes the keys of a package into use: all of it or nothing. pin is the hash of the authority's core, known from the factory or
// confirmed by a person; after Rotate nothing but the hash of the core that it was to is taken, and nobody has to confirm it. Everything is checked before anything is written (PROTOCOL.md, section 6.3); afterwards the enrolment secrets are
// erased.
//
// A package that was made for the receipt of this device (Device.Receipt) brings the keys of later epochs: those that are installed stay
// until their time has passed, and sessions, peers and list go on. Errors: ErrWrongPin, ErrOtherDevice, ErrOldPackage, ErrBadPackage, ErrTampered, ErrMalformed;
// ErrRotated for a package of the core that was given up, ErrRotateFirst for one of the next core.
func (d *Device) Install(pkg []byte, pin [32]byte) (*Installed, error) {
	in, err := d.installPackage(pkg, pin)
	if err != nil {
		return nil, fmt.Errorf("install package: %w", err)
	}
	return in, nil
}

func (d *Device) installPackage(pkg []byte, pin [32]byte) (*Installed, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	p, enrol, err := d.answers(pkg, pin)
	if err != nil {
		return nil, err
	}
	d.mu.RLock() // both change under saving only
	wanted, present := d.wanted, d.realm
	d.mu.RUnlock()
	content, err := openContent(p, enrol)
	if err != nil {
		return nil, err
	}
	defer eraseContent(content)
	r, err := acceptContent(p, content, wanted)
	if err != nil {
		return nil, err
	}
	if present != nil {
		if err := present.acceptNext(r, content); err != nil {
			return nil, err
		}
	}
	if r.keys, err = completeKeys(r, content, enrol.u); err != nil {
		return nil, err
	}
	k := keyring{first: r.keys.first, keys: r.keys.keys} // what is new: the present ones may go before it
	if err := d.adopt(r, enrol.hash); err != nil {
		k.erase()
		return nil, err
	}
	enrol.erase()
	if err := d.count(); err != nil {
		return nil, fmt.Errorf("the keys are installed: %w", err)
	}
	return &Installed{
		Address: r.address, CoreHash: r.hash, Sequence: r.sequence, FirstEpoch: k.first, LastEpoch: k.last(),
		From: r.core.EpochStart(k.first), Until: r.core.EpochStart(k.last() + 1),
	}, nil
}

// renews says whether the package for a request is the next one of this device. The caller holds mu.
func (d *Device) renews(request [32]byte) bool {
	r := d.realm
	return r != nil && r.answer != nil && r.answer.next != nil && r.answer.next.hash == request
}

// answers verifies a package, and finds the secrets of the request that it answers: that of this device, or the one that its receipt stands
// for. The caller holds saving.
func (d *Device) answers(pkg []byte, pin [32]byte) (*wire.Package, *enrolment, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, nil, ErrClosed
	}
	p, _, err := wire.OpenPackage(pkg)
	if err != nil {
		return nil, nil, statementError(err)
	}
	if err := d.checkPin(wire.CoreHash(p.Core), pin); err != nil {
		return nil, nil, err
	}
	enrol := d.enrol
	switch renews := d.renews(p.RequestHash); {
	case renews:
		enrol = d.realm.answer.next
	case p.RequestHash != d.request:
		return nil, nil, ErrOtherDevice
	}
	switch {
	case d.realm != nil && p.Sequence <= d.realm.sequence || p.Sequence == 0:
		return nil, nil, ErrOldPackage
	case enrol == nil:
		return nil, nil, ErrInstalled
	}
	return p, enrol, nil
}

// checkPin compares a package's core with the one that is right: the confirmed one and, once there is one, the one in force. The caller
// holds mu.
func (d *Device) checkPin(core, pin [32]byte) error {
	present, hash := d.inForce()
	switch {
	case d.rotation != nil && core == d.rotation.former.CoreHash:
		return ErrRotated
	case present != nil && bytes.Equal(core[:], present.Next):
		return ErrRotateFirst
	case core != pin || present != nil && core != hash:
		return ErrWrongPin
	}
	return nil
}

// openContent decrypts a package's content with the request's HPKE key.
func openContent(p *wire.Package, e *enrolment) (*wire.Content, error) {
	key, err := hpke.NewDHKEMPrivateKey(e.hpke)
	if err != nil {
		return nil, fmt.Errorf("HPKE: %w", err)
	}
	info := wire.PackageInfo(wire.CoreHash(p.Core), p.RequestHash, p.Sequence)
	recipient, err := hpke.NewRecipient(p.Enc[:], key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, fmt.Errorf("HPKE: %w: %w", ErrBadPackage, err)
	}
	b, err := recipient.Open(nil, p.Ciphertext)
	if err != nil {
		return nil, fmt.Errorf("HPKE: %w: %w", ErrBadPackage, err)
	}
	defer clear(b)
	content, err := wire.ParseContent(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadPackage, err)
	}
	return content, nil
}

// acceptContent checks everything about a package's content but the keys, and prepares the realm.
func acceptContent(p *wire.Package, c *wire.Content, w Wanted) (*realm, error) {
	core, err := wire.ParseCore(p.Core)
	if err != nil {
		return nil, fmt.Errorf("core: %w: %w", ErrBadPackage, err)
	}
	if err := checkAddress(core, c.Address, w); err != nil {
		return nil, err
	}
	payload, err := wire.OpenStatement(c.Policy, wire.TypePolicy, core.Realm, core.StatementKey)
	if err != nil {
		return nil, fmt.Errorf("policy: %w: %w", ErrBadPackage, err)
	}
	policy, err := wire.ParsePolicy(payload)
	if err != nil {
		return nil, fmt.Errorf("policy: %w: %w", ErrBadPackage, err)
	}
	coreRaw := bytes.Clone(p.Core)
	if policy.Core != wire.CoreHash(coreRaw) {
		return nil, fmt.Errorf("the policy is of another core: %w", ErrBadPackage)
	}
	head, err := c.CheckLog(core, p.RequestHash, p.Sequence)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadPackage, err)
	}
	r, err := newRealm(coreRaw, policy, c.Address, p.Sequence)
	if err != nil {
		return nil, err
	}
	r.checkpoint, r.vouched = bytes.Clone(c.Checkpoint), later(head.Time, entryTime(c))
	return r, nil
}

// checkAddress pins what the device asked for: its name, and with its kind the form of its address. A vehicle stands directly below the
// service provider; an application may also belong to a CSE.
func checkAddress(core *wire.Core, a wire.Address, w Wanted) error {
	switch {
	case !core.Lists(a.SPID()):
		return fmt.Errorf("the address is of a domain that the realm does not list: %w", ErrBadPackage)
	case a.Name() != w.Name:
		return fmt.Errorf("the package gives another name than the one asked for: %w", ErrBadPackage)
	case w.Kind == wire.KindVehicle && a.CSE() != "":
		return fmt.Errorf("the package gives an application's address to a vehicle: %w", ErrBadPackage)
	}
	return nil
}

// completeKeys turns every issued key into a private key, or none.
func completeKeys(r *realm, c *wire.Content, u *ibc.EnrolmentKey) (*keyring, error) {
	last := uint64(c.FirstEpoch) + uint64(len(c.Keys))
	if len(c.Keys) == 0 || last > 1<<32 {
		return nil, fmt.Errorf("number of keys: %w", ErrBadPackage)
	}
	ring := r.newKeyring(c.FirstEpoch)
	for i, partial := range c.Keys {
		id, err := r.identity(r.address, c.FirstEpoch+uint32(i))
		if err != nil {
			ring.erase()
			return nil, fmt.Errorf("%w: %w", ErrBadPackage, err)
		}
		key, err := u.Complete(r.params, id, partial)
		if err != nil {
			ring.erase()
			return nil, fmt.Errorf("key of epoch %d: %w: %w", id.Epoch, ErrBadPackage, err)
		}
		ring.keys = append(ring.keys, &epochKey{parsed: key})
	}
	return ring, nil
}

// adopt writes the state with a new realm, for the answered request, and without its enrolment, and only then puts it into use. The keys
// that are there stay, in the same ring. The caller holds saving.
func (d *Device) adopt(r *realm, request [32]byte) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.floor.raiseSigned(r.vouched)
	r.answer = &answer{installed: d.now().Truncate(time.Second)}
	oldRealm, oldEnrol, oldRequest := d.realm, d.enrol, d.request
	var was extended
	if oldRealm != nil {
		if was, err = d.goOn(oldRealm, r); err != nil {
			return err
		}
	}
	d.realm, d.enrol, d.request = r, nil, request
	d.peers.belong(r.hash)
	if err = d.willCount(); err == nil {
		err = d.writeState(d.encodeState())
	}
	if err != nil {
		if oldRealm != nil {
			r.keys.restore(was)
		}
		d.realm, d.enrol, d.request = oldRealm, oldEnrol, oldRequest
		return err
	}
	for _, k := range was.dropped {
		k.erase()
	}
	return nil
}

// entryTime is when the authority logged the keys.
func entryTime(c *wire.Content) time.Time {
	e, err := wire.ParseLogEntry(c.Entry)
	if err != nil {
		return time.Time{}
	}
	return e.Time
}

// Checkpoint returns the signed head of the authority's log that the installed keys are in, a statement of type checkpoint: with it this
// device can show which log the authority vouched for. It is nil without keys; what became of it at a rotation, Former says.
func (d *Device) Checkpoint() []byte {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.realm == nil {
		return nil
	}
	return bytes.Clone(d.realm.checkpoint)
}

func eraseContent(c *wire.Content) {
	for _, k := range c.Keys {
		k.Erase()
	}
}
