package screen

// keeper is a view or a pane with fields for secrets. What was typed there and left is forgotten when it is no longer shown: the next
// one before the window may be somebody else.
type keeper interface{ forget() }

// forget empties the secret fields of what is a keeper.
func forget(what any) {
	if k, ok := what.(keeper); ok {
		k.forget()
	}
}

func (v *revokeView) forget() { v.second.clear() }

func (v *approvalsView) forget() { v.second.clear() }

func (v *realmView) forget() { v.second.clear() }

func (v *depotsView) forget() { v.second.clear() }

func (v *lockView) forget() { v.secret.Forget() }

func (p *presencePane) forget() { p.secret.Forget() }

func (v *officersView) forget() {
	for _, f := range []*Field{v.from, v.first, v.again} {
		f.Forget()
	}
	v.seal.clear()
}

func (v *backupView) forget() {
	v.secret.Forget()
	v.second.clear()
	v.typing.clear()
}
