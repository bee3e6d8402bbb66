package authority

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"marque/storage"
)

// begin starts to build the index, unless that was begun.
func (x *index) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != indexNone {
		return
	}
	x.state, x.failed = indexBuilding, nil
	x.ready, x.stop = make(chan struct{}), &atomic.Bool{}
	x.done.Store(0)
	x.total.Store(0)
	clear(x.touched)
	go x.build(x.ready, x.stop)
}

// drop throws the index away: the registry is being locked.
func (x *index) drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stop != nil {
		x.stop.Store(true)
	}
	x.state, x.columns, x.order, x.depots, x.answered, x.stop = indexNone, columns{}, nil, nil, nil, nil
	x.version++
	clear(x.touched)
}

var errDropped = errors.New("the registry was locked")

// build reads the registry, in pieces, so that nothing waits for it.
func (x *index) build(ready chan struct{}, stop *atomic.Bool) {
	defer close(ready)
	made := &index{store: x.store, core: x.core, depots: []string{""}}
	err := made.readAll(&x.done, &x.total, stop)
	if err == nil {
		made.order = made.columns.sorted()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if stop.Load() || x.ready != ready {
		return
	}
	if err != nil {
		x.state, x.failed = indexNone, err
		return
	}
	x.columns, x.order, x.depots = made.columns, made.order, made.depots
	x.state = indexBuilt
	x.version++
	if err := x.renew(slices.Sorted(maps.Keys(x.touched))); err != nil {
		x.state, x.failed, x.columns, x.order = indexNone, err, columns{}, nil
	}
	clear(x.touched)
}

// readAll reads all identities. What is written meanwhile is read again afterwards.
func (x *index) readAll(done, total *atomic.Int64, stop *atomic.Bool) error {
	var count uint64
	for next := uint64(0); ; {
		var ids []*storage.Identity
		var rows []*row
		err := x.store.View(func(tx *storage.Tx) error {
			count = tx.Count()
			total.Store(int64(count))
			if next == 0 {
				x.columns.grow(int(min(count, maxIndexed)))
			}
			for id, err := range tx.Identities(uint32(min(next, 1<<32-1))) {
				if err != nil {
					return err
				}
				ids = append(ids, id)
				if len(ids) == indexPiece {
					break
				}
			}
			return nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if stop.Load() {
			return errDropped
		}
		if rows, err = x.readRows(ids); err != nil {
			return err
		}
		for _, r := range rows {
			if x.columns.n() >= maxIndexed {
				return ErrManyIdentities
			}
			x.columns.add(r, x.depot(r.depot))
		}
		next = uint64(ids[len(ids)-1].Serial) + 1
		done.Store(int64(next))
		if next > 1<<32-1 {
			return nil
		}
	}
}

// readRows makes rows of identities, on all processors.
func (x *index) readRows(ids []*storage.Identity) ([]*row, error) {
	const share = 256
	rows := make([]*row, len(ids))
	err := inParallel((len(ids)+share-1)/share, func(part int) error {
		return x.store.View(func(tx *storage.Tx) (err error) {
			for i := part * share; i < min((part+1)*share, len(ids)); i++ {
				if rows[i], err = readRow(tx, ids[i]); err != nil {
					return fmt.Errorf("identity with serial %d: %w", ids[i].Serial, err)
				}
			}
			return nil
		})
	})
	return rows, err
}

// sorted returns the rows in the order of their names.
func (c *columns) sorted() []uint32 {
	type abbreviated struct {
		key uint64 // of the beginning that names do not share
		row uint32
	}
	common := c.commonPrefix()
	all := make([]abbreviated, c.n())
	for i := range all {
		var key uint64
		name := c.name(uint32(i))[common:]
		for j := range 8 {
			key <<= 8
			if j < len(name) {
				key |= uint64(name[j])
			}
		}
		all[i] = abbreviated{key, uint32(i)}
	}
	slices.SortFunc(all, func(a, b abbreviated) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return c.compare(a.row, b.row)
	})
	order := make([]uint32, len(all))
	for i := range all {
		order[i] = all[i].row
	}
	return order
}

// commonPrefix returns how many octets all names begin with.
func (c *columns) commonPrefix() int {
	if c.n() == 0 {
		return 0
	}
	common := c.name(0)
	for i := 1; i < c.n() && len(common) > 0; i++ {
		name := c.name(uint32(i))
		n := 0
		for n < len(common) && n < len(name) && common[n] == name[n] {
			n++
		}
		common = common[:n]
	}
	return len(common)
}

// touch brings rows in step with the registry, after a change to it.
func (x *index) touch(serials []uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch x.state {
	case indexNone:
	case indexBuilding:
		for _, s := range serials {
			x.touched[s] = true
		}
	case indexBuilt:
		serials = slices.Clone(serials)
		slices.Sort(serials)
		if err := x.renew(slices.Compact(serials)); err != nil {
			x.state, x.failed, x.columns, x.order, x.answered = indexNone, err, columns{}, nil, nil // the next search builds it anew
		}
	}
}

// renew reads some rows again, ascending, and adds those that are new.
func (x *index) renew(serials []uint32) error {
	if len(serials) == 0 {
		return nil
	}
	x.version++
	x.answered = nil
	before := x.columns.n()
	err := x.store.View(func(tx *storage.Tx) error {
		for _, serial := range serials {
			id, err := tx.Identity(serial)
			if errors.Is(err, storage.ErrNotFound) {
				continue // the commit failed
			}
			if err != nil {
				return err
			}
			r, err := readRow(tx, id)
			if err != nil {
				return err
			}
			if i, found := x.columns.find(serial); found {
				x.columns.set(i, r, x.depot(r.depot))
				continue
			}
			if x.columns.n() >= maxIndexed {
				return ErrManyIdentities
			}
			x.columns.add(r, x.depot(r.depot))
		}
		return nil
	})
	if err != nil {
		return err
	}
	x.insert(before)
	return nil
}

// insert puts the rows from the given one on into the order.
func (x *index) insert(from int) {
	c := &x.columns
	if from == c.n() {
		return
	}
	fresh := make([]uint32, 0, c.n()-from)
	for i := from; i < c.n(); i++ {
		fresh = append(fresh, uint32(i))
	}
	slices.SortFunc(fresh, c.compare)
	merged := slices.Grow(make([]uint32, 0, c.n()), c.n()+c.n()/16)
	rest := x.order
	for _, f := range fresh {
		at, _ := slices.BinarySearchFunc(rest, f, c.compare)
		merged = append(append(merged, rest[:at]...), f)
		rest = rest[at:]
	}
	x.order = append(merged, rest...)
}
