package device

import (
	"errors"
	"fmt"
	"time"

	"marque/device/revocation"
	"marque/device/wire"
)

// Applied is what Apply did, and the list in force afterwards.
type Applied struct {
	Realm      string     // whose list it is
	Abroad     bool       // it is not this device's own realm, but another that the trust list names
	Order      wire.Order // of the list in force
	Issued     time.Time
	NextUpdate time.Time // from then on answers are marked stale
	HardExpiry time.Time // from then on everything is refused
	N          uint64    // the list speaks of serials below N
	Count      int       // revoked serials that are known
	Held       []Span    // the serials below N that the list answers for here: all, unless it is held in regions
	Changed    bool      // false: this very list was in force already
	Forked     bool      // the list in force is the union of two with one number
	Revoked    bool      // this device is on it; never of another realm's list
	Ended      int       // sessions that ended because of it
	// Ahead is how far this device's clock was behind the list's issue, 0 when it was not: either this clock is wrong, or the authority's.
	Ahead time.Duration
}

// Apply takes a signed revocation list, or a change that brings the one in force to it, at most 16 MiB, into force and ends the sessions with
// peers that it revokes. A full list or change of another realm that the trust list names (ApplyTrust) is that realm's, and changes nothing else. A list below the one in force is ErrOldList, a change that does not continue it ErrListGap, one that the authority
// did not sign ErrTampered, and all of them change nothing. After ErrForked the device holds to
// both lists and keeps an alarm, and the returned Applied is not nil. When the disk fails, the new list may be in force or not.
func (d *Device) Apply(bundle []byte) (*Applied, error) {
	a, err := d.apply(bundle)
	if err != nil {
		return a, fmt.Errorf("apply list: %w", err)
	}
	if a.Changed {
		d.announce()
	}
	return a, nil
}

// apply is Apply, and keeps for others what was applied.
func (d *Device) apply(bundle []byte) (*Applied, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	s, err := d.situation()
	if err != nil {
		return nil, err
	}
	a, err := d.applyOne(bundle, s)
	if errors.Is(err, wire.ErrRealm) {
		if s := d.situationAbroad(bundle, s); s.ally != nil {
			return d.applyOne(bundle, s)
		}
	}
	if err == nil {
		err = d.carry(bundle)
	}
	return a, err
}

// applyOne applies a list or a change. The caller holds saving.
func (d *Device) applyOne(bundle []byte, s situation) (*Applied, error) {
	b, err := openBundle(bundle, s.of)
	if errors.Is(err, wire.ErrType) {
		return d.applyChange(bundle, s)
	}
	if err != nil {
		return nil, s.rotated.explain(err, bundle, s.of)
	}
	if err := d.comparePlace(b, s); err != nil {
		return nil, err
	}
	l, err := newList(b, s.of.core.Realm, d.o.ListMemory)
	if err != nil {
		return nil, err
	}
	return d.take(l, coded{revocation.Codec(b.Codec), b.Data}, b, s)
}

// situation is what a list meets on the device.
type situation struct {
	realm   *realm  // this device's own
	of      *public // the one whose list it is
	ally    *ally   // the same, nil if it is this device's own
	old     *list   // in force; nil without one
	mark    listMark
	rotated *rotation
}

func (d *Device) situation() (situation, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	r, err := d.ready()
	if err != nil {
		return situation{}, err
	}
	return situation{realm: r, of: &r.public, old: d.list, mark: d.mark, rotated: d.rotation}, nil
}

// comparePlace refuses a list by its number alone. The caller holds saving.
func (d *Device) comparePlace(b *wire.Bundle, s situation) error {
	order := s.mark.compare(b)
	switch {
	case order < 0:
		return fmt.Errorf("number %d comes after it: %w", s.mark.order.Sequence, ErrOldList)
	case order == 0 && s.old == nil && !s.mark.names(b):
		return d.refuseHalf(b, s)
	}
	return nil
}

