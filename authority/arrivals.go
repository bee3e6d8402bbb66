package authority

import (
	"context"
	"fmt"
	"time"
)

// Limits of arrivals.
const (
	arrivalLists = 5              // newest lists that are looked at
	arrivalStep  = time.Hour      // ages are told apart by that
	arrivalSpan  = 60 * 24        // steps; older receipts say as much as the oldest
	arrivalLeast = 20             // observations that say anything at all
	arrivalDay   = 24 * time.Hour // ages are asked for in days
)

// arrivalAges are the ages of lists that are answered for.
var arrivalAges = []time.Duration{arrivalDay, 2 * arrivalDay, 4 * arrivalDay, 7 * arrivalDay, 14 * arrivalDay}

// Arrivals says how fast the newest lists reached the identities that are in order.
type Arrivals struct {
	Lists    int // that it is about; 0 when nothing is known
	Observed int // how many times a receipt told whether its device held one of them
	Shares   []ArrivalShare
}

// ArrivalShare is how many of those had a list that was that old.
type ArrivalShare struct {
	Age      time.Duration
	Thousand int // of 1,000
}

// Arrivals estimates how fast the newest five lists arrived. A device tells in a receipt which list it holds, and when it made the
// receipt: of every list issued before that, and after the device was enrolled, it says whether it had arrived at that age. That is
// current status data, of which the share that had a list at an age is estimated without any model of how lists travel: the most likely
// one that never falls with age (Ayer, Brunk, Ewing, Reid and Silverman, 1955). Ages that are younger or older than any receipt tells of are left out, and
// so is everything when receipts tell less than 20 times.
//
// It takes some 30 ms for each list at a million identities. Errors: those of [Authority.Search].
func (a *Authority) Arrivals(ctx context.Context) (*Arrivals, error) {
	if err := a.indexed(ctx); err != nil {
		return nil, fmt.Errorf("how fast lists arrive: %w", err)
	}
	when, err := a.present(a.now())
	if err != nil {
		return nil, fmt.Errorf("how fast lists arrive: %w", err)
	}
	newest, err := a.PastLists(0, arrivalLists)
	if err != nil {
		return nil, err
	}
	var lists []issuedAt
	for _, l := range newest {
		lists = append(lists, issuedAt{l.Sequence, l.Issued})
	}
	return a.index.arrivals(when, lists), nil
}

// issuedAt is when a list was issued, and its number.
type issuedAt struct {
	sequence uint32
	at       time.Time
}

// observed counts, for one step of age, receipts and how many of them told of the list or a newer one.
type observed struct{ all, had int }

func (x *index) arrivals(when *present, lists []issuedAt) *Arrivals {
	steps := make([]observed, arrivalSpan)
	out := &Arrivals{}
	x.mu.RLock()
	for _, l := range lists {
		before := out.Observed
		x.observe(when, l, steps, &out.Observed)
		if out.Observed > before {
			out.Lists++
		}
	}
	x.mu.RUnlock()
	if out.Observed < arrivalLeast {
		return &Arrivals{}
	}
	shares, first, oldest := isotone(steps)
	for _, age := range arrivalAges {
		step := int(age/arrivalStep) - 1 // the one that ends with it
		if step < first || step > oldest {
			continue
		}
		out.Shares = append(out.Shares, ArrivalShare{Age: age, Thousand: int(shares[step]*1000 + 0.5)})
	}
	return out
}

// observe counts what receipts say of one list. The caller holds x.mu.
func (x *index) observe(when *present, l issuedAt, steps []observed, n *int) {
	c, at, step := &x.columns, l.at.Unix(), int64(arrivalStep/time.Second)
	for i, last := range c.last {
		if c.received[i] == 0 || int64(c.made[i]) < at || int64(c.issued[i]) > at || when.standing(c.flags[i], last) != StandingActive {
			continue
		}
		o := &steps[min((int64(c.made[i])-at)/step, arrivalSpan-1)]
		o.all++
		if c.held[i] >= l.sequence {
			o.had++
		}
		*n++
	}
}

// isotone returns for every step from the first that is known the most likely share, never falling with age: neighbours that would fall
// are taken together.
func isotone(steps []observed) (shares []float64, first, oldest int) {
	type block struct {
		observed
		from int // step
	}
	var blocks []block
	for i, o := range steps {
		if o.all == 0 {
			continue
		}
		oldest = i
		blocks = append(blocks, block{o, i})
		for n := len(blocks); n > 1; n = len(blocks) {
			p, q := &blocks[n-2], blocks[n-1]
			if p.had*q.all < q.had*p.all {
				break
			}
			p.all, p.had = p.all+q.all, p.had+q.had
			blocks = blocks[:n-1]
		}
	}
	shares = make([]float64, len(steps))
	for _, b := range blocks {
		for i := b.from; i < len(shares); i++ {
			shares[i] = float64(b.had) / float64(b.all)
		}
	}
	return shares, blocks[0].from, oldest
}
