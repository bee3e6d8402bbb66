package authority

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"marque/device/wire"
	"marque/storage"
)

// index holds of every identity what it is searched and sorted by, about 60 octets. It is built from the registry when somebody asks
// first, and follows it from then on. Locking throws it away.
//
// Rows are in the order of their serials, and are only ever added. Everything is in columns: a search reads few of them.
type index struct {
	store *storage.Store
	core  *wire.Core

	mu       sync.RWMutex // of all that follows
	state    indexState
	failed   error         // why it was not built
	ready    chan struct{} // closed when building ends, however
	stop     *atomic.Bool  // ends the building
	touched  map[uint32]bool
	version  uint64 // changes with every change
	columns  columns
	order    []uint32 // rows in the order of their names
	depots   []string // in the order in which they were met; the first is none
	answered []answer // the last ones, the newest first
	done     atomic.Int64
	total    atomic.Int64
}

type indexState int

const (
	indexNone indexState = iota
	indexBuilding
	indexBuilt
)

// columns are what is known of each row.
type columns struct {
	names  []byte   // in lower case, each followed by a line feed
	starts []uint32 // of each name; and one more, the length of names

	serials  []uint32
	issued   []uint32 // Unix seconds
	last     []uint32 // epoch of the last key
	held     []uint32 // sequence of the list that the newest receipt tells of
	received []uint32 // Unix seconds at which that came; 0 without a receipt
	made     []uint32 // Unix seconds at which it was made, by the device's clock
	depots   []uint16
	flags    []uint8
}

// Flags of a row: the kind in the lowest two bits.
const (
	flagKind      = 3
	flagRevoked   = 4
	flagUnlisted  = 8  // with flagRevoked: on no list yet
	flagLapsed    = 16 // with flagRevoked: its keys ran out, and it left the list
	flagSuspended = 32 // with flagRevoked: until it is released
)

func newIndex(store *storage.Store, core *wire.Core) *index {
	return &index{store: store, core: core, touched: map[uint32]bool{}}
}

// row is what is known of an identity before it is put into the columns.
type row struct {
	name                                       string
	serial, issued, last, held, received, made uint32
	flags                                      uint8
	depot                                      string
}

// readRow reads what an index has to know of an identity.
func readRow(tx *storage.Tx, id *storage.Identity) (*row, error) {
	r := &row{
		name: id.Address.Name(), serial: id.Serial, issued: uint32(id.Issued.Unix()), last: lastEpoch(id),
		flags: uint8(id.Kind) & flagKind,
	}
	if v := id.Revoked; v != nil {
		r.flags |= flagRevoked
		if v.ListedIn == 0 {
			r.flags |= flagUnlisted
		}
		if v.Expired {
			r.flags |= flagLapsed
		}
		if v.Suspended() {
			r.flags |= flagSuspended
		}
	}
	var err error
	if r.depot, err = tx.Origin(id.Request); err != nil {
		return nil, fmt.Errorf("read where it came from: %w", err)
	}
	kept, err := tx.Receipt(id.Serial, storage.SlotNewest)
	if errors.Is(err, storage.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a receipt: %w", err)
	}
	got, err := wire.ParseReceipt(kept.Receipt)
	if err != nil {
		return nil, fmt.Errorf("read a receipt: %w", err)
	}
	if got.Sequence == id.Sequence { // else it is of an older package
		r.held, r.received, r.made = got.List.Sequence, uint32(kept.At.Unix()), uint32(got.Time.Unix())
	}
	return r, nil
}

// n returns how many rows there are.
func (c *columns) n() int { return len(c.serials) }

func (c *columns) name(i uint32) []byte { return c.names[c.starts[i] : c.starts[i+1]-1] }

// add puts a row behind the others.
func (c *columns) add(r *row, depot uint16) {
	if len(c.starts) == 0 {
		c.starts = append(c.starts, 0)
	}
	c.names = append(append(c.names, strings.ToLower(r.name)...), '\n')
	c.starts = append(c.starts, uint32(len(c.names)))
	c.serials = append(c.serials, r.serial)
	c.issued = append(c.issued, 0)
	c.last = append(c.last, 0)
	c.held = append(c.held, 0)
	c.received, c.made = append(c.received, 0), append(c.made, 0)
	c.depots = append(c.depots, 0)
	c.flags = append(c.flags, 0)
	c.set(c.n()-1, r, depot)
}

// set changes all of a row but its name and serial, which never change.
func (c *columns) set(i int, r *row, depot uint16) {
	c.issued[i], c.last[i], c.held[i], c.received[i], c.made[i] = r.issued, r.last, r.held, r.received, r.made
	c.depots[i], c.flags[i] = depot, r.flags
}

// grow makes room for n rows with names of a usual length.
func (c *columns) grow(n int) {
	c.names, c.starts = slices.Grow(c.names, n*14), slices.Grow(c.starts, n+1)
	c.serials, c.issued, c.last = slices.Grow(c.serials, n), slices.Grow(c.issued, n), slices.Grow(c.last, n)
	c.held, c.received, c.made = slices.Grow(c.held, n), slices.Grow(c.received, n), slices.Grow(c.made, n)
	c.depots, c.flags = slices.Grow(c.depots, n), slices.Grow(c.flags, n)
}

// find returns the row of a serial.
func (c *columns) find(serial uint32) (i int, found bool) {
	return slices.BinarySearch(c.serials, serial)
}

// compare orders rows by name, and those of the same name by serial.
func (c *columns) compare(i, j uint32) int {
	if order := bytes.Compare(c.name(i), c.name(j)); order != 0 {
		return order
	}
	return int(i) - int(j)
}

// depot returns the number of a depot's name.
func (x *index) depot(name string) uint16 {
	if i := slices.Index(x.depots, name); i >= 0 {
		return uint16(i)
	}
	if len(x.depots) > maxIndexedDepots {
		return 0
	}
	x.depots = append(x.depots, name)
	return uint16(len(x.depots) - 1)
}

// watch makes an index that follows the store.
func (a *Authority) watch() {
	a.index = newIndex(a.store, a.core)
	a.store.Watch(a.index.touch)
}
