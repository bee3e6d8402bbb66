package flow

import (
	"errors"
	"slices"
)

// Seconder signs an officer on for one thing. Beside calls do with a service that speaks for that officer beside those who are signed
// on, and signs the officer off again, however do ends; nobody else is signed off. It does not keep the passphrase. Errors: those of
// [Desk], without do having been called, and those of do.
type Seconder interface {
	Beside(officer string, passphrase []byte, do func(Service) error) error
}

// Second is a second officer beside the one who works here: who it is, and what came of their passphrase. It belongs to the view-model
// of a screen, for what takes two. The passphrase is typed for each thing anew, also by somebody who signed on in the morning: they have
// to be here now.
//
//	nobody chosen ──follow──▶ chosen ──Other, Choose──▶ chosen ──beside──▶ chosen, Wrong or not
type Second struct {
	console *Console
	name    string             // of who is chosen; empty for nobody
	may     func(Officer) bool // who can be chosen; nil for all that Officers says

	Wrong bool // the passphrase that was typed last is not theirs
}

func newSecond(c *Console) *Second { return &Second{console: c} }

// Exists reports whether there are officers here at all. Under a passphrase vault its holder does everything.
func (s *Second) Exists() bool { return len(s.console.Status.Custody.Officers) > 0 }

// Officers returns who can be the second: all security officers, but not the only one who signed on here, whose own passphrase would
// add nobody.
func (s *Second) Officers() []Officer {
	if s.may != nil {
		return slices.DeleteFunc(slices.Clone(s.console.Status.Custody.Officers), func(o Officer) bool { return !o.Role.Unlocks() || !s.may(o) })
	}
	here := s.Here()
	return slices.DeleteFunc(slices.Clone(s.console.Status.Custody.Officers), func(o Officer) bool {
		return !o.Role.Unlocks() || len(here) == 1 && here[0] == o.Name
	})
}

// Here returns the names of the security officers who signed on in this console.
func (s *Second) Here() (names []string) {
	for _, o := range s.console.Status.Custody.Officers {
		if o.Role.Unlocks() && s.console.Unlock.Present(o) {
			names = append(names, o.Name)
		}
	}
	return names
}

// Enough reports whether those who signed on here are as many as something takes. A proposal of theirs would not wait for anybody.
func (s *Second) Enough(needed int) bool {
	officers := s.console.Status.Custody.Officers
	all := 0
	for _, o := range officers {
		if o.Role.Unlocks() {
			all++
		}
	}
	return len(s.Here()) >= min(needed, all) // a realm of one officer works
}

// Index returns which of Officers is chosen: at first the last who signed on here, or else the first of all. It is -1 when there is
// nobody to be chosen.
func (s *Second) Index() int {
	all := s.Officers()
	at := func(name string) int { return slices.IndexFunc(all, func(o Officer) bool { return o.Name == name }) }
	if i := at(s.name); i >= 0 {
		return i
	}
	if here := s.Here(); len(here) > 1 {
		return at(here[len(here)-1])
	}
	return min(0, len(all)-1)
}

// Name is the name of who is chosen; empty for nobody.
func (s *Second) Name() string {
	if i := s.Index(); i >= 0 {
		return s.Officers()[i].Name
	}
	return ""
}

// Choose chooses one of Officers.
func (s *Second) Choose(i int) {
	if all := s.Officers(); i >= 0 && i < len(all) {
		s.name, s.Wrong = all[i].Name, false
	}
}

// Other chooses the officer that is so many further down, and begins anew after the last.
func (s *Second) Other(by int) {
	if n := len(s.Officers()); n > 0 {
		s.Choose(((s.Index()+by)%n + n) % n)
	}
}

func (s *Second) reset() { s.name, s.Wrong = "", false }

// beside does something elsewhere, with the officer who is chosen beside those who are signed on; without a passphrase with those alone.
// The passphrase is cleared. If it is wrong, nothing was done, and s says so when done is called.
func beside[T any](m *model, s *Second, passphrase []byte, do func(Service) (T, error), done func(T, error)) {
	s.Wrong = false
	name, service := s.Name(), s.console.service
	background(m, func() (result T, err error) {
		defer clear(passphrase)
		if len(passphrase) == 0 {
			return do(service)
		}
		err = service.Beside(name, passphrase, func(both Service) (err error) {
			result, err = do(both)
			return err
		})
		return result, err
	}, func(result T, err error) {
		s.Wrong = errors.Is(err, ErrOfficerPassphrase)
		done(result, err)
	})
}
