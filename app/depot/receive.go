package depot

import (
	"fmt"

	"marque/device/wire"
)

// Receive verifies a receipt of at most 536 octets for a package that was handed out here, and keeps it until it is signed for the
// authority. A newer one for the same package takes its place; again means that it says nothing new. Errors: those of
// wire.ParseReceipt and wire.Receipt.Verify, [ErrNotOurs], [ErrOtherReceipt].
func (d *Depot) Receive(b []byte) (out *Item, again bool, err error) {
	r, err := wire.ParseReceipt(b)
	if err != nil {
		return nil, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i, err := d.receiptOf(r)
	if err != nil {
		return nil, false, err
	}
	it, err := d.st.Items[i].open()
	if err != nil {
		return nil, false, err
	}
	if before := it.Receipt; before != nil {
		switch {
		case !before.SameNext(r):
			return nil, false, ErrOtherReceipt
		case r.List.Compare(before.List) < 0 || r.List == before.List && !r.Time.After(before.Time):
			return it, true, nil
		}
	}
	err = d.change(func(st *state) { st.Items[i].Receipt, st.Items[i].Receipts = b, 0 })
	if err != nil {
		return nil, false, err
	}
	out, err = d.st.Items[i].open()
	return out, false, err
}

// receiptOf returns the number of the item whose package a receipt answers: the name of its file says whom it was for, and the signature
// that it was for that request.
func (d *Depot) receiptOf(r *wire.Receipt) (int, error) {
	name := fmt.Sprintf("%s~%d", r.Address.Name(), r.Address.Serial())
	if r.Sequence > 1 {
		name += fmt.Sprintf("-%d", r.Sequence)
	}
	name += packageExtension
	err := ErrNotOurs
	for i := range d.st.Items {
		it := &d.st.Items[i]
		if it.Package != name || it.Sequence != r.Sequence {
			continue
		}
		opened, openErr := it.open()
		if openErr != nil {
			return 0, openErr
		}
		_, verifyErr := r.Verify(d.core, opened.Request.Kind, opened.answers)
		if verifyErr == nil {
			return i, nil
		}
		err = verifyErr
	}
	return 0, err
}

// List returns the newest list that was handed out, zero before the first.
func (d *Depot) List() wire.Order {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.st.List
}

// SignReceipts signs the receipts that are in no batch yet, at most 10,000, as [Depot.Sign] does with requests, and which list was handed
// out. A newer list is enough for a batch of its own, without receipts. Error: [ErrNothing].
func (d *Depot) SignReceipts() (*Signed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &wire.Receipts{HandOver: d.handOver(d.st.Receipts + 1), List: d.st.List}
	var in []int
	for i, it := range d.st.Items {
		if it.Receipt != nil && it.Receipts == 0 && len(in) < wire.MaxBatchItems {
			r.Receipts = append(r.Receipts, it.Receipt)
			in = append(in, i)
		}
	}
	if len(in) == 0 && d.st.List == d.st.Told {
		n := count(d.st.Items, func(it *item) bool { return it.Receipts != 0 && it.Receipts == d.st.Receipts })
		return signedBefore(d.st.LastReceipts, d.st.Receipts, n)
	}
	statement, err := wire.SignReceipts(d.key, d.core.Realm, r)
	if err != nil {
		return nil, err
	}
	err = d.change(func(st *state) {
		st.Receipts, st.LastReceipts, st.Told = r.Sequence, statement, r.List
		for _, i := range in {
			st.Items[i].Receipts = r.Sequence
		}
	})
	if err != nil {
		return nil, err
	}
	return &Signed{Statement: statement, Sequence: r.Sequence, Count: len(in)}, nil
}
