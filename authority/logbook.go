package authority

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"marque/device/wire"
	"marque/storage"
)

// LogClass sorts the entries of the log for those who read it.
type LogClass string

// The classes.
const (
	LogIssued    LogClass = "issued"    // keys, and batches taken from depots
	LogRevoked   LogClass = "revoked"   // identities, back and forth
	LogPublished LogClass = "published" // lists
	LogOfficers  LogClass = "officers"  // what officers decided, and what came of it but revocations
	LogCustody   LogClass = "custody"   // how the authority itself was kept
)

// Logged is an entry of the log as it is to be read. What it does not have is zero.
type Logged struct {
	Index     uint64 // from 0
	Time      time.Time
	Kind      string // "found", "issue", "revoke", "undo", "release", "publish", "expire", "pad", "reserve", "drill", "policy", "padding", "trust", "decide", "reopen", "lost", "seal", "depot", "depot-revoke", "batch", "alarm"
	Class     LogClass
	Who       []string // officers who decided, who asked first; or the depot. The log does not say who else worked with the authority.
	Name      string   // of the identity, if the registry could be read, or of the depot
	Address   string   // of what was issued
	Serial    uint32
	Number    uint64 // of the list, policy or batch; of a reopening its generation; the outcome of a drill; what an alarm is about
	Count     int    // keys that were issued, or identities that were decided about
	Reason    wire.Reason
	Effective time.Time
	Action    Action
}

// LogQuery says which entries are wanted. The zero value wants the newest one of all.
type LogQuery struct {
	Before uint64   // only entries below this index; 0 for all
	Class  LogClass // empty for all
	// Words that all occur in the names that belong to an entry, in its date (as 2026-10-14 or 14.10.2026), or are the number of the entry,
	// counted from 1, of the serial or of the list. At most MaxQuery octets.
	Text  string
	Count int // at most MaxLogRows
}

// LogPage is what a reading brought, the newest entry first. It may be fewer than wanted, even none, though there are more: Next says
// where to go on.
type LogPage struct {
	Rows  []Logged
	Next  uint64    // go on before this index; 0 at the beginning of the log
	Size  uint64    // entries of the log
	Since time.Time // of the first entry
}

// Log reads entries of the log backwards, at most some 20,000 in one call, so that neither the caller nor others wait. It works while
// the authority is locked, without the names of what was revoked. What it returns was compared with the hashes of the log. Errors:
// those of storage and wire.
func (a *Authority) Log(q LogQuery) (*LogPage, error) {
	q.Count, q.Text = min(max(q.Count, 1), MaxLogRows), q.Text[:min(len(q.Text), MaxQuery)]
	depots, err := a.depotNames()
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	page := &LogPage{}
	err = a.store.View(func(tx *storage.Tx) error {
		page.Size = tx.LogSize()
		first, err := readEntry(tx, 0)
		if err != nil {
			return err
		}
		page.Since = first.Time
		r := &logReader{authority: a, tx: tx, depots: depots, words: wordsOf(q.Text), class: q.Class, first: page.Size}
		return r.read(page, q)
	})
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return page, nil
}

// readEntry reads an entry that was compared with its hash.
func readEntry(tx *storage.Tx, index uint64) (*wire.LogEntry, error) {
	b, err := tx.LogEntry(index)
	if err != nil {
		return nil, err
	}
	return wire.ParseLogEntry(b)
}

// logReader finds entries in one transaction.
type logReader struct {
	authority *Authority
	tx        *storage.Tx
	class     LogClass
	words     []string            // all of which have to occur
	depots    map[[32]byte]string // names by key

	decided *Decision // at first, of which the entries up to last can be the carrying out; nil for none
	first   uint64    // entries from here on were looked at
	last    uint64
	ended   bool // first is a decision, or an entry that none is followed by
}

func (r *logReader) read(page *LogPage, q LogQuery) error {
	before := page.Size
	if q.Before > 0 {
		before = min(q.Before, page.Size)
	}
	page.Next = before
	left := logStretch
	for found, err := range r.tx.LogBackwards(before) {
		if err != nil {
			return err
		}
		row, err := r.match(found)
		if err != nil {
			return err
		}
		page.Next = found.Index
		if row != nil {
			if _, err := r.tx.LogEntry(found.Index); err != nil { // compares it with its hash
				return err
			}
			page.Rows = append(page.Rows, *row)
		}
		if left--; left == 0 || len(page.Rows) == q.Count {
			return nil
		}
	}
	return nil
}

