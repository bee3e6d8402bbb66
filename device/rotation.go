package device

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"marque/device/wire"
)

// Rotated is what Rotate did.
type Rotated struct {
	Core     *wire.Core // now in force
	CoreHash [32]byte
	Former   [32]byte // hash of the core that was given up; zero if this device never rotated
	Request  [32]byte // hash of the request that waits for a package of this core, shown as eight words; zero if one is installed
	Again    bool     // this core was in force already: nothing changed
}

// Former is what a device keeps of the core that it gave up last: enough to show what happened under it, and no secrets.
type Former struct {
	Core       *wire.Core
	CoreHash   [32]byte
	Address    wire.Address // zero if it gave that core up before it had keys
	Checkpoint []byte       // as Device.Checkpoint
}

// Rotate gives up the core in force for the next one, which the realm committed to when it was founded and reveals after a compromise: a
// statement of type core, at most 4,096 octets. Whoever holds the old core's secret can sign anything under it, but cannot make another
// core with the committed hash; so nobody has to compare words, neither now nor when the package of the new core is installed.
//
// All keys are erased, all sessions ended, and peers, messages, list and time floor forgotten, since they were of the old core; alarms and
// their evidence stay. The device makes a new request, for the same name and kind, and waits for its package. From then on everything of
// the old core is refused with ErrRotated. Rotating to the core in force changes nothing.
//
// Errors: ErrNotNext, ErrNoNext, ErrRotated for the core that was given up, ErrNotInstalled before a first package, ErrMalformed,
// ErrTampered. After an error, a crash included, the device is as it was or has rotated.
func (d *Device) Rotate(core []byte) (*Rotated, error) {
	r, err := d.rotate(core)
	if err != nil {
		return nil, fmt.Errorf("rotate: %w", err)
	}
	return r, nil
}

func (d *Device) rotate(statement []byte) (*Rotated, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	next, err := wire.OpenCore(statement)
	if err != nil {
		return nil, statementError(err)
	}
	again, err := d.acceptNext(next)
	if err != nil || again != nil {
		return again, err
	}
	enrol, err := newEnrolment(d.wanted, d.o.Clock(), d.o.Rand) // by the clock: the floor may be what an attacker signed
	if err != nil {
		return nil, err
	}
	old, err := d.giveUp(next, enrol)
	if err != nil {
		enrol.erase()
		return nil, err
	}
	d.sessions.recheck()
	old.erase()
	_ = d.folder.remove(carriedFile) // of no use without the list
	d.forgetTrust()
	_ = d.folder.remove(listFile) // while it is there, its generation tells that it is of the former core
	if err := d.count(); err != nil {
		return nil, fmt.Errorf("the device has rotated: %w", err)
	}
	return &Rotated{Core: next, CoreHash: next.Hash(), Former: d.rotation.former.CoreHash, Request: enrol.hash}, nil
}

// acceptNext checks that a core is the one to rotate to; it returns a result when it is in force already. The caller holds saving.
func (d *Device) acceptNext(next *wire.Core) (*Rotated, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, ErrClosed
	}
	present, hash := d.inForce()
	switch {
	case present == nil:
		return nil, ErrNotInstalled
	case next.Hash() == hash:
		return d.rotatedAgain(present, hash), nil
	case d.rotation != nil && next.Hash() == d.rotation.former.CoreHash:
		return nil, ErrRotated
	case len(present.Next) == 0:
		return nil, ErrNoNext
	case next.Hash() != [sha256.Size]byte(present.Next):
		return nil, ErrNotNext
	case !succeeds(present, next):
		return nil, fmt.Errorf("the realm committed to a core of other domains or epochs, or of another generation: %w", ErrNotNext)
	}
	return nil, nil
}

// succeeds says whether next differs from present in nothing but its keys and what it commits to: addresses and epochs go on as they were.
func succeeds(present, next *wire.Core) bool {
	return next.Realm == present.Realm && next.Generation == present.Generation+1 && next.Generation != 0 && slices.Equal(next.SPIDs, present.SPIDs) &&
		next.Epoch0.Equal(present.Epoch0) && next.EpochLength == present.EpochLength
}

func (d *Device) rotatedAgain(core *wire.Core, hash [32]byte) *Rotated {
	r := &Rotated{Core: core, CoreHash: hash, Again: true}
	if d.rotation != nil {
		r.Former = d.rotation.former.CoreHash
	}
	if d.enrol != nil {
		r.Request = d.enrol.hash
	}
	return r
}

// inForce is the core that this device obeys: that of its keys, or the one that it rotated to and waits for a package of. It is nil, with a
// zero hash, before the first package. The caller holds mu.
func (d *Device) inForce() (*wire.Core, [32]byte) {
	switch {
	case d.realm != nil:
		return d.realm.core, d.realm.hash
	case d.rotation != nil:
		return d.rotation.core, d.rotation.hash
	}
	return nil, [32]byte{}
}

