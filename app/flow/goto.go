package flow

import (
	"strings"
	"time"
)

// Finder looks names up. At most n identities come back, those whose names begin with the text first, and how many there are in all.
type Finder interface {
	Lookup(text string, n int) ([]Hit, int, error)
}

// Hit is an identity that was found.
type Hit struct {
	Name     string
	Address  string
	Standing Standing
}

// Goto is the view-model of going anywhere: what is typed finds identities, besides the screens and actions that the view knows.
//
//	idle ──Type──▶ waiting ──pause──▶ looking ──▶ idle
type Goto struct {
	model
	console *Console
	service Finder
	turn    int // of what was typed

	Query string
	Hits  []Hit
	More  int // identities beyond Hits
	At    int // which of all lines, those of the view first
}

const (
	gotoPause = 120 * time.Millisecond // after the last key
	gotoHits  = 6
)

func newGoto(c *Console, p Parts) *Goto { return &Goto{model: model{loop: p.Loop}, console: c} }

func (g *Goto) suspend() {
	g.forget()
	g.service = nil
}

func (g *Goto) resume(s Service) { g.service = s }

func (g *Goto) reset() {
	g.suspend()
	g.Begin()
}

// Begin forgets what was typed before.
func (g *Goto) Begin() {
	g.forget()
	g.turn++
	g.Query, g.Hits, g.More, g.At = "", nil, 0, 0
}

// Type takes what stands in the box. The identities follow after a pause.
func (g *Goto) Type(query string) {
	if query == g.Query {
		return
	}
	g.forget()
	g.turn++
	turn := g.turn
	g.Query, g.At = query, 0
	if strings.TrimSpace(query) == "" {
		g.Hits, g.More = nil, 0
		g.changed()
		return
	}
	g.loop.After(gotoPause, func() {
		if g.turn == turn {
			g.look()
		}
	})
	g.changed()
}

func (g *Goto) look() {
	service, query := g.service, strings.TrimSpace(g.Query)
	if service == nil {
		return
	}
	type found struct {
		hits []Hit
		all  int
	}
	background(&g.model, func() (f found, err error) {
		f.hits, f.all, err = service.Lookup(query, gotoHits)
		return f, err
	}, func(f found, err error) {
		if err != nil {
			f = found{} // the screen of the identities says what is wrong
		}
		g.Hits, g.More = f.hits, f.all-len(f.hits)
		g.changed()
	})
}

// Move chooses another of n lines.
func (g *Goto) Move(by, n int) {
	if n > 0 {
		g.At = ((g.At+by)%n + n) % n
		g.changed()
	}
}

// Show opens the identities at one that was found, or at all that match.
func (g *Goto) Show(i int) {
	if i >= 0 && i < len(g.Hits) {
		g.console.lookFor(g.Hits[i].Address)
		return
	}
	g.console.Find(g.Query)
}
