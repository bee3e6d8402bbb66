package flow

// Revoker is what [Revoke] needs of the service.
type Revoker interface{}

// Revoke is the view-model of the screen about withdrawing identities.
type Revoke struct {
	model
	console *Console
	service Revoker
}

func newRevoke(c *Console, p Parts) *Revoke {
	return &Revoke{model: model{loop: p.Loop}, console: c}
}

func (r *Revoke) suspend() {
	r.forget()
	r.service = nil
}

func (r *Revoke) resume(s Service) {
	r.service = s
	r.changed()
}

func (r *Revoke) reset() {
	r.suspend()
	r.changed()
}
