package flow

// DepotRegister is what [Depots] needs of the service.
type DepotRegister interface{}

// Depots is the view-model of the screen about depots and what they hand over.
type Depots struct {
	model
	console *Console
	service DepotRegister
}

func newDepots(c *Console, p Parts) *Depots {
	return &Depots{model: model{loop: p.Loop}, console: c}
}

func (d *Depots) suspend() {
	d.forget()
	d.service = nil
}

func (d *Depots) resume(s Service) {
	d.service = s
	d.changed()
}

func (d *Depots) reset() {
	d.suspend()
	d.changed()
}
