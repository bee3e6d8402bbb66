package authority

import (
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Review is what an officer looks at before enrolling: who asks for what, and
// what would come of it. Only the words of Hash, compared with those that the
// device shows, say that the request comes from that device.
type Review struct {
	Request *wire.Request
	Hash    [32]byte     // request hash
	Again   bool         // this very request was enrolled before, as Address; its package can be had again
	Address wire.Address // if Again
	Problem error        // why Enrol would refuse: ErrUsedName, ErrSeenKey, ErrSuspended or ErrAlreadyRevoked; nil otherwise
	Warning string       // about the request's time; empty when there is nothing to say
}

// Review parses a request, verifies its proof of possession, and looks for
// duplicates. It changes nothing. Errors: those of wire.ParseRequest, [ErrLocked].
func (a *Authority) Review(request []byte) (*Review, error) {
	req, err := wire.ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	r := &Review{Request: req, Hash: req.Hash(), Warning: timeWarning(req.Time, a.now())}
	err = a.store.View(func(tx *storage.Tx) error {
		known, err := holder(tx, req)
		if isProblem(err) {
			r.Problem = err
			return nil
		}
		if known != nil {
			r.Again, r.Address = true, known.Address
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	return r, nil
}

func isProblem(err error) bool {
	return errors.Is(err, ErrUsedName) || errors.Is(err, ErrSeenKey) || errors.Is(err, ErrSuspended) || errors.Is(err, ErrAlreadyRevoked) ||
		errors.Is(err, ErrRenewed) || ofReceipt(err)
}

// holder returns the identity that was enrolled with this very request, nil when
// the request is new, and an error when it cannot be granted.
func holder(tx *storage.Tx, req *wire.Request) (*storage.Identity, error) {
	serial, seen, err := tx.HasRequest(req.Hash())
	if err != nil {
		return nil, fmt.Errorf("look the request up: %w", err)
	}
	if seen {
		id, err := tx.Identity(serial)
		if err != nil {
			return nil, fmt.Errorf("look the request up: %w", err)
		}
		if id.Revoked.Suspended() {
			return nil, fmt.Errorf("enrolled with this request as %s: %w", id.Address, ErrSuspended)
		}
		if id.Revoked != nil {
			return nil, fmt.Errorf("enrolled with this request as %s: %w", id.Address, ErrAlreadyRevoked)
		}
		if id.Request != req.Hash() {
			return nil, fmt.Errorf("enrolled with this request as %s: %w", id.Address, ErrRenewed)
		}
		return id, nil
	}
	if _, seen, err = tx.HasU(req.U); err != nil {
		return nil, fmt.Errorf("look the enrolment key up: %w", err)
	}
	if !seen { // what a receipt brought is for that device's next package, and makes no new identity
		if _, seen, err = tx.HasNextKey(req.U); err != nil {
			return nil, fmt.Errorf("look the enrolment key up: %w", err)
		}
	}
	if seen {
		return nil, ErrSeenKey
	}
	id, err := tx.IdentityByName(req.Name)
	switch {
	case err == nil && id.HoldsName():
		return nil, fmt.Errorf("%w (%s has it)", ErrUsedName, id.Address)
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return nil, fmt.Errorf("look the name up: %w", err)
	}
	return nil, nil // the request is new, and that is no error
}

// timeWarning says what is odd about the time of a request. Requests carry the
// clock of a device that may never have been set, so it is no reason to refuse.
func timeWarning(made, now time.Time) string {
	day := made.UTC().Format("2006-01-02 15:04 UTC")
	switch {
	case made.After(now.Add(requestAhead)):
		return "the request says that it was made at " + day + ", which is in the future: check the device's clock and this one"
	case made.Before(now.Add(-requestAge)):
		return "the request says that it was made at " + day + ": make sure that it is the device's present one"
	}
	return ""
}
