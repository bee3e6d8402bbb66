package flow

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"marque/authority"
)

// Appointer is what [Officers] needs of the service. It keeps no secret.
type Appointer interface {
	ChangePassphrase(officer string, from, to []byte) error
	ChangeOfficers(change OfficersChange) error
}

// OfficersChange is who is an officer from now on.
type OfficersChange struct {
	Needed      int // security officers who unlock
	Officers    []Appointment
	PIN         []byte
	NewPIN      []byte // nil keeps the PIN
	ApprovalKey []byte // PKCS #8 in PEM
}

// Appointment is one of them.
type Appointment struct {
	Name       string
	Role       Role
	Passphrase []byte // nil for somebody who stays and keeps theirs
}

func (c *OfficersChange) clear() {
	clear(c.PIN)
	clear(c.NewPIN)
	clear(c.ApprovalKey)
	for _, o := range c.Officers {
		clear(o.Passphrase)
	}
}

// KeyReader reads the file of a secret key, from the medium that it is kept on. The caller clears it. Error: [ErrNoFile].
type KeyReader func(path string) ([]byte, error)

// OfficersStep is what is being done about the officers.
type OfficersStep int

// The steps.
const (
	OfficersShown      OfficersStep = iota
	OfficersPassphrase              // the selected one types the passphrase, and a new one
	OfficersDraft                   // who is an officer from now on is being put together
	OfficersSeal                    // passphrases of those who are new, the PIN, the approval key
)

// Officers is the view-model of the screen about who may do what.
//
//	shown ──Passphrase──▶ passphrase ──ChangePassphrase──▶ shown, and Changed says whose it was
//	  │
//	  └──Change──▶ draft ──Seal──▶ seal ──Commit──▶ locked: everybody signs on again
//	                 ▲──────Back────┘
//
// Leave leads back to the first from everywhere.
type Officers struct {
	model
	console *Console
	service Appointer
	readKey KeyReader

	Step     OfficersStep
	Busy     bool
	Problem  *Problem // of the last try
	Wrong    bool     // the problem is a secret that was typed
	Changed  string   // whose passphrase was changed last; empty for nobody's
	Second   *Second  // who is here for the change, and did not sign on
	Selected int      // index of the row, negative for none
	Needed   int      // of the draft: security officers who unlock
	People   []Person // of the draft: who is an officer, and who was
}

// Person is what becomes of somebody.
type Person struct {
	Name string
	Role Role // from now on, or at last
	Was  Role // of somebody who is an officer already
	Fate Fate
}

// Fate is what a draft makes of somebody.
type Fate int

// The fates.
const (
	Stays     Fate = iota
	Anew           // stays, with another passphrase and key
	Appointed      // was no officer
	Dismissed
)

func newOfficers(c *Console, p Parts) *Officers {
	return &Officers{model: model{loop: p.Loop}, console: c, readKey: p.ReadKey, Second: newSecond(c), Selected: -1}
}

// suspend keeps the draft, and asks for its secrets again.
func (o *Officers) suspend() {
	o.forget()
	o.service, o.Busy = nil, false
	switch o.Step {
	case OfficersPassphrase:
		o.Step = OfficersShown
	case OfficersSeal:
		o.Step = OfficersDraft
	case OfficersShown, OfficersDraft:
	}
}

func (o *Officers) resume(s Service) {
	o.service = s
	o.changed()
}

// reset begins anew, for somebody else perhaps.
func (o *Officers) reset() {
	o.suspend()
	o.Step, o.Problem, o.Wrong, o.Changed, o.Selected, o.People, o.Needed = OfficersShown, nil, false, "", -1, nil, 0
	o.Second.reset()
	o.changed()
}

// All returns today's officers; nobody where a passphrase opens the vault.
func (o *Officers) All() []Officer { return o.console.Status.Custody.Officers }

// Unlocks returns how many of the security officers unlock, and how many of them there are.
func (o *Officers) Unlocks() (needed, total int) {
	for _, one := range o.All() {
		if one.Role.Unlocks() {
			total++
		}
	}
	return o.console.Status.Custody.Needed, total
}

// Presence is where an officer has signed on.
type Presence int

// The places.
const (
	Away      Presence = iota
	Elsewhere          // with another program
	Here               // in this console
)

// Presence says where an officer has signed on.
func (o *Officers) Presence(name string) Presence {
	switch {
	case slices.Contains(o.console.Unlock.here, name):
		return Here
	case slices.Contains(o.console.Status.Custody.Present, name):
		return Elsewhere
	}
	return Away
}

