package authority

import (
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// ledger is the state that the log leads to, computed from its entries alone:
// which serials exist, how long their keys last, which of them are revoked, and
// what each published list had to say. It knows the rules that entries follow
// and reports every entry that breaks one.
type ledger struct {
	core *wire.Core
	tree tree      // of the entries; whoever adds one adds it here, too
	size uint64    // entries read
	last time.Time // of the newest entry

	lastEpochs  []uint32   // by serial: the epoch of its last key
	keys        [][32]byte // by serial: hash of the public keys of its newest package; zero for those left out
	renewals    renewals
	standings   []standing
	lastKey     uint32          // last epoch of any key that was, or could have been, given away
	lost        uint64          // serials left out, of which nobody knows whether they were given away
	revoked     int             // serials revoked, ever
	unlisted    int             // of those, not yet in a list
	deciding    Action          // of the newest entry's decision; empty for none
	together    map[uint32]bool // serials that are unlisted because more than one officer decided so, or an alarm
	suspensions suspensions

	order     wire.Order              // of the newest list
	state     [16]byte                // of the newest list
	left      bool                    // a serial left since the newest list: the next has a new base
	published map[wire.Order][16]byte // states of all lists

	reach                 reach  // of the lists that are made next; whoever reads the log reads the policies beside it
	firstEpoch, lastEpoch uint32 // that the newest list speaks of
	modern                bool   // no list from here on is of an earlier version of the program
	anyLeft               bool   // a serial left a list, ever
	lastLeft              uint32 // the last epoch of any that did

	drill      Outcome
	drilled    time.Time // when it was passed last; zero for never
	policy     uint32    // sequence of the policy in force
	policyHash [32]byte  // of its statement; zero for the first
	gaps       []gap     // serials left out
	agreed     int       // of those, compared with the registry
	reserves   reserves
	decided    map[[32]byte][32]byte // digest of a proposal → approvals' hash of the decision
	forks      []fork                // where tails of the log were lost
	reopening  bool                  // a list has to follow, before anything else is issued
	sealed     bool                  // the newest entry is a seal
	depots     depots
	trust      trusting
}

// fork is a place from where the log went on another way than it had gone before.
type fork struct {
	size uint64 // of the log before
	at   time.Time
}

// gap is one of the registry, and how many serials were given away before it.
type gap struct {
	storage.Gap

	given uint64
}

// gap leaves out the serials up to one, which is not included.
func (l *ledger) gap(next uint32) {
	l.gaps = append(l.gaps, gap{storage.Gap{First: uint32(l.n()), Next: next}, l.issued()})
}

// standing is how a serial stands with the lists.
type standing uint8

const (
	inOrder  standing = iota
	unlisted          // revoked since the newest list
	listed            // on the newest list
	expired           // revoked, but its keys ran out
	skipped           // left out; not revoked, as far as anybody knows
	reserved          // left out to pad lists with
	padded            // on the lists, or on the next one, as padding
)

// onList reports whether the next list holds such a serial, unless it leaves.
func (s standing) onList() bool { return s == unlisted || s == listed || s == padded }

func newLedger(core *wire.Core) *ledger {
	return &ledger{
		core: core, drill: DrillPending, policy: firstPolicy, decided: make(map[[32]byte][32]byte), together: make(map[uint32]bool),
		suspensions: newSuspensions(), renewals: newRenewals(), published: make(map[wire.Order][16]byte), reserves: reserves{at: make(map[uint32]int)}, depots: newDepots(),
	}
}

// add reads the next entry and returns what is wrong with it.
func (l *ledger) add(e *wire.LogEntry) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if e.Time.Before(l.last) {
		complain("its time is before that of the entry before it")
	}
	epoch, err := l.core.Epoch(e.Time)
	if err != nil {
		complain("its time is outside the epochs of the realm")
	}
	if _, found := e.Entry.(*wire.FoundEntry); found != (l.size == 0) {
		complain("the founding must be the first entry, and only the first")
	}
	l.apply(e, epoch, complain)
	_, l.sealed = e.Entry.(*wire.SealEntry)
	l.decide(e.Entry)
	l.last = e.Time
	l.size++
	return wrong
}

func (l *ledger) apply(e *wire.LogEntry, epoch uint32, complain func(string, ...any)) {
	switch entry := e.Entry.(type) {
	case *wire.FoundEntry:
		if entry.Core != l.core.Hash() {
			complain("it founds another realm")
		}
	case *wire.IssueEntry:
		l.issue(entry, epoch, complain)
	case *wire.RevokeEntry:
		l.revoke(entry, e.Time, complain)
	case *wire.UndoEntry:
		l.undo(entry, complain)
	case *wire.ReleaseEntry:
		l.release(entry, e.Time, complain)
	case *wire.ExpireEntry:
		l.expire(entry, e.Time, complain)
	case *wire.PublishEntry:
		l.publish(entry, e.Time, complain)
	default:
		l.keep(e, epoch, complain)
	}
}

// holdsName reports whether a serial was issued, and nobody else can get its name: it is not revoked, or only suspended.
func (l *ledger) holdsName(serial uint32) bool {
	return uint64(serial) < l.n() && (l.standings[serial] == inOrder || l.suspensions.is(serial))
}

