package device

import (
	"container/heap"
	"fmt"
	"sync"
	"time"
)

// replay remembers accepted messages, so that each is accepted once (PROTOCOL.md, section 7). It forgets only by raising its floor: times
// at or before the floor are refused for ever, so that nothing forgotten is accepted again. It is safe for concurrent use.
type replay struct {
	limit int

	mu     sync.Mutex
	floor  time.Time // times at or before it are refused; zero refuses none
	byID   map[[16]byte]struct{}
	byTime seenHeap
	count  map[uint32]int // by sender's serial
}

// seenMessage is one accepted message; 28 octets in the file.
type seenMessage struct {
	id     [16]byte
	time   time.Time
	serial uint32
}

func newReplay(limit int) *replay {
	return &replay{limit: limit, byID: map[[16]byte]struct{}{}, count: map[uint32]int{}}
}

// check says whether a message could still be accepted; it is asked before anything is decrypted.
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

// accept records a message whose signature verified; it fails if it was accepted meanwhile, or if there is no room for it. Times before
// oldest would be refused for their age anyway.
func (r *replay) accept(m seenMessage, oldest time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refuse(m.id, m.time); err != nil {
		return err
	}
	for len(r.byTime) > 0 && r.byTime[0].time.Before(oldest) {
		r.evict()
	}
	if r.count[m.serial] >= r.limit/4 {
		return ErrQuota
	}
	if len(r.byTime) >= r.limit {
		if !m.time.After(r.byTime[0].time) {
			return fmt.Errorf("the record of seen messages is full of later ones: %w", ErrStaleTime)
		}
		r.evict()
	}
	r.add(m)
	return nil
}

// len is the number of messages remembered.
func (r *replay) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byTime)
}

func (r *replay) refuse(id [16]byte, t time.Time) error {
	if _, ok := r.byID[id]; ok {
		return ErrReplay
	}
	if !r.floor.IsZero() && !t.After(r.floor) {
		return fmt.Errorf("this device no longer knows what it received by then: %w", ErrStaleTime)
	}
	return nil
}

func (r *replay) add(m seenMessage) {
	heap.Push(&r.byTime, m)
	r.byID[m.id] = struct{}{}
	r.count[m.serial]++
}

// evict forgets the oldest message and raises the floor to its time.
func (r *replay) evict() {
	m, _ := heap.Pop(&r.byTime).(seenMessage)
	delete(r.byID, m.id)
	if r.count[m.serial]--; r.count[m.serial] == 0 {
		delete(r.count, m.serial)
	}
	r.raise(m.time)
}

func (r *replay) raise(t time.Time) {
	if t.After(r.floor) {
		r.floor = t
	}
}

// lose makes the cache what it must be when the file is missing after a crash: nothing sent by then is accepted.
func (r *replay) lose(bootAndFuture time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raise(bootAndFuture)
}

// encode writes floor and messages; the order of messages is of no meaning.
func (r *replay) encode() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var e encoder
	e.flag(!r.floor.IsZero())
	e.time(r.floor)
	e.u32(uint32(len(r.byTime)))
	for _, m := range r.byTime {
		e.raw(m.id[:])
		e.time(m.time)
		e.u32(m.serial)
	}
	return e.b
}

// decodeReplay reads what encode wrote. When the limit was lowered since, the oldest go and the floor rises.
func decodeReplay(b []byte, limit int) (*replay, error) {
	r, d := newReplay(limit), decoder{b: b}
	hasFloor, floor := d.flag(), d.time()
	if hasFloor {
		r.floor = floor
	}
	for range d.count(maxReplay) {
		var m seenMessage
		d.copy(m.id[:])
		m.time, m.serial = d.time(), d.u32()
		if d.bad {
			break
		}
		r.add(m)
	}
	if !d.end() {
		return nil, fmt.Errorf("record of seen messages: %w", ErrCorrupt)
	}
	for len(r.byTime) > limit {
		r.evict()
	}
	return r, nil
}

// seenHeap is a container/heap with the oldest time first.
type seenHeap []seenMessage

func (h seenHeap) Len() int           { return len(h) }
func (h seenHeap) Less(i, j int) bool { return h[i].time.Before(h[j].time) }
func (h seenHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *seenHeap) Push(x any) {
	if m, ok := x.(seenMessage); ok {
		*h = append(*h, m)
	}
}

// Pop is for container/heap.
func (h *seenHeap) Pop() any {
	old := *h
	m := old[len(old)-1]
	*h = old[:len(old)-1]
	return m
}
