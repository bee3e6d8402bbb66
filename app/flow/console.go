package flow

import "time"

// Phase is what the console can do at all.
type Phase int

// The phases.
const (
	Starting Phase = iota // looking for the authority
	Shut                  // there is one, and it cannot be opened
	Absent                // there is none yet
	Locked                // there is one, and its vault is closed
	Open                  // it is unlocked
)

// Console holds the view-models of all screens, and leads from one phase to the next.
//
//	starting ────▶ absent ──Founding──▶ open ◀──Unlock── locked ◀──── starting
//	   │  ▲                              │                 ▲
//	   ▼  │ Start                        └──────Lock───────┘
//	  shut
type Console struct {
	model
	safe Safe

	Phase      Phase
	Problem    *Problem // why it is shut
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
	Founder  Founder
	Safe     Safe
	Scanner  Scanner
	Save     Saver
	Packages string // folder for packages whose request came without a picture
}

// NewConsole returns a console that is to be started.
func NewConsole(p Parts) *Console {
	c := &Console{model: model{loop: p.Loop}, safe: p.Safe}
	c.Status = newStatus(p.Loop, p.Clock)
	c.Founding = newFounding(p.Loop, p.Founder, c.open)
	c.Unlock = newUnlock(p.Loop, p.Safe, c.open)
	c.Enrol = newEnrol(p)
	c.Identities = newIdentities(p.Loop, p.Clock)
	c.Enrol.OnChange(func() {
		if c.Enrol.Step == EnrolDone {
			c.refresh()
		}
	})
	return c
}

// Start looks for the authority. It is called once at first, and again after [Shut].
func (c *Console) Start() {
	if c.Phase != Starting && c.Phase != Shut {
		return
	}
	c.Phase, c.Problem = Starting, nil
	background(&c.model, c.safe.Open, func(a Authority, err error) {
		c.Problem = explain(err, "open.failed")
		switch {
		case err != nil:
			c.Phase = Shut
		case a == nil:
			c.Phase = Absent
		default:
			c.Phase = Locked
			c.Status.watch(a, true)
		}
		c.changed()
	})
	c.changed()
}

func (c *Console) open(a Authority) {
	c.Phase = Open
	c.Enrol.use(a)
	c.Identities.use(a)
	c.Status.watch(a, false)
	c.Identities.Refresh()
	c.changed()
}

func (c *Console) refresh() {
	c.Identities.Refresh()
	c.Status.Refresh()
}

// CanLock reports whether locking now would leave nothing half-done.
func (c *Console) CanLock() bool {
	return c.Phase == Open && c.Enrol.Step != EnrolIssuing
}

// Lock closes the vault and forgets what the screens showed.
func (c *Console) Lock() {
	if !c.CanLock() {
		return
	}
	c.Phase = Locked
	c.Enrol.use(nil)
	c.Identities.use(nil)
	c.Status.Locked = true
	background(&c.model, func() (struct{}, error) { return struct{}{}, c.safe.Lock() }, func(_ struct{}, err error) {
		c.Unlock.Problem = explain(err, "lock.failed")
		c.Status.Refresh()
		c.changed()
	})
	c.changed()
}
