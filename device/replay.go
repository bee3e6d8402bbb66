package device

import (
	"container/heap"
	"fmt"
	"sync"
	"time"
)

// replay remembers accepted messages, so that each is accepted once (PROTOCOL.md, section 7). It forgets a message only by raising a floor,
// so that nothing forgotten is accepted again: for want of room the floor of the one sender that fills it most, so that a flood silences
// nobody else. It is safe for concurrent use.
type replay struct {
	limit int

	mu      sync.Mutex
	floor   time.Time // times at or before it are refused from everybody; zero refuses none
	aged    time.Time // what was older than this has been dropped
	byID    map[[16]byte]struct{}
	senders map[senderID]*senderLog
	largest logHeap // the same; the one with most messages first
}

// senderID tells senders apart.
type senderID struct {
	realm  [32]byte // hash of the core, zero for this device's own realm
	serial uint32
}

// senderLog is what was accepted from one sender.
type senderLog struct {
	who   senderID
	floor time.Time // times at or before it are refused from this sender; zero refuses none
	seen  seenHeap
	index int // in largest
}

// seenMessage is one accepted message; 24 octets in the file.
type seenMessage struct {
	id   [16]byte
	time time.Time
}

func newReplay(limit int) *replay {
	return &replay{limit: limit, byID: map[[16]byte]struct{}{}, senders: map[senderID]*senderLog{}}
}

// check says whether a message could still be accepted, whoever sent it.
func (r *replay) check(id [16]byte, t time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refuse(id, t)
}

// seen looks an id up whose time is not known yet.
func (r *replay) seen(id [16]byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.byID[id]; ok {
		return ErrReplay
	}
	return nil
}

// accept records a message whose signature verified, in one step with looking it up. Times before oldest are refused for their age anyway.
func (r *replay) accept(who senderID, m seenMessage, oldest time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refuse(m.id, m.time); err != nil {
		return err
	}
	s := r.sender(who)
	s.age(r, oldest)
	if len(r.byID) >= r.limit || len(r.senders) > 2*r.limit {
		r.age(oldest)
		s = r.sender(who)
	}
	for len(s.seen) >= r.limit/4 || len(r.byID) >= r.limit {
		victim := r.largest[0]
		if len(s.seen) >= r.limit/4 {
			victim = s
		}
		if victim == s && !m.time.After(s.seen[0].time) {
			return errForgotten // it would be the first to go
		}
		victim.drop(r)
	}
	if !s.floor.IsZero() && !m.time.After(s.floor) {
		return errForgotten
	}
	r.add(s, m)
	return nil
}

var errForgotten = fmt.Errorf("this device no longer knows what it received by then: %w", ErrStaleTime)

// len is the number of messages remembered.
func (r *replay) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byID)
}

// lose makes the record what it must be when its file is missing after a crash: nothing sent by then is accepted.
func (r *replay) lose(bootAndFuture time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.floor = later(r.floor, bootAndFuture)
}

func (r *replay) refuse(id [16]byte, t time.Time) error {
	if _, ok := r.byID[id]; ok {
		return ErrReplay
	}
	if !r.floor.IsZero() && !t.After(r.floor) {
		return errForgotten
	}
	return nil
}

// sender finds or makes the log of a sender.
func (r *replay) sender(who senderID) *senderLog {
	s, ok := r.senders[who]
	if !ok {
		s = &senderLog{who: who}
		r.senders[who] = s
		heap.Push(&r.largest, s)
	}
	return s
}

func (r *replay) add(s *senderLog, m seenMessage) {
	s.seen.push(m)
	r.byID[m.id] = struct{}{}
	heap.Fix(&r.largest, s.index)
}

// age drops, at most once a second, all that is too old to be accepted again. The common floor rises to it, which matters only if the clock
// is set back. Senders of whom only a floor is left go likewise when there are too many of them.
func (r *replay) age(oldest time.Time) {
	crowded := len(r.senders) > 2*r.limit
	if oldest.Sub(r.aged) < time.Second && !crowded {
		return
	}
	r.aged = oldest
	for who, s := range r.senders {
		s.age(r, oldest)
		if len(s.seen) == 0 && (crowded || s.floor.Before(oldest)) {
			r.floor = later(r.floor, s.floor)
			heap.Remove(&r.largest, s.index)
			delete(r.senders, who)
		}
	}
}