// knows says whether a core is the one in force, the one that was given up last, or that of a realm on the trust list. The caller holds mu.
func (d *Device) knows(core [32]byte) bool {
	_, hash := d.inForce()
	return core == hash || d.rotation != nil && core == d.rotation.former.CoreHash || d.trust.names(core)
}

// covenant is all that a device holds because of one core. It is replaced as a whole.
type covenant struct {
	request     [32]byte
	enrol       *enrolment
	realm       *realm
	list        *list
	mark        listMark
	carried     *carried
	trust       trusted
	alarms      []Alarm
	rotation    *rotation
	seen        *replay
	peers       *peers
	floorAny    int64
	floorSigned int64
}

// erase forgets the secrets.
func (c *covenant) erase() {
	c.enrol.erase()
	if c.realm != nil {
		c.realm.erase()
	}
}

// exchange puts one covenant into force and returns the other. The caller holds saving and mu.
func (d *Device) exchange(c *covenant) *covenant {
	old := &covenant{
		request: d.request, enrol: d.enrol, realm: d.realm, list: d.list, mark: d.mark, carried: d.carried, trust: d.trust, alarms: d.alarms, rotation: d.rotation, seen: d.seen, peers: d.peers,
		floorAny: d.floor.any.Swap(c.floorAny), floorSigned: d.floor.signed.Swap(c.floorSigned),
	}
	d.request, d.enrol, d.realm, d.list, d.mark, d.carried, d.trust, d.alarms, d.rotation, d.seen, d.peers = c.request, c.enrol, c.realm, c.list, c.mark, c.carried, c.trust, c.alarms, c.rotation, c.seen, c.peers
	return old
}

// giveUp writes the state of a device that has rotated, and only then leaves it in force. The time floor starts anew: the times behind it
// were signed under the old core, and nothing of the new one exists yet that an older clock could bring back. The caller holds saving.
func (d *Device) giveUp(next *wire.Core, enrol *enrolment) (*covenant, error) {
	raw, err := next.Marshal()
	if err != nil {
		return nil, fmt.Errorf("core: %w: %w", ErrMalformed, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, ErrClosed
	}
	r := &rotation{since: d.generation + 1, core: next, raw: raw, hash: wire.CoreHash(raw), former: d.former()}
	alarms := slices.DeleteFunc(slices.Clone(d.alarms), func(a Alarm) bool { return a.Core != r.former.CoreHash })
	old := d.exchange(&covenant{request: enrol.hash, enrol: enrol, rotation: r, alarms: alarms, seen: newReplay(d.o.Replay), peers: newPeers(d.o.Tables)})
	if err = d.willCount(); err == nil {
		err = d.writeState(d.encodeState())
	}
	if err != nil {
		d.exchange(old)
		return nil, err
	}
	d.recipients.forget()
	return old, nil
}

// former is the core in force as a Former. The caller holds mu.
func (d *Device) former() Former {
	f := Former{}
	f.Core, f.CoreHash = d.inForce()
	if d.realm != nil {
		f.Address, f.Checkpoint = d.realm.address, d.realm.checkpoint
	}
	return f
}

// Former returns what is kept of the core that was given up last, and nil if this device never rotated.
func (d *Device) Former() *Former {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.rotation == nil {
		return nil
	}
	f := d.rotation.former
	f.Checkpoint = bytes.Clone(f.Checkpoint)
	return &f
}

// foreign is the error for something whose reference is not that of the core in force. A reference authenticates nothing, so it only
// chooses the words of a refusal. The caller holds mu.
func (d *Device) foreign(r *realm, ref [4]byte) error {
	switch {
	case d.rotation != nil && ref == d.rotation.former.Core.Ref():
		return ErrRotated
	case len(r.core.Next) > 0 && ref == [4]byte(r.core.Next):
		return ErrRotateFirst
	}
	return ErrUnknownRealm
}

// explain says of a list that was refused whether it seems to be of the former core or of the next one. Such a list carries that core's hash;
// who put it there does not matter, since the list is refused anyway.
func (r *rotation) explain(err error, list []byte, present *public) error {
	switch {
	case r != nil && bytes.Contains(list, r.former.CoreHash[:]):
		return fmt.Errorf("%w: %w", ErrRotated, err)
	case len(present.core.Next) > 0 && bytes.Contains(list, present.core.Next):
		return fmt.Errorf("%w: %w", ErrRotateFirst, err)
	}
	return err
}

// foreignPeer is foreign for those who do not hold mu.
func (d *Device) foreignPeer(r *realm, ref [4]byte) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.foreign(r, ref)
}

// outlived says whether a realm that somebody still holds was given up meanwhile. The caller holds mu.
func (d *Device) outlived(r *realm) error {
	if d.realm == nil || d.realm.hash != r.hash {
		return ErrRotated
	}
	return nil
}
