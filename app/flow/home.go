package flow

import (
	"reflect"
	"strings"
	"time"

	"marque/authority"
)

// Overviewer is what [Home] needs of the service.
type Overviewer interface {
	Overview(since time.Time) (*Outlook, error)
}

// Outlook is what of an authority may need somebody.
type Outlook struct {
	authority.Overview

	Waiting []Waiting // open proposals, the one that ends first at first
	Disk    Disk      // of the service
	Fleet   *Fleet    // nil while the service still counts
}

// Waiting is a proposal that officers have not decided about yet.
type Waiting struct {
	Action    authority.Action
	Count     int // how many identities it is about; 0 for other things
	Requester string
	Time      time.Time
	Missing   int  // approvals
	Yours     bool // an officer who is signed on here has not approved it yet
}

// Disk says how much room there is, in octets.
type Disk struct{ Free, Total uint64 }

// Fleet says which lists the identities in order hold, by their receipts.
type Fleet struct {
	Held      []Held // the newest lists, the newest first
	Older     Held   // older ones together; its list is the newest of them
	Depot     string // to which most of those without the newest list belong; empty for none in particular
	DepotHeld int    // how many those are
}

// Held says how many hold a list.
type Held struct {
	List  uint32 // 0 for none at all
	Count int
}

// Known is how many hold any list, as far as receipts say.
func (f *Fleet) Known() (n int) {
	for _, h := range f.Held {
		n += h.Count
	}
	return n + f.Older.Count
}

// Home is the view-model of the screen about what needs somebody.
//
//	         ┌──────problem──────┐
//	         ▼                   │
//	empty ──Refresh──▶ loading ──┴▶ shown ──Move, Enter──▶ another screen
type Home struct {
	model
	console *Console
	service Overviewer
	clock   func() time.Time

	loading bool
	asked   time.Time // when the outlook was asked for
	size    uint64    // of the log, then

	Outlook *Outlook // nil before the first
	Problem *Problem
	Tasks   []Task // the most urgent first; not to be changed
	At      int    // the task that Enter opens
}

// Shift is a part of a day.
type Shift int

// The shifts.
const (
	Night   Shift = iota // from 22 to 6 o'clock
	Morning              // from 6 to 14 o'clock
	Late                 // from 14 to 22 o'clock
)

// Hours of a shift.
const shiftHours = 8

// shiftOf returns the shift of a time, and when it began, by the clock on the wall.
func shiftOf(t time.Time) (s Shift, begun time.Time) {
	const first = 6 // o'clock
	hours := (t.Hour() + 24 - first) % 24
	begun = time.Date(t.Year(), t.Month(), t.Day(), t.Hour()-hours%shiftHours, 0, 0, 0, t.Location())
	return []Shift{Morning, Late, Night}[hours/shiftHours], begun
}

func newHome(c *Console, p Parts) *Home {
	h := &Home{model: model{loop: p.Loop}, console: c, clock: p.Clock}
	c.Status.OnChange(h.follow)
	return h
}

func (h *Home) suspend() {
	h.forget()
	h.service, h.loading = nil, false
}

func (h *Home) resume(s Service) {
	h.service = s
	h.Refresh()
}

func (h *Home) reset() {
	h.suspend()
	h.Outlook, h.Problem, h.Tasks, h.At = nil, nil, nil, 0
	h.changed()
}

// How old an outlook may be, and how soon it is asked for again while the service still counts.
const (
	outlookAge  = time.Minute
	outlookWait = 2 * time.Second
)

// follow brings it in step with the status.
func (h *Home) follow() {
	if h.service == nil {
		return
	}
	if !h.loading && (h.console.Status.Now.LogSize != h.size || h.clock().Sub(h.asked) >= outlookAge) {
		h.Refresh()
		return
	}
	h.sum(h.Outlook, h.Problem)
}

// Shift returns which shift it is, and when it began.
func (h *Home) Shift() (Shift, time.Time) { return shiftOf(h.clock()) }

// Refresh asks again.
func (h *Home) Refresh() {
	if h.service == nil || h.loading {
		return
	}
	service := h.service
	_, since := h.Shift()
	h.loading, h.asked, h.size = true, h.clock(), h.console.Status.Now.LogSize
	background(&h.model, func() (*Outlook, error) { return service.Overview(since) }, func(o *Outlook, err error) {
		h.loading = false
		if err != nil {
			o = h.Outlook
		}
		h.sum(o, explain(err, "home.failed"))
		if o != nil && o.Fleet == nil {
			h.loop.After(outlookWait, h.Refresh)
		}
	})
}

// sum finds what is to be done, and says that something changed if it did.
func (h *Home) sum(o *Outlook, problem *Problem) {
	tasks := h.tasks(o)
	same := reflect.DeepEqual(shown(o), shown(h.Outlook)) && reflect.DeepEqual(problem, h.Problem) && sameTasks(tasks, h.Tasks)
	if h.At > 0 && h.At < len(h.Tasks) { // the same task stays chosen
		for i := range tasks {
			if tasks[i].Kind == h.Tasks[h.At].Kind {
				h.At = i
				break
			}
		}
	}
	h.Outlook, h.Problem, h.Tasks = o, problem, tasks
	h.At = max(0, min(h.At, len(tasks)-1))
	if !same {
		h.changed()
	}
}

// shown is what of an outlook the screen shows besides tasks.
func shown(o *Outlook) any {
	if o == nil {
		return nil
	}
	return []any{o.Enrolled, o.Newest, o.Fleet, len(o.Waiting)}
}

func sameTasks(a, b []Task) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != b[i].Kind || !reflect.DeepEqual([]Text{a[i].What, a[i].Why, a[i].Do}, []Text{b[i].What, b[i].Why, b[i].Do}) {
			return false
		}
	}
	return true
}

// Move chooses another task.
func (h *Home) Move(by int) {
	if at := h.At + by; at >= 0 && at < len(h.Tasks) {
		h.At = at
		h.changed()
	}
}

// Do opens the screen where a task is done.
func (h *Home) Do(i int) {
	if i >= 0 && i < len(h.Tasks) {
		h.At = i
		h.Tasks[i].open()
	}
}

// Enter takes what was typed: a code, or something to look for. With nothing it does the chosen task.
func (h *Home) Enter(typed string) {
	if typed = strings.TrimSpace(typed); typed == "" {
		h.Do(h.At)
		return
	}
	h.console.Find(typed)
}

// Missing is how many receipts of those who were enrolled in this shift have not come; 0 when only the newest of them are known.
func (h *Home) Missing() (n int) {
	if h.Outlook == nil || h.Outlook.Enrolled > len(h.Outlook.Newest) {
		return 0
	}
	for i := range h.Outlook.Newest {
		if who := &h.Outlook.Newest[i]; !who.Receipt && !who.Revoked {
			n++
		}
	}
	return n
}

// Approvals is how many proposals wait for whoever is signed on here.
func (h *Home) Approvals() (n int) {
	if h.Outlook == nil {
		return 0
	}
	for i := range h.Outlook.Waiting {
		if h.Outlook.Waiting[i].Yours {
			n++
		}
	}
	return n
}

// Newcomer is somebody who was enrolled in this shift.
type Newcomer = authority.Newcomer
