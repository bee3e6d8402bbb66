package flow

import (
	"errors"
	"slices"
)

// Asks is what the lock screen wants to be typed.
type Asks int

// What there is to be typed.
const (
	AsksPassphrase Asks = iota // that of the vault
	AsksOfficer                // the passphrase of the officer of Chosen
	AsksPIN
)

// Unlock is the view-model of the lock screen.
//
// A vault with a passphrase:
//
//	  ┌──────wrong──────┐
//	  ▼                 │
//	locked ──Enter───▶ busy ───▶ open
//
// A vault with officers, where SignOff leads back to the first:
//
//	   ┌─wrong, or more are needed─┐        ┌───problem───┐
//	   ▼                           │        ▼             │
//	officer ──Enter (sign on)──▶ busy ──▶ PIN ──Enter──▶ busy ──▶ open
//	   ▲                           │        │
//	   └────────────Other──────────┼────────┘
//	                               └──────▶ open, when the vault is open already
type Unlock struct {
	model
	service interface {
		Safe
		Desk
		Overview
	}
	status *Status
	opened func(State)

	here []string // names of those who signed on in this console

	Busy    bool
	Chosen  int      // index of the officer whose passphrase is asked for; negative for the PIN
	Problem *Problem // of the last try
	Wrong   bool     // the problem is what was typed
	Notice  *Problem // why it was locked
}

func newUnlock(loop Loop, service Service, status *Status, opened func(State)) *Unlock {
	return &Unlock{model: model{loop: loop}, service: service, status: status, opened: opened, Chosen: -1}
}

// reset begins anew: nobody has signed on here.
func (u *Unlock) reset() {
	u.forget()
	u.here, u.Busy, u.Problem, u.Wrong, u.Notice = nil, false, nil, false, nil
	u.Chosen = u.missing(-1)
}

// follow brings it in step with the status: sessions end when they are idle, and officers change.
func (u *Unlock) follow() {
	n := len(u.here)
	u.here = slices.DeleteFunc(u.here, func(name string) bool { return !u.status.present(name) })
	if len(u.here) < n || u.Chosen >= len(u.Officers()) || u.Chosen < 0 && u.Asks() == AsksOfficer {
		u.Chosen = u.missing(-1)
	}
	u.changed()
}

// Officers returns everybody who may sign on; nobody where a passphrase opens the vault.
func (u *Unlock) Officers() []Officer { return u.status.Custody.Officers }

// Present reports whether an officer has signed on here.
func (u *Unlock) Present(o Officer) bool { return slices.Contains(u.here, o.Name) }

// Count returns how many security officers have signed on here, and how many unlock.
func (u *Unlock) Count() (present, needed int) {
	return u.status.Custody.quorum(u.here), u.status.Custody.Needed
}

// OpenElsewhere reports that somebody else has the vault open: who signs on can work at once.
func (u *Unlock) OpenElsewhere() bool {
	return u.status.Known && (u.status.Phase == Open || u.status.Phase == ReadOnly)
}

// Asks says what is to be typed.
func (u *Unlock) Asks() Asks {
	switch present, needed := u.Count(); {
	case len(u.Officers()) == 0:
		return AsksPassphrase
	case u.Chosen >= 0 || present < needed || u.OpenElsewhere():
		return AsksOfficer
	}
	return AsksPIN
}

// missing returns the next officer after i who has not signed on, security officers first while they are needed; -1 for the PIN.
func (u *Unlock) missing(after int) int {
	all := u.Officers()
	present, needed := u.Count()
	if present >= needed && !u.OpenElsewhere() {
		return -1
	}
	for i := range all {
		at := (after + 1 + i) % len(all)
		if !u.Present(all[at]) && (all[at].Role.Unlocks() || u.OpenElsewhere()) {
			return at
		}
	}
	return -1
}

