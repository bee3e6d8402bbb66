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

	Phase      Phase
	Dir        string   // the authority's folder
	Problem    *Problem // why it is shut
	Gone       bool     // it is shut because a service that was there is gone
	Status     *Status
	Founding   *Founding
	Unlock     *Unlock
	Enrol      *Enrol
	Identities *Identities
}

// Parts is what the program joins to a console.
type Parts struct {
	Loop     Loop
	Clock    func() time.Time
	Service  Service
	Dir      string // the authority's folder, absolute
	Scanner  Scanner
	Save     Saver
	Packages string // folder for packages whose request came without a picture
}

// NewConsole returns a console that is to be started.
func NewConsole(p Parts) *Console {
	c := &Console{model: model{loop: p.Loop}, service: p.Service, Dir: p.Dir}
	c.Status = newStatus(p.Loop, p.Clock, p.Service)
	c.Founding = newFounding(p.Loop, p.Service, c.open)
	c.Unlock = newUnlock(p.Loop, p.Service, c.Status, c.open)
	c.Enrol = newEnrol(p)
	c.Identities = newIdentities(p.Loop, p.Clock)
	for _, m := range []*model{&c.model, &c.Status.model, &c.Founding.model, &c.Unlock.model, &c.Enrol.model, &c.Identities.model} {
		m.failed = c.lost
	}
	c.Status.OnChange(c.follow)
	c.Enrol.OnChange(func() {
		if c.Enrol.Step == EnrolDone {
			c.refresh()
		}
	})
	return c
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
		c.Enrol.resume(c.service)
		c.Identities.resume(c.service)
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
	c.Enrol.suspend()
	c.Identities.suspend()
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
	return c.Unlocked() && c.Enrol.Step != EnrolIssuing
}

// Lock closes the vault, signs everybody off, and forgets what the screens showed.
func (c *Console) Lock() {
	if !c.CanLock() {
		return
	}
	c.Phase = Locked
	c.Enrol.reset()
	c.Identities.reset()
	c.Unlock.reset()
	background(&c.model, func() (struct{}, error) { return struct{}{}, c.service.Lock() }, func(_ struct{}, err error) {
		c.Unlock.Problem = explain(err, "lock.failed")
		c.Status.Refresh()
		c.changed()
	})
	c.changed()
}
