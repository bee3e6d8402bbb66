package flow

// Overviewer is what [Home] needs of the service.
type Overviewer interface{}

// Home is the view-model of the screen about what needs somebody.
type Home struct {
	model
	console *Console
	service Overviewer
}

func newHome(c *Console, p Parts) *Home {
	return &Home{model: model{loop: p.Loop}, console: c}
}

func (h *Home) suspend() {
	h.forget()
	h.service = nil
}

func (h *Home) resume(s Service) {
	h.service = s
	h.changed()
}

func (h *Home) reset() {
	h.suspend()
	h.changed()
}
