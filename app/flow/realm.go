package flow

import (
	"fmt"
	"path/filepath"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// Governor is what [Realm] needs of the service. Deciding about terms and about the clock takes officers: done is false when more of
// them have to approve.
type Governor interface {
	Rules() (*Rules, error)
	SetPolicy(terms Terms) (done bool, err error)
	ConfirmClock(at time.Time) (done bool, err error)
}

// Rules is what the realm goes by.
type Rules struct {
	Core            *wire.Core   // not to be changed
	Policy          *wire.Policy // likewise, in force
	CoreStatement   []byte
	PolicyStatement []byte
	Trusted         authority.TrustList // other realms; the zero value where none was ever trusted
	Deciders        int                 // security officers who decide about the policy and the clock; 0 where there are no officers
}

// Term is one of the terms of a policy.
type Term int

// The terms.
const (
	TermStale   Term = iota // after which a list is stale
	TermRefused             // after which it is refused
	TermPast                // how old a message may be
	TermFuture              // how far ahead of the clock

	termCount = iota
)

// Terms are all of them, in whole seconds. In a change, zero leaves a term as it is.
type Terms [termCount]time.Duration

func termsOf(p *wire.Policy) Terms { return Terms{p.NextUpdate, p.HardExpiry, p.Past, p.Future} }

// Decided is what came of something that officers decide about.
type Decided int

// What came of it.
const (
	NotAsked Decided = iota
	Carried          // it is done
	Waits            // more officers have to approve
)

// Realm is the view-model of the screen about the realm and its policy.
//
//	          ┌────problem────┐
//	          ▼               │
//	empty ──▶ shown ──Change, Confirm, Export──▶ busy ──▶ shown, with what came of it
type Realm struct {
	model
	console *Console
	service Governor
	save    Saver
	clock   func() time.Time

	Busy     bool
	Problem  *Problem
	Rules    *Rules // nil before they were read
	Typed    [termCount]string
	Second   *Second // who decides about policy and clock, beside who is here
	Policy   Decided // the last change of the policy
	Clock    Decided // the last confirmation of the clock
	Exported string  // folder of the last export; empty for none
}

func newRealm(c *Console, p Parts) *Realm {
	r := &Realm{model: model{loop: p.Loop}, console: c, save: p.Save, clock: p.Clock, Second: newSecond(c)}
	c.onOpen(PlaceRealm, r.Refresh) // it may have been changed in the approvals
	return r
}

func (r *Realm) suspend() {
	r.forget()
	r.service, r.Busy = nil, false
}

func (r *Realm) resume(s Service) {
	r.suspend()
	r.service = s
	r.Refresh()
}

func (r *Realm) reset() {
	r.suspend()
	r.Problem, r.Rules, r.Typed = nil, nil, [termCount]string{}
	r.Policy, r.Clock, r.Exported = NotAsked, NotAsked, ""
	r.Second.reset()
	r.changed()
}

// Refresh reads the rules again.
func (r *Realm) Refresh() {
	if r.service == nil || r.Busy {
		return
	}
	r.Busy = true
	background(&r.model, r.service.Rules, func(now *Rules, err error) {
		r.Busy, r.Problem = false, explain(err, "realm.failed")
		if err == nil {
			r.Rules = now
		}
		r.changed()
	})
	r.changed()
}

// Words returns the eight words of the realm.
func (r *Realm) Words() [words.Count]string {
	hash := r.Rules.Core.Hash()
	return words.Of(hash[:])
}

// Terms returns those in force.
func (r *Realm) Terms() Terms { return termsOf(r.Rules.Policy) }

// Trusted returns the names of the other realms that devices are told to trust, as things stand; nil for none.
func (r *Realm) Trusted() (names []string) {
	if r.Rules.Trusted.Lapsed {
		return nil
	}
	for _, one := range r.Rules.Trusted.Realms {
		names = append(names, one.Name)
	}
	return names
}

// Type changes what is asked of a term; an empty text leaves it as it is.
func (r *Realm) Type(t Term, text string) {
	if r.Typed[t] != text {
		r.Typed[t], r.Policy, r.Problem = text, NotAsked, nil
		r.changed()
	}
}

// Wrong reports that what was typed is no time.
func (r *Realm) Wrong(t Term) bool {
	_, ok := ParseSpan(r.Typed[t])
	return r.Typed[t] != "" && !ok
}

// Wanted returns what is asked for: zero where a term stays.
func (r *Realm) Wanted() (all Terms) {
	if r.Rules == nil {
		return all
	}
	for t, now := range r.Terms() {
		if d, ok := ParseSpan(r.Typed[t]); ok && d != now {
			all[t] = d
		}
	}
	return all
}

// Obstacle says why the policy cannot be changed now; zero when it can.
func (r *Realm) Obstacle() Text {
	if r.Rules == nil || r.Busy || r.service == nil {
		return Say("realm.wait")
	}
	for t := range r.Typed {
		if r.Wrong(Term(t)) {
			return Say("realm.wrong")
		}
	}
	wanted := r.Wanted()
	if wanted == (Terms{}) {
		return Say("realm.nothing")
	}
	if r.console.Status.Custody.ReadOnly != Changeable {
		return Say("realm.readonly")
	}
	next := r.Terms()
	for t, d := range wanted {
		if d != 0 {
			next[t] = d
		}
	}
	if next[TermRefused] < next[TermStale] {
		return Say("realm.order")
	}
	p := wire.Policy{NextUpdate: next[TermStale], HardExpiry: next[TermRefused], Past: next[TermPast], Future: next[TermFuture]}
	if _, err := p.Marshal(); err != nil {
		return Say("realm.bounds")
	}
	return Text{}
}

// NeedsSecond reports whether a second officer has to decide about the policy and the clock: here, with their passphrase, or later, in
// the approvals.
func (r *Realm) NeedsSecond() bool {
	return r.Rules != nil && r.Second.Exists() && !r.Second.Enough(r.Rules.Deciders)
}

// Change asks for the terms that were typed, together with the second officer, if their passphrase is given. It is cleared.
func (r *Realm) Change(passphrase []byte) {
	if !r.Obstacle().IsZero() {
		clear(passphrase)
		return
	}
	wanted := r.Wanted()
	r.Busy, r.Problem, r.Policy, r.Clock = true, nil, NotAsked, NotAsked
	beside(&r.model, r.Second, passphrase, func(service Service) (decided, error) {
		done, err := service.SetPolicy(wanted)
		if err != nil {
			return decided{}, err
		}
		now, err := service.Rules()
		return decided{done, now}, err
	}, func(d decided, err error) {
		r.Busy, r.Problem = false, explain(err, "realm.policy.failed")
		if err == nil {
			r.Policy, r.Rules, r.Typed = d.outcome(), d.rules, [termCount]string{}
			r.console.Refresh()
		}
		r.changed()
	})
	r.changed()
}

// decided is what came of a question, and the rules since.
type decided struct {
	done  bool
	rules *Rules
}

func (d decided) outcome() Decided {
	if d.done {
		return Carried
	}
	return Waits
}

// Confirm takes the word of who is here, who looked at another clock, that this computer's clock is right, and that of the second officer,
// if their passphrase is given. It is cleared.
func (r *Realm) Confirm(passphrase []byte) {
	if r.service == nil || r.Busy {
		clear(passphrase)
		return
	}
	at := r.clock()
	r.Busy, r.Problem, r.Policy, r.Clock = true, nil, NotAsked, NotAsked
	beside(&r.model, r.Second, passphrase, func(service Service) (decided, error) {
		done, err := service.ConfirmClock(at)
		return decided{done: done}, err
	}, func(d decided, err error) {
		r.Busy, r.Problem = false, explain(err, "realm.clock.failed")
		if err == nil {
			r.Clock = d.outcome()
			r.console.Refresh()
		}
		r.changed()
	})
	r.changed()
}

// Names of what Export writes. The core's is the one that it has beside packages and on sticks.
const (
	coreFile   = "core.mqs"
	policyFile = "policy-%d.mqs"
	trustFile  = "trust-%d.mqf"
)

// Export writes the statements of core and policy into a folder, and the trust list, if there is one.
func (r *Realm) Export(folder string) {
	if r.Rules == nil || r.Busy || folder == "" {
		return
	}
	save, rules := r.save, r.Rules
	r.Busy, r.Problem, r.Exported = true, nil, ""
	background(&r.model, func() (struct{}, error) {
		if err := save(filepath.Join(folder, coreFile), rules.CoreStatement); err != nil {
			return struct{}{}, err
		}
		err := save(filepath.Join(folder, fmt.Sprintf(policyFile, rules.Policy.Sequence)), rules.PolicyStatement)
		if t := &rules.Trusted; err == nil && t.Sequence > 0 {
			err = save(filepath.Join(folder, fmt.Sprintf(trustFile, t.Sequence)), t.Statement)
		}
		return struct{}{}, err
	}, func(_ struct{}, err error) {
		r.Busy, r.Problem = false, explain(err, "realm.export.failed")
		if err == nil {
			r.Exported = folder
		}
		r.changed()
	})
	r.changed()
}
