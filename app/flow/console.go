package flow

import (
	"errors"
	"time"

	"marque/authority"
)

// Phase is what the console can do at all.
type Phase int

// The phases.
const (
	Starting Phase = iota // looking for the service and its authority
	Shut                  // the service cannot be reached, or is gone
	Absent                // there is no authority yet
	Locked                // there is one, and nobody has unlocked it here
	ReadOnly              // it is unlocked, and nothing can be changed
	Open                  // it is unlocked
)

// Console holds the view-models of all screens, and leads from one phase to the next.
//
//	starting ────▶ absent ──Founding──▶ open, read-only ◀──Unlock── locked ◀──── starting
//	   │  ▲                              │                            ▲
//	   ▼  │ Start                        └──Lock, or left idle────────┘
//	  shut ◀──────── the service is gone, in any phase
//
// What the screens hold survives the loss of the service and a lock that nobody here asked for, and is there again after unlocking.
type Console struct {
	model
	service Service
	scanner Scanner
	look    Looker
	parts   []part
	routing model // of files that are being looked at

	Phase    Phase
	Dir      string   // the authority's folder
	Problem  *Problem // why it is shut
	Gone     bool     // it is shut because a service that was there is gone
	Notice   *Problem // about something that was scanned; nil for nothing
	Place    Place    // the screen that is shown while it is unlocked
	Status   *Status
	Founding *Founding
	Unlock   *Unlock
	Sticks   *Sticks

	Goto       *Goto
	Attendance *Attendance

	Home       *Home
	Enrol      *Enrol
	Identities *Identities
	Revoke     *Revoke
	Publish    *Publish
	Approvals  *Approvals
	Audit      *Audit
	Officers   *Officers
	Backup     *Backup
	Realm      *Realm
	Depots     *Depots
	About      *About
}

// Place is a screen of an unlocked authority.
type Place string

// The screens.
const (
	PlaceHome       Place = "home"
	PlaceEnrol      Place = "enrol"
	PlaceIdentities Place = "identities"
	PlaceRevoke     Place = "revoke"
	PlacePublish    Place = "publish"
	PlaceApprovals  Place = "approvals"
	PlaceAudit      Place = "audit"
	PlaceOfficers   Place = "officers"
	PlaceBackup     Place = "backup"
	PlaceRealm      Place = "realm"
	PlaceDepots     Place = "depots"
	PlaceAbout      Place = "about"
)

// part is the view-model of a screen of an unlocked authority.
type part interface {
	base() *model
	suspend()         // the service locked, or is gone: all is kept, results to come are dropped
	resume(s Service) // somebody has unlocked it
	reset()           // it was locked here: the next one may be somebody else
}

// Parts is what the program joins to a console.
type Parts struct {
	Loop     Loop
	Clock    func() time.Time
	Service  Service
	Dir      string // the authority's folder, absolute
	Scanner  Scanner
	Save     Saver
	Look     Looker // nil takes every file for one with a request
	Packages string // folder for packages whose request came without a picture
	Drives   Drives
	Ceremony Ceremony
	Papers   Scanner   // of what depots hand over: registrations and receipts
	ReadKey  KeyReader // of the approval key
	Build    Build
	Camera   CameraOpener // nil without one
	Label    LabelPrinter // nil without one
}

// NewConsole returns a console that is to be started.
func NewConsole(p Parts) *Console {
	c := &Console{model: model{loop: p.Loop}, service: p.Service, scanner: p.Scanner, look: p.Look, routing: model{loop: p.Loop}, Dir: p.Dir, Place: PlaceHome}
	c.Status = newStatus(p.Loop, p.Clock, p.Service)
	c.Founding = newFounding(c, p)
	c.Unlock = newUnlock(p.Loop, p.Service, c.Status, c.open)
	c.Sticks = newSticks(p.Loop, p.Drives)
	c.furnish(p)
	for _, m := range []*model{&c.model, &c.Status.model, &c.Founding.model, &c.Unlock.model} {
		m.failed = c.lost
	}
	for _, part := range c.parts {
		part.base().failed = c.lost
	}
	c.Status.OnChange(c.follow)
	c.Enrol.OnChange(func() {
		if c.Enrol.Step == EnrolDone {
			c.refresh()
		}
	})
	return c
}

// furnish makes the view-models of the screens.
func (c *Console) furnish(p Parts) {
	c.Goto = newGoto(c, p)
	c.Attendance = newAttendance(c, p)
	c.Home = newHome(c, p)
	c.Enrol = newEnrol(c, p)
	c.Identities = newIdentities(c, p)
	c.Revoke = newRevoke(c, p)
	c.Publish = newPublish(c, p)
	c.Approvals = newApprovals(c, p)
	c.Audit = newAudit(c, p)
	c.Officers = newOfficers(c, p)
	c.Backup = newBackup(c, p)
	c.Realm = newRealm(c, p)
	c.Depots = newDepots(c, p)
	c.About = newAbout(c, p)
	c.parts = []part{
		c.Goto, c.Attendance, c.Home, c.Enrol, c.Identities, c.Revoke, c.Publish, c.Approvals, c.Audit, c.Officers, c.Backup, c.Realm, c.Depots, c.About,
	}
}