// Choose asks for the passphrase of an officer who has not signed on yet.
func (u *Unlock) Choose(i int) {
	all := u.Officers()
	if u.Busy || i < 0 || i >= len(all) || u.Present(all[i]) {
		return
	}
	u.Chosen, u.Problem, u.Wrong = i, nil, false
	u.changed()
}

// Other asks for the passphrase of the next officer who has not signed on, whatever their role. From the last of them it leads to
// the PIN, when enough have.
func (u *Unlock) Other(by int) {
	all := u.Officers()
	if u.Busy || len(all) == 0 {
		return
	}
	present, needed := u.Count()
	places := len(all)
	if present >= needed && !u.OpenElsewhere() {
		places++ // the last place is the PIN's
	}
	at := u.Chosen
	if at < 0 {
		at = len(all)
	}
	for range places {
		at = ((at+by)%places + places) % places
		if at == len(all) || !u.Present(all[at]) {
			break
		}
	}
	if at == len(all) {
		at = -1
	}
	u.Chosen, u.Problem, u.Wrong = at, nil, false
	u.changed()
}

// Enter takes what is asked for: it signs an officer on, or unlocks. The secret is cleared.
func (u *Unlock) Enter(secret []byte) {
	if u.Busy || u.Asks() == AsksOfficer && u.Chosen < 0 {
		clear(secret)
		return
	}
	u.Busy, u.Problem, u.Wrong, u.Notice = true, nil, false, nil
	service, officer := u.service, ""
	do := service.Unlock
	if u.Asks() == AsksOfficer {
		officer = u.Officers()[u.Chosen].Name
		do = func(secret []byte) error { return service.SignOn(officer, secret) }
	}
	background(&u.model, func() (State, error) {
		defer clear(secret)
		if err := do(secret); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) { u.entered(officer, now, err) })
	u.changed()
}

func (u *Unlock) entered(officer string, now State, err error) {
	u.Busy, u.Problem = false, explain(err, "unlock.failed")
	u.Wrong = wrongSecret(err)
	if err != nil {
		if errors.Is(err, ErrSession) || errors.Is(err, ErrQuorum) || errors.Is(err, ErrOtherOfficers) { // sign on again
			u.here, u.Chosen = nil, 0
			u.Chosen = u.missing(-1)
		}
		u.status.Refresh() // tries left, and whether the TPM is locked
		u.changed()
		return
	}
	if officer != "" {
		u.came(officer)
	}
	u.status.take(now)
	if now.Phase == Locked {
		u.Chosen = u.missing(u.Chosen)
		u.status.changed()
		u.changed()
		return
	}
	u.changed()
	u.opened(now)
}

// SignOff signs everybody off who has signed on here.
func (u *Unlock) SignOff() {
	if u.Busy || len(u.here) == 0 {
		return
	}
	u.reset()
	background(&u.model, func() (struct{}, error) { return struct{}{}, u.service.SignOff() }, func(_ struct{}, err error) {
		u.Problem = explain(err, "signoff.failed")
		u.changed()
	})
	u.changed()
}

// came notes that an officer signed on here.
func (u *Unlock) came(name string) {
	if !slices.Contains(u.here, name) {
		u.here = append(u.here, name)
	}
}

// left notes that an officer signed off here, and returns how many are left.
func (u *Unlock) left(name string) int {
	u.here = slices.DeleteFunc(u.here, func(n string) bool { return n == name })
	return len(u.here)
}

// CanSignOff reports whether somebody has signed on here.
func (u *Unlock) CanSignOff() bool { return len(u.here) > 0 && !u.Busy }

// Obstacle says why the vault would not open now, whatever is typed: what the TPM tells of itself. Nil when nothing stands against it.
func (u *Unlock) Obstacle() *Problem {
	c := &u.status.Custody
	if !u.status.Known || !c.TPM || u.OpenElsewhere() {
		return nil
	}
	switch chip := c.Chip; {
	case chip == nil:
		return problem("silent")
	case chip.LockedOut:
		return problem("lockedout", "Until", chip.Until)
	case chip.Changed != "":
		return problem("platform")
	}
	return nil
}
