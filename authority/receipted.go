package authority

import (
	"fmt"

	"marque/storage"
)

// receipted is which serials a receipt that counts came of: a bit for each. It is read from the database once, without the key, and
// follows every change from then on: a receipt counts until it is answered with the next package. The caller of its methods holds the authority's mu.
type receipted struct {
	known bool
	bits  []uint64
	taken []uint32 // serials whose receipts the change under way wrote

	answered []uint32 // serials whose receipts it answered, perhaps some of those
}

func (r *receipted) has(serial int) bool {
	word := serial / 64
	return word < len(r.bits) && r.bits[word]&(1<<(serial%64)) != 0
}

func (r *receipted) add(serial uint32) {
	word := int(serial / 64)
	for word >= len(r.bits) {
		r.bits = append(r.bits, 0)
	}
	r.bits[word] |= 1 << (serial % 64)
}

func (r *receipted) remove(serial uint32) {
	if r.has(int(serial)) {
		r.bits[serial/64] &^= 1 << (serial % 64)
	}
}

// read brings it to what the database holds, unless it follows that already. It takes some 100 ms for a million receipts.
func (r *receipted) read(tx *storage.Tx) error {
	if r.known {
		return nil
	}
	r.bits = nil
	for serial, err := range tx.Receipted() {
		if err != nil {
			return fmt.Errorf("count the receipts: %w", err)
		}
		r.add(serial)
	}
	r.known = true
	return nil
}

// settle is called when a change was committed, or has failed. One that failed may have reached the disk all the same, so that the
// database has to be asked what became of its receipts.
func (r *receipted) settle(committed bool) {
	switch {
	case len(r.taken)+len(r.answered) == 0 || !r.known:
	case committed:
		for _, serial := range r.taken {
			r.add(serial)
		}
		for _, serial := range r.answered {
			r.remove(serial)
		}
	default:
		r.known = false
	}
	r.taken, r.answered = nil, nil
}

// missingReceipts counts the serials in order, with keys that last, that no receipt came of, in some 2 ms at a million. The caller
// holds a.mu, and has caught up.
func (a *Authority) missingReceipts(tx *storage.Tx, epoch uint32) (n int, err error) {
	if err := a.receipts.read(tx); err != nil {
		return 0, err
	}
	for serial, standing := range a.ledger.standings {
		if standing == inOrder && a.ledger.lastEpochs[serial] >= epoch && !a.receipts.has(serial) {
			n++
		}
	}
	return n, nil
}
