package flow

// Informer is what [About] needs of the service.
type Informer interface{}

// About is the view-model of the screen about the program.
type About struct {
	model
	console *Console
	service Informer
}

func newAbout(c *Console, p Parts) *About {
	return &About{model: model{loop: p.Loop}, console: c}
}

func (a *About) suspend() {
	a.forget()
	a.service = nil
}

func (a *About) resume(s Service) {
	a.service = s
	a.changed()
}

func (a *About) reset() {
	a.suspend()
	a.changed()
}
