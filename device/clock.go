package device

import (
	"sync/atomic"
	"time"
)

// floor is the time floor (PROTOCOL.md, section 2.3), in milliseconds since 1970. It never goes back. It is safe for concurrent use.
type floor struct {
	any    atomic.Int64 // from the authority's times, and from the clock as far as a list vouches for it
	signed atomic.Int64 // from the authority's times only; keys are erased by it
}

// now is max(clock, floor), in whole milliseconds: what freshness, epochs and lists are judged by. A clock that was set back, or lost its
// battery, thus cannot bring old messages and old lists back.
func (d *Device) now() time.Time {
	ms := max(d.o.Clock().UnixMilli(), d.floor.any.Load())
	return time.UnixMilli(ms).UTC()
}

// raiseSigned raises the floor to a time that the authority signed.
func (f *floor) raiseSigned(t time.Time) {
	raise(&f.signed, t.UnixMilli())
	raise(&f.any, t.UnixMilli())
}

func raise(v *atomic.Int64, ms int64) {
	for old := v.Load(); ms > old; old = v.Load() {
		if v.CompareAndSwap(old, ms) {
			return
		}
	}
}

// believable is how far the clock may raise the floor: to the hard expiry of the newest list that was ever applied, and not at all without
// one. A clock that was set far ahead, by mistake or by an attacker, must not make the device refuse every later list. The caller holds mu.
func (d *Device) believable() int64 {
	if !d.mark.known {
		return 0
	}
	return min(d.o.Clock().UnixMilli(), d.mark.hardExpiry.UnixMilli())
}

// boot is what nothing accepted before this start can be later than, but for the policy's window for clocks that differ: no message is
// accepted past the hard expiry of the list. The caller holds mu, or is alone.
func (d *Device) boot() time.Time {
	return time.UnixMilli(max(d.floor.any.Load(), d.believable())).UTC()
}

// floorDue says whether the clock is so far ahead of the saved floor that the floor should be saved. The caller holds mu.
func (d *Device) floorDue() bool {
	return d.believable()-d.floor.any.Load() >= floorInterval.Milliseconds()
}

// settle does what is due after a message was accepted: at most once an hour it saves the state, so that a crash with a clock that lost its
// battery cannot set the device back further than that. A failure only means that the next message tries again.
func (d *Device) settle() {
	d.mu.RLock()
	due := !d.closed && d.floorDue()
	d.mu.RUnlock()
	if !due || !d.saving.TryLock() {
		return
	}
	defer d.saving.Unlock()
	d.mu.RLock()
	due = !d.closed && d.floorDue()
	d.mu.RUnlock()
	if due {
		_ = d.saveState()
	}
}
