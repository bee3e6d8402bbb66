package flow

import (
	"context"
	"slices"
	"strconv"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// Logbook is what [Audit] needs of the service.
type Logbook interface {
	LogReader
	LogVerifier
}

// LogReader reads the log. A proof was verified under the core before it is returned. Errors: those of authority.
type LogReader interface {
	Log(q authority.LogQuery) (*authority.LogPage, error)
	ProveEntry(index uint64) (*authority.LogProof, error)
	NewestCheckpoint() (*authority.Head, error)
}

// LogVerifier verifies the whole log in the service until ctx ends, and writes what others can verify to a new file. progress is called in
// any goroutine. Errors: [ErrVerifying], [ErrFileExists], [ErrWrite].
type LogVerifier interface {
	VerifyLog(ctx context.Context, progress func(done, total uint64)) (*authority.AuditReport, error)
	ExportLog(path string, progress func(octets int64)) error
}

// Logged is an entry of the log.
type Logged = authority.Logged

// LogClass sorts the entries.
type LogClass = authority.LogClass

// The classes.
const (
	LogIssued    = authority.LogIssued
	LogRevoked   = authority.LogRevoked
	LogPublished = authority.LogPublished
	LogOfficers  = authority.LogOfficers
	LogCustody   = authority.LogCustody
)

// Audit is the view-model of the screen about the log.
//
//	          ┌─────problem─────┐
//	          ▼                 │
//	empty ──Refresh──▶ loading ──▶ shown ──Search, SetClass──▶ looking ──▶ shown
//
// Without a search, every entry is a row, and pages are read as they come into sight. With one, rows are found from the newest backwards
// as far as somebody looks. Verifying and exporting go on beside that.
type Audit struct {
	model
	console *Console
	service Logbook
	reading model
	proving model
	onRows  []func()

	pages  map[int][]authority.Logged // without a search
	wanted []int                      // pages, the one wanted last at the end
	busy   bool                       // reading one
	found  []authority.Logged         // with one
	next   uint64                     // where it goes on; 0 at the end
	chosen uint64                     // index of the selected entry, plus 1; 0 for none
	entry  *authority.Logged          // that

	Loaded  bool
	Looking bool // for entries that match
	Problem *Problem
	Query   string
	Class   authority.LogClass // empty for all
	Size    uint64             // entries of the log
	Since   time.Time          // of the first
	Head    *authority.Head    // the newest checkpoint; nil before it was read
	Proof   *authority.LogProof
	Proving bool

	Verify Verification
	Export LogExport
}

func newAudit(c *Console, p Parts) *Audit {
	a := &Audit{model: model{loop: p.Loop}, console: c, reading: model{loop: p.Loop}, proving: model{loop: p.Loop}}
	a.Verify.model, a.Export.model = model{loop: p.Loop}, model{loop: p.Loop}
	for _, m := range []*model{&a.reading, &a.proving, &a.Verify.model, &a.Export.model} {
		m.failed = c.lost
	}
	c.OnChange(a.follow)
	c.Status.OnChange(a.follow)
	return a
}

func (a *Audit) suspend() {
	a.forget()
	a.reading.forget()
	a.proving.forget()
	a.service, a.busy, a.Looking, a.Proving, a.Problem = nil, false, false, false, nil
	a.Verify.end()
	a.Export.suspend()
}

func (a *Audit) resume(s Service) {
	a.suspend()
	a.service = s
	a.follow()
	a.changed()
}

func (a *Audit) reset() {
	a.suspend()
	a.pages, a.found, a.entry, a.chosen, a.Proof, a.Head = nil, nil, nil, 0, nil, nil
	a.Loaded, a.Query, a.Class, a.Size = false, "", "", 0
	a.Verify, a.Export = Verification{model: a.Verify.model, watchers: a.Verify.watchers}, LogExport{model: a.Export.model}
	a.changed()
}

// OnRows adds a function that is called when rows have come, and nothing else has changed.
func (a *Audit) OnRows(f func()) { a.onRows = append(a.onRows, f) }

// follow reads the log when its screen is opened, and when it has grown meanwhile.
func (a *Audit) follow() {
	if a.service == nil || a.console.Place != PlaceAudit || a.Problem != nil {
		return
	}
	if grown := a.console.Status.Now.LogSize > a.Size; !a.Loaded && !a.busy || a.Loaded && grown {
		a.Refresh()
	}
}

// Refresh reads the log again; what is shown stays until then.
func (a *Audit) Refresh() {
	if a.service == nil {
		return
	}
	a.Problem, a.busy = nil, true
	service := a.service
	type newest struct {
		page *authority.LogPage
		head *authority.Head
	}
	background(&a.reading, func() (n newest, err error) {
		if n.page, err = service.Log(authority.LogQuery{Count: logRows}); err == nil {
			n.head, err = service.NewestCheckpoint()
		}
		return n, err
	}, func(n newest, err error) {
		a.busy, a.Problem = false, explain(err, "audit.failed")
		if err == nil {
			a.Loaded, a.Size, a.Since, a.Head = true, n.page.Size, n.page.Since, n.head
			a.pages, a.wanted = map[int][]authority.Logged{0: n.page.Rows}, nil
			if a.Filtered() {
				a.look(0)
			}
		}
		a.changed()
	})
	a.changed()
}

// Filtered reports whether only some entries are wanted.
func (a *Audit) Filtered() bool { return a.Query != "" || a.Class != "" }

// Search looks for entries with every word of query.
func (a *Audit) Search(query string) {
	if query != a.Query {
		a.Query = query
		a.begin()
	}
}

// SetClass shows the entries of a class; empty for all.
func (a *Audit) SetClass(class authority.LogClass) {
	if class != a.Class {
		a.Class = class
		a.begin()
	}
}

// begin looks for something else.
func (a *Audit) begin() {
	a.reading.forget()
	a.found, a.next, a.busy, a.Looking, a.Problem = nil, 0, false, false, nil
	if a.Filtered() {
		a.look(0)
	}
	a.changed()
}

// look finds the next entries before an index; 0 begins with the newest.
func (a *Audit) look(before uint64) {
	if a.service == nil {
		return
	}
	a.busy, a.Looking = true, true
	service, q := a.service, authority.LogQuery{Before: before, Class: a.Class, Text: a.Query, Count: logRows}
	background(&a.reading, func() (*authority.LogPage, error) { return service.Log(q) }, func(page *authority.LogPage, err error) {
		a.busy, a.Looking = false, false
		if err != nil {
			a.Problem = explain(err, "audit.failed")
			a.changed()
			return
		}
		if before == 0 {
			a.found = nil
		}
		first := len(a.found) < logRows
		a.found, a.next = append(a.found, page.Rows...), page.Next
		if a.next > 0 && (len(a.found) < logRows && first || len(page.Rows) == 0) {
			a.look(a.next) // until there is something to be seen
		}
		a.changed()
	})
}

// Looked says how many entries of the log a search has passed.
func (a *Audit) Looked() uint64 {
	if a.next == 0 && !a.Looking {
		return a.Size
	}
	return a.Size - min(a.next, a.Size)
}

// Len is how many rows there are.
func (a *Audit) Len() int {
	if a.Filtered() {
		return len(a.found)
	}
	return int(a.Size)
}

// More reports whether older entries may match, too, though there are no rows of them yet.
func (a *Audit) More() bool { return a.Filtered() && a.next > 0 }

// Row returns a row, nil while it is read.
func (a *Audit) Row(i int) *authority.Logged {
	if i < 0 || i >= a.Len() {
		return nil
	}
	if a.Filtered() {
		if i >= len(a.found)-logAhead && a.next > 0 && !a.busy && len(a.found) < maxLogFound {
			a.look(a.next)
		}
		return &a.found[i]
	}
	number := i / logRows
	if rows, ok := a.pages[number]; ok {
		if i%logRows < len(rows) {
			return &rows[i%logRows]
		}
		return nil
	}
	a.wanted = append(slices.DeleteFunc(a.wanted, func(n int) bool { return n == number }), number)
	a.readPage()
	return nil
}

// readPage reads the page that was wanted last.
func (a *Audit) readPage() {
	if a.busy || a.service == nil || len(a.wanted) == 0 || a.Filtered() {
		return
	}
	number := a.wanted[len(a.wanted)-1]
	a.wanted = a.wanted[:0] // what is still in sight is asked for again
	a.busy = true
	service, q := a.service, authority.LogQuery{Before: a.Size - uint64(number*logRows), Count: logRows}
	background(&a.reading, func() (*authority.LogPage, error) { return service.Log(q) }, func(page *authority.LogPage, err error) {
		a.busy = false
		if err != nil {
			a.Problem = explain(err, "audit.failed")
			a.changed()
			return
		}
		if len(a.pages) >= maxLogPages {
			clear(a.pages)
		}
		a.pages[number] = page.Rows
		for _, f := range a.onRows {
			f()
		}
		a.readPage()
	})
}

// Select shows a row beside the list.
func (a *Audit) Select(i int) {
	r := a.Row(i)
	if r == nil {
		return
	}
	a.proving.forget()
	row := *r
	a.chosen, a.entry, a.Proof, a.Proving = row.Index+1, &row, nil, false
	a.changed()
}

// Selected is the entry that is shown beside the list; nil for none.
func (a *Audit) Selected() *authority.Logged { return a.entry }

// Unselect shows the verification again.
func (a *Audit) Unselect() bool {
	was := a.entry != nil
	a.proving.forget()
	a.chosen, a.entry, a.Proof, a.Proving = 0, nil, nil, false
	if was {
		a.changed()
	}
	return was
}

// Index is the row of the selected entry; -1 for none.
func (a *Audit) Index() int {
	if a.chosen == 0 || a.chosen > a.Size {
		return -1
	}
	if a.Filtered() {
		return slices.IndexFunc(a.found, func(l authority.Logged) bool { return l.Index+1 == a.chosen })
	}
	return int(a.Size - a.chosen)
}

// Prove has the selected entry proved.
func (a *Audit) Prove() {
	if a.service == nil || a.entry == nil || a.Proving {
		return
	}
	a.Proving = true
	service, index := a.service, a.entry.Index
	background(&a.proving, func() (*authority.LogProof, error) { return service.ProveEntry(index) }, func(p *authority.LogProof, err error) {
		a.Proving, a.Proof = false, p
		if err != nil {
			a.Proof, a.Problem = nil, explain(err, "audit.proof.failed")
		}
		a.changed()
	})
	a.changed()
}

// RootWords are the eight words of the newest checkpoint's root.
func (a *Audit) RootWords() [words.Count]string {
	if a.Head == nil {
		return [words.Count]string{}
	}
	return words.Of(a.Head.Root[:])
}

// HeadText is the newest checkpoint as the text of a code; empty before it was read.
func (a *Audit) HeadText() string {
	if a.Head == nil {
		return ""
	}
	return wire.CheckpointText(a.Head.Statement)
}

// EntryText says what an entry of the log records.
func EntryText(l *authority.Logged) Text {
	name := l.Name
	if name == "" {
		name = "~" + strconv.FormatUint(uint64(l.Serial), 10)
	} else if l.Kind != "depot" && l.Kind != "depot-revoke" && l.Kind != "batch" && l.Kind != "decide" {
		name += "~" + strconv.FormatUint(uint64(l.Serial), 10)
	}
	var reason any = ""
	if l.Reason != 0 {
		reason = Say("reason." + l.Reason.String())
	}
	switch l.Kind {
	case "drill":
		return Say("audit.entry.drill." + strconv.FormatUint(l.Number, 10))
	case "padding":
		if l.Number == 0 {
			return Say("audit.entry.padding.off")
		}
	case "alarm":
		return Say("audit.entry.alarm."+strconv.FormatUint(l.Number, 10), "Name", name)
	case "decide":
		if l.Count > 1 {
			return Say("audit.decide."+string(l.Action), "Count", l.Count, "Name", name, "Reason", reason)
		}
		return Say("audit.decide."+string(l.Action), "Name", name, "Reason", reason)
	}
	return Say("audit.entry."+l.Kind, "Name", name, "Reason", reason, "Number", int(l.Number), "Keys", l.Count)
}