func (l *ledger) issue(e *wire.IssueEntry, epoch uint32, complain func(string, ...any)) {
	serial := e.Address.Serial()
	if uint64(serial) < l.n() && e.Sequence > firstPackage {
		l.renew(e, epoch, complain)
		return
	}
	if uint64(serial) != l.n() {
		complain("it issues serial %d where %d is next: a serial is issued once, and none is left out", serial, l.n())
		return
	}
	if !l.core.Lists(e.Address.SPID()) {
		complain("its address is of another realm")
	}
	if l.drill == DrillPending {
		complain("it issues keys before the backup cards were tried")
	}
	if l.reopening {
		complain("it issues keys after a reopening that published no list")
	}
	if e.Sequence != firstPackage {
		complain("it is package %d of a serial that has none yet", e.Sequence)
	}
	if e.FirstEpoch != epoch {
		complain("its keys begin in epoch %d, but it was made in epoch %d", e.FirstEpoch, epoch)
	}
	l.give(e.FirstEpoch + uint32(e.Count) - 1)
	l.keys = append(l.keys, e.Keys)
	l.standings = append(l.standings, inOrder)
}

// give notes the last epoch of the next serial.
func (l *ledger) give(last uint32) {
	l.lastEpochs = append(l.lastEpochs, last)
	l.renewals.sequences = append(l.renewals.sequences, firstPackage)
	l.lastKey = max(l.lastKey, last)
}

func (l *ledger) revoke(e *wire.RevokeEntry, at time.Time, complain func(string, ...any)) {
	if uint64(e.Serial) >= l.n() {
		complain("it revokes serial %d, which was not issued", e.Serial)
		return
	}
	if e.Reason == wire.ReasonNeverIssued || l.standings[e.Serial] == reserved {
		l.pad(e, complain)
		return
	}
	again := l.suspensions.is(e.Serial) && e.Reason != wire.ReasonSuspended // for ever, this time
	if s := l.standings[e.Serial]; s != inOrder && s != skipped && !again {
		complain("it revokes serial %d a second time", e.Serial)
		return
	}
	if e.Effective.After(at) {
		complain("it takes effect after it was recorded")
	}
	l.suspensions.revoke(e, at)
	if !again {
		l.standings[e.Serial] = unlisted
		l.revoked++
		l.unlisted++
	}
	if (l.deciding == ActionBatch || l.deciding == ActionRelease) && l.standings[e.Serial] == unlisted {
		l.together[e.Serial] = true
	}
}

func (l *ledger) expire(e *wire.ExpireEntry, at time.Time, complain func(string, ...any)) {
	if uint64(e.Serial) >= l.n() || !l.standings[e.Serial].onList() {
		complain("it takes serial %d from the list, which is not on it", e.Serial)
		return
	}
	if e.LastEpoch != l.lastEpochs[e.Serial] {
		complain("it says that the last key of serial %d is of epoch %d; that is %d", e.Serial, e.LastEpoch, l.lastEpochs[e.Serial])
	}
	last := l.outlast(e.Serial)
	if !l.mayLapse(last, at) { // earlier versions of the program did not think of packages that are forgotten
		if last = l.lastEpochs[e.Serial]; !l.mayLapse(last, at) {
			complain("it takes serial %d from the list while its keys last", e.Serial)
		}
	}
	if l.standings[e.Serial] == unlisted {
		l.unlisted--
	}
	if l.standings[e.Serial] == padded {
		l.reserves.padded--
	}
	l.standings[e.Serial] = expired
	delete(l.together, e.Serial)
	delete(l.suspensions.present, e.Serial)
	l.left, l.anyLeft, l.lastLeft = true, true, max(l.lastLeft, last)
}

func (l *ledger) publish(e *wire.PublishEntry, at time.Time, complain func(string, ...any)) {
	got := wire.Order{Generation: e.Generation, Base: e.Base, Sequence: e.Sequence}
	if want := l.next(); got != want {
		complain("it publishes list %v where %v is next (generation, base, sequence)", got, want)
	}
	serials := l.serials()
	holds := l.cover(e, at, serials)
	for _, s := range serials {
		if lapsed(l.outlast(s), l.firstEpoch) {
			complain("serial %d should have left the list", s)
		}
	}
	if !holds {
		complain("list %d does not hold the serials that the log says are revoked", e.Sequence)
	}
	for _, s := range serials {
		if l.standings[s] == unlisted {
			l.standings[s] = listed
		}
	}
	l.order, l.state, l.left, l.unlisted, l.reopening = got, e.State, false, 0, false
	l.published[got] = e.State
	if l.reserves.padded > 0 {
		l.reserves.at[got.Sequence] = l.reserves.padded
	}
	l.suspensions.publish()
	clear(l.together)
}

// next returns the order of the next list.
func (l *ledger) next() wire.Order {
	if l.order.Sequence == 0 {
		return wire.Order{Generation: l.core.Generation, Base: firstBase, Sequence: firstSequence}
	}
	next := l.order
	next.Sequence++
	if l.left {
		next.Base++
	}
	return next
}

// hasList reports whether a list of that number was published.
func (l *ledger) hasList(o wire.Order) bool {
	_, ok := l.published[o]
	return ok
}

// n returns how many serials were issued or left out.
func (l *ledger) n() uint64 { return uint64(len(l.standings)) }

// issued returns how many serials were issued.
func (l *ledger) issued() uint64 { return l.n() - l.lost - uint64(len(l.reserves.all)) }

// serials returns the serials that the next list must hold, ascending.
func (l *ledger) serials() []uint32 {
	var out []uint32
	for s, standing := range l.standings {
		if standing.onList() {
			out = append(out, uint32(s))
		}
	}
	return out
}
