package flow

import "marque/app/depot"

// Receipts is the view-model of collecting receipts at a depot.
//
//	waiting ──Choose, Scan──▶ busy ──▶ waiting, with Last or a problem
type Receipts struct {
	model
	scanner Scanner
	depot   *Depot
	files   []string

	Busy    bool
	Problem *Problem
	Series  *Series     // of which one part was read last; nil for none
	Last    *depot.Item // whose receipt came last; nil before
	Again   bool        // it said nothing new
	Batch   *DepotBatch
}

func (r *Receipts) idle() bool { return !r.Busy && !r.Batch.Busy }

func (r *Receipts) reset() {
	r.forget()
	r.Busy, r.Problem, r.Series, r.Last, r.Again, r.files = false, nil, nil, nil, false, nil
	r.Batch.reset()
	r.changed()
}

// Ready reports whether a file or a code may be given now.
func (r *Receipts) Ready() bool { return r.idle() && r.depot.keeper != nil }

// Choose takes the receipts in some files, one after the other, up to the first that is refused.
func (r *Receipts) Choose(paths ...string) {
	if !r.Ready() || len(paths) == 0 {
		return
	}
	if len(paths) > maxPictures {
		r.Problem = problem("toomany", "Most", maxPictures)
		r.changed()
		return
	}
	r.files = append([]string(nil), paths...)
	r.next()
}

// Scan takes the text of a code.
func (r *Receipts) Scan(code string) {
	if r.Ready() {
		r.files = nil
		scanner := r.scanner
		r.take(func() ([]byte, error) { return scanner.Text(code) })
	}
}

// Refuse says why the text of a hand scanner was not taken; err is one of package scan.
func (r *Receipts) Refuse(err error) {
	if r.Ready() {
		r.Problem = explain(err, "scan.failed")
		r.changed()
	}
}

func (r *Receipts) next() {
	if len(r.files) == 0 {
		return
	}
	path, scanner := r.files[0], r.scanner
	r.files = r.files[1:]
	r.take(func() ([]byte, error) { return scanner.File(path) })
}

// received is a receipt that was taken, and what is there since.
type received struct {
	item  *depot.Item
	again bool
	items []depot.Item
}

func (r *Receipts) take(get func() ([]byte, error)) {
	r.Busy, r.Problem, r.Series, r.Last, r.Again = true, nil, nil, nil, false
	keeper := r.depot.keeper
	background(&r.model, func() (got received, err error) {
		receipt, err := get()
		if err != nil {
			return got, err
		}
		if got.item, got.again, err = keeper.Receive(receipt); err != nil {
			return got, err
		}
		got.items, err = keeper.Items()
		return got, err
	}, func(got received, err error) {
		r.Busy, r.Last, r.Again = false, got.item, got.again
		if r.Series = partOf(err); r.Series == nil {
			r.Problem = explain(err, "depot.receipt.failed")
		}
		r.depot.took(got.items)
		r.changed()
		if r.Problem == nil {
			r.next()
		}
	})
	r.changed()
}