// Rows is how many rows there are: of officers, or of the draft.
func (o *Officers) Rows() int {
	if o.drafting() {
		return len(o.People)
	}
	return len(o.All())
}

func (o *Officers) drafting() bool { return o.Step == OfficersDraft || o.Step == OfficersSeal }

// Select selects a row.
func (o *Officers) Select(row int) {
	if row >= 0 && row < o.Rows() && row != o.Selected {
		o.Selected = row
		o.changed()
	}
}

// Chosen returns the officer of the selected row, nil when there is none, or when they are not one yet.
func (o *Officers) Chosen() *Officer {
	all := o.All()
	if o.drafting() || o.Selected < 0 || o.Selected >= len(all) {
		return nil
	}
	return &all[o.Selected]
}

// Leave leaves a passphrase or a draft as it was. It does nothing while the service is at work.
func (o *Officers) Leave() {
	if o.Busy || o.Step == OfficersShown {
		return
	}
	o.Step, o.Problem, o.Wrong, o.People, o.Selected = OfficersShown, nil, false, nil, -1
	o.changed()
}

// Passphrase asks the selected officer for another passphrase.
func (o *Officers) Passphrase() {
	if o.Step == OfficersShown && o.Chosen() != nil {
		o.Step, o.Problem, o.Wrong, o.Changed = OfficersPassphrase, nil, false, ""
		o.changed()
	}
}

// Fresh is a new passphrase, typed twice.
type Fresh struct{ First, Again []byte }

func (f *Fresh) clear() {
	clear(f.First)
	clear(f.Again)
}

// check says what is wrong with it, nil for nothing.
func (f *Fresh) check(name string) *Problem {
	switch {
	case !bytes.Equal(f.First, f.Again):
		return problem("differ", "Name", name)
	case len(f.First) < minPassphrase || len(f.First) > maxPassphrase:
		return problem("weak")
	}
	return nil
}

// ChangePassphrase gives the selected officer another passphrase. All secrets are cleared.
func (o *Officers) ChangePassphrase(from []byte, to Fresh) {
	chosen := o.Chosen()
	if o.Step != OfficersPassphrase || o.Busy || o.service == nil || chosen == nil {
		clear(from)
		to.clear()
		return
	}
	if p := to.check(chosen.Name); p != nil {
		clear(from)
		to.clear()
		o.Problem, o.Wrong = p, true
		o.changed()
		return
	}
	o.Busy, o.Problem, o.Wrong = true, nil, false
	service, name := o.service, chosen.Name
	background(&o.model, func() (struct{}, error) {
		defer to.clear()
		defer clear(from)
		return struct{}{}, service.ChangePassphrase(name, from, to.First)
	}, func(_ struct{}, err error) {
		o.Busy, o.Problem, o.Wrong = false, explain(err, "officers.passphrase.failed"), wrongSecret(err)
		if err == nil {
			o.Step, o.Changed = OfficersShown, name
		}
		o.changed()
	})
	o.changed()
}

// Blocked says why the officers cannot be changed now, nil when they can.
func (o *Officers) Blocked() *Problem {
	s := o.console.Status
	switch {
	case !s.Custody.TPM:
		return problem("noofficers")
	case s.Custody.ReadOnly != Changeable:
		return s.ReadOnly()
	case s.Custody.Chip == nil:
		return problem("silent")
	}
	if present, needed := len(o.Second.Here()), o.Deciders(); present == 0 || present < needed-1 { // one more can be beside them
		return problem("together", "Present", present, "Needed", needed)
	}
	return nil
}

// Deciders is how many security officers decide about a change: all of them are here, and at most one of them has not signed on.
func (o *Officers) Deciders() int {
	needed, total := o.Unlocks()
	return max(needed, min(2, total))
}

// NeedsSecond reports whether one officer more is needed than have signed on here.
func (o *Officers) NeedsSecond() bool { return len(o.Second.Here()) < o.Deciders() }

// Change begins a draft with those who are officers now.
func (o *Officers) Change() {
	if o.Step != OfficersShown || o.Blocked() != nil {
		return
	}
	o.Step, o.Problem, o.Changed, o.People = OfficersDraft, nil, "", nil
	o.Needed, _ = o.Unlocks()
	for _, one := range o.All() {
		o.People = append(o.People, Person{Name: one.Name, Role: one.Role, Was: one.Role})
	}
	o.Selected = min(max(o.Selected, 0), len(o.People)-1)
	o.changed()
}

// person returns who the selected row of the draft is about, nil for nobody.
func (o *Officers) person() *Person {
	if o.Step != OfficersDraft || o.Selected < 0 || o.Selected >= len(o.People) {
		return nil
	}
	return &o.People[o.Selected]
}

