package authority_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/hsm"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// council is the officers of a realm, signed on.
type council struct {
	roster *authority.Roster
	table  *authority.Table
	core   [32]byte
	signer map[string]*hsm.Credential
}

// newCouncil signs on three security officers, of whom Cy is a depot operator too, an operator and an auditor.
func newCouncil(t testing.TB, m int) *council {
	t.Helper()
	var people []hsm.Appointment
	for _, p := range []hsm.Appointment{
		{Name: "Anna", Role: hsm.SecurityOfficer},
		{Name: "Bo", Role: hsm.SecurityOfficer},
		{Name: "Cy", Role: hsm.SecurityOfficer | hsm.DepotOperator},
		{Name: "Dee", Role: hsm.DepotOperator},
		{Name: "Eli", Role: hsm.Auditor},
	} {
		p.Passphrase = passphrase
		people = append(people, p)
	}
	officers, _, err := hsm.Appoint(2, people, hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &council{core: [32]byte{1, 2, 3}, signer: make(map[string]*hsm.Credential)}
	var list []authority.Officer
	for _, o := range officers.List() {
		list = append(list, authority.Officer{Name: o.Name, Role: authority.Role(o.Role), Key: o.Key})
		if c.signer[o.Name], err = officers.SignOn(o.Number, passphrase); err != nil {
			t.Fatal(err)
		}
	}
	if c.roster, err = authority.NewRoster(list); err != nil {
		t.Fatal(err)
	}
	if c.table, err = authority.NewTable(m); err != nil {
		t.Fatal(err)
	}
	return c
}

// without returns a roster without some of the officers.
func (c *council) without(t *testing.T, names ...string) *authority.Roster {
	t.Helper()
	var list []authority.Officer
	for _, o := range c.roster.Officers() {
		if !strings.Contains(strings.Join(names, " "), o.Name) {
			list = append(list, o)
		}
	}
	r, err := authority.NewRoster(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c *council) propose(by string, action authority.Action, payload []byte) *authority.Proposal {
	return &authority.Proposal{
		Action: action, Payload: authority.PayloadHash(action, payload), Requester: c.signer[by].Officer().Key, Time: noon, Core: c.core,
	}
}

func (c *council) approve(t testing.TB, by string, p *authority.Proposal, payload []byte) *authority.Approval {
	t.Helper()
	a, err := authority.Approve(c.signer[by], p, payload)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = authority.ParseApproval(a.Marshal()); err != nil {
		t.Fatal(err)
	}
	return a
}

// open begins a case that Anna asks for.
func (c *council) open(t *testing.T, action authority.Action) (*authority.Case, *authority.Proposal, []byte) {
	t.Helper()
	payload := []byte("exactly this")
	if action == authority.ActionOfficers {
		payload = c.change(t, c.roster)
	}
	p := c.propose("Anna", action, payload)
	k, err := c.openFor(c.roster, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	return k, p, payload
}

// openFor opens a case with the signature of whoever asks, whatever they are.
func (c *council) openFor(r *authority.Roster, p *authority.Proposal, payload []byte) (*authority.Case, error) {
	return c.table.Open(r, c.core, p, payload, c.request(p))
}

// change is the payload that makes other people officers; all of these keep their keys, or are new.
func (c *council) change(t testing.TB, to *authority.Roster) []byte {
	t.Helper()
	var people []authority.Appointed
	for _, o := range to.Officers() {
		_, err := c.roster.Find(o.Key)
		people = append(people, authority.Appointed{Name: o.Name, Role: o.Role, New: err != nil})
	}
	p, err := authority.NewOfficersPayload(c.roster, 1, 1, people)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// request signs a proposal as who asks, without looking at the payload.
func (c *council) request(p *authority.Proposal) *authority.Approval {
	digest, err := p.Digest()
	if err != nil {
		return &authority.Approval{}
	}
	for _, s := range c.signer {
		if s.Officer().Key == p.Requester {
			sig, err := s.Sign(nil, append([]byte("\x00\x12marque/v1/approval"), digest[:]...), crypto.Hash(0))
			if err != nil {
				panic(err)
			}
			return &authority.Approval{Proposal: digest, Officer: p.Requester, Signature: [64]byte(sig)}
		}
	}
	return &authority.Approval{}
}

func TestOfficersDecideByTheTable(t *testing.T) {
	c := newCouncil(t, 3)
	for action, count := range map[authority.Action]int{
		authority.ActionRevoke: 1, authority.ActionBatch: 2, authority.ActionUndo: 1, authority.ActionUndoMany: 2, authority.ActionRelease: 2, authority.ActionPolicy: 2, authority.ActionPadding: 2, authority.ActionTrust: 2, authority.ActionClock: 2,
		authority.ActionRestore: 2, authority.ActionOfficers: 2, authority.ActionPlatform: 2, authority.ActionRecovery: 3, authority.ActionRotation: 3,
		authority.ActionDepot: 2, authority.ActionDepotRevoke: 1,
	} {
		k, p, payload := c.open(t, action)
		for i, name := range []string{"Bo", "Cy"}[:count-1] {
			missing := count - 1 - i
			want := "needs one more security officer"
			if missing > 1 {
				want = fmt.Sprintf("needs %d more security officers", missing)
			}
			if err := k.Decide(noon); !errors.Is(err, authority.ErrApprovalsMissing) || !strings.Contains(err.Error(), want) || k.Missing() != missing {
				t.Errorf("%s after %d: %v", action, i+1, err)
			}
			if err := k.Add(c.approve(t, name, p, payload), noon); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.Decide(noon); err != nil || len(k.Approved()) != count || k.Missing() != 0 {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestOfficerCountsOnce(t *testing.T) {
	c := newCouncil(t, 2)
	k, p, payload := c.open(t, authority.ActionBatch)
	if err := k.Add(c.approve(t, "Anna", p, payload), noon); !errors.Is(err, authority.ErrApprovedAlready) || !strings.Contains(err.Error(), "Anna, who asks") {
		t.Errorf("their own request twice: %v", err)
	}
	if err := k.Decide(noon); !errors.Is(err, authority.ErrApprovalsMissing) {
		t.Errorf("decided by one officer: %v", err)
	}
	if err := k.Add(c.approve(t, "Bo", p, payload), noon); err != nil {
		t.Fatal(err)
	}
	if err := k.Add(c.approve(t, "Bo", p, payload), noon); !errors.Is(err, authority.ErrApprovedAlready) {
		t.Errorf("twice: %v", err)
	}
	if len(k.Approved()) != 2 {
		t.Errorf("%d approved", len(k.Approved()))
	}
}

func TestRolesThatDoNotDecide(t *testing.T) {
	c := newCouncil(t, 2)
	payload := []byte("exactly this")
	p := c.propose("Dee", authority.ActionRevoke, payload)
	k, err := c.openFor(c.roster, p, payload)
	if err != nil {
		t.Fatalf("an operator asked: %v", err)
	}
	for _, name := range []string{"Dee", "Eli"} {
		if err := k.Add(c.approve(t, name, p, payload), noon); !errors.Is(err, authority.ErrWrongRole) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := k.Decide(noon); !errors.Is(err, authority.ErrApprovalsMissing) {
		t.Errorf("decided: %v", err)
	}
	if _, err := c.openFor(c.roster, c.propose("Eli", authority.ActionRevoke, payload), payload); !errors.Is(err, authority.ErrWrongRole) {
		t.Errorf("an auditor asked: %v", err)
	}
}

func TestChangedPayloadIsNotApproved(t *testing.T) {
	c := newCouncil(t, 2)
	_, p, payload := c.open(t, authority.ActionRevoke)
	swapped := []byte("exactly thus")
	if _, err := c.openFor(c.roster, p, swapped); !errors.Is(err, authority.ErrPayload) {
		t.Errorf("opened: %v", err)
	}
	if _, err := authority.Approve(c.signer["Anna"], p, swapped); !errors.Is(err, authority.ErrPayload) {
		t.Errorf("approved unseen: %v", err)
	}
	if authority.PayloadHash(authority.ActionRevoke, payload) == authority.PayloadHash(authority.ActionBatch, payload) {
		t.Error("one payload is the same for two actions")
	}
	good := c.approve(t, "Bo", p, payload)
	for name, q := range map[string]*authority.Proposal{
		"payload":   c.propose("Anna", authority.ActionRevoke, swapped),
		"action":    c.propose("Anna", authority.ActionBatch, payload),
		"requester": c.propose("Cy", authority.ActionRevoke, payload),
		"time":      {Action: p.Action, Payload: p.Payload, Requester: p.Requester, Time: noon.Add(-time.Second), Core: p.Core},
	} {
		what := payload
		if name == "payload" {
			what = swapped
		}
		k, err := c.openFor(c.roster, q, what)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Add(good, noon); !errors.Is(err, authority.ErrApproval) {
			t.Errorf("another %s: %v", name, err)
		}
		relabelled := *good
		relabelled.Proposal = k.Digest()
		if err := k.Add(&relabelled, noon); !errors.Is(err, authority.ErrApproval) {
			t.Errorf("another %s, relabelled: %v", name, err)
		}
	}
	other := *p
	other.Core[0]++
	if _, err := c.openFor(c.roster, &other, payload); !errors.Is(err, authority.ErrOtherRealm) {
		t.Errorf("another realm: %v", err)
	}
	if k, err := c.table.Open(c.roster, other.Core, &other, payload, c.request(&other)); err != nil {
		t.Fatal(err)
	} else if err := k.Add(good, noon); !errors.Is(err, authority.ErrApproval) {
		t.Errorf("approved in another realm: %v", err)
	}
}

// A request that was not signed by who asks does not exist.
func TestRequestsAreSigned(t *testing.T) {
	c := newCouncil(t, 2)
	payload := []byte("exactly this")
	p := c.propose("Anna", authority.ActionRevoke, payload)
	flipped, other := *c.request(p), *c.request(c.propose("Anna", authority.ActionBatch, payload))
	flipped.Signature[5] ^= 1
	relabelled := other
	relabelled.Proposal = flipped.Proposal
	for name, request := range map[string]*authority.Approval{
		"nothing": {}, "flipped": &flipped, "of another proposal": &other, "relabelled": &relabelled, "by another officer": c.approve(t, "Bo", p, payload),
	} {
		if _, err := c.table.Open(c.roster, c.core, p, payload, request); !errors.Is(err, authority.ErrApproval) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who may name the officers decides by whom everything else is decided: as few as two must not make do with less than m for good.
func TestChangesThatLeaveTooFewOfficers(t *testing.T) {
	for _, tc := range []struct {
		m       int
		dismiss []string
		count   int // 0: impossible
	}{
		{2, nil, 2},
		{2, []string{"Dee"}, 2},
		{2, []string{"Bo"}, 2},
		{2, []string{"Bo", "Cy"}, 0},
		{3, nil, 2},
		{3, []string{"Bo"}, 3},
		{3, []string{"Bo", "Cy"}, 0},
		{5, nil, 2},
		{5, []string{"Bo"}, 3},
		{1, []string{"Bo"}, 2},
		{1, []string{"Bo", "Cy"}, 0},
	} {
		c := newCouncil(t, tc.m)
		payload := c.change(t, c.without(t, tc.dismiss...))
		p := c.propose("Anna", authority.ActionOfficers, payload)
		k, err := c.openFor(c.roster, p, payload)
		if tc.count == 0 {
			if !errors.Is(err, authority.ErrRoster) {
				t.Errorf("m = %d without %v: %v", tc.m, tc.dismiss, err)
			}
			continue
		}
		if err != nil || k.Missing() != tc.count-1 {
			t.Errorf("m = %d without %v: %v, %d missing", tc.m, tc.dismiss, err, k.Missing())
		}
	}
	// Founded with one, it goes on with one.
	c := newCouncil(t, 3)
	c.roster = c.without(t, "Bo", "Cy")
	payload := c.change(t, c.without(t, "Dee"))
	p := c.propose("Anna", authority.ActionOfficers, payload)
	if k, err := c.openFor(c.roster, p, payload); err != nil || k.Missing() != 0 || !k.Requirement().Reduced() {
		t.Errorf("the only one: %v", err)
	}
	// The payload speaks of other officers than there are.
	if _, err := c.openFor(newCouncil(t, 3).without(t, "Dee", "Eli"), p, payload); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("of another realm: %v", err)
	}
	full := newCouncil(t, 3)
	c.roster = full.roster
	p = full.propose("Anna", authority.ActionOfficers, payload)
	if _, err := full.openFor(full.roster, p, payload); !errors.Is(err, authority.ErrPayload) {
		t.Errorf("of fewer officers than there are: %v", err)
	}
}

func TestForgedApprovals(t *testing.T) {
	c := newCouncil(t, 2)
	k, p, payload := c.open(t, authority.ActionRevoke)
	good := c.approve(t, "Bo", p, payload)
	flipped, claimed := *good, *good
	flipped.Signature[5] ^= 1
	claimed.Officer = c.signer["Cy"].Officer().Key
	for _, a := range []*authority.Approval{&flipped, &claimed} {
		if err := k.Add(a, noon); !errors.Is(err, authority.ErrApproval) {
			t.Errorf("got %v", err)
		}
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Approve(stranger, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Add(a, noon); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("a stranger: %v", err)
	}
	digest := k.Digest()
	plain, err := c.signer["Cy"].Sign(nil, digest[:], crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	bare := &authority.Approval{Proposal: digest, Officer: c.signer["Cy"].Officer().Key, Signature: [64]byte(plain)}
	if err := k.Add(bare, noon); !errors.Is(err, authority.ErrApproval) {
		t.Errorf("a signature for something else: %v", err)
	}
	if len(k.Approved()) != 1 {
		t.Error("something counted besides the request")
	}
}

func TestFormerOfficersDoNotCount(t *testing.T) {
	c := newCouncil(t, 2)
	_, p, payload := c.open(t, authority.ActionBatch)
	fewer := c.without(t, "Bo")
	k, err := c.openFor(fewer, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Add(c.approve(t, "Bo", p, payload), noon); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("approved by a former officer: %v", err)
	}
	if _, err := c.openFor(c.without(t, "Anna"), p, payload); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("asked for by a former officer: %v", err)
	}
}

func TestProposalsExpire(t *testing.T) {
	c := newCouncil(t, 2)
	k, p, payload := c.open(t, authority.ActionRevoke)
	a := c.approve(t, "Bo", p, payload)
	end := noon.Add(authority.ProposalLifetime)
	if end != noon.Add(7*24*time.Hour) {
		t.Error("another lifetime than the one documented")
	}
	for _, now := range []time.Time{noon.Add(-time.Nanosecond), end, end.Add(time.Hour)} {
		if err := k.Add(a, now); !errors.Is(err, authority.ErrProposalTime) {
			t.Errorf("approved at %v: %v", now, err)
		}
	}
	if err := k.Add(a, end.Add(-1)); err != nil {
		t.Fatal(err)
	}
	if err := k.Decide(end.Add(-1)); err != nil || !k.Expires().Equal(end) {
		t.Errorf("just in time: %v", err)
	}
	if err := k.Decide(end); !errors.Is(err, authority.ErrProposalTime) {
		t.Errorf("too late: %v", err)
	}
}

func TestFewOfficersReduceTheRule(t *testing.T) {
	c := newCouncil(t, 3)
	alone := c.without(t, "Bo", "Cy")
	need, err := c.table.Needs(authority.ActionRotation, alone)
	if err != nil || need.Officers != 1 || need.Rule != 3 || !need.Reduced() {
		t.Errorf("%+v, %v", need, err)
	}
	if need, err := c.table.Needs(authority.ActionBatch, c.roster); err != nil || need.Reduced() {
		t.Errorf("%+v, %v", need, err)
	}
	payload := []byte("p")
	p := c.propose("Anna", authority.ActionBatch, payload)
	k, err := c.openFor(alone, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Decide(noon); err != nil || !k.Requirement().Reduced() {
		t.Errorf("not decided by the only officer: %v", err)
	}
	for _, m := range []int{-1, 0, 65} {
		if _, err := authority.NewTable(m); !errors.Is(err, authority.ErrRoster) {
			t.Errorf("m = %d: %v", m, err)
		}
	}
	if _, err := c.table.Needs("coffee", c.roster); !errors.Is(err, authority.ErrAction) {
		t.Errorf("an unknown action: %v", err)
	}
}

// signerOf gives a signer another public key, or another signature.
type signerOf struct {
	key crypto.PublicKey
	sig []byte
}

func (s signerOf) Public() crypto.PublicKey { return s.key }

func (s signerOf) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.sig, nil }

func TestApproveChecksItsSigner(t *testing.T) {
	c := newCouncil(t, 2)
	_, p, payload := c.open(t, authority.ActionRevoke)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Approve(ec, p, payload); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("P-256: %v", err)
	}
	for _, n := range []int{0, 63, 64, 65} {
		if _, err := authority.Approve(signerOf{c.signer["Bo"].Public(), make([]byte, n)}, p, payload); !errors.Is(err, authority.ErrSelfCheck) {
			t.Errorf("%d octets of nothing: %v", n, err)
		}
	}
	c.signer["Bo"].Erase()
	if _, err := authority.Approve(c.signer["Bo"], p, payload); !errors.Is(err, hsm.ErrSignedOff) {
		t.Errorf("signed off: %v", err)
	}
	bad := *p
	bad.Time = noon.Add(time.Millisecond)
	if _, err := authority.Approve(c.signer["Cy"], &bad, payload); !errors.Is(err, authority.ErrProposal) {
		t.Errorf("half a second: %v", err)
	}
}
