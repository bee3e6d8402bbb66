package authority

import (
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Verdict is what would come of one request of a batch.
type Verdict struct {
	Again   bool         // this very request was enrolled before, as Address; its package can be had again
	Renews  bool         // it is a receipt of Address, whose next package would be made
	Address wire.Address // if Again or Renews
	Kind    wire.Kind    // likewise
	Problem error        // why Enrol would refuse it; nil otherwise
	Warning string       // about the request's time; empty when there is nothing to say
}

// ReviewAll does what [Authority.Review] does for each of the requests, or receipts in their place, in their order, as the database is at
// one moment: what the requests do to each other, it does not look at. It changes nothing, and raises no alarm. Errors: [ErrLocked], and,
// of receipts, [ErrInconsistent].
func (a *Authority) ReviewAll(requests [][]byte) ([]Verdict, error) {
	verdicts, all := make([]Verdict, len(requests)), make([]candidate, len(requests))
	now := a.now()
	_ = inParallel(len(requests), func(i int) error {
		c := &all[i]
		c.parse(requests[i])
		if c.request != nil {
			verdicts[i].Warning = timeWarning(c.request.Time, now)
		}
		return nil // what is wrong with one concerns that one
	})
	view := a.store.View
	if slices.ContainsFunc(all, func(c candidate) bool { return c.receipt != nil }) {
		view = a.current // whether a package may be made, the log says
	}
	err := view(func(tx *storage.Tx) error {
		for i := range all {
			if err := a.foresee(tx, &all[i], &verdicts[i], now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	return verdicts, nil
}

// foresee finds out what would become of one candidate.
func (a *Authority) foresee(tx *storage.Tx, c *candidate, v *Verdict, now time.Time) error {
	if c.refused == nil {
		if err := c.find(tx); err != nil {
			return err
		}
	}
	v.Again = c.id != nil
	if c.refused == nil && c.id == nil && c.receipt != nil {
		if err := c.refuse(a.foreseeRenewal(tx, c, now)); err != nil {
			return err
		}
		v.Renews = c.refused == nil
	}
	if v.Problem = c.refused; v.Problem == nil && c.id != nil {
		v.Address, v.Kind = c.id.Address, c.id.Kind
	}
	return nil
}

func (a *Authority) foreseeRenewal(tx *storage.Tx, c *candidate, now time.Time) error {
	w, err := a.examine(tx, c.receipt)
	if err != nil {
		return err
	}
	c.id = w.id
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return fmt.Errorf("choose the epochs: %w", err)
	}
	return a.mayRenew(w, epoch)
}
