package flow

// Governor is what [Realm] needs of the service.
type Governor interface{}

// Realm is the view-model of the screen about the realm and its policy.
type Realm struct {
	model
	console *Console
	service Governor
}

func newRealm(c *Console, p Parts) *Realm {
	return &Realm{model: model{loop: p.Loop}, console: c}
}

func (r *Realm) suspend() {
	r.forget()
	r.service = nil
}

func (r *Realm) resume(s Service) {
	r.service = s
	r.changed()
}

func (r *Realm) reset() {
	r.suspend()
	r.changed()
}