// OnAnyChange adds a function that is called when anything has changed but the status.
func (c *Console) OnAnyChange(f func()) {
	for _, m := range []*model{&c.model, &c.Founding.model, &c.Unlock.model} {
		m.OnChange(f)
	}
	for _, part := range c.parts {
		part.base().OnChange(f)
	}
}

// Open shows a screen, once it is unlocked.
func (c *Console) Open(at Place) {
	if c.Place != at {
		c.Place = at
		c.changed()
	}
}

// onOpen has f called whenever a screen is opened while another was shown.
func (c *Console) onOpen(at Place, f func()) {
	last := c.Place
	c.OnChange(func() {
		if opened := c.Place != last; opened {
			if last = c.Place; last == at {
				f()
			}
		}
	})
}

// Start looks for the service and its authority. It is called once at first, and again after [Shut].
func (c *Console) Start() {
	if c.Phase != Starting && c.Phase != Shut {
		return
	}
	c.Phase, c.Problem, c.Gone = Starting, nil, false
	service := c.service
	background(&c.model, func() (State, error) {
		if err := service.Connect(); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) {
		if err != nil {
			c.Phase, c.Problem = Shut, explain(err, "open.failed")
			c.changed()
			return
		}
		c.Phase = Locked // nobody is signed on at a service that was just reached
		if now.Phase == Absent {
			c.Phase = Absent
			c.Founding.recall()
		}
		c.Unlock.reset()
		c.Status.take(now)
		c.Status.changed()
		c.changed()
	})
	c.changed()
}

// After runs f in the goroutine of the window after a while.
func (c *Console) After(d time.Duration, f func()) { c.loop.After(d, f) }

// Unlocked reports whether the screens of the authority are shown.
func (c *Console) Unlocked() bool { return c.Phase == Open || c.Phase == ReadOnly }

// open shows the screens: somebody here has unlocked the authority, or signed on while it was.
func (c *Console) open(now State) {
	c.Phase = now.Phase
	if !c.Unlocked() { // it locked itself in the same moment
		c.Phase = Locked
	}
	c.Status.take(now)
	if c.Unlocked() {
		c.Sticks.watch()
		for _, part := range c.parts {
			part.resume(c.service)
		}
		c.Founding.resume()
	}
	c.Status.changed()
	c.changed()
}

// follow brings the console in step with what the service has said.
func (c *Console) follow() {
	s := c.Status
	c.Enrol.block(s)
	switch {
	case s.Problem != nil, c.Phase == Starting, c.Phase == Shut:
	case c.Unlocked() && s.Phase == Locked:
		c.shutOut(problem("meanwhile", "Minutes", int(s.Idle.Minutes())))
	case c.Unlocked() && s.Phase != Absent:
		if c.Phase != s.Phase {
			c.Phase = s.Phase
			c.changed()
		}
	case c.Phase == Locked:
		c.Unlock.follow()
	case c.Phase == Absent && s.Known && c.Founding.idle(): // founded by somebody else
		c.Phase = Locked
		c.changed()
	}
}

// discarded begins anew: there is no authority any more.
func (c *Console) discarded(now State) {
	c.Phase, c.Place = Absent, PlaceEnrol
	for _, part := range c.parts {
		part.reset()
	}
	c.Founding.reset()
	c.Unlock.reset()
	c.Status.take(now)
	c.Status.changed()
	c.changed()
}

// lost hears of every error: some of them mean more than that one thing failed.
func (c *Console) lost(err error) {
	switch {
	case errors.Is(err, ErrGone) && c.Phase != Starting && c.Phase != Shut:
		c.suspend()
		c.Phase, c.Problem, c.Gone = Shut, explain(err, "open.failed"), true
		c.changed()
	case c.Unlocked() && (errors.Is(err, ErrSession) || errors.Is(err, authority.ErrLocked)):
		c.shutOut(problem("meanwhile", "Minutes", int(c.Status.Idle.Minutes())))
	}
}

// shutOut locks the console because the service did.
func (c *Console) shutOut(why *Problem) {
	c.suspend()
	c.Phase = Locked
	c.Unlock.reset()
	c.Unlock.Notice = why
	c.Status.Refresh()
	c.changed()
}

func (c *Console) suspend() {
	c.Founding.suspend()
	for _, part := range c.parts {
		part.suspend()
	}
}

func (c *Console) refresh() {
	c.Identities.Refresh()
	c.Refresh()
}

// Refresh asks the service how it stands. It is called from time to time.
func (c *Console) Refresh() {
	if c.Phase != Starting && c.Phase != Shut {
		c.Status.Refresh()
	}
}

// CanLock reports whether locking now would leave nothing half-done.
func (c *Console) CanLock() bool {
	return c.Unlocked() && c.Enrol.Step != EnrolIssuing && !c.Enrol.Batch.Busy() && !c.Publish.Busy()
}

// Lock closes the vault, signs everybody off, and forgets what the screens showed.
func (c *Console) Lock() {
	if !c.CanLock() {
		return
	}
	c.Phase, c.Place, c.Notice = Locked, PlaceHome, nil
	c.routing.forget()
	for _, part := range c.parts {
		part.reset()
	}
	c.Founding.suspend()
	c.Unlock.reset()
	background(&c.model, func() (struct{}, error) { return struct{}{}, c.service.Lock() }, func(_ struct{}, err error) {
		c.Unlock.Problem = explain(err, "lock.failed")
		c.Status.Refresh()
		c.changed()
	})
	c.changed()
}
