package authority

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"marque/storage"
)

// State is how a proposal stands.
type State string

// The states: open ──▶ decided, refused or expired, and none of these ever changes again.
const (
	StateOpen    State = "open"
	StateDecided State = "decided" // and carried out
	StateRefused State = "refused"
	StateExpired State = "expired" // ProposalLifetime after its time
)

// Pending is a proposal on the desk.
type Pending struct {
	Digest    [32]byte // zero where there are no officers
	Action    Action
	Payload   []byte
	Words     []string // the payload in words, see [Words]
	Requester Officer
	Time      time.Time // when it was made
	Expires   time.Time // exclusive
	Approved  []Officer // who counts, the requester first if they do
	Missing   int       // how many more have to approve
	Reduced   bool      // the realm has fewer officers than the rule takes
	State     State
	Refused   string // by whom and why
}

// council is who decides by which table. It is immutable.
type council struct {
	roster *Roster
	table  *Table
}

// desk is where proposals lie until officers have decided.
type desk struct {
	mu      sync.Mutex // held by everything that files, so that a proposal is decided once
	council atomic.Pointer[council]
	restore atomic.Pointer[filing] // decided, to be recorded when the database is reopened
}

// SetOfficers says who decides, from now on: call it after unlocking, before anybody else gets hold of the authority, and again
// whenever the officers have changed. Proposals that wait are judged by the new officers; what others approved counts no more.
//
// With a nil roster there are no officers, and whoever reaches the authority may do everything: the holder of a passphrase. A nil
// table stands for the strictest: recovery takes all security officers.
func (a *Authority) SetOfficers(r *Roster, t *Table) {
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	a.desk.restore.Store(nil)
	if r == nil {
		a.desk.council.Store(nil)
		return
	}
	if t == nil {
		t = tableOf(r.count(SecurityOfficer))
	}
	a.desk.council.Store(&council{roster: r, table: t})
}

// direct refuses what officers decide about, while there are officers.
func (a *Authority) direct() error {
	if a.desk.council.Load() == nil {
		return nil
	}
	return fmt.Errorf("%w: propose it", ErrApprovalsMissing)
}

// Pendings returns what lies on the desk, oldest first: all that waits, and for two weeks after its time what does not any more.
// Errors: [ErrLocked], and storage's.
func (a *Authority) Pendings() ([]Pending, error) {
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	council := a.desk.council.Load()
	if council == nil {
		return nil, nil
	}
	var list []Pending
	now := a.now()
	err := a.current(func(tx *storage.Tx) error {
		all, err := readFilings(tx, func(*filing) bool { return true })
		if err != nil {
			return err
		}
		for _, f := range all {
			p, err := a.pending(tx, council, f, now)
			if err != nil {
				return err
			}
			list = append(list, *p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the proposals: %w", err)
	}
	slices.SortStableFunc(list, func(x, y Pending) int { return x.Time.Compare(y.Time) })
	return list, nil
}

// pending describes a filing as it stands now.
func (a *Authority) pending(tx *storage.Tx, c *council, f *filing, now time.Time) (*Pending, error) {
	decision, done, err := a.decision(tx, f.digest)
	if err != nil {
		return nil, err
	}
	words, err := Words(f.proposal.Action, f.payload)
	if err != nil {
		return nil, err
	}
	p := &Pending{
		Digest: f.digest, Action: f.proposal.Action, Payload: f.payload, Words: words, Time: f.proposal.Time,
		Expires: f.proposal.Time.Add(ProposalLifetime), State: f.state, Refused: f.refusal,
	}
	if done {
		p.State = StateDecided
	}
	var k *Case
	if decision != nil {
		k, err = decision.reopen(a.coreHash, f.proposal.Time)
	} else {
		k, err = f.reopen(c, a.coreHash, f.proposal.Time)
	}
	switch {
	case err != nil && p.State == StateOpen:
		// Its requester is no officer any more, or it changes officers who have changed since.
		p.State, p.Refused = StateRefused, "it cannot be decided any more: "+err.Error()
	case err == nil:
		p.Requester, p.Approved, p.Missing, p.Reduced = k.Requester(), k.Approved(), k.Missing(), k.Requirement().Reduced()
	}
	if p.State == StateOpen && !now.Before(p.Expires) {
		p.State = StateExpired
	}
	return p, nil
}

// readDecision returns what is filed as the decision about a proposal, nil when nothing is.
func readDecision(tx *storage.Tx, digest [32]byte) (*Decision, error) {
	b, err := tx.Decision(digest)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil //nolint:nilnil // no decision is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read a decision: %w", err)
	}
	return ParseDecision(b)
}

func readFiling(tx *storage.Tx, digest [32]byte) (*filing, error) {
	b, err := tx.Proposal(digest)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, ErrNoProposal
	}
	if err != nil {
		return nil, fmt.Errorf("read a proposal: %w", err)
	}
	return parseFiling(b)
}

// readFilings returns the proposals that are wanted, in the order of their digests.
func readFilings(tx *storage.Tx, want func(*filing) bool) (list []*filing, err error) {
	for filed, err := range tx.Proposals() {
		if err != nil {
			return nil, fmt.Errorf("read the proposals: %w", err)
		}
		f, err := parseFiling(filed.Value)
		if err != nil {
			return nil, err
		}
		if want(f) {
			list = append(list, f)
		}
	}
	return list, nil
}

func writeFiling(tx *storage.Tx, f *filing) error {
	b, err := f.marshal()
	if err != nil {
		return err
	}
	if err := tx.PutProposal(f.digest, b); err != nil {
		return fmt.Errorf("file the proposal: %w", err)
	}
	return nil
}
