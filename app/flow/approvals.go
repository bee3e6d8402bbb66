package flow

// Approver is what [Approvals] needs of the service.
type Approver interface{}

// Approvals is the view-model of the screen about what officers decide about.
type Approvals struct {
	model
	console *Console
	service Approver
}

func newApprovals(c *Console, p Parts) *Approvals {
	return &Approvals{model: model{loop: p.Loop}, console: c}
}

func (a *Approvals) suspend() {
	a.forget()
	a.service = nil
}

func (a *Approvals) resume(s Service) {
	a.service = s
	a.changed()
}

func (a *Approvals) reset() {
	a.suspend()
	a.changed()
}
