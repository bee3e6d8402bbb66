package flow

import (
	"slices"
	"strings"
	"time"

	"marque/app/words"
	"marque/authority"
)

// Searcher is what [Identities] needs of the service.
type Searcher interface{}

// Standing is how an identity stands.
type Standing int

// The standings.
const (
	Active  Standing = iota
	Revoked          // for ever
	Expired          // its last key ran out
)

// Identities is the view-model of the list of identities.
//
//	           ┌───────problem──────┐
//	           ▼                    │
//	empty ──Refresh──▶ loading ──▶ shown ──Search, Select──▶ shown
type Identities struct {
	model
	register Register
	clock    func() time.Time

	all      []authority.Identity
	selected *authority.Identity

	Loading bool
	Loaded  bool // at least once since it was unlocked
	Problem *Problem
	Query   string
	Rows    []authority.Identity // those that match the query, newest first; not to be changed
}

func newIdentities(loop Loop, clock func() time.Time) *Identities {
	return &Identities{model: model{loop: loop}, clock: clock}
}

// reset empties the list.
func (l *Identities) reset() {
	l.suspend()
	l.all, l.Rows, l.selected = nil, nil, nil
	l.Loaded, l.Query = false, ""
	l.changed()
}

// suspend keeps what is shown until resume.
func (l *Identities) suspend() {
	l.forget()
	l.register, l.Loading, l.Problem = nil, false, nil
}

// resume makes the list one of s.
func (l *Identities) resume(s Service) {
	l.suspend()
	l.register = s
	l.Refresh()
}

// Refresh reads the list again; what is shown stays until then.
func (l *Identities) Refresh() {
	if l.register == nil || l.Loading {
		return
	}
	l.Loading, l.Problem = true, nil
	register := l.register
	background(&l.model, func() ([]authority.Identity, error) { return readAll(register) }, func(all []authority.Identity, err error) {
		l.Loading, l.Problem = false, explain(err, "identities.failed")
		if err == nil {
			l.Loaded = true
			slices.Reverse(all)
			l.all = all
			l.filter()
		}
		l.changed()
	})
	l.changed()
}

func readAll(r Register) ([]authority.Identity, error) {
	var all []authority.Identity
	for {
		page, err := r.Identities(uint32(len(all)), pageSize)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
	}
}

// Total is how many identities there are.
func (l *Identities) Total() int { return len(l.all) }

// Search shows those whose address or kind contains every word of query.
func (l *Identities) Search(query string) {
	l.Query = query
	l.filter()
	l.changed()
}

func (l *Identities) filter() {
	wanted := strings.Fields(strings.ToLower(l.Query))
	l.Rows = slices.Collect(func(yield func(authority.Identity) bool) {
		for _, id := range l.all {
			if matches(&id, wanted) && !yield(id) {
				return
			}
		}
	})
	if i := l.Index(); i >= 0 { // as it is now
		l.selected = &l.Rows[i]
	} else {
		l.selected = nil
	}
}

func matches(id *authority.Identity, wanted []string) bool {
	text := strings.ToLower(id.Address.String() + " " + id.Kind.String())
	return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) })
}

// Select shows the details of a row.
func (l *Identities) Select(row int) {
	if row < 0 || row >= len(l.Rows) {
		return
	}
	l.selected = &l.Rows[row]
	l.changed()
}

// Selected returns the identity whose details are shown, nil when there is none.
func (l *Identities) Selected() *authority.Identity { return l.selected }

// Index returns the row of the selected identity, -1 when there is none.
func (l *Identities) Index() int {
	return slices.IndexFunc(l.Rows, func(id authority.Identity) bool {
		return l.selected != nil && id.Address == l.selected.Address
	})
}

// Standing says how an identity stands now.
func (l *Identities) Standing(id *authority.Identity) Standing {
	switch {
	case id.Revoked != nil:
		return Revoked
	case !l.clock().Before(id.Until):
		return Expired
	}
	return Active
}

// Words returns the eight words of the request of an identity.
func (l *Identities) Words(id *authority.Identity) [words.Count]string {
	return words.Of(id.Request[:])
}
