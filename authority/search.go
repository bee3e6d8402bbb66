package authority

import (
	"context"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Standing is how an identity stands.
type Standing uint8

// The standings. An identity that was revoked or suspended counts as expired once its keys ran out and it left the list.
const (
	StandingActive Standing = iota + 1
	StandingSuspended
	StandingRevoked
	StandingExpired
)

// Column is what identities are sorted by. Those that are equal follow each other by name.
type Column uint8

// The columns.
const (
	ByName Column = iota
	BySerial
	ByKind
	ByDepot
	ByStanding
	ByUntil
	ByIssued
	ByList // that the device is known to hold
)

// Receipted says what is wanted of receipts.
type Receipted uint8

// What can be wanted.
const (
	AnyReceipt Receipted = iota
	NoReceipt            // none came for the newest package
	SomeReceipt
)

// Query says which identities are wanted, and in which order. The zero value wants the first none of all.
type Query struct {
	// Words that all occur in the name or in the depot's, in whatever case; digits that begin the serial; or a whole address. At most
	// MaxQuery octets; more than 16 different words occur in none.
	Text      string
	Standings []Standing // empty for all
	Kind      wire.Kind  // zero for all
	Depot     string     // empty for all
	Before    time.Time  // only those whose keys end before, and have not ended; zero for all
	Receipt   Receipted
	Behind    bool // only those that are known to hold an older list than the newest

	By         Column
	Descending bool

	From  int // of the matches, from 0
	Count int // at most MaxIdentities
}

// Results are what a search brought.
type Results struct {
	Total   int // identities in the registry
	Matches int // those wanted, of which Rows is a part
	Rows    []Row

	// How many stand how, of those that match everything in the query but Standings.
	Active, Suspended, Revoked, Expired int
	Ending                              int // of those active, whose keys end within [EndingSoon]

	Depots  []string // of which any identity came, in the order of the alphabet
	Version uint64   // the same as long as nothing changed
}

// Row is an identity that was found.
type Row struct {
	Identity

	Standing Standing
	Depot    string    // that vouched for its request; empty for none
	Received time.Time // when the receipt for its newest package came; zero without one
	List     uint32    // that its device held, as that receipt says; 0 for none
}

// EndingSoon is how long before their end keys need somebody.
const EndingSoon = 14 * 24 * time.Hour

// IndexingError says that identities cannot be searched yet.
type IndexingError struct{ Done, Total int }

func (e *IndexingError) Error() string {
	return fmt.Sprintf("the registry is being read, %d of %d identities so far: try again in a moment", e.Done, e.Total)
}

// Is makes it an [ErrIndexing].
func (e *IndexingError) Is(target error) bool { return target == ErrIndexing }

// Search finds identities. The first search after unlocking has the registry read, about 5 µs per identity on each processor; it waits
// a moment for that, and answers with [*IndexingError] when it takes longer. From then on, a search takes some 10 ms at a million.
// Other errors: [ErrLocked], [ErrManyIdentities], the context's, and wire.ErrValue for a query that is too long.
func (a *Authority) Search(ctx context.Context, q Query) (*Results, error) {
	f, err := a.search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return f, nil
}

func (a *Authority) search(ctx context.Context, q Query) (*Results, error) {
	if len(q.Text) > MaxQuery {
		return nil, fmt.Errorf("%w: a query of %d octets, at most %d", wire.ErrValue, len(q.Text), MaxQuery)
	}
	if err := a.indexed(ctx); err != nil {
		return nil, err
	}
	now := a.now()
	when, err := a.present(now)
	if err != nil {
		return nil, err
	}
	f := &Results{}
	serials, err := a.index.query(&q, when, f)
	if err != nil {
		return nil, err
	}
	err = a.store.View(func(tx *storage.Tx) error {
		for _, serial := range serials {
			r, err := a.row(tx, serial, when)
			if err != nil {
				return err
			}
			f.Rows = append(f.Rows, *r)
		}
		return nil
	})
	return f, err
}

// indexed makes sure that there is an index, and waits a moment for it.
func (a *Authority) indexed(ctx context.Context) error {
	if a.store.Locked() {
		return ErrLocked
	}
	a.index.begin()
	return a.index.wait(ctx)
}

// row reads an identity that was found.
func (a *Authority) row(tx *storage.Tx, serial uint32, when *present) (*Row, error) {
	id, err := tx.Identity(serial)
	if err != nil {
		return nil, err
	}
	read, err := readRow(tx, id)
	if err != nil {
		return nil, err
	}
	r := &Row{Identity: *a.identity(id), Standing: when.standing(read.flags, read.last), Depot: read.depot, List: read.held}
	if read.received != 0 {
		r.Received = time.Unix(int64(read.received), 0).UTC()
	}
	return r, nil
}

// present is now, in what the index knows.
type present struct {
	core   *wire.Core
	epoch  uint32 // now: keys whose last epoch is earlier ran out
	ending uint32 // keys whose last epoch is earlier end soon
	newest uint32 // sequence of the newest list
}

// present returns what is so now.
func (a *Authority) present(now time.Time) (*present, error) {
	m := &present{core: a.core}
	var err error
	if m.epoch, err = a.core.Epoch(now); err != nil {
		return nil, fmt.Errorf("the clock: %w", err)
	}
	m.ending = m.before(now.Add(EndingSoon))
	sequence, _, err := a.NewestList()
	m.newest = sequence
	return m, err
}

// before returns the first epoch whose end is not before t.
func (m *present) before(t time.Time) uint32 {
	epoch, err := m.core.Epoch(t)
	if err != nil {
		return 0
	}
	if epoch > 0 && m.core.EpochStart(epoch).Equal(t) {
		return epoch - 1 // the one before ends at t
	}
	return epoch
}

func (m *present) standing(flags uint8, last uint32) Standing {
	switch {
	case flags&flagLapsed != 0, flags&flagRevoked == 0 && last < m.epoch:
		return StandingExpired
	case flags&flagSuspended != 0:
		return StandingSuspended
	case flags&flagRevoked != 0:
		return StandingRevoked
	}
	return StandingActive
}

// BeginIndex has the registry read for [Authority.Search], in the background. It may be called again.
func (a *Authority) BeginIndex() {
	if !a.store.Locked() {
		a.index.begin()
	}
}

// Forget throws away what was read for [Authority.Search]. Whoever locks the store calls it then.
func (a *Authority) Forget() { a.index.drop() }