// take puts a list into force that comparePlace let pass, with what it finds there if that has the same number. b is what the list says besides
// its serials, file who is revoked. The caller holds saving.
func (d *Device) take(l *list, file coded, b *wire.Bundle, s situation) (_ *Applied, err error) {
	old, same := s.old, s.mark.compare(b) == 0 && s.old != nil
	forked := same && (l.state != s.mark.state || !old.sameDates(l))
	switch {
	case !same: // a newer list, or the file of this one was lost
	case forked && (!old.forked || old.adds(l)):
		l = old.union(l)
		file = l.coded()
	case forked || old.forked || !old.regional():
		return d.applied(old, s, 0, false), nil
	default:
		if l, err = old.completed(l, s.of.core.Realm); err != nil {
			return nil, err
		}
		if l.missing.size() == old.missing.size() {
			return d.applied(old, s, 0, false), nil
		}
		file = l.coded()
	}
	if len(l.missing) > maxSpans {
		return nil, fmt.Errorf("what is held is in more than %d pieces; apply the full list: %w", maxSpans, ErrRegionMissing)
	}
	if own := s.realm.address.Serial(); s.ally == nil && l.missing.has(own) {
		err := fmt.Errorf("the region with this device's own serial, %d: %w", own, ErrRegionMissing)
		if forked {
			err = errors.Join(err, d.recordFork(s, b.Order()))
		}
		return nil, err
	}
	if err := d.compareLogs(s, b); err != nil {
		return nil, err
	}
	ended, err := d.enforce(s, l, file)
	if err != nil {
		return nil, err
	}
	if forked {
		err = ErrForked
	}
	return d.applied(l, s, ended, true), err
}

// refuseHalf refuses a list that has the number of the one whose file was lost, but is not that one, or not all of it: alone it would bring
// back whoever only the lost one revoked. The caller holds saving.
func (d *Device) refuseHalf(b *wire.Bundle, s situation) error {
	err := fmt.Errorf("one of two with number %d, of which the other was lost; wait for a later one: %w", b.Sequence, ErrOldList)
	return errors.Join(err, d.recordFork(s, b.Order()))
}

// recordFork writes down that there are two lists with one number, of which one is not applied. The caller holds saving.
func (d *Device) recordFork(s situation, o wire.Order) error {
	d.mu.Lock()
	d.forkAlarm(s.of, o)
	d.mu.Unlock()
	return d.saveCounted()
}

// openBundle checks everything about a bundle that needs no state.
func openBundle(bundle []byte, r *public) (*wire.Bundle, error) {
	payload, err := wire.OpenStatement(bundle, wire.TypeBundle, r.core.Realm, r.core.StatementKey)
	if err != nil {
		return nil, statementError(err)
	}
	b, err := wire.ParseBundle(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if b.Core != r.hash {
		return nil, fmt.Errorf("the list was signed for another core: %w", ErrUnknownRealm)
	}
	return b, nil
}

// statementError gives a wire error the meaning that it has here.
func statementError(err error) error {
	switch {
	case errors.Is(err, wire.ErrRealm):
		return fmt.Errorf("%w: %w", ErrUnknownRealm, err)
	case errors.Is(err, wire.ErrSignature):
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

// enforce writes a list and the state that remembers it, puts it into force, and ends the sessions that it forbids. After a crash between
// the two files the list is newer than the state, which Load takes as applied. The caller holds saving.
func (d *Device) enforce(s situation, l *list, c coded) (ended int, err error) {
	if s.ally != nil {
		return d.enforceAbroad(s.ally, l, c)
	}
	recovers := d.counting.setBack
	if recovers && !d.now().Before(l.nextUpdate) {
		return 0, fmt.Errorf("list %d was to be replaced on %s: %w", l.order.Sequence, l.nextUpdate.UTC().Format(time.DateOnly), ErrSetBack)
	}
	if err := d.folder.save(listFile, whatList, d.generation, l.encode(c)); err != nil {
		return 0, err
	}
	d.floor.raiseSigned(l.issued)
	d.mu.Lock()
	raise(&d.floor.any, d.believable()) // the new list may vouch for less of the clock than the old one did
	d.list, d.mark = l, l.mark()
	if l.forked {
		d.forkAlarm(s.of, l.order)
	}
	if recovers { // what was received before is not known, and from now on somebody is trusted again
		d.seen.lose(d.boot().Add(d.realm.policy.Future))
		d.counting.setBack = false
	}
	d.prune()
	d.mu.Unlock()
	ended = d.sessions.recheck()
	return ended, d.saveCounted()
}

func (d *Device) applied(l *list, s situation, ended int, changed bool) *Applied {
	return &Applied{
		Realm: s.of.core.Realm, Abroad: s.ally != nil, Order: l.order, Issued: l.issued, NextUpdate: l.nextUpdate, HardExpiry: l.hardExpiry, N: l.set.N(), Count: l.set.Len(), Held: l.held(),
		Changed: changed, Forked: l.forked, Revoked: s.ally == nil && l.revokes(s.realm.address.Serial()), Ended: ended,
		Ahead: max(l.issued.Sub(d.o.Clock()), 0),
	}
}
