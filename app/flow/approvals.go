package flow

import (
	"slices"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// Approver is what [Approvals] needs of the service: Approve and Refuse act for everybody whom the service speaks for. Errors: those of
// authority.
type Approver interface {
	Proposals() ([]Proposal, error)
	Approve(digest [32]byte) error
	Refuse(digest [32]byte, reason string) error
}

// Proposal is something that officers decide about.
type Proposal struct {
	Digest    [32]byte
	Action    authority.Action
	Payload   []byte
	Requester string
	Time      time.Time
	Expires   time.Time
	Approved  []string // names
	Missing   int      // how many more it takes
	State     authority.State
	Refused   string // by whom and why
}

// How a proposal stands.
const (
	ProposalOpen    = authority.StateOpen
	ProposalDecided = authority.StateDecided
	ProposalRefused = authority.StateRefused
	ProposalExpired = authority.StateExpired
)

// ProposalKind is what a proposal is about, as far as it is drawn differently.
type ProposalKind int

// The kinds.
const (
	ProposesOther    ProposalKind = iota
	ProposesRevoking              // of identities or of a depot
	ProposesDepot
	ProposesTime
)

// Kind is what the proposal is about.
func (p *Proposal) Kind() ProposalKind {
	switch p.Action {
	case authority.ActionRevoke, authority.ActionBatch, authority.ActionDepotRevoke:
		return ProposesRevoking
	case authority.ActionDepot:
		return ProposesDepot
	case authority.ActionClock:
		return ProposesTime
	default:
		return ProposesOther
	}
}

// Approvals is the view-model of the screen about what officers decide about. What is shown of a proposal comes from its payload, which
// the digest is about, and from nothing that the service says of it.
//
//	empty ──Refresh──▶ shown ──Approve──▶ busy ──▶ shown, Done or Problem
//	                   │  ▲ ─────Refuse────▶ asking ──Refuse(reason)──▶ busy
//	                   └──┘ Select
type Approvals struct {
	model
	console *Console
	service Approver
	reading model
	chosen  [32]byte // digest

	All      []Proposal // that wait for somebody here, that wait for others, and that are over; each the newest first
	Loaded   bool
	Busy     bool
	Refusing bool // a reason is asked for
	Problem  *Problem
	Done     Text // what came of the last decision here; zero for nothing
	Second   *Second
}

func newApprovals(c *Console, p Parts) *Approvals {
	a := &Approvals{model: model{loop: p.Loop}, console: c, reading: model{loop: p.Loop, failed: c.lost}, Second: newSecond(c)}
	a.Second.may = func(o Officer) bool {
		p := a.Selected()
		return p != nil && !slices.Contains(p.Approved, o.Name)
	}
	c.OnChange(a.follow)
	c.Status.OnChange(a.Refresh)
	return a
}

func (a *Approvals) follow() {
	if a.console.Place == PlaceApprovals && !a.Loaded {
		a.Refresh()
	}
}

func (a *Approvals) suspend() {
	a.forget()
	a.reading.forget()
	a.service, a.Busy = nil, false
}

func (a *Approvals) resume(s Service) {
	a.suspend()
	a.service = s
	a.Refresh()
	a.changed()
}

func (a *Approvals) reset() {
	a.suspend()
	a.All, a.Loaded, a.Refusing, a.Problem, a.Done, a.chosen = nil, false, false, nil, Text{}, [32]byte{}
	a.Second.reset()
	a.changed()
}

// Refresh reads what there is. Nothing is drawn anew when nothing changed.
func (a *Approvals) Refresh() {
	if a.service == nil || a.Busy || !a.Second.Exists() {
		return
	}
	background(&a.reading, a.service.Proposals, func(all []Proposal, err error) {
		a.take(all, err)
	})
}

func (a *Approvals) take(all []Proposal, err error) {
	if err != nil {
		a.Problem = explain(err, "approvals.failed")
		a.changed()
		return
	}
	slices.SortStableFunc(all, func(p, q Proposal) int {
		if by := a.Group(&p) - a.Group(&q); by != 0 {
			return int(by)
		}
		return q.Time.Compare(p.Time)
	})
	if a.Loaded && slices.EqualFunc(all, a.All, sameProposal) {
		return
	}
	a.Loaded, a.All = true, all
	if a.Index() < 0 && len(all) > 0 {
		a.chosen = all[0].Digest
	}
	a.changed()
}

func sameProposal(p, q Proposal) bool {
	return p.Digest == q.Digest && p.State == q.State && slices.Equal(p.Approved, q.Approved) && p.Missing == q.Missing
}

// Group is to whom a proposal is of interest.
type Group int

// The groups, in the order in which they are shown.
const (
	WaitsForYou Group = iota
	WaitsForOthers
	Over
)

// Group says to whom a proposal is of interest: it waits for you as long as anybody signed on here could still approve it, or nobody who
// is here has.
func (a *Approvals) Group(p *Proposal) Group {
	if p.State != authority.StateOpen {
		return Over
	}
	here := a.Second.Here()
	for _, name := range here {
		if !slices.Contains(p.Approved, name) {
			return WaitsForYou
		}
	}
	if len(here) == 0 {
		return WaitsForYou
	}
	return WaitsForOthers
}

// Waiting is how many wait for somebody here.
func (a *Approvals) Waiting() (n int) {
	for i := range a.All {
		if a.Group(&a.All[i]) == WaitsForYou {
			n++
		}
	}
	return n
}

// Index is the row of the proposal that is shown; -1 for none.
func (a *Approvals) Index() int {
	return slices.IndexFunc(a.All, func(p Proposal) bool { return p.Digest == a.chosen })
}

// Selected is the proposal that is shown; nil for none.
func (a *Approvals) Selected() *Proposal {
	if i := a.Index(); i >= 0 {
		return &a.All[i]
	}
	return nil
}

// Select shows a proposal.
func (a *Approvals) Select(i int) {
	if a.Busy || i < 0 || i >= len(a.All) || i == a.Index() {
		return
	}
	a.chosen, a.Refusing, a.Problem, a.Done = a.All[i].Digest, false, nil, Text{}
	a.Second.reset()
	a.changed()
}

// Step shows the proposal that is by so many further down.
func (a *Approvals) Step(by int) {
	if n := len(a.All); n > 0 {
		a.Select(min(max(a.Index()+by, 0), n-1))
	}
}

// Open reports whether the proposal that is shown can still be decided.
func (a *Approvals) Open() bool {
	p := a.Selected()
	return p != nil && p.State == authority.StateOpen && !a.Busy
}

// Signers are the names of those who would approve now: who is here and has not yet, and who gives their passphrase.
func (a *Approvals) Signers() (names []string) {
	p := a.Selected()
	if p == nil {
		return nil
	}
	for _, name := range append([]string{a.Second.Name()}, a.Second.Here()...) {
		if name != "" && !slices.Contains(p.Approved, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Approve approves what is shown, once the passphrase turned out to be that of the officer who is chosen. It is cleared.
func (a *Approvals) Approve(passphrase []byte) {
	p := a.Selected()
	if !a.Open() || p.Content() == nil || len(passphrase) == 0 || a.service == nil || a.Second.Index() < 0 {
		clear(passphrase)
		return
	}
	a.decide(p.Digest, passphrase, func(s Service) error { return s.Approve(p.Digest) })
}

// AskWhy asks for the reason of a refusal, or no longer.
func (a *Approvals) AskWhy(on bool) {
	if a.Refusing != on && (a.Open() || !on) {
		a.Refusing, a.Problem = on, nil
		a.changed()
	}
}

// Refuse refuses what is shown, in the name of who is here.
func (a *Approvals) Refuse(reason string) {
	p := a.Selected()
	if !a.Open() || reason == "" || a.service == nil {
		return
	}
	a.decide(p.Digest, nil, func(s Service) error { return s.Refuse(p.Digest, reason) })
}

// decide decides, and reads what came of it.
func (a *Approvals) decide(digest [32]byte, passphrase []byte, how func(Service) error) {
	a.Busy, a.Problem, a.Done = true, nil, Text{}
	a.reading.forget()
	beside(&a.model, a.Second, passphrase, func(s Service) ([]Proposal, error) {
		if err := how(s); err != nil {
			return nil, err
		}
		return s.Proposals()
	}, func(all []Proposal, err error) {
		a.Busy = false
		if err != nil {
			if a.Problem = explain(err, "approvals.decide.failed"); a.Second.Wrong {
				a.Problem = nil // the panel says it
			}
			a.changed()
			a.Refresh() // somebody else may have decided
			return
		}
		a.Refusing = false
		a.take(all, nil)
		if i := slices.IndexFunc(all, func(p Proposal) bool { return p.Digest == digest }); i >= 0 {
			a.Done = outcomeText(&all[i])
		}
		a.console.refresh()
		a.changed()
	})
	a.changed()
}

func outcomeText(p *Proposal) Text {
	switch p.State {
	case authority.StateDecided:
		return Say("approvals.done")
	case authority.StateRefused:
		return Say("approvals.refused")
	default:
		return Say("approvals.more", "Count", p.Missing)
	}
}

// Words are the eight words of a proposal's digest.
func (p *Proposal) Words() [words.Count]string { return words.Of(p.Digest[:]) }

// Fact is a line about a proposal.
type Fact struct {
	Label string // key of the translations; empty for a line of its own
	Value Text
	Text  string               // in place of Value: as it stands in the payload
	Words *[words.Count]string // in place of both
}

// Content is what a payload says, all of it.
type Content struct {
	Title     Text
	Facts     []Fact
	Addresses []string // of identities
}

// Content reads the payload. What is not one that this version knows is nil: nobody can approve what they cannot read.
func (p *Proposal) Content() *Content {
	switch p.Action {
	case authority.ActionRevoke, authority.ActionBatch:
		return p.revoking()
	case authority.ActionUndo, authority.ActionUndoMany:
		u, err := authority.ParseUndoPayload(p.Payload)
		if err != nil || len(u.Addresses) == 0 {
			return nil
		}
		return about("undo", u.Addresses)
	case authority.ActionRelease:
		u, err := authority.ParseReleasePayload(p.Payload)
		if err != nil || len(u.Addresses) == 0 {
			return nil
		}
		return about("release", u.Addresses)
	case authority.ActionDepot:
		d, err := authority.ParseDepotPayload(p.Payload)
		if err != nil {
			return nil
		}
		key, registration := words.Of(d.Key[:]), words.Of(d.Registration[:])
		return &Content{Title: Say("approvals.title.depot", "Name", d.Name), Facts: []Fact{
			{Label: "approvals.fact.effect", Value: Say("approvals.depot.effect")},
			{Label: "approvals.fact.registration", Words: &registration},
			{Label: "approvals.fact.key", Words: &key},
		}}
	case authority.ActionDepotRevoke:
		d, err := authority.ParseDepotRevokePayload(p.Payload)
		if err != nil {
			return nil
		}
		key := words.Of(d.Key[:])
		return &Content{Title: Say("approvals.title.depotrevoke", "Name", d.Name), Facts: []Fact{
			{Label: "approvals.fact.reason", Value: Say("reason." + d.Reason.String())},
			{Label: "approvals.fact.key", Words: &key},
		}}
	case authority.ActionTrust:
		t, err := authority.ParseTrustPayload(p.Payload)
		c := p.plain()
		if err != nil || c == nil {
			return nil
		}
		hash := t.CoreHash()
		core := words.Of(hash[:])
		c.Facts = append(c.Facts, Fact{Label: "approvals.fact.realmwords", Words: &core})
		return c
	default:
		return p.plain()
	}
}

// about is a payload of addresses and nothing else.
func about(what string, addresses []wire.Address) *Content {
	c := &Content{Title: Say("approvals.title."+what, "Count", len(addresses), "Name", addresses[0].Name())}
	c.Facts = []Fact{{Label: "approvals.fact.effect", Value: Say("approvals." + what + ".effect")}}
	for _, address := range addresses {
		c.Addresses = append(c.Addresses, address.String())
	}
	return c
}

// plain is a payload in the words of package authority, which say all of it.
func (p *Proposal) plain() *Content {
	lines, err := authority.Words(p.Action, p.Payload)
	if err != nil || len(lines) == 0 {
		return nil
	}
	c := &Content{Title: Say("approvals.action." + string(p.Action))}
	for _, line := range lines {
		c.Facts = append(c.Facts, Fact{Text: line})
	}
	return c
}

func (p *Proposal) revoking() *Content {
	r, err := authority.ParseRevokePayload(p.Payload)
	if err != nil || (len(r.Addresses) == 1) != (p.Action == authority.ActionRevoke) {
		return nil
	}
	since := Say("approvals.now")
	if !r.Effective.IsZero() {
		since = Say("approvals.since", "Until", r.Effective)
	}
	title := "approvals.title.revoke"
	if r.Reason == wire.ReasonSuspended {
		title = "approvals.title.suspend"
	}
	c := &Content{Title: Say(title, "Count", len(r.Addresses), "Name", r.Addresses[0].Name()), Facts: []Fact{
		{Label: "approvals.fact.reason", Value: Say("reason." + r.Reason.String())},
		{Label: "approvals.fact.since", Value: since},
	}}
	for _, address := range r.Addresses {
		c.Addresses = append(c.Addresses, address.String())
	}
	return c
}
