package batch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// Action is what is, or was, done with a request.
type Action string

// The actions.
const (
	Create Action = "create" // a new identity
	Renew  Action = "renew"  // an identity that there is: its next package, for its receipt, or the one that this very request or receipt got before
	Skip   Action = "skip"
	Error  Action = "error"
)

// Row is one line of a preview, and after granting of a report.
type Row struct {
	Line    int    // as in Item
	Source  string // as in Item
	Name    string // that the request asks for; what the line says when there is no request
	Kind    string
	Words   string // of the request, to compare with those that the device shows; empty without a request
	Action  Action
	Reason  string // of Skip and Error; a warning otherwise, or empty
	Address string // of an identity that there is
	Package string // where the caller of Grant put the package
	Done    bool   // Grant has granted it
	Again   bool   // of Renew: nothing is issued, since the package was made before

	request []byte
	hash    [32]byte
	u       [32]byte
}

// Preview is what would become of a batch.
type Preview struct {
	Rows []Row // in the order in which they came
}

// Reviewer says what would come of requests: [authority.Authority.ReviewAll], by whatever way. It is given at most MaxReview.
type Reviewer func(requests [][]byte) ([]authority.Verdict, error)

// NewPreview finds out what would become of each item, and what they do to each other: of two that are the same, the second is skipped;
// of two that cannot both be granted, the second is an error. Nothing is written. progress is told of the requests that were
// reviewed; nil for nobody.
func NewPreview(ctx context.Context, items []Item, review Reviewer, progress Progress) (*Preview, error) {
	if len(items) > maxEntries {
		return nil, ErrTooMany
	}
	p := &Preview{Rows: make([]Row, len(items))}
	seen := newSeen()
	for i := range items {
		if i%MaxReview == 0 && ctx.Err() != nil { // proofs are verified
			return nil, ctx.Err()
		}
		p.Rows[i] = newRow(&items[i])
		seen.look(&p.Rows[i])
	}
	todo := p.todo()
	if len(todo) > MaxRequests {
		return nil, ErrTooMany
	}
	done := 0
	for some := range slices.Chunk(todo, MaxReview) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		verdicts, err := review(requestsOf(some))
		if err != nil {
			return nil, err
		}
		if len(verdicts) != len(some) {
			return nil, fmt.Errorf("%d verdicts on %d requests", len(verdicts), len(some))
		}
		for i, row := range some {
			row.judge(&verdicts[i])
		}
		if done += len(some); progress != nil {
			progress(done, len(todo))
		}
	}
	return p, nil
}

// newRow parses one item.
func newRow(item *Item) Row {
	row := Row{Line: item.Line, Source: item.Source, Name: printable(item.Name), Kind: printable(item.Kind), Action: Create}
	if item.Skip != "" {
		row.Action, row.Reason = Skip, item.Skip
		return row
	}
	if item.Err != nil {
		row.fail(item.Err)
		return row
	}
	if err := row.read(item.Request); err != nil {
		row.fail(err)
		return row
	}
	switch {
	case item.Name != "" && item.Name != row.Name:
		row.fail(errOtherName)
	case item.Kind != "" && item.Kind != row.Kind && row.Kind != "":
		row.fail(errOtherKind)
	}
	return row
}

// read reads what the item is of. A receipt does not say of what kind its device is, and has no words: its signature says whose it is.
func (r *Row) read(b []byte) error {
	r.request = b
	if wire.Sniff(b) == wire.FoundReceipt {
		receipt, err := wire.ParseReceipt(b)
		if err != nil {
			return err
		}
		r.Action, r.Name, r.Kind, r.Address = Renew, receipt.Address.Name(), "", receipt.Address.String()
		r.hash = sha256.Sum256(b) // what it says is not verified yet: an altered one must not stand for another
		return nil
	}
	request, err := wire.ParseRequest(b)
	if err != nil {
		return err
	}
	r.hash, r.u = request.Hash(), request.U
	r.Name, r.Kind, r.Words = request.Name, request.Kind.String(), words.Text(r.hash[:])
	return nil
}

func (r *Row) fail(err error) { r.Action, r.Reason = Error, reason(err) }

func (r *Row) judge(v *authority.Verdict) {
	r.Reason = v.Warning
	switch {
	case errors.Is(v.Problem, authority.ErrNotDue):
		r.Action, r.Reason = Skip, v.Problem.Error()
	case v.Problem != nil:
		r.fail(v.Problem)
	case v.Again, v.Renews:
		r.Action, r.Again, r.Address, r.Reason = Renew, v.Again, v.Address.String(), ""
		if r.Kind == "" {
			r.Kind = v.Kind.String()
		}
	}
}

// seen is what earlier rows of a batch asked for.
type seen struct {
	requests, keys map[[32]byte]*Row
	names          map[string]*Row
}

func newSeen() *seen {
	return &seen{make(map[[32]byte]*Row), make(map[[32]byte]*Row), make(map[string]*Row)}
}

// look compares a row with those before it.
func (s *seen) look(r *Row) {
	if r.Action != Create && r.Action != Renew {
		return
	}
	if before := s.requests[r.hash]; before != nil {
		r.Action, r.Reason = Skip, "the same request stands in "+before.where()
		return
	}
	if r.Action == Renew { // of two receipts of one device with other keys, the authority has to know
		s.requests[r.hash] = r
		return
	}
	if before := s.keys[r.u]; before != nil {
		r.fail(fmt.Errorf("%s has another request with the same enrolment key: one device was copied, or asked twice; make a new request on each", before.where()))
		return
	}
	if before := s.names[r.Name]; before != nil {
		r.fail(fmt.Errorf("%s asks for the same name; give one of the devices another", before.where()))
		return
	}
	s.requests[r.hash], s.keys[r.u], s.names[r.Name] = r, r, r
}

func (r *Row) where() string {
	if r.Source != "" {
		return r.Source
	}
	return fmt.Sprintf("line %d", r.Line)
}

// todo returns the rows that there is something to do about.
func (p *Preview) todo() (rows []*Row) {
	for i := range p.Rows {
		if r := &p.Rows[i]; !r.Done && (r.Action == Create || r.Action == Renew) {
			rows = append(rows, r)
		}
	}
	return rows
}

func requestsOf(rows []*Row) [][]byte {
	requests := make([][]byte, len(rows))
	for i, r := range rows {
		requests[i] = r.request
	}
	return requests
}

// Count returns how many rows have the action.
func (p *Preview) Count(a Action) (n int) {
	for i := range p.Rows {
		if p.Rows[i].Action == a {
			n++
		}
	}
	return n
}

// Again returns how many rows get a package that was made before.
func (p *Preview) Again() (n int) {
	for i := range p.Rows {
		if p.Rows[i].Action == Renew && p.Rows[i].Again {
			n++
		}
	}
	return n
}

// Errors returns the rows that are errors.
func (p *Preview) Errors() (rows []Row) {
	for _, r := range p.Rows {
		if r.Action == Error {
			rows = append(rows, r)
		}
	}
	return rows
}

// Done returns how many rows were granted.
func (p *Preview) Done() (n int) {
	for i := range p.Rows {
		if p.Rows[i].Done {
			n++
		}
	}
	return n
}