// age drops the messages that are too old to be accepted again.
func (s *senderLog) age(r *replay, oldest time.Time) {
	for len(s.seen) > 0 && s.seen[0].time.Before(oldest) {
		r.floor = later(r.floor, s.pop(r).time)
	}
}

// drop forgets the sender's oldest message and raises its floor.
func (s *senderLog) drop(r *replay) {
	s.floor = later(s.floor, s.pop(r).time)
}

func (s *senderLog) pop(r *replay) seenMessage {
	m := s.seen.pop()
	delete(r.byID, m.id)
	heap.Fix(&r.largest, s.index)
	return m
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// encode writes floors and messages, first of this device's own realm; the order within is of no meaning. Without senders of other realms it
// writes what programs wrote that knew none.
func (r *replay) encode() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var home, abroad []*senderLog
	for who, s := range r.senders {
		if who.home() {
			home = append(home, s)
		} else {
			abroad = append(abroad, s)
		}
	}
	var e encoder
	e.moment(r.floor)
	e.u32(uint32(len(home)))
	for _, s := range home {
		s.encode(&e)
	}
	if len(abroad) > 0 {
		e.u32(uint32(len(abroad)))
	}
	for _, s := range abroad {
		e.raw(s.who.realm[:])
		s.encode(&e)
	}
	return e.b
}

func (id senderID) home() bool { return id.realm == [32]byte{} }

// encode writes what decodeSender reads, which is all but the realm.
func (s *senderLog) encode(e *encoder) {
	e.u32(s.who.serial)
	e.moment(s.floor)
	e.u32(uint32(len(s.seen)))
	for _, m := range s.seen {
		e.raw(m.id[:])
		e.time(m.time)
	}
}

// decodeReplay reads what encode wrote. When the limit was lowered since, messages go as they do for want of room.
func decodeReplay(b []byte, limit int) (*replay, error) {
	r, d := newReplay(limit), decoder{b: b}
	r.floor = d.moment()
	for range d.count(2 * maxReplay) {
		r.decodeSender(&d, [32]byte{})
	}
	if len(d.b) > 0 {
		for range d.count(2 * maxReplay) {
			var realm [32]byte
			d.copy(realm[:])
			r.decodeSender(&d, realm)
		}
	}
	if !d.end() {
		return nil, fmt.Errorf("record of seen messages: %w", ErrCorrupt)
	}
	for len(r.byID) > limit {
		r.largest[0].drop(r)
	}
	return r, nil
}

// decodeSender reads what encode wrote of a sender of a realm.
func (r *replay) decodeSender(d *decoder, realm [32]byte) {
	if d.bad {
		return
	}
	s := r.sender(senderID{realm, d.u32()})
	s.floor = d.moment()
	for range d.count(maxReplay) {
		var m seenMessage
		d.copy(m.id[:])
		m.time = d.time()
		if d.bad {
			return
		}
		r.add(s, m)
	}
}

// seenHeap is a binary heap with the oldest time first. It is not a container/heap, which would allocate for every message.
type seenHeap []seenMessage

func (h *seenHeap) push(m seenMessage) {
	*h = append(*h, m)
	all := *h
	for i := len(all) - 1; i > 0; {
		parent := (i - 1) / 2
		if !all[i].time.Before(all[parent].time) {
			return
		}
		all[i], all[parent] = all[parent], all[i]
		i = parent
	}
}

// pop takes the oldest out of a heap that is not empty.
func (h *seenHeap) pop() seenMessage {
	all := *h
	m, last := all[0], len(all)-1
	all[0] = all[last]
	all = all[:last]
	*h = all
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(all) && all[child].time.Before(all[least].time) {
				least = child
			}
		}
		if least == i {
			return m
		}
		all[i], all[least] = all[least], all[i]
		i = least
	}
}

// logHeap is a container/heap with the sender of most messages first.
type logHeap []*senderLog

func (h logHeap) Len() int           { return len(h) }
func (h logHeap) Less(i, j int) bool { return len(h[i].seen) > len(h[j].seen) }

func (h logHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *logHeap) Push(x any) {
	if s, ok := x.(*senderLog); ok {
		s.index = len(*h)
		*h = append(*h, s)
	}
}

// Pop is for container/heap.
func (h *logHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return s
}
