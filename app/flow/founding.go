package flow

import (
	"bytes"
	"strings"

	"marque/app/words"
	"marque/device/wire"
)

// FoundingStep is where the founding of an authority stands.
type FoundingStep int

// The steps, in order.
const (
	FoundingRealm  FoundingStep = iota // the name of the realm
	FoundingSecret                     // the passphrase of its vault
	FoundingBusy                       // making it
	FoundingWords                      // the realm exists, and its words are to be written down
)

// Founding is the view-model of the founding ceremony.
//
//	            ┌─────Back────┐ ┌──problem──┐
//	            ▼             │ ▼           │
//	realm ──SetRealm──▶ secret ──Found──▶ busy ──▶ words ──Finish──▶ open
type Founding struct {
	model
	service interface {
		Founder
		Overview
	}
	opened func(State)
	made   State

	Step    FoundingStep
	Realm   string
	Problem *Problem
}

func newFounding(loop Loop, service Service, opened func(State)) *Founding {
	return &Founding{model: model{loop: loop}, service: service, opened: opened}
}

// idle reports that nothing is being founded, and nothing was here.
func (f *Founding) idle() bool { return f.Step == FoundingRealm || f.Step == FoundingSecret }

// CheckRealm says why s cannot be the name of a realm; zero when it can, and the key founding.realm.empty when it is empty.
func (f *Founding) CheckRealm(s string) Text {
	switch s = strings.TrimSpace(s); {
	case s == "":
		return Say("founding.realm.empty")
	case s != strings.ToLower(s):
		return Say("founding.realm.case")
	case !strings.Contains(s, "."):
		return Say("founding.realm.dot")
	case wire.CheckSPID(s) != nil:
		return Say("founding.realm.bad")
	}
	return Text{}
}

// SetRealm takes the name of the realm, if it can be one, and goes on to the passphrase.
func (f *Founding) SetRealm(s string) {
	if f.Step != FoundingRealm || !f.CheckRealm(s).IsZero() {
		return
	}
	f.Realm, f.Step, f.Problem = strings.TrimSpace(s), FoundingSecret, nil
	f.changed()
}

// Back returns from the passphrase to the name of the realm.
func (f *Founding) Back() {
	if f.Step != FoundingSecret {
		return
	}
	f.Step, f.Problem = FoundingRealm, nil
	f.changed()
}

// CheckSecret says why a passphrase and its repetition will not do; zero when they will.
func (f *Founding) CheckSecret(passphrase, again []byte) Text { return checkSecret(passphrase, again) }

func checkSecret(passphrase, again []byte) Text {
	switch {
	case len(passphrase) < minPassphrase:
		return Say("founding.secret.short", "Least", minPassphrase)
	case len(passphrase) > maxPassphrase:
		return Say("founding.secret.long", "Most", maxPassphrase)
	case len(again) == 0:
		return Say("founding.secret.again")
	case !bytes.Equal(passphrase, again):
		return Say("founding.secret.differ")
	}
	return Text{}
}

// Found makes the authority. The passphrase is cleared.
func (f *Founding) Found(passphrase []byte) {
	if f.Step != FoundingSecret {
		clear(passphrase)
		return
	}
	f.Step, f.Problem = FoundingBusy, nil
	service, realm := f.service, f.Realm
	background(&f.model, func() (State, error) {
		defer clear(passphrase)
		if err := service.Found(realm, passphrase); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(made State, err error) {
		f.Step, f.made, f.Problem = FoundingWords, made, explain(err, "founding.failed")
		if err != nil {
			f.Step = FoundingSecret
		}
		f.changed()
	})
	f.changed()
}

// Words returns the eight words of the new realm.
func (f *Founding) Words() [words.Count]string {
	return words.Of(f.made.Authority.CoreHash[:])
}

// Finish leaves the ceremony for the authority that it made.
func (f *Founding) Finish() {
	if f.Step == FoundingWords {
		f.opened(f.made)
	}
}