// match returns the row of an entry that is wanted, nil for another.
func (r *logReader) match(found storage.Logged) (*Logged, error) {
	if r.passes(found) {
		return nil, nil //nolint:nilnil // not wanted is no error
	}
	e, err := wire.ParseLogEntry(found.Entry)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", found.Index, err)
	}
	row := &Logged{Index: found.Index, Time: e.Time}
	row.describe(e.Entry)
	if r.class != "" && row.Class != r.class && !r.carriedOut(row) {
		return nil, nil //nolint:nilnil // not wanted is no error
	}
	if err := r.complete(row, e.Entry); err != nil {
		return nil, err
	}
	for _, word := range r.words {
		if !row.has(word) {
			return nil, nil //nolint:nilnil // not wanted is no error
		}
	}
	return row, nil
}

// passes reports of entries that record keys, which are most of a log, that they are not wanted, without parsing them: that takes six
// times as long. Their names and addresses stand in them as they are.
func (r *logReader) passes(found storage.Logged) bool {
	at, issue := wire.PeekIssue(found.Entry)
	switch {
	case !issue:
		return false
	case r.class != "" && r.class != LogIssued:
		return true
	case len(r.words) == 0 || len(r.depots) > 0: // whose names stand elsewhere
		return false
	}
	row, text := Logged{Index: found.Index, Time: at}, bytes.ToLower(found.Entry)
	for _, word := range r.words {
		// The digits of a serial are those of its address.
		if !bytes.Contains(text, bareWord(word)) && !row.has(word) {
			return true
		}
	}
	return false
}

// bareWord is a word without what people put into numbers.
func bareWord(word string) []byte {
	if bare := numbers.Replace(word); bare != "" && strings.Trim(bare, "0123456789") == "" {
		return []byte(bare)
	}
	return []byte(word)
}

// numbers takes away what people put into numbers, or before them.
var numbers = strings.NewReplacer(",", "", ".", "", "~", "", "#", "")

// carriedOut reports that a decision belongs to the entries that it led to.
func (r *logReader) carriedOut(row *Logged) bool {
	switch row.Action {
	case ActionRevoke, ActionBatch, ActionUndo, ActionUndoMany, ActionRelease:
		return r.class == LogRevoked
	default:
		return false
	}
}

// describe says what the entry says by itself.
func (l *Logged) describe(entry wire.Entry) {
	switch e := entry.(type) {
	case *wire.FoundEntry:
		l.Kind, l.Class = "found", LogCustody
	case *wire.IssueEntry:
		l.Kind, l.Class, l.Name, l.Address, l.Serial, l.Count = "issue", LogIssued, e.Address.Name(), e.Address.String(), e.Address.Serial(), e.Count
	case *wire.RevokeEntry:
		if e.Reason == wire.ReasonNeverIssued {
			l.Kind, l.Class, l.Serial = "pad", LogPublished, e.Serial
			return
		}
		l.Kind, l.Class, l.Serial, l.Reason, l.Effective = "revoke", LogRevoked, e.Serial, e.Reason, e.Effective
	case *wire.UndoEntry:
		l.Kind, l.Class, l.Serial = "undo", LogRevoked, e.Serial
	case *wire.ReleaseEntry:
		l.Kind, l.Class, l.Serial = "release", LogRevoked, e.Serial
	case *wire.ExpireEntry:
		l.Kind, l.Class, l.Serial = "expire", LogRevoked, e.Serial
	case *wire.PublishEntry:
		l.Kind, l.Class, l.Number = "publish", LogPublished, uint64(e.Sequence)
	default:
		l.describeCustody(entry)
	}
}

func (l *Logged) describeCustody(entry wire.Entry) {
	switch e := entry.(type) {
	case *wire.DrillEntry:
		l.Kind, l.Class, l.Number = "drill", LogCustody, uint64(e.Outcome)
	case *wire.PolicyEntry:
		l.Kind, l.Class, l.Number = "policy", LogOfficers, uint64(e.Sequence)
	case *wire.PaddingEntry:
		l.Kind, l.Class, l.Number = "padding", LogOfficers, uint64(e.Step)
	case *wire.TrustEntry:
		l.Kind, l.Class, l.Number = "trust", LogOfficers, uint64(e.Sequence)
	case *wire.ReserveEntry:
		l.Kind, l.Class, l.Serial = "reserve", LogIssued, e.NextSerial-1
	case *wire.DecideEntry:
		l.Kind, l.Class, l.Action = "decide", LogOfficers, Action(e.Action)
	case *wire.ReopenEntry:
		l.Kind, l.Class, l.Number = "reopen", LogCustody, uint64(e.Generation)
	case *wire.LostEntry:
		l.Kind, l.Class = "lost", LogCustody
	case *wire.SealEntry:
		l.Kind, l.Class = "seal", LogCustody
	case *wire.DepotEntry:
		l.Kind, l.Class, l.Name = "depot", LogOfficers, e.Name
	case *wire.DepotRevokeEntry:
		l.Kind, l.Class, l.Reason = "depot-revoke", LogOfficers, e.Reason
	case *wire.BatchEntry:
		l.Kind, l.Class, l.Number = "batch", LogIssued, uint64(e.Sequence)
	case *wire.AlarmEntry:
		l.Kind, l.Class, l.Serial, l.Number = "alarm", LogCustody, e.Serial, uint64(e.What)
	}
}

