package depot

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
)

// Item is a request that was collected, and what became of it.
type Item struct {
	Request   *wire.Request
	Hash      [32]byte  // request hash, shown as eight words
	Confirmed time.Time // when somebody compared them; zero in what Look returns of a new one
	Batch     uint32    // sequence of the batch that it is in, 0 before
	Package   string    // name of the file that was handed out, empty before
	HandedOut time.Time
	Receipt   *wire.Receipt // nil before it came
	Receipts  uint32        // sequence of the batch that the receipt is in, 0 before

	answers [32]byte // hash of the request that the package answers: this one, or the one that the receipt before it stands for
}

// Signed is a batch that was signed.
type Signed struct {
	Statement []byte
	Sequence  uint32
	Count     int
	Again     bool // nothing new was collected: this is the newest one again
}

// Look parses a request of at most 220 octets and verifies its proof. The item has a time of confirmation if the same one was collected
// before. Errors: those of wire.ParseRequest.
func (d *Depot) Look(request []byte) (*Item, error) {
	r, err := wire.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.find(r.Hash()); i >= 0 {
		return d.st.Items[i].open()
	}
	return &Item{Request: r, Hash: r.Hash()}, nil
}

// Collect keeps requests whose words somebody compared just now with those that their devices show. Those that were collected before stay
// as they are. But one that got no package, in a batch before the newest, is for the next batch again: the authority takes no batch after a
// later one, so that it may never have got it. Errors: those of wire.ParseRequest, [ErrFull]; then none was kept.
func (d *Depot) Collect(requests ...[]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	known := d.hashes()
	var fresh []item
	var lost []int
	for _, b := range requests {
		r, err := wire.ParseRequest(b)
		if err != nil {
			return err
		}
		hash := r.Hash()
		if !known[hash] {
			fresh = append(fresh, item{ID: hash[:], Request: b, Confirmed: now})
			known[hash] = true
		} else if i := d.find(hash); i >= 0 && d.st.Items[i].Package == "" && older(d.st.Items[i].Batch, d.st.Batches) {
			lost = append(lost, i)
		}
	}
	if len(d.st.Items)+len(fresh) > maxItems {
		return ErrFull
	}
	if len(fresh) == 0 && len(lost) == 0 {
		return nil
	}
	return d.change(func(st *state) {
		for _, i := range lost {
			st.Items[i].Batch = 0
		}
		st.Items = append(st.Items, fresh...)
	})
}

// Remove forgets a request that is in no batch yet, such as one of a device that was replaced. It can be collected again. Errors:
// [ErrUnknown], [ErrSigned].
func (d *Depot) Remove(hash [32]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.find(hash)
	switch {
	case i < 0:
		return ErrUnknown
	case d.st.Items[i].Batch != 0 || d.st.Items[i].Package != "":
		return ErrSigned
	}
	return d.change(func(st *state) { st.Items = slices.Delete(slices.Clone(st.Items), i, i+1) })
}

// older reports whether a batch was signed and is not the newest, which Sign returns again.
func older(batch, newest uint32) bool { return batch != 0 && batch < newest }

// Items returns all requests, in the order in which they were collected.
func (d *Depot) Items() ([]Item, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Item
	for i := range d.st.Items {
		it, err := d.st.Items[i].open()
		if err != nil {
			return nil, err
		}
		all = append(all, *it)
	}
	return all, nil
}

// Sign signs a batch of the requests that are in none yet, at most 10,000. The batch is recorded before it is returned, and returned again
// while nothing new was collected. Error: [ErrNothing].
func (d *Depot) Sign() (*Signed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := &wire.Batch{HandOver: d.handOver(d.st.Batches + 1)}
	var in []int
	for i, it := range d.st.Items {
		if it.Batch == 0 && len(in) < wire.MaxBatchItems {
			b.Requests = append(b.Requests, wire.Confirmed{Request: it.Request, At: it.Confirmed})
			in = append(in, i)
		}
	}
	if len(in) == 0 {
		n := count(d.st.Items, func(it *item) bool { return it.Batch == d.st.Batches })
		return signedBefore(d.st.LastBatch, d.st.Batches, n)
	}
	statement, err := wire.SignBatch(d.key, d.core.Realm, b)
	if err != nil {
		return nil, err
	}
	err = d.change(func(st *state) {
		st.Batches, st.LastBatch = b.Sequence, statement
		for _, i := range in {
			st.Items[i].Batch = b.Sequence
		}
	})
	if err != nil {
		return nil, err
	}
	return &Signed{Statement: statement, Sequence: b.Sequence, Count: len(in)}, nil
}

func signedBefore(statement []byte, sequence uint32, n int) (*Signed, error) {
	if statement == nil {
		return nil, ErrNothing
	}
	return &Signed{Statement: statement, Sequence: sequence, Count: n, Again: true}, nil
}

func count(items []item, which func(*item) bool) (n int) {
	for i := range items {
		if which(&items[i]) {
			n++
		}
	}
	return n
}

// open parses an item. What it holds was parsed before it was sealed.
func (it *item) open() (*Item, error) {
	r, err := wire.ParseRequest(it.Request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	out := &Item{
		Request: r, Hash: r.Hash(), answers: r.Hash(), Confirmed: it.Confirmed, Batch: it.Batch, Package: it.Package, HandedOut: it.HandedOut, Receipts: it.Receipts,
	}
	if len(it.Answers) == len(out.answers) {
		out.answers = [32]byte(it.Answers)
	}
	if it.Receipt != nil {
		if out.Receipt, err = wire.ParseReceipt(it.Receipt); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	return out, nil
}

// find returns where the request of a hash is, or −1.
func (d *Depot) find(hash [32]byte) int {
	return slices.IndexFunc(d.st.Items, func(it item) bool { return bytes.Equal(it.ID, hash[:]) })
}

func (d *Depot) hashes() map[[32]byte]bool {
	all := make(map[[32]byte]bool)
	for i := range d.st.Items {
		if len(d.st.Items[i].ID) == 32 {
			all[[32]byte(d.st.Items[i].ID)] = true
		}
	}
	return all
}
