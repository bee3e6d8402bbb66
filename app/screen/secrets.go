package screen

import (
	"strings"

	"marque/app/flow"
)

// shortestCode is the length from which on something in a secret is taken for a code.
const shortestCode = 12

// holdsCode reports whether what stands where a secret is asked for ends with a code: a hand scanner typed it. Wrong secrets are counted,
// and few of them lock the TPM, so that this is not tried.
func holdsCode(secret string) bool {
	for _, begins := range []string{"MQ1", "//"} {
		if i := strings.LastIndex(strings.ToUpper(secret), begins); i >= 0 && len(secret)-i >= shortestCode && flow.SortOf(secret[i:]) != flow.SortUnknown {
			return true
		}
	}
	return false
}

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
