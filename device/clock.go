package device

import "time"

// now is max(clock, floor), in whole milliseconds: what freshness, epochs and lists are judged by (PROTOCOL.md, section 2.3). A clock that
// was set back, or lost its battery, thus cannot bring old messages and old lists back.
func (d *Device) now() time.Time {
	ms := max(d.o.Clock().UnixMilli(), d.floor.Load())
	return time.UnixMilli(ms).UTC()
}

// raiseFloor raises the time floor; it never goes back.
func (d *Device) raiseFloor(t time.Time) {
	ms := t.UnixMilli()
	for old := d.floor.Load(); ms > old; old = d.floor.Load() {
		if d.floor.CompareAndSwap(old, ms) {
			return
		}
	}
}

// floorDue says whether the clock is so far ahead of the saved floor that the floor should be saved.
func (d *Device) floorDue(now time.Time) bool {
	return now.UnixMilli()-d.floor.Load() >= floorInterval.Milliseconds()
}

// settle does what is due after a message was accepted: at most once an hour it saves the state, so that a crash with a clock that lost its
// battery cannot set the device back further than that. A failure only means that the next message tries again.
func (d *Device) settle() {
	now := d.now()
	if !d.floorDue(now) || !d.saving.TryLock() {
		return
	}
	defer d.saving.Unlock()
	if d.floorDue(now) && !d.isClosed() {
		_ = d.saveState()
	}
}
