package flow

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"marque/app/ceremony"
	"marque/authority"
)

// Evaluation is the plan of a realm under a passphrase, without cards, with the usual times.
func Evaluation(realm string) *ceremony.Plan {
	return &ceremony.Plan{
		Realm: realm, Vault: ceremony.Vault{Kind: ceremony.VaultPassphrase},
		EpochLength: authority.DefaultEpochLength, NextUpdate: authority.DefaultNextUpdate, HardExpiry: authority.DefaultHardExpiry,
		Past: authority.DefaultPast, Future: authority.DefaultFuture,
	}
}

// Guard chooses where the secret lives: under a TPM, with officers, or under a passphrase.
func (f *Founding) Guard(tpm bool) {
	if f.Step != FoundingVault || tpm == f.Custodial() {
		return
	}
	f.Plan.Vault, f.Plan.Officers, f.Plan.Unlock = ceremony.Vault{Kind: ceremony.VaultPassphrase}, nil, 0
	f.Plan.Backup, f.Plan.Next, f.Plan.Waived = ceremony.Cards{}, ceremony.Cards{}, false
	if tpm {
		custodial(&f.Plan, cmp.Or(f.tools.TPM, ceremony.DefaultTPM))
	}
	f.Problem = nil
	f.changed()
}

// custodial makes a plan one of a vault under a TPM, with as many cards as are usual.
func custodial(p *ceremony.Plan, tpm string) {
	p.Vault = ceremony.Vault{Kind: ceremony.VaultTPM, TPM: tpm}
	p.Backup, p.Next = ceremony.Cards{Needed: 3, Total: 5}, ceremony.Cards{Needed: 3, Total: 5}
}

// SetTPM takes the path of the TPM.
func (f *Founding) SetTPM(path string) {
	if f.Step == FoundingVault && f.Custodial() {
		f.Plan.Vault.TPM = strings.TrimSpace(path)
	}
}

// Further goes on from where the secret lives without founding: to officers, or to times and cards.
func (f *Founding) Further() {
	switch {
	case f.Step != FoundingVault:
	case f.Custodial() && f.Plan.Vault.TPM != "":
		f.next()
	case !f.Custodial():
		f.lead(FoundingTimes)
	}
}

// roles are those that an officer can have, in the order in which they are offered.
var roles = []authority.Role{authority.SecurityOfficer, authority.SecurityOfficer | authority.DepotOperator, authority.DepotOperator, authority.Auditor}

// CheckOfficer says why somebody cannot be added under a name; zero when they can.
func (f *Founding) CheckOfficer(name string) Text {
	name = strings.TrimSpace(name)
	if name == "" {
		return Say("ceremony.officer.empty")
	}
	if slices.ContainsFunc(f.Plan.Officers, func(o ceremony.Officer) bool { return strings.EqualFold(o.Name, name) }) {
		return Say("ceremony.officer.twice")
	}
	probe := *Evaluation("fleet.example")
	probe.Vault, probe.Unlock = ceremony.Vault{Kind: ceremony.VaultTPM, TPM: ceremony.DefaultTPM}, 1
	probe.Officers = []ceremony.Officer{{Name: name, Role: authority.SecurityOfficer}}
	if _, err := ceremony.Parse(probe.TOML()); err != nil {
		return Say("ceremony.officer.bad")
	}
	return Text{}
}

// AddOfficer adds a security officer.
func (f *Founding) AddOfficer(name string) {
	if f.Step != FoundingOfficers || !f.CheckOfficer(name).IsZero() {
		return
	}
	f.Plan.Officers = append(f.Plan.Officers, ceremony.Officer{Name: strings.TrimSpace(name), Role: authority.SecurityOfficer})
	f.Plan.Unlock = min(max(f.Plan.Unlock, 1), f.Plan.Security())
	if f.Plan.Security() == 2 {
		f.Plan.Unlock = 2
	}
	f.keep()
	f.changed()
}

// RemoveOfficer takes the officer of an index away.
func (f *Founding) RemoveOfficer(i int) {
	if f.Step != FoundingOfficers || i < 0 || i >= len(f.Plan.Officers) {
		return
	}
	f.Plan.Officers = slices.Delete(slices.Clone(f.Plan.Officers), i, i+1)
	f.Plan.Unlock = min(f.Plan.Unlock, f.Plan.Security())
	f.keep()
	f.changed()
}

// TurnRole gives the officer of an index the next role.
func (f *Founding) TurnRole(i int) {
	if f.Step != FoundingOfficers || i < 0 || i >= len(f.Plan.Officers) {
		return
	}
	o := &f.Plan.Officers[i]
	o.Role = roles[(slices.Index(roles, o.Role)+1)%len(roles)]
	f.Plan.Unlock = min(max(f.Plan.Unlock, 1), f.Plan.Security())
	f.keep()
	f.changed()
}

