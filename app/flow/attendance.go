package flow

import "slices"

// Attendance is the view-model of who is signed on while the authority is open: another officer comes, or one leaves.
//
//	         ┌────wrong────┐
//	         ▼             │
//	idle ──Enter, Leave──▶ busy ──▶ idle
type Attendance struct {
	model
	console *Console

	Busy    bool
	At      int // which officer is asked, or leaves
	Wrong   bool
	Problem *Problem
}

func newAttendance(c *Console, p Parts) *Attendance {
	return &Attendance{model: model{loop: p.Loop}, console: c}
}

func (p *Attendance) suspend() {
	p.forget()
	p.Busy = false
}

func (p *Attendance) resume(Service) {}

func (p *Attendance) reset() {
	p.suspend()
	p.At, p.Wrong, p.Problem = 0, false, nil
}

// Officers returns everybody who may sign on; nobody where a passphrase opens the vault.
func (p *Attendance) Officers() []Officer { return p.console.Status.Custody.Officers }

// Here reports whether an officer has signed on in this console.
func (p *Attendance) Here(o Officer) bool { return p.console.Unlock.Present(o) }

// Elsewhere reports whether an officer has signed on in another one only.
func (p *Attendance) Elsewhere(o Officer) bool { return !p.Here(o) && p.console.Status.present(o.Name) }

// Begin chooses the first officer who is not here.
func (p *Attendance) Begin() {
	p.Wrong, p.Problem = false, nil
	p.At = max(0, slices.IndexFunc(p.Officers(), func(o Officer) bool { return !p.Here(o) }))
}

// Chosen returns the officer who is chosen, nil when there is none.
func (p *Attendance) Chosen() *Officer {
	if all := p.Officers(); p.At < len(all) {
		return &all[p.At]
	}
	return nil
}

// Choose chooses an officer.
func (p *Attendance) Choose(i int) {
	if !p.Busy && i >= 0 && i < len(p.Officers()) && i != p.At {
		p.At, p.Wrong, p.Problem = i, false, nil
		p.changed()
	}
}

// Move chooses the officer that is so many further down, and begins anew after the last.
func (p *Attendance) Move(by int) {
	if n := len(p.Officers()); n > 0 {
		p.Choose(((p.At+by)%n + n) % n)
	}
}

// CanEnter reports whether the chosen officer can sign on.
func (p *Attendance) CanEnter() bool {
	o := p.Chosen()
	return o != nil && !p.Busy && !p.Here(*o) && p.console.Unlocked()
}

// Enter signs the chosen officer on, beside those who are. The passphrase is cleared.
func (p *Attendance) Enter(passphrase []byte) {
	if !p.CanEnter() {
		clear(passphrase)
		return
	}
	name := p.Chosen().Name
	p.do(func(s Service) error {
		defer clear(passphrase)
		return s.SignOn(name, passphrase)
	}, func() { p.console.Unlock.came(name) })
}

// CanLeave reports whether the chosen officer can sign off here. What is half-done is done by somebody.
func (p *Attendance) CanLeave() bool {
	o := p.Chosen()
	return o != nil && !p.Busy && p.Here(*o) && p.console.CanLock()
}

// Leave signs the chosen officer off. The last one leaves the authority open for others, and this console locked.
func (p *Attendance) Leave() {
	if !p.CanLeave() {
		return
	}
	name := p.Chosen().Name
	p.do(func(s Service) error { return s.Leave(name) }, func() {
		if p.console.Unlock.left(name) == 0 {
			p.console.shutOut(nil)
		}
	})
}

func (p *Attendance) do(what func(Service) error, done func()) {
	p.Busy, p.Wrong, p.Problem = true, false, nil
	service := p.console.service
	background(&p.model, func() (State, error) {
		if err := what(service); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) {
		p.Busy, p.Wrong, p.Problem = false, wrongSecret(err), explain(err, "presence.failed")
		if err == nil {
			p.console.Status.take(now)
			done()
			p.console.Status.changed()
		}
		p.changed()
	})
	p.changed()
}
