package device

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"marque/device/wire"
)

// trusted is what a device knows of other realms (PROTOCOL.md, section 8.2). It changes under saving and mu.
type trusted struct {
	sequence uint32                // of the newest trust list ever applied; 0: none
	hash     [32]byte              // of its statement
	marks    map[[32]byte]listMark // of the lists of the realms on it, by the hash of their core

	issued  time.Time // the rest is empty without a trust list in force
	expires time.Time
	allies  []*ally
}

// ally is a realm that the trust list names. Only its list changes.
type ally struct {
	public
	hybrid bool
	list   *list // nil until one is applied
}

func (t *trusted) names(core [32]byte) bool {
	return slices.ContainsFunc(t.allies, func(a *ally) bool { return a.hash == core })
}

// AppliedTrust is what ApplyTrust did, and the trust list in force afterwards.
type AppliedTrust struct {
	Sequence   uint32
	Issued     time.Time
	HardExpiry time.Time // from then on no other realm is trusted
	Realms     []string  // that are trusted, at most 16
	Changed    bool      // false: this very trust list was in force already
	Ended      int       // sessions that ended because of it
}

// ApplyTrust takes a trust list of this device's realm into force, at most 80 KiB: from then on it talks to the members of the realms that
// the list names, each under its own core, as soon as Apply was given a revocation list of that realm, and to those of no other; it remembers
// their revocation lists from one trust list to the next. Sessions with members of others end. Errors: ErrOldTrust for one below the one in
// force, ErrOverlap, ErrTampered, ErrUnknownRealm for one of another realm, ErrMalformed, ErrSetBack before a list of now was applied; all of them
// change nothing.
func (d *Device) ApplyTrust(statement []byte) (*AppliedTrust, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	a, err := d.applyTrust(statement)
	if err != nil {
		return nil, fmt.Errorf("apply trust list: %w", err)
	}
	return a, nil
}

func (d *Device) applyTrust(statement []byte) (*AppliedTrust, error) {
	s, err := d.situation()
	if err != nil {
		return nil, err
	}
	if d.counting.setBack {
		return nil, ErrSetBack
	}
	l, err := wire.OpenTrust(statement, s.realm.core)
	switch {
	case errors.Is(err, wire.ErrOverlap):
		return nil, ErrOverlap
	case err != nil:
		return nil, s.rotated.explain(statementError(err), statement, s.of)
	}
	old, hash := d.trust, sha256.Sum256(statement)
	switch {
	case l.Sequence < old.sequence:
		return nil, fmt.Errorf("number %d comes after it: %w", old.sequence, ErrOldTrust)
	case l.Sequence == old.sequence && hash != old.hash:
		return nil, d.recordTrustFork(l.Sequence)
	case l.Sequence == old.sequence && !old.issued.IsZero():
		return appliedTrust(&old), nil
	}
	t, err := newTrusted(l, hash, old)
	if err != nil {
		return nil, err
	}
	if err := d.folder.save(trustFile, whatTrust, d.generation, statement); err != nil {
		return nil, err
	}
	d.floor.raiseSigned(l.Issued)
	d.mu.Lock()
	d.trust = t
	for _, gone := range old.allies {
		if !t.names(gone.hash) {
			d.peers.forget(gone.hash)
		}
	}
	d.prune()
	d.mu.Unlock()
	d.forgetLists(t.allies)
	a := appliedTrust(&t)
	a.Changed, a.Ended = true, d.sessions.recheck()
	return a, d.saveCounted()
}

// recordTrustFork writes down that there are two trust lists with one number. The one that came first stays. The caller holds saving.
func (d *Device) recordTrustFork(sequence uint32) error {
	d.mu.Lock()
	d.alarm(d.now(), fmt.Sprintf("the authority signed two different trust lists with number %d", sequence))
	d.mu.Unlock()
	return errors.Join(fmt.Errorf("it is another with number %d: %w", sequence, ErrOldTrust), d.saveCounted())
}

