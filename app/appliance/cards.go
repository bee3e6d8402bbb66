package appliance

import (
	"fmt"

	"marque/authority"
	"marque/hsm"
)

// CardCheck is what a re-entered card turned out to be.
type CardCheck struct {
	Purpose hsm.Purpose
	Index   int // from 1
	Needed  int // cards of the set that give the seed back
	Total   int
	Seen    int // cards of the set that were re-entered so far, this one included
}

// CheckCard verifies a card, as scanned or typed, against the commitments of its set, and notes that it was re-entered. The text
// stays with the caller, who clears it; the vault may be locked. The error names card and set: [ErrNoCards], hsm.ErrShareText,
// hsm.ErrOtherSet, hsm.ErrShare.
func (a *Appliance) CheckCard(text []byte) (*CardCheck, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	share, err := hsm.ParseShare(text)
	if err != nil {
		return nil, fmt.Errorf("check a card: %w", err)
	}
	defer share.Erase()
	s := a.cards.of(share.Purpose())
	if s == nil {
		return nil, fmt.Errorf("check a card of the purpose %s: %w", share.Purpose(), ErrNoCards)
	}
	if err := s.verify(share); err != nil {
		return nil, fmt.Errorf("check a card: %w", err)
	}
	if s.see(share.Index()) {
		if err := replaceFile(a.path(cardsFile), a.cards.marshal()); err != nil {
			return nil, fmt.Errorf("note that a card was re-entered: %w", err)
		}
	}
	return &CardCheck{
		Purpose: share.Purpose(), Index: share.Index(), Needed: share.Needed(), Total: share.Total(), Seen: len(s.Seen),
	}, nil
}

// Drill rehearses the loss of the vault: from exactly as many backup cards as are needed it makes a second vault in a folder of its
// own, opens it, and compares what derives from its seed with the core and with the key of the database. Nothing of it is left. The
// outcome goes into the log. The appliance must be unlocked. Errors, which name the card that is wrong: those of
// [Appliance.CheckCard], hsm.ErrTooFewShares, hsm.ErrTooManyShares, hsm.ErrSameShare, [ErrDrill].
func (a *Appliance) Drill(texts [][]byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.drill(texts); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	return nil
}

// WaiveDrill puts into the log that the realm does without a drill, which is shown for ever. The appliance must be unlocked. Errors:
// those of authority.Authority.RecordDrill.
func (a *Appliance) WaiveDrill() error { return a.authority.RecordDrill(authority.DrillWaived) }
