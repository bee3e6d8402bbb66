package screen_test

import (
	"crypto/sha256"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
	"marque/device/wire"
)

var approvalsStates = []state{
	{"approvals-empty", true, func(s *stage) { alone(s, flow.PlaceApprovals) }},
	{"approvals-alone", true, func(s *stage) { s.unlock(); s.console.Open(flow.PlaceApprovals) }},
	{"approvals-done", true, func(s *stage) { proposed(s); s.typed("their passphrase") }},
	{"approvals-busy", true, func(s *stage) {
		proposed(s)
		s.typed("their passphrase")
		s.key(fyne.KeyReturn)
	}},
	{"approvals-error", true, func(s *stage) {
		proposed(s)
		s.console.Approvals.AskWhy(true)
		s.typed("wrong depot")
		s.place.fails = authority.ErrDecided
		s.key(fyne.KeyReturn)
		s.settle()
		s.place.fails = nil
	}},
	{"approvals-depot", true, func(s *stage) { proposed(s); s.key(fyne.KeyDown) }},
	{"approvals-over", true, func(s *stage) {
		proposed(s)
		for range 4 {
			s.key(fyne.KeyDown)
		}
	}},
}

// proposed opens the screen with something to decide, and Brandt alone.
func proposed(s *stage) {
	s.place.proposals = desk()
	alone(s, flow.PlaceApprovals)
}

// desk is what lies on the desk.
func desk() []flow.Proposal {
	batch := authority.RevokePayload{Reason: wire.ReasonStolen}
	for i := range 12 {
		address, err := wire.NewAddress("nordtal.example", "", fmt.Sprintf("bus-%d", 4721+i), uint32(1_004_180+i))
		must(err)
		batch.Addresses = append(batch.Addresses, address)
	}
	one := authority.RevokePayload{Reason: wire.ReasonLost, Addresses: batch.Addresses[:1]}
	depot := authority.DepotPayload{Name: "hafen", Key: sha256.Sum256([]byte("key")), Registration: sha256.Sum256([]byte("registration"))}
	for wire.CheckKey(depot.Key) != nil {
		depot.Key = sha256.Sum256(depot.Key[:])
	}
	clock := authority.ClockPayload{Time: today.Add(-3 * time.Second)}
	at := func(minutes int) time.Time { return today.Add(-time.Duration(minutes) * time.Minute) }
	return []flow.Proposal{
		proposal(authority.ActionBatch, &batch, "J. Okafor", at(20), authority.StateOpen, 1, "J. Okafor"),
		proposal(authority.ActionDepot, &depot, "S. Lindqvist", at(90), authority.StateOpen, 1, "S. Lindqvist"),
		proposal(authority.ActionRevoke, &one, "M. Brandt", at(170), authority.StateOpen, 1, "M. Brandt"),
		proposal(authority.ActionClock, &clock, "J. Okafor", at(330), authority.StateDecided, 0, "J. Okafor", "M. Brandt"),
		proposal(authority.ActionRevoke, &one, "J. Okafor", at(2000), authority.StateRefused, 1, "J. Okafor"),
	}
}

func proposal(action authority.Action, payload interface{ Marshal() ([]byte, error) }, by string, at time.Time, state authority.State, missing int, approved ...string) flow.Proposal {
	b, err := payload.Marshal()
	must(err)
	p := flow.Proposal{
		Digest: sha256.Sum256(append(b, state...)), Action: action, Payload: b, Requester: by, Time: at, Expires: at.Add(authority.ProposalLifetime),
		Approved: approved, Missing: missing, State: state,
	}
	if state == authority.StateRefused {
		p.Refused = "S. Lindqvist: wrong depot"
	}
	return p
}