// RoleOf says an officer's role as the screens do.
func RoleOf(r authority.Role) Role {
	switch r {
	case authority.SecurityOfficer:
		return SecurityOfficer
	case authority.DepotOperator:
		return DepotOperator
	case authority.SecurityOfficer | authority.DepotOperator:
		return BothRoles
	case authority.Auditor:
	}
	return Auditor
}

// TurnQuorum asks for one more or fewer of the security officers to unlock.
func (f *Founding) TurnQuorum(by int) {
	if n := f.Plan.Unlock + by; f.Step == FoundingOfficers && n >= 1 && n <= f.Plan.Security() {
		f.Plan.Unlock = n
		f.keep()
		f.changed()
	}
}

// CheckOfficers says why these officers will not do.
func (f *Founding) CheckOfficers() Text {
	switch {
	case len(f.Plan.Officers) == 0:
		return Say("ceremony.officers.none")
	case f.Plan.Security() == 0:
		return Say("ceremony.officers.security")
	}
	return Text{}
}

// SetOfficers goes on from the officers.
func (f *Founding) SetOfficers() {
	if f.Step == FoundingOfficers && f.CheckOfficers().IsZero() {
		f.next()
	}
}

// Times are the durations of a plan as they are typed, such as "28d".
type Times struct{ Epoch, NextUpdate, HardExpiry, Past, Future string }

// PlannedTimes returns the plan's as they would be typed.
func (f *Founding) PlannedTimes() Times {
	p := &f.Plan
	return Times{
		Epoch: ceremony.Duration(p.EpochLength), NextUpdate: ceremony.Duration(p.NextUpdate), HardExpiry: ceremony.Duration(p.HardExpiry),
		Past: ceremony.Duration(p.Past), Future: ceremony.Duration(p.Future),
	}
}

// minEpoch is the shortest epoch of a core.
const minEpoch = time.Hour

// CheckTimes says why durations will not do, and in which field, from 0.
func (f *Founding) CheckTimes(t Times) (field int, why Text) {
	var d [5]time.Duration
	for i, text := range []string{t.Epoch, t.NextUpdate, t.HardExpiry, t.Past, t.Future} {
		var ok bool
		if d[i], ok = ceremony.ParseDuration(strings.TrimSpace(text)); !ok {
			return i, Say("ceremony.times.bad")
		}
	}
	switch {
	case d[0] < minEpoch:
		return 0, Say("ceremony.times.epoch")
	case d[2] < d[1]:
		return 2, Say("ceremony.times.expiry")
	}
	return -1, Text{}
}

// SetTimes takes durations, and goes on.
func (f *Founding) SetTimes(t Times) {
	if _, why := f.CheckTimes(t); f.Step != FoundingTimes || !why.IsZero() {
		return
	}
	p := &f.Plan
	for _, one := range []struct {
		text string
		to   *time.Duration
	}{{t.Epoch, &p.EpochLength}, {t.NextUpdate, &p.NextUpdate}, {t.HardExpiry, &p.HardExpiry}, {t.Past, &p.Past}, {t.Future, &p.Future}} {
		*one.to, _ = ceremony.ParseDuration(strings.TrimSpace(one.text))
	}
	f.next()
}

// maxCards is how many cards a set has at most.
const maxCards = 32

// CheckCards says why a set of cards cannot be made as typed; zero when it can. No cards are "0".
func (f *Founding) CheckCards(total, needed string) Text {
	_, why := cardsOf(total, needed)
	return why
}

func cardsOf(total, needed string) (ceremony.Cards, Text) {
	n, err := strconv.Atoi(strings.TrimSpace(total))
	if err != nil || n < 0 || n > maxCards {
		return ceremony.Cards{}, Say("ceremony.cards.total", "Most", maxCards)
	}
	if n == 0 {
		return ceremony.Cards{}, Text{}
	}
	m, err := strconv.Atoi(strings.TrimSpace(needed))
	if err != nil || m < 1 || m > n {
		return ceremony.Cards{}, Say("ceremony.cards.needed", "Most", n)
	}
	return ceremony.Cards{Needed: m, Total: n}, Text{}
}

// SetCards takes how many cards there will be, of the master secret and of the next core, and goes on.
func (f *Founding) SetCards(backup, next [2]string) {
	b, why := cardsOf(backup[0], backup[1])
	n, whyNot := cardsOf(next[0], next[1])
	if f.Step != FoundingNumbers || !why.IsZero() || !whyNot.IsZero() {
		return
	}
	f.Plan.Backup, f.Plan.Next = b, n
	if b.None() {
		f.Plan.Waived = false
	}
	f.Officer = 0
	if f.review() {
		f.next()
	}
}

// review passes the plan through the reader of ceremony files, whose word counts, and reports that nothing is wrong.
func (f *Founding) review() bool {
	_, err := ceremony.Parse(f.Plan.TOML())
	if err != nil {
		f.Problem = explain(err, "founding.failed")
		f.changed()
	}
	return err == nil
}

