package flow

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"marque/app/ceremony"
	"marque/app/words"
	"marque/device/wire"
)

// FoundingStep is where the founding of an authority stands.
type FoundingStep int

// The steps, in order. A vault with a passphrase needs the second only, and those of cards if it has any.
const (
	FoundingRealm    FoundingStep = iota // the name of the realm
	FoundingVault                        // where its secret lives; for evaluation, the passphrase at once
	FoundingOfficers                     // who they are, and how many of them unlock
	FoundingTimes                        // how long keys and lists are good for
	FoundingNumbers                      // how many share cards there will be
	FoundingSecrets                      // everybody's passphrase, and the PIN
	FoundingBusy                         // making it
	FoundingShares                       // every card is handed out, and typed in again from paper
	FoundingDrill                        // cards give the master secret back
	FoundingRecord                       // the record is signed, and what must not stay is carried away
	FoundingWords                        // the realm exists, and its words are to be written down
)

// Founding is the view-model of the founding ceremony.
//
//	            ┌─────Back────┐           ┌──problem──┐
//	            ▼             │           ▼           │
//	realm ──SetRealm──▶ vault ──Found──▶ busy ──────▶ (words, or shares)
//	                      │                ▲
//	                   Further             │ EnterSecret: the last one
//	                      ▼                │
//	   (officers) ──▶ times ──▶ numbers ──▶ secrets
//
//	shares ──Card, all of them──▶ (drill) ──Card, as many as needed──▶ record ──Finish──▶ words ──Finish──▶ open
//
// From shares on the authority exists, and is open: when it is locked, or the program ends, the ceremony goes on after unlocking. Before,
// what was typed, but for passphrases, is kept as a draft.
type Founding struct {
	model
	cardTaker

	console *Console
	tools   Ceremony
	clock   func() time.Time
	from    FoundingStep // that led to busy
	secrets Secrets      // typed so far, at FoundingSecrets
	made    State

	Step     FoundingStep
	Plan     ceremony.Plan // as far as it was typed
	Officer  int           // whose passphrase is typed at FoundingSecrets; the PIN after the last
	Problem  *Problem
	Mistakes []ceremony.Mistake // of a ceremony file
	Resumed  bool               // it goes on from an earlier run
	Began    time.Time
	Notes    []Note // for the record, the newest first

	Chosen  Card    // that is asked for
	Sheets  []Sheet // papers that are still on this computer
	Carried string  // where the files were copied to; empty while they were not
}

// Note is a line for the record.
type Note struct {
	Time time.Time
	Text Text
}

// Card is one share card of the realm.
type Card struct {
	Purpose CardPurpose
	Index   int // from 1
	Total   int
	Seen    bool // it was typed in again from paper
}

func newFounding(c *Console, p Parts) *Founding {
	f := &Founding{model: model{loop: p.Loop}, console: c, tools: p.Ceremony, clock: p.Clock}
	f.begin()
	return f
}

// begin begins with what is usual.
func (f *Founding) begin() {
	f.Plan = *Evaluation("")
	if f.tools.TPM != "" {
		custodial(&f.Plan, f.tools.TPM)
	}
}

// reset begins anew.
func (f *Founding) reset() {
	f.suspend()
	f.Step, f.Officer, f.Problem, f.Mistakes, f.Resumed, f.Began, f.Notes, f.Sheets, f.Carried = FoundingRealm, 0, nil, nil, false, time.Time{}, nil, nil, ""
	f.begin()
}

// idle reports that nothing is being founded, and nothing was here.
func (f *Founding) idle() bool { return f.Step < FoundingBusy }

// Ahead reports whether the authority exists, and the ceremony is not at its end: it is shown instead of the screens.
func (f *Founding) Ahead() bool { return f.Step > FoundingBusy }

// Custodial reports whether officers and a TPM keep the secret.
func (f *Founding) Custodial() bool { return f.Plan.Vault.Kind == ceremony.VaultTPM }

// Steps returns the steps that this founding has, in order.
func (f *Founding) Steps() []FoundingStep {
	if f.Ahead() {
		return f.later()
	}
	steps := []FoundingStep{FoundingRealm, FoundingVault}
	at := f.at()
	if f.Custodial() {
		steps = append(steps, FoundingOfficers)
	}
	if f.Custodial() || at > FoundingVault {
		steps = append(steps, FoundingTimes, FoundingNumbers, FoundingSecrets)
	}
	if !f.Plan.Backup.None() || !f.Plan.Next.None() {
		steps = append(steps, FoundingShares)
		if !f.Plan.Backup.None() && !f.Plan.Waived {
			steps = append(steps, FoundingDrill)
		}
		steps = append(steps, FoundingRecord)
	} else if f.Custodial() {
		steps = append(steps, FoundingRecord)
	}
	return append(steps, FoundingWords)
}

