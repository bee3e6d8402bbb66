package authority_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/authority"
	"marque/device/wire"
)

func TestConcurrentApprovalsCarryOutOnce(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	action, payload := revoking(t, buses...)
	p := b.mustPropose(t, b.by("Dee"), action, payload)
	var wg sync.WaitGroup
	for _, name := range []string{"Anna", "Bo", "Cy", "Anna", "Bo", "Cy"} {
		wg.Go(func() {
			if _, err := b.Approve(b.by(name), p.Digest); err != nil && !errors.Is(err, authority.ErrDecided) && !errors.Is(err, authority.ErrApprovedAlready) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
	if !b.isRevoked(t, buses[0]) || len(b.decided(t)) != 1 {
		t.Errorf("decided %d times", len(b.decided(t)))
	}
	b.mustAudit(t)
}

// Whatever is called in whatever order, nothing is carried out by fewer officers than the rule takes: a model counts who approved.
func TestNoSequenceDecidesWithFewer(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed)
			for range 60 {
				m.step(t)
				m.check(t)
			}
			m.decided(t)
			m.mustAudit(t)
		})
	}
}

// model is what the officers are known to have done.
type model struct {
	*board

	*rand.Rand
	fresh     []wire.Address
	proposals []*modelled
}

type modelled struct {
	digest    [32]byte
	addresses []wire.Address
	approved  map[string]bool
	needed    int
	over      bool // refused, or its requester left
	requester string
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{board: newBoard(t, 2), Rand: rand.New(rand.NewPCG(seed, 7))}
	for i := range 24 {
		m.fresh = append(m.fresh, m.enrol(t, fmt.Sprintf("bus-%d", i)).Address)
	}
	return m
}

var people = []string{"Anna", "Bo", "Cy", "Dee", "Eli"}

// some returns one to three people, maybe one of them twice.
func (m *model) some() (names []string) {
	for range 1 + m.IntN(3) {
		names = append(names, people[m.IntN(len(people))])
	}
	return names
}

func (m *model) step(t *testing.T) {
	m.later(time.Duration(m.IntN(3600)) * time.Second)
	switch names := m.some(); m.IntN(8) {
	case 0:
		m.restart(t)
	case 1, 2, 3:
		m.ask(t, names)
	case 4:
		if p := m.any(); p != nil && m.Refuse(m.signer[names[0]], p.digest, "no") == nil {
			p.over = true
		}
	default:
		if p := m.any(); p != nil {
			if _, err := m.Approve(m.by(names...), p.digest); err == nil && !p.over {
				p.approve(names)
			} else if err == nil {
				t.Error("approved what was over")
			}
		}
	}
}

func (m *model) any() *modelled {
	if len(m.proposals) == 0 {
		return nil
	}
	return m.proposals[m.IntN(len(m.proposals))]
}

func (m *model) ask(t *testing.T, names []string) {
	n := min(1+m.IntN(2), len(m.fresh))
	if n == 0 {
		return
	}
	addresses := m.fresh[:n]
	action, payload := revoking(t, addresses...)
	p, err := m.Propose(m.by(names...), action, payload)
	if err != nil {
		return
	}
	m.fresh = m.fresh[n:]
	made := &modelled{digest: p.Digest, addresses: addresses, approved: make(map[string]bool), needed: n, requester: names[0]}
	made.approve(names)
	m.proposals = append(m.proposals, made)
}

func (p *modelled) approve(names []string) {
	for _, name := range names {
		if slices.Contains(people[:3], name) {
			p.approved[name] = true
		}
	}
}

func (m *model) check(t *testing.T) {
	t.Helper()
	for _, p := range m.proposals {
		for _, address := range p.addresses {
			if want := len(p.approved) >= p.needed; m.isRevoked(t, address) != want {
				t.Fatalf("revoked %v, approved by %v of %d", !want, p.approved, p.needed)
			}
		}
	}
}

// Who can write to the disk takes the decision away, so that the proposal lies there as before. The log still has it.
func TestDecisionTakenAwayIsNotRepeated(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	change := authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Past: time.Minute})
	p := b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionPolicy, marshal(t, change))
	action, payload := revoking(t, buses...)
	q := b.mustPropose(t, b.by("Anna", "Bo"), action, payload)
	b.raw(t, func(tx *bbolt.Tx) error {
		return errors.Join(tx.Bucket([]byte("decisions")).Delete(p.Digest[:]), tx.Bucket([]byte("decisions")).Delete(q.Digest[:]))
	})
	for _, digest := range [][32]byte{p.Digest, q.Digest} {
		if _, err := b.Approve(b.by("Cy"), digest); !errors.Is(err, authority.ErrDecided) {
			t.Errorf("carried out again: %v", err)
		}
	}
	if b.audit(t).OK() {
		t.Error("the audit misses no decision")
	}
}

