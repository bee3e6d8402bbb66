package device

import (
	"container/heap"
	"slices"
	"time"
)

// What a device keeps on disk, besides lists and what it carries of them for others, is 65,536 octets at most: two copies of the state, the record
// of messages, the key and what names a counter. What may be forgotten without harm makes room for the rest: the peers who were heard from longest
// ago, messages as they go for want of room, and the proofs of all but the first alarms.
const (
	maxState     = 26<<10 - 128 // octets of a copy, without what sealing adds
	maxSeenLen   = 10 << 10     // octets of the record of messages: some 420 of few senders
	maxAlarmsLen = 6 << 10      // octets of the alarms of one core, beyond which they go without proof
)

// recent returns those at the end of all, the peers who were heard from last, that fit so many octets.
func recent(all []*peer, octets int) []*peer {
	for i, k := range slices.Backward(all) {
		if octets -= 4 + len(k.address.String()) + 4 + 32 + 1; octets < 0 {
			return all[i+1:]
		}
	}
	return all
}

// proofless drops the proof of an alarm if there is no room for it beside the others of its core.
func proofless(a Alarm, others []Alarm) Alarm {
	octets := alarmLen(a)
	for _, o := range others {
		if o.Core == a.Core {
			octets += alarmLen(o)
		}
	}
	if octets > maxAlarmsLen {
		a.Keys = nil
	}
	return a
}

func alarmLen(a Alarm) int {
	e := &encoder{}
	encodeAlarms(e, []Alarm{a})
	return len(e.b) - 4 + len(a.Core)
}

// shrink forgets messages, as for want of room, until the record has no more than so many octets: first of the senders who fill it most, then of
// all, the earliest first.
func (r *replay) shrink(octets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := 1 + 8 + 4 + 4
	for _, s := range r.senders {
		size += s.octets()
	}
	for size > octets && len(r.largest) > 0 && len(r.largest[0].seen) > 1 {
		s := r.largest[0]
		size -= s.octets()
		s.drop(r)
		size += s.octets()
	}
	all := slices.SortedFunc(slices.Values(r.largest), func(a, b *senderLog) int { return a.until().Compare(b.until()) })
	for _, s := range all {
		if size <= octets {
			return
		}
		size -= s.octets()
		r.forget(s)
	}
}

// forget drops all about a sender, for which the common floor rises.
func (r *replay) forget(s *senderLog) {
	r.floor = later(r.floor, s.until())
	for len(s.seen) > 0 {
		s.pop(r)
	}
	heap.Remove(&r.largest, s.index)
	delete(r.senders, s.who)
}

// until is the latest time of which something is known of the sender.
func (s *senderLog) until() time.Time {
	t := s.floor
	for _, m := range s.seen {
		t = later(t, m.time)
	}
	return t
}

// octets is what encode takes for the sender.
func (s *senderLog) octets() int {
	n := 4 + 1 + 4 + len(s.seen)*(16+8)
	if !s.floor.IsZero() {
		n += 8
	}
	if !s.who.home() {
		n += 32
	}
	return n
}
