package flow

// Publisher is what [Publish] needs of the service.
type Publisher interface{}

// Publish is the view-model of the screen about signing a list and carrying it out.
type Publish struct {
	model
	console *Console
	service Publisher
}

func newPublish(c *Console, p Parts) *Publish {
	return &Publish{model: model{loop: p.Loop}, console: c}
}

func (p *Publish) suspend() {
	p.forget()
	p.service = nil
}

func (p *Publish) resume(s Service) {
	p.service = s
	p.changed()
}

func (p *Publish) reset() {
	p.suspend()
	p.changed()
}
