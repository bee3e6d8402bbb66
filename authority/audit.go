package authority

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Place says what a finding is about.
type Place string

// The places of findings.
const (
	InLog        Place = "log"        // the log as a whole
	InEntry      Place = "entry"      // an entry of the log, by its index from 0
	InCheckpoint Place = "checkpoint" // a checkpoint, by the size of the log that it covers
	InList       Place = "list"       // a published list, by its sequence number
	InPolicy     Place = "policy"     // by its sequence number
	InTrust      Place = "trust list" // by its sequence number
)

// Finding is one thing that is wrong.
type Finding struct {
	Place Place
	Index uint64 // 0 for the log as a whole
	What  string // a clause in plain English; it repeats no input
}

// String returns the place and what is wrong there.
func (f Finding) String() string {
	if f.Place == InLog {
		return fmt.Sprintf("%s: %s", f.Place, f.What)
	}
	return fmt.Sprintf("%s %d: %s", f.Place, f.Index, f.What)
}

// AuditReport is what [VerifyLog] found. Everything it says holds for the realm
// whose core hash it names: whether that is the right realm, eight words tell.
type AuditReport struct {
	Realm    string
	CoreHash [32]byte
	Size     uint64   // entries of the log
	Root     [32]byte // of the tree over them, computed anew; zero when an entry is unreadable

	Issued      uint64 // serials
	Lost        uint64 // serials that were left out, because they may have been issued by entries that were lost
	Revoked     int    // of those
	Unpublished int    // revoked since the newest list
	Lists       uint32 // published
	Checkpoints int
	Counter     uint64 // against rollback, of the newest checkpoint
	Drill       Outcome

	Findings []Finding // empty when everything holds
}

// OK reports whether nothing is wrong.
func (r *AuditReport) OK() bool { return len(r.Findings) == 0 }

// audit is one run of VerifyLog.
type audit struct {
	AuditReport

	tx     *storage.Tx
	core   *wire.Core
	policy *wire.Policy // nil when it does not verify
	ledger *ledger
	tree   tree

	requests    map[[32]byte]uint64         // request hash → entry that granted it
	names       map[string]grant            // name → its newest holder
	followed    map[uint32]bool             // serials whose name was given to another one later
	proposals   map[[32]byte]uint64         // digest → entry that decided it
	checkpoints map[uint64]*wire.Checkpoint // of the entries that are being read, by size
	hashes      error                       // what is wrong with the hashes that the store keeps
	counter     uint64                      // of the newest checkpoint so far
	reopened    *wire.ReopenEntry           // not yet covered by a checkpoint
	desk        deskAudit
	trust       trustAudit
	together    int       // newest entries that record keys and that no checkpoint covers
	issuing     time.Time // of these
	reserving   bool      // the newest entry leaves a serial out
}

// VerifyLog checks an authority's log without any secret, and without trusting
// the hashes and indexes of the store: it computes the Merkle tree from the
// entries, follows the rules through them (serials dense and issued once, names
// and requests used once, nothing revoked twice, times in order), verifies every
// checkpoint and list under the realm's key, compares each checkpoint with the
// tree of its size, and each list with the policy of its time, and with the set of
// serials that the log says are revoked at that point. Counters must not go back,
// but where the authority was reopened, and every decision of officers must verify
// and be carried out. What is wrong is in the report; an error means that
// nothing could be checked, such as [ErrNotFounded].
//
// It cannot see an old copy of the whole store: for that, compare the newest
// checkpoint with one kept elsewhere, or its counter with that of the TPM.
func VerifyLog(store *storage.Store) (*AuditReport, error) {
	return VerifyLogBy(context.Background(), store, nil)
}