// AskedName is whose passphrase is typed now; empty for the PIN, and for the passphrase of a vault without officers.
func (f *Founding) AskedName() string {
	if f.Officer < len(f.Plan.Officers) {
		return f.Plan.Officers[f.Officer].Name
	}
	return ""
}

// AsksPIN reports whether the PIN is typed now.
func (f *Founding) AsksPIN() bool { return f.Custodial() && f.Officer >= len(f.Plan.Officers) }

// minPIN is the least length of a PIN, in octets.
const minPIN = 6

// CheckAsked says why what is asked for cannot be what was typed.
func (f *Founding) CheckAsked(secret, again []byte) Text {
	if !f.AsksPIN() {
		return checkSecret(secret, again)
	}
	if len(secret) < minPIN {
		return Say("ceremony.pin.short", "Least", minPIN)
	}
	for _, p := range f.secrets.Passphrases {
		if string(p) == string(secret) {
			return Say("ceremony.pin.same")
		}
	}
	if why := checkSecret(append(make([]byte, minPassphrase), secret...), append(make([]byte, minPassphrase), again...)); !why.IsZero() {
		if len(again) == 0 {
			return Say("ceremony.pin.again")
		}
		return Say("ceremony.pin.differ")
	}
	return Text{}
}

// EnterSecret takes a passphrase, or the PIN, and founds after the last one. It takes the octets over, and clears them.
func (f *Founding) EnterSecret(secret []byte) {
	switch {
	case f.Step != FoundingSecrets:
		clear(secret)
	case !f.Custodial():
		f.Found(secret)
	case f.AsksPIN():
		s := f.secrets
		s.PIN, f.secrets = secret, Secrets{}
		f.make(&s)
	default:
		if f.secrets.Passphrases == nil {
			f.secrets.Passphrases = map[string][]byte{}
		}
		f.secrets.Passphrases[f.AskedName()] = secret
		f.note("ceremony.note.passphrase", "Name", f.AskedName())
		f.Officer++
		f.changed()
	}
}

// Load takes a ceremony file: all that it says is planned then, and only passphrases are asked for.
func (f *Founding) Load(text []byte) {
	if f.Step > FoundingSecrets {
		return
	}
	plan, err := ceremony.Parse(text)
	var mistakes *ceremony.MistakesError
	switch {
	case errors.As(err, &mistakes):
		f.Mistakes, f.Problem = mistakes.List, problem("ceremonyfile", "Count", len(mistakes.List))
		f.changed()
	case err != nil:
		f.Problem = explain(err, "founding.failed")
		f.changed()
	default:
		f.secrets.Clear()
		f.Plan, f.Mistakes, f.Officer = *plan, nil, 0
		if f.tools.TPM != "" && f.Custodial() && plan.Vault.TPM == ceremony.DefaultTPM {
			f.Plan.Vault.TPM = f.tools.TPM
		}
		if f.Began.IsZero() {
			f.Began = f.clock()
		}
		f.note("ceremony.note.loaded")
		f.lead(FoundingSecrets)
	}
}

// maxCeremony is the longest ceremony file that is read, in octets.
const maxCeremony = 1 << 16

// Open loads the ceremony file of a path.
func (f *Founding) Open(path string) {
	if f.tools.Read == nil || f.Step > FoundingSecrets {
		return
	}
	read := f.tools.Read
	background(&f.model, func() ([]byte, error) { return read(path, maxCeremony) }, func(text []byte, err error) {
		if err != nil {
			f.Problem = explain(err, "founding.failed")
			f.changed()
			return
		}
		f.Load(text)
	})
}

// draft is what is kept of a founding before anything exists.
type draft struct {
	Step  FoundingStep
	Began time.Time
	Plan  ceremony.Plan
}

// keep keeps how far the planning came. A draft that cannot be kept stands in nobody's way.
func (f *Founding) keep() {
	switch {
	case f.tools.Drafts == nil:
	case f.Step > FoundingBusy:
		_ = f.tools.Drafts.Keep(nil)
	default:
		if b, err := json.Marshal(draft{Step: f.at(), Began: f.Began, Plan: f.Plan}); err == nil {
			_ = f.tools.Drafts.Keep(b)
		}
	}
}

// recall goes on from the draft of an earlier run, if there is one that can be read.
func (f *Founding) recall() {
	if f.tools.Drafts == nil || f.Step != FoundingRealm || f.Plan.Realm != "" {
		return
	}
	var d draft
	if b := f.tools.Drafts.Kept(); b == nil || json.Unmarshal(b, &d) != nil || d.Step <= FoundingRealm || d.Step > FoundingSecrets {
		return
	}
	if !f.CheckRealm(d.Plan.Realm).IsZero() {
		return
	}
	f.Step, f.Began, f.Plan, f.Resumed = d.Step, d.Began, d.Plan, true
	f.note("ceremony.note.resumed")
}

func (f *Founding) note(key string, args ...any) {
	f.Notes = append([]Note{{Time: f.clock(), Text: Say(key, args...)}}, f.Notes...)
}
