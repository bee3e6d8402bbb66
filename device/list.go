package device

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"marque/device/revocation"
	"marque/device/wire"
)

// list is a revocation list in force: immutable once made. It keeps who is revoked in the form that answers, not in the one that a file
// has: at ten million vehicles and one percent some 100 kB or 1.25 MB instead of 400 kB.
type list struct {
	order      wire.Order
	state      [16]byte
	issued     time.Time
	nextUpdate time.Time
	hardExpiry time.Time
	first      uint32 // epochs that it answers for
	last       uint32
	set        revocation.Index
	missing    spans // below n, in regions that are not held here: about them the list says nothing
	forked     bool  // the union of two lists with this order
	memory     int   // Options.ListMemory, for the lists that follow from this one
}

// coded is who is revoked as the list file has it, with the n and the count of the list.
type coded struct {
	codec revocation.Codec
	data  []byte
}

func encodeSet(s *revocation.Set) coded {
	codec, data := revocation.Encode(s)
	return coded{codec, data}
}

// newList takes a verified bundle, decodes its set and compares its state.
func newList(b *wire.Bundle, realm string, memory int) (*list, error) {
	set, err := revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return listOf(b, memory).holding(set, realm)
}

// listOf returns what a verified bundle says besides the serials.
func listOf(b *wire.Bundle, memory int) *list {
	return &list{
		order: b.Order(), state: b.State, issued: b.Issued,
		nextUpdate: b.Issued.Add(b.NextUpdate), hardExpiry: b.Issued.Add(b.HardExpiry),
		first: b.FirstEpoch, last: b.LastEpoch, memory: memory,
	}
}

// holding returns l with the revoked serials, of those that are not missing. Only when none are missing, l's state can be compared.
func (l *list) holding(set *revocation.Set, realm string) (*list, error) {
	if !l.regional() && wire.ListState(realm, l.order.Generation, l.order.Base, l.first, l.last, set.N(), set.Serials()) != l.state {
		return nil, fmt.Errorf("the list's serials do not have the state that it names: %w", ErrMalformed)
	}
	u := *l
	u.set = u.index(set)
	return &u, nil
}

// index puts the revoked serials into the form that answers. The memory for it follows how much of the list is held.
func (l *list) index(set *revocation.Set) revocation.Index {
	limit := l.memory
	if l.regional() {
		limit = int(float64(limit) * (1 - float64(l.missing.size())/float64(set.N())))
	}
	return revocation.NewIndex(set, limit)
}

// verdict is what a list says about an identity that is not refused.
type verdict struct {
	stale bool // the list is past its next update
	newer bool // the identity is newer than the list
}

// check says what the list knows about a serial in an epoch (PROTOCOL.md, section 8). A nil list knows nothing.
func (l *list) check(serial, epoch uint32, now time.Time) (verdict, error) {
	if l == nil {
		return verdict{}, fmt.Errorf("no list was ever applied: %w", ErrNoList)
	}
	v := verdict{stale: !now.Before(l.nextUpdate), newer: uint64(serial) >= l.set.N()}
	switch {
	case l.set.Contains(serial):
		return v, ErrRevoked
	case !now.Before(l.hardExpiry):
		return v, ErrListExpired
	case epoch < l.first || epoch > l.last:
		return v, fmt.Errorf("the list covers epochs %d to %d, not %d: %w", l.first, l.last, epoch, ErrNoList)
	case l.missing.has(serial):
		return v, fmt.Errorf("of list %d, the region with serial %d: %w", l.order.Sequence, serial, ErrRegionMissing)
	case v.newer && v.stale:
		return v, fmt.Errorf("the identity is newer than the list, whose next update is overdue: %w", ErrNoList)
	}
	return v, nil
}

// revokes says whether a serial is on the list, whatever the time.
func (l *list) revokes(serial uint32) bool { return l != nil && l.set.Contains(serial) }