// VerifyLogBy is [VerifyLog] beside other work, as long as ctx is not done: it reads the log in stretches, so that changes, which it then
// verifies too, do not wait for it. After every stretch progress, unless it is nil, is told how many entries of how many were verified.
func VerifyLogBy(ctx context.Context, store *storage.Store, progress func(done, total uint64)) (*AuditReport, error) {
	a := &audit{
		requests: make(map[[32]byte]uint64), names: make(map[string]grant), followed: make(map[uint32]bool), proposals: make(map[[32]byte]uint64),
		checkpoints: make(map[uint64]*wire.Checkpoint),
	}
	for ended := false; !ended; {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		err := store.View(func(tx *storage.Tx) (err error) {
			a.tx = tx
			ended, err = a.stretch()
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if progress != nil {
			progress(a.tree.size, a.Size)
		}
	}
	return &a.AuditReport, nil
}

func (a *audit) find(p Place, index uint64, format string, args ...any) {
	a.Findings = append(a.Findings, Finding{Place: p, Index: index, What: fmt.Sprintf(format, args...)})
}

// begin reads what everything else is verified under.
func (a *audit) begin() error {
	stmt, _, err := readTerms(a.tx)
	if err != nil {
		return err
	}
	core, err := wire.OpenCore(stmt)
	if err != nil {
		return fmt.Errorf("core: %w", err)
	}
	a.core, a.ledger = core, newLedger(core)
	a.Realm, a.CoreHash = core.Realm, core.Hash()
	a.setPolicy(firstPolicy, nil)
	return nil
}

// stretch verifies the next entries, and at the end of the log all that is left. It reports whether that was all.
func (a *audit) stretch() (ended bool, err error) {
	if a.core == nil {
		if err := a.begin(); err != nil {
			return false, err
		}
	}
	from := a.tree.size
	a.Size = a.tx.LogSize() // there may be more than before
	to := min(from+auditStretch, a.Size)
	if a.Size < from {
		a.find(InLog, 0, "it became shorter while it was verified")
		return true, nil
	}
	a.readCheckpoints(from, to)
	whole := a.readEntries(to)
	if a.hashes == nil {
		a.hashes = a.tx.VerifyEntries(from, to)
	}
	if whole && to < a.Size {
		return false, nil
	}
	a.readCheckpoints(to, math.MaxUint64)
	if whole {
		a.Root = a.tree.root()
		a.finish()
	}
	a.Issued, a.Revoked, a.Unpublished = a.ledger.issued(), a.ledger.revoked, a.ledger.unlisted
	a.Lost, a.Drill, a.Counter = a.ledger.lost, a.ledger.drill, a.counter
	a.Lists = a.ledger.order.Sequence
	return true, nil
}

// readCheckpoints verifies the signatures of those that cover more than from entries, up to to. What they cover is compared when the
// entries have been read that far.
func (a *audit) readCheckpoints(from, to uint64) {
	for stored, err := range a.tx.CheckpointsAfter(from) {
		if err != nil {
			a.find(InLog, 0, "a checkpoint is unreadable: %v", err)
			return
		}
		if stored.Size > to {
			return
		}
		c, err := a.openCheckpoint(stored)
		if err != nil {
			a.find(InCheckpoint, stored.Size, "%v", err)
			continue
		}
		a.checkpoints[c.Size] = c
		a.Checkpoints++
		if c.Size > a.Size {
			a.find(InCheckpoint, c.Size, "it covers more entries than the log has: the end of the log is missing")
		}
	}
}

func (a *audit) openCheckpoint(stored *storage.Checkpoint) (*wire.Checkpoint, error) {
	b, err := wire.OpenStatement(stored.Statement, wire.TypeCheckpoint, a.core.Realm, a.core.StatementKey)
	if err != nil {
		return nil, fmt.Errorf("it does not verify: %w", err)
	}
	c, err := wire.ParseCheckpoint(b)
	if err != nil {
		return nil, fmt.Errorf("it does not parse: %w", err)
	}
	if c.Core != a.CoreHash {
		return nil, errors.New("it is of another core")
	}
	if c.Size != stored.Size {
		return nil, fmt.Errorf("it covers %d entries", c.Size)
	}
	return c, nil
}

// readEntries reports whether it could read the log that far.
func (a *audit) readEntries(to uint64) bool {
	for i := a.tree.size; i < to; i++ {
		b, err := a.tx.LogEntry(i)
		if err != nil {
			a.find(InEntry, i, "it is unreadable, and nothing after it can be checked: %v", err)
			return false
		}
		e, err := wire.ParseLogEntry(b)
		if err != nil {
			a.find(InEntry, i, "it does not parse, and nothing after it can be checked: %v", err)
			return false
		}
		a.checkNew(i, e)
		a.checkCustody(i, e.Entry)
		a.checkTrust(e)
		a.checkDesk(i, e)
		publish, isPublish := e.Entry.(*wire.PublishEntry)
		var want list
		if isPublish {
			want = list{size: i, root: a.tree.root(), previous: a.ledger.state, serials: a.ledger.serials()}
		}
		for _, wrong := range a.ledger.add(e) {
			a.find(InEntry, i, "%s", wrong)
		}
		if isPublish {
			a.checkList(publish, e, want)
		}
		a.tree.add(b)
		a.checkHead(e)
	}
	return true
}

// grant is who got a name, by which entry.
type grant struct {
	entry   uint64
	serial  uint32
	address wire.Address
}

// checkNew looks for requests that were used before, and for names whose holder
// was not revoked.
func (a *audit) checkNew(i uint64, e *wire.LogEntry) {
	if undo, ok := e.Entry.(*wire.UndoEntry); ok && a.followed[undo.Serial] {
		a.find(InEntry, i, "it takes back the revocation of serial %d, whose name another one got", undo.Serial)
	}
	issue, ok := e.Entry.(*wire.IssueEntry)
	if !ok {
		return
	}
	if first, used := a.requests[issue.Request]; used {
		a.find(InEntry, i, "it grants the request that entry %d granted", first)
	}
	name := issue.Address.Name()
	first, used := a.names[name]
	switch renews := issue.Sequence > firstPackage; {
	case renews && first.address != issue.Address:
		a.find(InEntry, i, "it renews an address that nobody has")
	case used && !renews:
		a.followed[first.serial] = true
		if a.ledger.holdsName(first.serial) {
			a.find(InEntry, i, "it gives the name that entry %d gave", first.entry)
		}
	}
	a.requests[issue.Request], a.names[name] = i, grant{i, issue.Address.Serial(), issue.Address}
}

// list is what the log says of a list at the entry that publishes it.
type list struct {
	size     uint64 // of the log before that entry
	root     [32]byte
	previous [16]byte
	serials  []uint32
}

// checkList compares a published list with the entry that records it, and with
// what the log says at that point.
func (a *audit) checkList(e *wire.PublishEntry, at *wire.LogEntry, want list) {
	complain := func(format string, args ...any) { a.find(InList, uint64(e.Sequence), format, args...) }
	stmt, err := a.tx.List(e.Sequence)
	if err != nil {
		complain("it is in the log, but it cannot be read: %v", err)
		return
	}
	if sha256.Sum256(stmt) != e.Bundle {
		complain("it is not the list that the log records")
	}
	b, err := openBundle(stmt, a.core)
	if err != nil {
		complain("it does not verify: %v", err)
		return
	}
	if b.Order() != (wire.Order{Generation: e.Generation, Base: e.Base, Sequence: e.Sequence}) || b.State != e.State {
		complain("its number or its state is not that of the log")
	}
	if b.Previous != want.previous {
		complain("it does not continue the list before it")
	}
	if !b.Issued.Equal(at.Time) {
		complain("it was not issued when the log says")
	}
	if a.policy != nil && b.NextUpdate > a.policy.NextUpdate {
		complain("its next update is later than the policy says")
	}
	if a.policy != nil && b.HardExpiry > a.policy.HardExpiry {
		complain("it is good for longer than the policy says")
	}
	if b.LogSize != want.size || b.LogRoot != want.root {
		complain("it names another log than the one before it")
	}
	if b.FirstEpoch != a.ledger.firstEpoch || b.LastEpoch != a.ledger.lastEpoch {
		complain("it speaks of other epochs than it should")
	}
	serials, err := decode(b)
	if err != nil {
		complain("%v", err)
	}
	if b.N != a.ledger.n() || !slices.Equal(serials, want.serials) {
		complain("it does not hold the serials that the log says are revoked")
	}
	if b.State != wire.ListState(a.core.Realm, b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, serials) {
		complain("its state is not that of the serials on it")
	}
}