// Person returns who the selected row of the draft is about, nil for nobody.
func (o *Officers) Person() *Person { return o.person() }

// Appoint adds somebody to the draft, who is then selected. It reports whether the name can be one.
func (o *Officers) Appoint(name string) bool {
	name = strings.TrimSpace(name)
	if o.Step != OfficersDraft {
		return false
	}
	if !nameable(name) || slices.ContainsFunc(o.People, func(p Person) bool { return strings.EqualFold(p.Name, name) }) {
		o.Problem = problem("officername")
		o.changed()
		return false
	}
	o.People = append(o.People, Person{Name: name, Role: SecurityOfficer, Fate: Appointed})
	o.Selected, o.Problem = len(o.People)-1, nil
	o.changed()
	return true
}

// nameable reports whether an officer can have the name.
func nameable(name string) bool {
	printable := func(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) }
	return name != "" && len(name) <= maxOfficerName && strings.IndexFunc(name, func(r rune) bool { return !printable(r) }) < 0
}

// Dismiss dismisses the selected person, or has them stay after all. Somebody who was only about to be appointed is gone.
func (o *Officers) Dismiss() {
	p := o.person()
	if p == nil {
		return
	}
	switch p.Fate {
	case Appointed:
		o.People = slices.Delete(o.People, o.Selected, o.Selected+1)
		o.Selected = min(o.Selected, len(o.People)-1)
	case Dismissed:
		p.Fate = Stays
	case Stays, Anew:
		p.Fate, p.Role = Dismissed, p.Was
	}
	o.clamp()
}

// Renew gives the selected person another passphrase, which they choose, or keeps the one they have after all.
func (o *Officers) Renew() {
	p := o.person()
	switch {
	case p == nil:
		return
	case p.Fate == Stays:
		p.Fate = Anew
	case p.Fate == Anew:
		p.Fate = Stays
	}
	o.changed()
}

// officerRoles are all, in the order of [Officers.Turn].
var officerRoles = []Role{SecurityOfficer, DepotOperator, BothRoles, Auditor}

// Turn gives the selected person the next role, or the one before.
func (o *Officers) Turn(by int) {
	p := o.person()
	if p == nil || p.Fate == Dismissed {
		return
	}
	at := slices.Index(officerRoles, p.Role) + by + len(officerRoles)
	p.Role = officerRoles[at%len(officerRoles)]
	o.clamp()
}

// SetRole gives the selected person a role.
func (o *Officers) SetRole(r Role) {
	if p := o.person(); p != nil && p.Fate != Dismissed {
		p.Role = r
		o.clamp()
	}
}

// SetNeeded says how many of the security officers unlock from now on.
func (o *Officers) SetNeeded(n int) {
	if o.Step == OfficersDraft {
		o.Needed = n
		o.clamp()
	}
}

// clamp keeps how many unlock between one and all.
func (o *Officers) clamp() {
	o.Needed = max(1, min(o.Needed, o.Security()))
	o.Problem = nil
	o.changed()
}

// Security is how many security officers the draft has.
func (o *Officers) Security() (n int) {
	for _, p := range o.People {
		if p.Fate != Dismissed && p.Role.Unlocks() {
			n++
		}
	}
	return n
}

// Changes says what the draft changes, a line for each.
func (o *Officers) Changes() (lines []Text) {
	for _, p := range o.People {
		role := "role." + string('0'+rune(p.Role))
		switch p.Fate {
		case Appointed:
			lines = append(lines, Say("officers.appoint", "Name", p.Name, "Role", Say(role)))
		case Dismissed:
			lines = append(lines, Say("officers.dismiss", "Name", p.Name))
		case Stays, Anew:
			if p.Role != p.Was {
				lines = append(lines, Say("officers.role", "Name", p.Name, "Role", Say(role)))
			}
			if p.Fate == Anew {
				lines = append(lines, Say("officers.anew", "Name", p.Name))
			}
		}
	}
	if was, _ := o.Unlocks(); o.drafting() && was != o.Needed {
		lines = append(lines, Say("officers.needed", "Was", was, "Needed", o.Needed))
	}
	return lines
}

// Obstacle says why the draft cannot be sealed; zero when it can.
func (o *Officers) Obstacle() Text {
	_, total := o.Unlocks()
	switch left := o.Security(); {
	case len(o.Changes()) == 0:
		return Say("officers.nothing")
	case left == 0:
		return Say("officers.nosecurity")
	case left < min(2, total):
		return Say("officers.toofew")
	}
	return Text{}
}

