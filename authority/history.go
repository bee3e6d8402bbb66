package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// History is what is known of one identity.
type History struct {
	Row

	Present    uint32 // epoch now
	Events     []Event
	Namesakes  []Row // other identities that have or had its name, the newest first, at most MaxNamesakes
	ReceiptDue bool  // it is active, and no receipt came
}

// Event is something that happened to an identity. Times are by the authority's clock, but for EventInstalled.
type Event struct {
	Time time.Time
	What EventKind
	List uint32 // sequence of the list, where one plays a part
}

// EventKind is what happened.
type EventKind uint8

// What can happen.
const (
	EventIssued    EventKind = iota + 1
	EventInstalled           // by the device's clock, as its receipt says
	EventReceived            // its receipt came; List is what it held
	EventRevoked
	EventListed // a list was published that has it
	EventExpired
	EventSuspended
	EventReleased
)

// History returns what is known of an identity; events the newest first. Errors: [ErrNotFound], and those of [Authority.Search].
func (a *Authority) History(ctx context.Context, address wire.Address) (*History, error) {
	h, err := a.history(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("history of an identity: %w", err)
	}
	return h, nil
}

func (a *Authority) history(ctx context.Context, address wire.Address) (*History, error) {
	if err := a.indexed(ctx); err != nil {
		return nil, err
	}
	when, err := a.present(a.now())
	if err != nil {
		return nil, err
	}
	namesakes := a.index.namesakes(address)
	h := &History{Present: when.epoch}
	paused, err := a.pauses(address.Serial())
	if err != nil {
		return nil, err
	}
	err = a.store.View(func(tx *storage.Tx) error {
		id, err := find(tx, address)
		if err != nil {
			return err
		}
		r, err := a.row(tx, id.Serial, when)
		if err != nil {
			return err
		}
		h.Row = *r
		h.ReceiptDue = r.Standing == StandingActive && r.Received.IsZero()
		for _, serial := range namesakes {
			other, err := a.row(tx, serial, when)
			if err != nil {
				return err
			}
			h.Namesakes = append(h.Namesakes, *other)
		}
		return a.events(tx, id, paused, h)
	})
	return h, err
}

// events lists what registry, receipt, lists and the log's suspensions tell of an identity.
func (a *Authority) events(tx *storage.Tx, id *storage.Identity, paused []pause, h *History) error {
	add := func(at time.Time, what EventKind, list uint32) {
		h.Events = append(h.Events, Event{Time: at.UTC(), What: what, List: list})
	}
	add(id.Issued, EventIssued, 0)
	got, err := newestReceipt(tx, id)
	if err != nil {
		return err
	}
	if got != nil {
		add(got.Installed, EventInstalled, 0)
		add(h.Received, EventReceived, got.List.Sequence)
	}
	for _, p := range paused {
		add(p.from, EventSuspended, 0)
		if !p.to.IsZero() {
			add(p.to, EventReleased, 0)
		}
	}
	if v := id.Revoked; v != nil {
		what := EventRevoked
		if v.Reason == wire.ReasonSuspended {
			what = EventSuspended
		}
		add(v.At, what, 0)
		if at, err := a.published(tx, v.ListedIn); err != nil {
			return err
		} else if !at.IsZero() {
			add(at, EventListed, v.ListedIn)
		}
	}
	if !a.now().Before(h.Until) {
		add(h.Until, EventExpired, 0)
	}
	slices.SortStableFunc(h.Events, func(e, f Event) int { return f.Time.Compare(e.Time) })
	return nil
}

// published returns when a list was made, zero for none.
func (a *Authority) published(tx *storage.Tx, sequence uint32) (time.Time, error) {
	if sequence == 0 {
		return time.Time{}, nil
	}
	stmt, err := tx.List(sequence)
	if errors.Is(err, storage.ErrNotFound) { // the database was restored
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read list %d: %w", sequence, err)
	}
	b, err := openBundle(stmt, a.core)
	if err != nil {
		return time.Time{}, err
	}
	return b.Issued, nil
}

// namesakes returns the serials of other identities of the same name, the newest first.
func (x *index) namesakes(address wire.Address) (serials []uint32) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := &x.columns
	i, found := c.find(address.Serial())
	if !found || x.state != indexBuilt {
		return nil
	}
	at, _ := slices.BinarySearchFunc(x.order, uint32(i), c.compare)
	same := func(at int) bool {
		return at >= 0 && at < len(x.order) && string(c.name(x.order[at])) == string(c.name(uint32(i)))
	}
	from, to := at, at+1
	for same(from-1) && at-from < MaxNamesakes {
		from--
	}
	for same(to) && to-at <= MaxNamesakes {
		to++
	}
	for _, j := range slices.Backward(x.order[from:to]) {
		if int(j) != i {
			serials = append(serials, c.serials[j])
		}
	}
	return serials[:min(len(serials), MaxNamesakes)]
}
