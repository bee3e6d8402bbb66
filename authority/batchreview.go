package authority

import (
	"fmt"

	"marque/device/wire"
	"marque/storage"
)

// Verdict is what would come of one request of a batch.
type Verdict struct {
	Again   bool         // this very request was enrolled before, as Address; its package can be had again
	Address wire.Address // if Again
	Problem error        // why Enrol would refuse it; nil otherwise
	Warning string       // about the request's time; empty when there is nothing to say
}

// ReviewAll does what [Authority.Review] does for each of the requests, in their order, as the database is at one moment: what the
// requests do to each other, it does not look at. It changes nothing. Error: [ErrLocked].
func (a *Authority) ReviewAll(requests [][]byte) ([]Verdict, error) {
	verdicts, parsed := make([]Verdict, len(requests)), make([]*wire.Request, len(requests))
	now := a.now()
	_ = inParallel(len(requests), func(i int) error {
		v := &verdicts[i]
		if parsed[i], v.Problem = wire.ParseRequest(requests[i]); v.Problem == nil {
			v.Warning = timeWarning(parsed[i].Time, now)
		}
		return nil // what is wrong with one concerns that one
	})
	err := a.store.View(func(tx *storage.Tx) error {
		for i, request := range parsed {
			if request == nil {
				continue
			}
			known, err := holder(tx, request)
			switch {
			case isProblem(err):
				verdicts[i].Problem = err
			case err != nil:
				return err
			case known != nil:
				verdicts[i].Again, verdicts[i].Address = true, known.Address
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	return verdicts, nil
}
