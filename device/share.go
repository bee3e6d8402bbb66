package device

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"marque/device/wire"
)

// Share bounds how a device takes part in carrying lists from one to another (PROTOCOL.md, section 10). The zero value takes part, with the
// bounds below.
type Share struct {
	// Off: ask no peer for lists, give none away, and keep none for others.
	Off bool
	// Session is how many octets of lists one session takes or gives away, each way: 1,024 to 16 MiB, or 0 for DefaultShareOctets.
	Session int
	// Hourly is how many lists and changes are given away in an hour in all sessions together, and as many at once after a quiet time; and
	// once more as many by datagrams, which anybody can ask for. 1 to 1,000,000, or 0 for DefaultShareHourly.
	Hourly int
}

func (s Share) check() (Share, error) {
	if s.Session == 0 {
		s.Session = DefaultShareOctets
	}
	if s.Hourly == 0 {
		s.Hourly = DefaultShareHourly
	}
	if s.Session < 1024 || s.Session > wire.MaxBundle || s.Hourly < 1 || s.Hourly > 1_000_000 {
		return s, fmt.Errorf("%w: Share.Session must be from 1,024 to %d, Share.Hourly from 1 to 1,000,000", ErrOptions, wire.MaxBundle)
	}
	return s, nil
}

// SharedStatus counts what a device did to carry lists from one to another, since it was loaded.
type SharedStatus struct {
	Carried int    // statements that it can hand on
	Given   uint64 // statements handed on, whole
	Taken   uint64 // lists that came from peers
	Refused uint64 // statements and records of peers that were of no use: bad, too long, or not asked for
}

// shared counts. The caller holds mu.
func (d *Device) shared() SharedStatus {
	return SharedStatus{Carried: d.carried.len(), Given: d.sharing.given.Load(), Taken: d.sharing.taken.Load(), Refused: d.sharing.refused.Load()}
}

// sharing is a device's part in carrying lists. It is safe for concurrent use.
type sharing struct {
	sessions, datagrams   *bucket
	given, taken, refused atomic.Uint64
	busy                  sync.WaitGroup // the goroutines of sessions that have not ended

	mu      sync.Mutex
	fetcher *Session  // the one session that a list is being fetched over, nil for none
	until   time.Time // when another may take its place
	got     []byte    // what it brought so far
}

// fetch gives a session leave to fetch a statement: one at a time does, so that peers who say that they are ahead and then bring nothing do not
// fill the memory. Another takes its place once nothing came for fetchPatience, or less than fetchRate.
func (h *sharing) fetch(s *Session, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fetcher != nil && h.fetcher != s && now.Before(h.until) && h.until.Sub(now) <= fetchPatience {
		return false
	}
	h.fetcher, h.until, h.got = s, now.Add(fetchPatience), nil
	return true
}

// fetches says whether it is this session that fetches a list.
func (h *sharing) fetches(s *Session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fetcher == s
}

// keep adds a piece to what a session fetches, unless another one has taken its place.
func (h *sharing) keep(s *Session, piece []byte, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fetcher != s {
		return false
	}
	h.got = append(h.got, piece...)
	h.until = h.until.Add(time.Duration(len(piece)) * time.Second / fetchRate)
	if latest := now.Add(fetchPatience); h.until.After(latest) {
		h.until = latest
	}
	return true
}

// whole returns what a session fetched, nil if another one has taken its place.
func (h *sharing) whole(s *Session) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fetcher != s {
		return nil
	}
	b := h.got
	h.got = nil
	return b
}

// fetched ends a session's leave, and says whether it had it.
func (h *sharing) fetched(s *Session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fetcher != s {
		return false
	}
	h.fetcher, h.got = nil, nil
	return true
}

// listOrder is the number of the list in force, zeros without one.
func (d *Device) listOrder() wire.Order {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.list == nil {
		return wire.Order{}
	}
	return d.list.order
}

// regional says whether the list in force is held in regions: then a peer's list, which is a full one, would be more than was to be held.
func (d *Device) regional() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.list.regional()
}

// announce tells the peers of all sessions that have an older list which one is in force.
func (d *Device) announce() {
	if d.o.Share.Off {
		return
	}
	for _, t := range d.sessions.all() {
		if s, ok := t.(*Session); ok { // lists do not spread over datagrams that belong to sessions
			s.announce()
		}
	}
}

// handOn chooses the statement that brings whoever holds list o further, with no more than most octets. It fails with ErrNoAnswer when there is
// none, and with ErrBusy when rate lets no more through.
func (d *Device) handOn(o wire.Order, most int, rate *bucket) ([]byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	now := d.now()
	if d.o.Share.Off || d.closed || d.realm == nil || !d.list.whole() || !now.Before(d.list.hardExpiry) {
		return nil, ErrNoAnswer
	}
	s := d.carried.next(o, most)
	if s == nil {
		return nil, ErrNoAnswer
	}
	if !rate.take(now) {
		return nil, fmt.Errorf("enough lists were given away in the last hour: %w", ErrBusy)
	}
	return s.raw, nil
}