// complete adds what stands elsewhere.
func (r *logReader) complete(row *Logged, entry wire.Entry) (err error) {
	switch e := entry.(type) {
	case *wire.IssueEntry:
		if !r.authority.store.Locked() {
			var depot string
			if depot, err = r.tx.Origin(e.Request); depot != "" {
				row.Who = []string{depot}
			}
		}
	case *wire.RevokeEntry, *wire.UndoEntry, *wire.ReleaseEntry:
		if row.Kind != "pad" {
			row.Name = r.nameOf(row.Serial)
			err = r.decidedBy(row)
		}
	case *wire.ExpireEntry, *wire.AlarmEntry:
		row.Name = r.nameOf(row.Serial)
	case *wire.DecideEntry:
		err = r.decision(row, e.Proposal)
	case *wire.PolicyEntry, *wire.PaddingEntry, *wire.TrustEntry, *wire.DepotEntry, *wire.ReopenEntry:
		err = r.decidedBy(row)
	case *wire.DepotRevokeEntry:
		row.Name = r.depots[e.Key]
		err = r.decidedBy(row)
	case *wire.BatchEntry:
		row.Name = r.depots[e.Key]
		row.Who = []string{row.Name}
	}
	return err
}

// nameOf returns the name of an identity, empty where the registry does not say.
func (r *logReader) nameOf(serial uint32) string {
	id, err := r.tx.Identity(serial)
	if err != nil { // locked, or a serial that was lost
		return ""
	}
	return id.Address.Name()
}

// decision names who decided, and about how many.
func (r *logReader) decision(row *Logged, proposal [32]byte) error {
	d, err := readDecision(r.tx, proposal)
	if err != nil || d == nil {
		return err
	}
	row.Who = d.names()
	switch what, err := parsePayload(d.Proposal.Action, d.Payload); p := what.(type) {
	case *RevokePayload:
		row.Count, row.Reason = len(p.Addresses), p.Reason
		if len(p.Addresses) == 1 {
			row.Name = p.Addresses[0].Name()
		}
	case *UndoPayload:
		if row.Count = len(p.Addresses); row.Count == 1 {
			row.Name = p.Addresses[0].Name()
		}
	case *ReleasePayload:
		if row.Count = len(p.Addresses); row.Count == 1 {
			row.Name = p.Addresses[0].Name()
		}
	case *TrustPayload:
		row.Name = p.Realm
	case *DepotPayload:
		row.Name = p.Name
	case *DepotRevokePayload:
		row.Name = p.Name
	default:
		return err
	}
	return nil
}

// names are those of the officers who decided, who asked first.
func (d *Decision) names() (names []string) {
	keys := [][32]byte{d.Proposal.Requester}
	for _, a := range d.Approvals {
		keys = append(keys, a.Officer)
	}
	for _, key := range keys {
		if i := slices.IndexFunc(d.Officers, func(o Officer) bool { return o.Key == key }); i >= 0 && !slices.Contains(names, d.Officers[i].Name) {
			names = append(names, d.Officers[i].Name)
		}
	}
	return names
}

// decidedBy names who decided what an entry carries out: the decision stands before it, with nothing between but what it led to. Entries
// that were passed on the way are not read again for the next row.
func (r *logReader) decidedBy(row *Logged) error {
	if row.Index <= r.first {
		r.decided, r.first, r.ended = nil, row.Index, false
	}
	if !r.ended {
		if err := r.seekDecision(row.Index); err != nil {
			return err
		}
	}
	if r.decided != nil && row.Index <= r.last {
		row.Who = r.decided.names()
	}
	return nil
}

// seekDecision goes on backwards to the decision before an entry, or to where it cannot be any more.
func (r *logReader) seekDecision(before uint64) error {
	for found, err := range r.tx.LogBackwards(r.first) {
		if err != nil {
			return err
		}
		if before-found.Index > MaxBatch {
			return nil
		}
		e, err := wire.ParseLogEntry(found.Entry)
		if err != nil {
			return err
		}
		r.first = found.Index
		switch entry := e.Entry.(type) {
		case *wire.DecideEntry:
			r.ended = true
			if r.decided, err = readDecision(r.tx, entry.Proposal); r.decided != nil {
				r.last = found.Index + r.decided.carries()
			}
			return err
		case *wire.RevokeEntry, *wire.UndoEntry:
		default:
			r.ended = true
			return nil
		}
	}
	return nil
}