// later returns the steps once the authority exists.
func (f *Founding) later() []FoundingStep {
	steps := []FoundingStep{FoundingRealm, FoundingVault}
	k := &f.console.Status.Custody
	if k.TPM {
		steps = append(steps, FoundingOfficers, FoundingTimes, FoundingNumbers, FoundingSecrets)
	}
	if k.Backup.Total+k.Next.Total > 0 {
		steps = append(steps, FoundingShares)
	}
	if k.Backup.Total > 0 && k.Drill != DrillWaived {
		steps = append(steps, FoundingDrill)
	}
	if k.TPM || k.Backup.Total+k.Next.Total > 0 {
		steps = append(steps, FoundingRecord)
	}
	return append(steps, FoundingWords)
}

// at is the step that is shown: while it is busy the one that led there.
func (f *Founding) at() FoundingStep {
	if f.Step == FoundingBusy {
		return f.from
	}
	return f.Step
}

// At returns the place of the present step among Steps.
func (f *Founding) At() int { return max(0, slices.Index(f.Steps(), f.at())) }

// lead leads to a step.
func (f *Founding) lead(to FoundingStep) {
	f.Step, f.Problem = to, nil
	f.keep()
	f.changed()
}

// next leads to the step after the present one.
func (f *Founding) next() {
	steps := f.Steps()
	f.lead(steps[min(f.At()+1, len(steps)-1)])
}

// Back returns to the step before, as long as nothing exists. What was typed secretly is forgotten.
func (f *Founding) Back() {
	if f.Step == FoundingRealm || f.Step >= FoundingBusy {
		return
	}
	if f.Step == FoundingSecrets && f.Officer > 0 {
		f.Officer = 0
		f.secrets.Clear()
		f.changed()
		return
	}
	f.secrets.Clear()
	f.lead(f.Steps()[f.At()-1])
}

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

// SetRealm takes the name of the realm, if it can be one, and goes on to where its secret lives.
func (f *Founding) SetRealm(s string) {
	if f.Step != FoundingRealm || !f.CheckRealm(s).IsZero() {
		return
	}
	if f.Began.IsZero() {
		f.Began = f.clock()
		f.note("ceremony.note.began")
	}
	f.Plan.Realm, f.Mistakes = strings.TrimSpace(s), nil
	f.lead(FoundingVault)
}

// Realm is the name that was taken.
func (f *Founding) Realm() string {
	if f.Ahead() {
		return f.console.Status.Now.Realm
	}
	return f.Plan.Realm
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

// Found makes the authority under a passphrase, as it was planned so far. The passphrase is cleared.
func (f *Founding) Found(passphrase []byte) {
	if f.Step != FoundingVault && f.Step != FoundingSecrets || f.Custodial() {
		clear(passphrase)
		return
	}
	f.make(&Secrets{Passphrase: passphrase})
}

// make makes it, and writes its papers. The secrets are cleared.
func (f *Founding) make(s *Secrets) {
	f.from = f.Step
	f.Step, f.Problem = FoundingBusy, nil
	work := founder{service: f.console.service, papers: f.tools.Papers, plan: f.Plan}
	background(&f.model, func() (State, error) {
		defer s.Clear()
		return work.found(s)
	}, f.founded)
	f.changed()
}

// founded goes on with what comes after the founding.
func (f *Founding) founded(made State, err error) {
	f.Officer = 0
	if err != nil {
		f.Step, f.Problem = f.from, explain(err, "founding.failed")
		f.changed()
		return
	}
	f.made = made
	f.Step = FoundingWords
	f.note("ceremony.note.founded")
	f.keep()
	f.console.open(made) // which goes on with what is left to do
}

// Words returns the eight words of the new realm.
func (f *Founding) Words() [words.Count]string { return words.Of(f.made.Authority.CoreHash[:]) }

// founder is one founding, away from the window.
type founder struct {
	service Service
	papers  Papers
	plan    ceremony.Plan
}

func (w *founder) found(s *Secrets) (State, error) {
	var prepared Preparation
	if w.needsPapers() {
		var err error
		if prepared, err = w.papers.Prepare(&w.plan); err != nil {
			return State{}, err
		}
		defer prepared.Erase()
		lockout, key := prepared.Secrets()
		s.Lockout, s.ApprovalKey = bytes.Clone(lockout), bytes.Clone(key)
	}
	made, err := w.service.Found(&w.plan, s)
	if err != nil {
		return State{}, err
	}
	if prepared != nil {
		if err := prepared.Write(made); err != nil {
			return State{}, joinLost(err, w.service.Discard()) // nothing was issued under it, and its cards are lost
		}
	}
	return w.service.State()
}

func (w *founder) needsPapers() bool {
	return w.papers != nil && (w.plan.Vault.Kind == ceremony.VaultTPM || !w.plan.Backup.None() || !w.plan.Next.None())
}
