package flow

// Appointer is what [Officers] needs of the service.
type Appointer interface{}

// Officers is the view-model of the screen about who may do what.
type Officers struct {
	model
	console *Console
	service Appointer
}

func newOfficers(c *Console, p Parts) *Officers {
	return &Officers{model: model{loop: p.Loop}, console: c}
}

func (o *Officers) suspend() {
	o.forget()
	o.service = nil
}

func (o *Officers) resume(s Service) {
	o.service = s
	o.changed()
}

func (o *Officers) reset() {
	o.suspend()
	o.changed()
}
