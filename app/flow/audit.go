package flow

// Logbook is what [Audit] needs of the service.
type Logbook interface{}

// Audit is the view-model of the screen about the log.
type Audit struct {
	model
	console *Console
	service Logbook
}

func newAudit(c *Console, p Parts) *Audit {
	return &Audit{model: model{loop: p.Loop}, console: c}
}

func (a *Audit) suspend() {
	a.forget()
	a.service = nil
}

func (a *Audit) resume(s Service) {
	a.service = s
	a.changed()
}

func (a *Audit) reset() {
	a.suspend()
	a.changed()
}
