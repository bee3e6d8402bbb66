package screen_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/app/screen"
)

// secrets returns what stands in fields for secrets.
func secrets(s *stage) (all []string) {
	for _, o := range s.objects() {
		if f, ok := o.(*screen.Field); ok && f.Password {
			all = append(all, f.Text)
		}
	}
	return all
}

// What somebody typed and left is gone when the vault locks itself, although the draft is kept.
func TestTypedSecretsDoNotOutlastALock(t *testing.T) {
	s := newStage(t, fleet(t), sizes[0], false)
	draft(s)
	s.console.Officers.Seal()
	s.typed("the passphrase")
	s.layOut()
	if got := secrets(s); len(got) == 0 || got[0] != "the passphrase" {
		t.Fatalf("%q", got)
	}
	s.altered(officers(func(s *flow.State) { s.Phase = flow.Locked }))
	s.altered(officers(func(s *flow.State) { s.Phase = flow.Open }))
	sign(s, 1)
	o := s.console.Officers
	if s.console.Place != flow.PlaceOfficers || o.Step != flow.OfficersDraft || len(o.Changes()) != 3 {
		t.Fatalf("%s, step %d, %v", s.console.Place, o.Step, o.Changes())
	}
	o.Seal()
	s.layOut()
	for _, secret := range secrets(s) {
		if secret != "" {
			t.Errorf("%q stands there", secret)
		}
	}
}

// A depot is registered and revoked, and a policy changed, without a mouse.
func TestPeopleByKeyboard(t *testing.T) {
	s := newStage(t, fleet(t), sizes[1], false)
	s.place.depots = yards()
	s.unlock()
	s.console.Open(flow.PlaceDepots)
	s.settle()
	s.scans(registration(s)) // whose own Enter confirms nothing
	s.settle()
	d := s.console.Depots
	if d.Step != flow.DepotsReview || len(d.All) != 4 {
		t.Fatalf("step %d, %d depots", d.Step, len(d.All))
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if len(d.All) != 5 || d.All[0].Name != "depot-sued" {
		t.Fatalf("%+v, %+v", d.All, d.Problem)
	}
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDelete} {
		s.key(key)
	}
	if d.Step != flow.DepotsRevoke || d.CanConfirm() {
		t.Fatalf("step %d", d.Step)
	}
	if s.key(fyne.KeyEscape); d.Step != flow.DepotsShown {
		t.Errorf("step %d", d.Step)
	}
	s.console.Open(flow.PlaceRealm)
	s.settle()
	s.typed("3 days")
	s.key(fyne.KeyReturn) // Enter alone changes nothing
	s.settle()
	r := s.console.Realm
	if r.Policy != flow.NotAsked {
		t.Errorf("%d", r.Policy)
	}
	s.control(fyne.KeyReturn)
	s.settle()
	if r.Policy != flow.Carried || r.Rules.Policy.Sequence != 2 {
		t.Errorf("%d, %+v, %q", r.Policy, r.Problem, r.Obstacle().Key)
	}
}
