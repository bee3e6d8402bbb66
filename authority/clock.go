package authority

import (
	"fmt"
	"time"
)

// ConfirmClock takes the word of somebody who looked at another clock that the
// present time is at. Changes may then be made up to the policy's hard expiry
// after it, and not only after the last entry of the log, for as long as the
// authority is open. The log stays the lower bound. Where there are officers, they
// propose it: [ErrApprovalsMissing].
func (a *Authority) ConfirmClock(at time.Time) error {
	if err := a.direct(); err != nil {
		return fmt.Errorf("confirm the clock: %w", err)
	}
	a.confirmed.Store(at.Unix())
	return nil
}

// checkClock refuses a time before the last entry of the log, and one further
// past it than a list is good for that nobody confirmed. Signed times raise the
// floor of every device for good, and take serials off the list for good: a clock
// that is wrong for a minute must not do so.
func (a *Authority) checkClock(now, last time.Time) error {
	known := last
	if confirmed := time.Unix(a.confirmed.Load(), 0); confirmed.After(known) {
		known = confirmed
	}
	var wrong error
	switch {
	case now.Before(last):
		wrong = ErrClock
	case now.After(known.Add(a.Policy().HardExpiry)):
		wrong = ErrClockAhead
	default:
		return nil
	}
	return fmt.Errorf("%w: it says %s, the log %s", wrong, now.Format(time.RFC3339), last.Format(time.RFC3339))
}

func (a *Authority) now() time.Time { return a.clock().UTC().Truncate(time.Second) }