// sequence is what a session tells its peer; 0 without a list.
func (l *list) sequence() uint32 {
	if l == nil {
		return 0
	}
	return l.order.Sequence
}

// regional says whether some regions of the list are not held.
func (l *list) regional() bool { return l != nil && len(l.missing) > 0 }

// held returns the serials below n that the list answers for.
func (l *list) held() []Span { return l.missing.rest(l.set.N()) }

// union joins two lists that the authority signed under one number: whoever is on either is revoked, and of epochs and dates the tighter
// ones hold. It answers for a serial only if both do.
func (l *list) union(o *list) *list {
	u := *l
	u.missing, u.forked = normal(append(slices.Clone(l.missing), o.missing...)), true
	u.set = u.index(revocation.Expand(l.set).Union(revocation.Expand(o.set)))
	u.first, u.last = max(l.first, o.first), min(l.last, o.last)
	if o.nextUpdate.Before(u.nextUpdate) {
		u.nextUpdate = o.nextUpdate
	}
	if o.hardExpiry.Before(u.hardExpiry) {
		u.hardExpiry = o.hardExpiry
	}
	return &u
}

// completed joins what is held of one list.
func (l *list) completed(o *list, realm string) (*list, error) {
	u := *l
	u.missing = l.missing.both(o.missing)
	return u.holding(revocation.Expand(l.set).Union(revocation.Expand(o.set)), realm)
}

// sameDates says whether two lists with one number also have the same dates.
func (l *list) sameDates(o *list) bool {
	return l.issued.Equal(o.issued) && l.nextUpdate.Equal(o.nextUpdate) && l.hardExpiry.Equal(o.hardExpiry)
}

// adds says whether o would change anything about l in a union.
func (l *list) adds(o *list) bool {
	u := l.union(o)
	return u.set.Len() != l.set.Len() || u.set.N() != l.set.N() || u.missing.size() != l.missing.size() || u.first != l.first || u.last != l.last ||
		!u.nextUpdate.Equal(l.nextUpdate) || !u.hardExpiry.Equal(l.hardExpiry)
}

// coded writes down who is revoked, for a list that did not come as a whole.
func (l *list) coded() coded { return encodeSet(revocation.Expand(l.set)) }

// encode writes the list file; c is who is revoked.
func (l *list) encode(c coded) []byte {
	var e encoder
	l.mark().encode(&e)
	e.time(l.issued)
	e.time(l.nextUpdate)
	e.u32(l.first)
	e.u32(l.last)
	e.u64(l.set.N())
	e.u32(uint32(l.set.Len()))
	e.u8(uint8(c.codec))
	e.str(c.data)
	if l.regional() {
		l.missing.encode(&e)
	}
	return e.b
}

func decodeList(b []byte, memory int) (*list, error) {
	d := decoder{b: b}
	m := decodeMark(&d)
	l := &list{order: m.order, state: m.state, forked: m.forked, hardExpiry: m.hardExpiry, issued: d.time(), nextUpdate: d.time(), first: d.u32(), last: d.u32()}
	n, count, codec, data := d.u64(), int(d.u32()), d.u8(), d.str()
	if len(d.b) > 0 { // of a list in regions
		l.missing = decodeSpans(&d, n)
	}
	if !d.end() || !m.known {
		return nil, fmt.Errorf("list file: %w", ErrCorrupt)
	}
	set, err := revocation.Decode(revocation.Codec(codec), n, count, data)
	if err != nil {
		return nil, fmt.Errorf("list file: %w: %w", ErrCorrupt, err)
	}
	l.memory = memory
	l.set = l.index(set)
	return l, nil
}

// listMark is what the state file remembers of the highest list applied, so that the list file cannot be set back without notice.
type listMark struct {
	known      bool
	order      wire.Order
	state      [16]byte
	forked     bool
	hardExpiry time.Time // how far the clock is believed
}

func (l *list) mark() listMark {
	return listMark{known: true, order: l.order, state: l.state, forked: l.forked, hardExpiry: l.hardExpiry}
}

