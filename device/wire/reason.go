package wire

import "fmt"

// Reason says why a serial was revoked.
type Reason uint8

// The reasons of section 9 of the protocol.
const (
	ReasonUnspecified Reason = 1 + iota
	ReasonKeyCompromise
	ReasonLost
	ReasonStolen
	ReasonSuperseded
	ReasonOutOfService
	ReasonPrivilegeWithdrawn
	// ReasonSuspended is until a [ReleaseEntry], or for ever by another revocation. Only identities are suspended.
	ReasonSuspended
	// ReasonNeverIssued is of the serials that lists are padded with. Nobody asks for it: ParseReason does not take it.
	ReasonNeverIssued
)

var reasonNames = [...]string{
	ReasonUnspecified:        "unspecified",
	ReasonKeyCompromise:      "key-compromise",
	ReasonLost:               "lost",
	ReasonStolen:             "stolen",
	ReasonSuperseded:         "superseded",
	ReasonOutOfService:       "out-of-service",
	ReasonPrivilegeWithdrawn: "privilege-withdrawn",
	ReasonSuspended:          "suspended",
}

// Reasons returns all reasons, in the order of their numbers.
func Reasons() []Reason {
	rs := make([]Reason, 0, len(reasonNames)-1)
	for r := ReasonUnspecified; r <= ReasonSuspended; r++ {
		rs = append(rs, r)
	}
	return rs
}

// String returns the name that ParseReason takes.
func (r Reason) String() string {
	if r == ReasonNeverIssued {
		return "never-issued"
	}
	if r.check() != nil {
		return fmt.Sprintf("reason %d", uint8(r))
	}
	return reasonNames[r]
}

// ParseReason is the inverse of String; other text gives ErrValue.
func ParseReason(s string) (Reason, error) {
	for _, r := range Reasons() {
		if s == r.String() {
			return r, nil
		}
	}
	return 0, fmt.Errorf("reason: %w: it is one of %v", ErrValue, Reasons())
}

func (r Reason) check() error {
	if r < ReasonUnspecified || r > ReasonSuspended {
		return fmt.Errorf("reason: %w: 1 to 8", ErrValue)
	}
	return nil
}

// checkFinal is check for what is not suspended.
func (r Reason) checkFinal() error {
	if err := r.check(); err != nil {
		return err
	}
	if r == ReasonSuspended {
		return fmt.Errorf("reason: %w: it is revoked for ever, or not at all", ErrValue)
	}
	return nil
}