// raw changes the file behind the authority's back.
func (b *board) raw(t *testing.T, f func(tx *bbolt.Tx) error) {
	t.Helper()
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(b.path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(f); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b.realm.open(t)
	b.SetOfficers(b.roster, b.table)
}

// The filing of another proposal, another realm's, or a damaged one opens nothing: it is sealed under where it stands.
func TestFilingsCannotBeMoved(t *testing.T) {
	b, other := newBoard(t, 2), newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	b.later(time.Second)
	q := b.mustPropose(t, b.by("Bo"), action, payload)
	var sealed []byte
	b.raw(t, func(tx *bbolt.Tx) error {
		bucket := tx.Bucket([]byte("proposals"))
		sealed = bytes.Clone(bucket.Get(p.Digest[:]))
		return bucket.Put(q.Digest[:], sealed)
	})
	if _, err := b.Approve(b.by("Cy"), q.Digest); err == nil {
		t.Error("approved what stood elsewhere")
	}
	other.raw(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("proposals")).Put(p.Digest[:], sealed) })
	if _, err := other.Approve(other.by("Bo"), p.Digest); err == nil {
		t.Error("approved what was proposed in another realm")
	}
}

// digested puts in front of a public value what storage does, so that only signatures find a forger.
func digested(bucket string, key, value []byte) []byte {
	b := append([]byte(bucket), 0)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(key))), key...)
	sum := sha256.Sum256(append(b, value...))
	return append(sum[:], value...)
}

func TestAuditSeesForgedDecisions(t *testing.T) {
	for name, forge := range map[string]func(d *authority.Decision){
		"payload":   func(d *authority.Decision) { d.Payload[len(d.Payload)-1] ^= 1 },
		"approval":  func(d *authority.Decision) { d.Approvals = nil },
		"signature": func(d *authority.Decision) { d.Request.Signature[3] ^= 1 },
		"officer":   func(d *authority.Decision) { d.Officers[1].Name = "Mallory" },
		"rule":      func(d *authority.Decision) { d.Strictest = 1 },
	} {
		b := newBoard(t, 2)
		action, payload := revoking(t, b.buses(t, "one", "two")...)
		p := b.mustPropose(t, b.by("Anna", "Bo"), action, payload)
		b.mustAudit(t)
		b.raw(t, func(tx *bbolt.Tx) error {
			stored := bytes.Clone(tx.Bucket([]byte("decisions")).Get(p.Digest[:]))
			d, err := authority.ParseDecision(stored[32:])
			if err != nil {
				return err
			}
			forge(d)
			return tx.Bucket([]byte("decisions")).Put(p.Digest[:], digested("decisions", p.Digest[:], marshal(t, d)))
		})
		if report := b.audit(t); report.OK() || !strings.Contains(report.Findings[0].What, "decision") {
			t.Errorf("%s: %v", name, report.Findings)
		}
	}
}

func TestAuditSeesWhatNobodyDecided(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two", "three", "four")
	one, payload := revoking(t, buses[0])
	b.mustPropose(t, b.by("Anna"), one, payload)
	b.mustAudit(t)
	b.SetOfficers(nil, nil)
	b.revoke(t, buses[1])
	b.SetOfficers(b.roster, b.table)
	if report := b.audit(t); len(report.Findings) != 1 || !strings.Contains(report.Findings[0].What, "nobody did") {
		t.Errorf("past the desk: %v", report.Findings)
	}

	b = newBoard(t, 2)
	bus := b.buses(t, "bus")[0]
	one, payload = revoking(t, bus)
	b.mustPropose(t, b.by("Anna"), one, payload)
	stranger := newCouncil(t, 2)
	b.SetOfficers(stranger.roster, stranger.table)
	one, payload = revoking(t, b.buses(t, "next")[0])
	b.mustPropose(t, []crypto.Signer{stranger.signer["Anna"]}, one, payload)
	if report := b.audit(t); len(report.Findings) != 1 || !strings.Contains(report.Findings[0].What, "did not decide to be others") {
		t.Errorf("other officers: %v", report.Findings)
	}
}