// Seal goes on to the secrets that the change takes. The vault is sealed anew in any case, so that old copies of it open no more.
func (o *Officers) Seal() {
	if o.Step == OfficersDraft && o.Obstacle().IsZero() {
		o.Step, o.Problem = OfficersSeal, nil
		o.changed()
	}
}

// Back goes back from the secrets to the draft.
func (o *Officers) Back() {
	if o.Step == OfficersSeal && !o.Busy {
		o.Step, o.Problem, o.Wrong = OfficersDraft, nil, false
		o.changed()
	}
}

// Newcomers returns the names of those who need a new passphrase.
func (o *Officers) Newcomers() (names []string) {
	for _, p := range o.People {
		if p.Fate == Appointed || p.Fate == Anew {
			names = append(names, p.Name)
		}
	}
	return names
}

// SealSecrets is what a change of officers takes. Commit clears it.
type SealSecrets struct {
	Passphrases []Fresh // of [Officers.Newcomers], in that order
	Second      []byte  // passphrase of the second officer, if one is needed
	PIN         []byte
	NewPIN      Fresh  // empty keeps the PIN
	KeyFile     string // path of the approval key
}

func (s *SealSecrets) clear() {
	for i := range s.Passphrases {
		s.Passphrases[i].clear()
	}
	clear(s.Second)
	clear(s.PIN)
	s.NewPIN.clear()
}

// check says what is wrong with the secrets before anything is done, nil for nothing.
func (s *SealSecrets) check(names []string) *Problem {
	if len(s.Passphrases) != len(names) {
		return problem("weak")
	}
	for i := range s.Passphrases {
		if p := s.Passphrases[i].check(names[i]); p != nil {
			return p
		}
	}
	if !bytes.Equal(s.NewPIN.First, s.NewPIN.Again) {
		return problem("differpin")
	}
	return nil
}

// Commit appoints the officers of the draft. Everybody signs on again afterwards.
func (o *Officers) Commit(s SealSecrets) {
	if o.Step != OfficersSeal || o.Busy || o.service == nil {
		s.clear()
		return
	}
	p := s.check(o.Newcomers())
	if p == nil && o.NeedsSecond() && len(s.Second) == 0 {
		p = problem("together", "Present", len(o.Second.Here()), "Needed", o.Deciders())
	}
	if p != nil {
		s.clear()
		o.Problem, o.Wrong = p, true
		o.changed()
		return
	}
	o.Busy, o.Problem, o.Wrong = true, nil, false
	change, read, service, second := o.change(&s), o.readKey, o.console.service, o.Second.Name()
	background(&o.model, func() (_ struct{}, err error) {
		defer s.clear()
		defer func() { change.clear() }()
		if change.ApprovalKey, err = read(s.KeyFile); err != nil {
			return struct{}{}, err
		}
		if len(s.Second) == 0 {
			return struct{}{}, service.ChangeOfficers(change)
		}
		return struct{}{}, service.Beside(second, s.Second, func(both Service) error { return both.ChangeOfficers(change) })
	}, func(_ struct{}, err error) { o.committed(err) })
	o.changed()
}

// change is the draft with its secrets, which it shares.
func (o *Officers) change(s *SealSecrets) OfficersChange {
	c := OfficersChange{Needed: o.Needed, PIN: s.PIN}
	if len(s.NewPIN.First) > 0 {
		c.NewPIN = s.NewPIN.First
	}
	fresh := s.Passphrases
	for _, p := range o.People {
		a := Appointment{Name: p.Name, Role: p.Role}
		switch p.Fate {
		case Dismissed:
			continue
		case Appointed, Anew:
			a.Passphrase, fresh = fresh[0].First, fresh[1:]
		case Stays:
		}
		c.Officers = append(c.Officers, a)
	}
	return c
}

func (o *Officers) committed(err error) {
	o.Busy, o.Second.Wrong = false, errors.Is(err, ErrOfficerPassphrase)
	if err != nil {
		o.Problem, o.Wrong = explain(err, "officers.failed"), wrongSecret(err) && !o.Second.Wrong
		if errors.Is(err, authority.ErrApprovalsMissing) || errors.Is(err, ErrQuorum) {
			present := len(o.Second.Here())
			o.Problem = problem("together", "Present", present, "Needed", o.Deciders())
		}
		o.console.Status.Refresh() // tries left
		o.changed()
		return
	}
	o.Step, o.People, o.Selected = OfficersShown, nil, -1
	o.console.shutOut(problem("officerschanged"))
}