// newTrusted prepares the realms of a verified trust list. It keeps what is known of those that were trusted before under the same core.
func newTrusted(l *wire.Trust, hash [32]byte, old trusted) (trusted, error) {
	t := trusted{sequence: l.Sequence, hash: hash, marks: map[[32]byte]listMark{}, issued: l.Issued, expires: l.Issued.Add(l.HardExpiry)}
	for _, r := range l.Realms {
		raw, err := r.Core.Marshal()
		if err != nil {
			return t, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		p, err := newPublic(raw)
		if err != nil {
			return t, err
		}
		a := &ally{public: p, hybrid: r.Hybrid}
		for _, was := range old.allies {
			if was.hash == a.hash {
				a.list = was.list
			}
		}
		if m, ok := old.marks[a.hash]; ok {
			t.marks[a.hash] = m
		}
		t.allies = append(t.allies, a)
	}
	return t, nil
}

func appliedTrust(t *trusted) *AppliedTrust {
	a := &AppliedTrust{Sequence: t.sequence, Issued: t.issued, HardExpiry: t.expires}
	for _, r := range t.allies {
		a.Realms = append(a.Realms, r.core.Realm)
	}
	return a
}

// situationAbroad is what a list meets that says that it is of another realm; ally is nil if that one is not trusted. The caller holds saving.
func (d *Device) situationAbroad(statement []byte, s situation) situation {
	p, err := wire.PeekStatement(statement)
	if err != nil {
		return s
	}
	for _, a := range d.trust.allies {
		if a.core.Realm == p.Realm {
			return situation{realm: s.realm, of: &a.public, ally: a, old: a.list, mark: d.trust.marks[a.hash]}
		}
	}
	return s
}

// enforceAbroad is enforce for the list of another realm. Its times raise no floor: no other authority says what time it is here, nor
// which keys of this device have had their day. The caller holds saving.
func (d *Device) enforceAbroad(a *ally, l *list, c coded) (ended int, err error) {
	if err := d.folder.save(a.file(), whatList, d.generation, l.encode(c)); err != nil {
		return 0, err
	}
	d.mu.Lock()
	a.list = l
	d.trust.marks[a.hash] = l.mark()
	if l.forked {
		d.forkAlarm(&a.public, l.order)
	}
	d.mu.Unlock()
	ended = d.sessions.recheck()
	return ended, d.saveCounted()
}

// file is where the realm's revocation list is.
func (a *ally) file() string { return listFile + "-" + hex.EncodeToString(a.hash[:]) }

// forgetTrust removes the trust list and the lists of all other realms.
func (d *Device) forgetTrust() {
	_ = d.folder.remove(trustFile)
	d.forgetLists(nil)
}

// forgetLists removes the lists of realms that are not on the trust list, which may name none. What cannot be removed is not read either.
func (d *Device) forgetLists(allies []*ally) {
	for _, name := range d.folder.names(listFile + "-") {
		if !slices.ContainsFunc(allies, func(a *ally) bool { return a.file() == name }) {
			_ = d.folder.remove(name)
		}
	}
}

// loadTrust reads the trust list and the lists of the realms on it. What is missing, damaged or older than the state remembers is not used:
// then nobody of those realms is trusted, and an alarm says why. What is newer was applied just before a crash.
func (d *Device) loadTrust() error {
	switch {
	case d.realm == nil:
		return nil
	case d.counting.setBack: // so may the trust list be; it has to come anew
		d.forgetTrust()
		return nil
	}
	statement, generation, err := d.folder.load(trustFile, whatTrust, maxTrustFile)
	if err == nil && d.rotation.outdates(generation) {
		err = fs.ErrNotExist // of the former core, as in loadList
	}
	var l *wire.Trust
	if err == nil {
		if l, err = wire.OpenTrust(statement, d.realm.core); err != nil {
			err = fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	hash := sha256.Sum256(statement)
	switch {
	case errors.Is(err, fs.ErrNotExist) && d.trust.sequence == 0:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorrupt):
		d.alarm(d.now(), "the trust list in the device folder was lost or damaged; apply the newest trust list again")
		return nil
	case err != nil:
		return err
	case l.Sequence < d.trust.sequence || l.Sequence == d.trust.sequence && hash != d.trust.hash:
		d.alarm(d.now(), "the trust list in the device folder was set back to an older one; apply the newest trust list again")
		return nil
	}
	if d.trust, err = newTrusted(l, hash, d.trust); err != nil {
		return err
	}
	d.floor.raiseSigned(l.Issued)
	for _, a := range d.trust.allies {
		if err := d.loadListOf(a); err != nil {
			return err
		}
	}
	d.forgetLists(d.trust.allies)
	return nil
}

// loadListOf is loadList for another realm.
func (d *Device) loadListOf(a *ally) error {
	mark := d.trust.marks[a.hash]
	b, generation, err := d.folder.load(a.file(), whatList, maxListFile)
	if err == nil && d.rotation.outdates(generation) {
		err = fs.ErrNotExist
	}
	var l *list
	if err == nil {
		l, err = decodeList(b, d.o.ListMemory)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && !mark.known:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorrupt):
		d.alarmOf(a.hash, d.now(), fmt.Sprintf("the revocation list of realm %s in the device folder was lost or damaged; apply the newest list again", a.core.Realm))
		return nil
	case err != nil:
		return err
	case mark.behind(l):
		d.alarmOf(a.hash, d.now(), fmt.Sprintf("the revocation list of realm %s in the device folder was set back to an older one; apply the newest list again", a.core.Realm))
		return nil
	}
	a.list, d.trust.marks[a.hash] = l, l.mark()
	return nil
}

// encodeTrust writes what the state file remembers of other realms: the numbers of their lists, which must not go back, and which identities
// have two keys. It is nothing as long as there is nothing, else longer than countingLen. The caller holds mu.
func (d *Device) encodeTrust() []byte {
	doubly := d.peers.doublyAbroad()
	if d.trust.sequence == 0 && len(doubly) == 0 {
		return nil
	}
	e := &encoder{}
	e.u32(d.trust.sequence)
	e.raw(d.trust.hash[:])
	e.u32(uint32(len(d.trust.marks)))
	for hash, m := range d.trust.marks {
		e.raw(hash[:])
		m.encode(e)
	}
	e.u32(uint32(len(doubly)))
	for _, id := range doubly {
		e.raw(id.realm[:])
		e.u32(id.serial)
		e.u32(id.epoch)
	}
	return e.b
}

func (d *Device) decodeTrust(r *decoder) error {
	d.trust = trusted{sequence: r.u32(), marks: map[[32]byte]listMark{}}
	r.copy(d.trust.hash[:])
	for range r.count(wire.MaxTrusted) {
		var hash [32]byte
		r.copy(hash[:])
		d.trust.marks[hash] = decodeMark(r)
	}
	for range r.count(MaxPeers) {
		id := peerID{}
		r.copy(id.realm[:])
		id.serial, id.epoch = r.u32(), r.u32()
		d.peers.refuseAbroad(id)
	}
	if r.bad {
		return fmt.Errorf("trusted realms: %w", ErrCorrupt)
	}
	return nil
}
