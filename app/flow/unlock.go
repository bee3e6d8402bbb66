package flow

// Unlock is the view-model of the lock screen.
//
//	  ┌──────wrong──────┐
//	  ▼                 │
//	locked ───Open───▶ busy ───▶ open
//	  ▲                            │
//	  └────────────Lock────────────┘
type Unlock struct {
	model
	safe   Safe
	opened func(Authority)

	Busy    bool
	Problem *Problem
}

func newUnlock(loop Loop, safe Safe, opened func(Authority)) *Unlock {
	return &Unlock{model: model{loop: loop}, safe: safe, opened: opened}
}

// Open unlocks the vault. The passphrase is cleared.
func (u *Unlock) Open(passphrase []byte) {
	if u.Busy {
		clear(passphrase)
		return
	}
	u.Busy, u.Problem = true, nil
	background(&u.model, func() (Authority, error) {
		defer clear(passphrase)
		return u.safe.Unlock(passphrase)
	}, func(a Authority, err error) {
		u.Busy, u.Problem = false, explain(err, "unlock.failed")
		u.changed()
		if err == nil {
			u.opened(a)
		}
	})
	u.changed()
}