// carries returns how many entries follow a decision to carry it out, at most.
func (d *Decision) carries() uint64 {
	switch what, _ := parsePayload(d.Proposal.Action, d.Payload); p := what.(type) {
	case *RevokePayload:
		return uint64(len(p.Addresses))
	case *UndoPayload:
		return uint64(len(p.Addresses))
	default:
		return 1
	}
}

// depotNames are the names under which the keys of depots were registered last.
func (a *Authority) depotNames() (map[[32]byte]string, error) {
	names := make(map[[32]byte]string)
	err := a.current(func(*storage.Tx) error {
		for key, d := range a.ledger.depots.byKey {
			names[key] = d.Name
		}
		return nil
	})
	return names, err
}

// has reports whether a word, in lower case, occurs in what belongs to the entry.
func (l *Logged) has(word string) bool {
	if n, err := strconv.ParseUint(numbers.Replace(word), 10, 64); err == nil {
		if n == l.Index+1 || l.Number == n && n > 0 || l.Serial > 0 && uint64(l.Serial) == n {
			return true
		}
	}
	for _, text := range append([]string{l.Name, l.Address}, l.Who...) {
		if strings.Contains(strings.ToLower(text), word) {
			return true
		}
	}
	if word[0] < '0' || word[0] > '9' {
		return false
	}
	return strings.HasPrefix(l.Time.Format("2006-01-02"), word) && len(word) > 3 || strings.HasPrefix(l.Time.Format("02.01.2006"), word) && len(word) > 5
}

// Head is the newest checkpoint, as it was signed.
type Head struct {
	Statement []byte // of type checkpoint
	Size      uint64 // entries that it fixes
	Root      [32]byte
	Time      time.Time
	Counter   uint64
}

// NewestCheckpoint returns the newest checkpoint, after it was verified. It works while the authority is locked.
func (a *Authority) NewestCheckpoint() (head *Head, err error) {
	err = a.store.View(func(tx *storage.Tx) error {
		head, err = a.headOf(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	return head, nil
}

func (a *Authority) headOf(tx *storage.Tx) (*Head, error) {
	stored, err := tx.Checkpoint()
	if err != nil {
		return nil, err
	}
	c, err := wire.OpenCheckpoint(stored.Statement, a.core)
	if err != nil {
		return nil, err
	}
	return &Head{Statement: stored.Statement, Size: c.Size, Root: c.Root, Time: c.Time, Counter: c.Counter}, nil
}

// LogProof proves that an entry is in the log that the newest checkpoint fixes (RFC 6962, section 2.1.1).
type LogProof struct {
	Index uint64
	Entry []byte     // as it is hashed
	Path  [][32]byte // lowest hash first
	Head  Head
}

// Check verifies the checkpoint under a core, and that the path leads from the entry to it. Errors: those of wire, [ErrInconsistent].
func (p *LogProof) Check(core *wire.Core) error {
	head, err := wire.OpenCheckpoint(p.Head.Statement, core)
	if err != nil {
		return fmt.Errorf("check a proof: %w", err)
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, h := range p.Path {
		path[i] = h
	}
	if head.Size != p.Head.Size || head.Root != p.Head.Root || p.Index >= head.Size ||
		tlog.CheckRecord(path, int64(head.Size), head.Root, int64(p.Index), tlog.RecordHash(p.Entry)) != nil {
		return fmt.Errorf("the proof of entry %d of the log does not hold: %w", p.Index, ErrInconsistent)
	}
	return nil
}

// ProveEntry returns the proof of an entry, which was verified. It works while the authority is locked.
func (a *Authority) ProveEntry(index uint64) (*LogProof, error) {
	p := &LogProof{Index: index}
	err := a.store.View(func(tx *storage.Tx) error {
		head, err := a.headOf(tx)
		if err != nil {
			return err
		}
		p.Head = *head
		if p.Entry, err = tx.LogEntry(index); err != nil {
			return err
		}
		p.Path, err = tx.ProveLog(index, head.Size)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prove entry %d of the log: %w", index, err)
	}
	return p, nil
}

// Verify is [VerifyLogBy] with the authority's own log.
func (a *Authority) Verify(ctx context.Context, progress func(done, total uint64)) (*AuditReport, error) {
	return VerifyLogBy(ctx, a.store, progress)
}