func (m listMark) encode(e *encoder) {
	e.flag(m.known)
	e.u32(m.order.Generation)
	e.u32(m.order.Base)
	e.u32(m.order.Sequence)
	e.raw(m.state[:])
	e.flag(m.forked)
	e.time(m.hardExpiry)
}

func decodeMark(d *decoder) listMark {
	m := listMark{known: d.flag(), order: wire.Order{Generation: d.u32(), Base: d.u32(), Sequence: d.u32()}}
	d.copy(m.state[:])
	m.forked, m.hardExpiry = d.flag(), d.time()
	return m
}

// behind says whether the file's list is older than the mark, or lacks the other half of a fork.
func (m listMark) behind(l *list) bool {
	if !m.known {
		return false
	}
	c := l.order.Compare(m.order)
	return c < 0 || c == 0 && m.forked && !l.forked
}

// loadList reads the list file. One that is missing, damaged or older than the state remembers is not used: without a list nobody is
// trusted, and an alarm says why. One that is newer was applied just before a crash.
func (d *Device) loadList() error {
	if d.counting.setBack {
		return nil // it may have been set back, too
	}
	b, generation, err := d.folder.load(listFile, whatList, maxListFile)
	if err == nil && d.rotation.outdates(generation) {
		err = fs.ErrNotExist // a list of the former core: Rotate was interrupted before it took it away, or somebody put it back
	}
	var l *list
	if err == nil {
		l, err = decodeList(b, d.o.ListMemory)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && !d.mark.known:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorrupt):
		d.alarm(d.now(), "the revocation list in the device folder was lost or damaged; apply the newest list again")
		return nil
	case err != nil:
		return err
	case d.mark.behind(l):
		d.alarm(d.now(), "the revocation list in the device folder was set back to an older one; apply the newest list again")
		return nil
	}
	raise(&d.floor.any, d.believable()) // as in enforce, which a crash may have interrupted
	d.list, d.mark = l, l.mark()
	d.floor.raiseSigned(l.issued)
	if l.forked && d.realm != nil {
		d.forkAlarm(&d.realm.public, l.order)
	}
	return nil
}

func (d *Device) forkAlarm(of *public, o wire.Order) {
	d.alarmOf(of.hash, d.now(), fmt.Sprintf("the authority signed two different revocation lists as generation %d, base %d, sequence %d",
		o.Generation, o.Base, o.Sequence))
}

// ownRevoked says whether this device found itself on the list. The caller holds mu.
func (d *Device) ownRevoked(r *realm) error {
	if d.list.revokes(r.address.Serial()) {
		return fmt.Errorf("this device, %s, is on revocation list %d; ask its operator: if it is only suspended, it works again with the list after its release, else it is enrolled anew: %w", r.address, d.list.order.Sequence, ErrRevoked)
	}
	return nil
}

// peerStatus checks a peer's identity against the list of its realm and the doubly issued keys. The caller holds mu.
func (d *Device) peerStatus(of side, a wire.Address, epoch uint32, now time.Time) (verdict, error) {
	v, err := of.list.check(a.Serial(), epoch, now)
	if err != nil {
		return v, fmt.Errorf("%s: %w", a, err)
	}
	if d.peers.refused(of.hash, a, epoch) {
		return v, fmt.Errorf("%s: %w", a, ErrTwoKeys)
	}
	return v, nil
}

// compare helps Apply: the order of b relative to the highest list ever applied, which counts even when its file was lost.
func (m listMark) compare(b *wire.Bundle) int {
	if !m.known {
		return 1
	}
	return b.Order().Compare(m.order)
}

// names says whether the mark is that of b and of nothing more.
func (m listMark) names(b *wire.Bundle) bool {
	return !m.forked && m.order == b.Order() && m.state == b.State && m.hardExpiry.Equal(b.Issued.Add(b.HardExpiry))
}
