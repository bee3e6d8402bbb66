package device

import (
	"errors"
	"fmt"
)

// Counter is a number that only goes up, kept where nobody who writes to the device's folder can set it back: package device/tpm has one.
// A device calls its methods one at a time.
type Counter interface {
	// Value returns the number.
	Value() (uint64, error)
	// Increment adds one. Once it has returned nil, no power cut takes that back.
	Increment() error
}

// counting is what the state file knows of the counter (PROTOCOL.md, section 8.1): with it the folder cannot be set back without notice.
type counting struct {
	used    bool   // never changes
	value   uint64 // guarded by saving: the counter's, or one more if it was to go up right after the file was written
	setBack bool   // guarded by mu, too: the folder was set back, and no list was applied since that is of now
}

// checkCounter compares the state that was read with the counter.
func (d *Device) checkCounter() error {
	switch {
	case d.counting.used && d.o.Counter == nil:
		return fmt.Errorf("the folder was made with one: %w", ErrCounter)
	case !d.counting.used && d.o.Counter == nil:
		return nil
	case !d.counting.used:
		return fmt.Errorf("%w: the folder was made without a counter", ErrOptions)
	}
	v, err := d.o.Counter.Value()
	if err != nil {
		return counterError(err)
	}
	switch c := d.counting.value; {
	case c == v:
		return nil
	case c == v+1: // a crash came between file and counter
		return counterError(d.o.Counter.Increment())
	case c < v:
		d.alarm(d.now(), "the device folder was set back to an earlier moment; apply a list that is not past its next update")
	default:
		d.alarm(d.now(), "the counter is not the one that the device folder was written with; apply a list that is not past its next update")
	}
	d.counting.setBack = true
	return nil
}

// saveCounted writes a state that makes every earlier one worthless: at each start, and when a list, a package, a core or an alarm came. After a
// crash between the file and the counter, the next start makes up for it. Where the counter fails, the state is written all the same: what it
// says must not be lost for that. The caller holds saving but not mu.
func (d *Device) saveCounted() error {
	if err := d.willCount(); err != nil {
		return errors.Join(d.saveState(), err)
	}
	return errors.Join(d.saveState(), d.count())
}

// willCount puts the next value of the counter into the next state file. The caller holds saving, and calls count once it is written.
func (d *Device) willCount() error {
	if d.o.Counter == nil {
		return nil
	}
	v, err := d.o.Counter.Value()
	if err != nil {
		return counterError(err)
	}
	d.counting.value = v + 1
	return nil
}

func (d *Device) count() error {
	if d.o.Counter == nil {
		return nil
	}
	return counterError(d.o.Counter.Increment())
}

func counterError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrCounter, err)
}

// countingLen is what the number and the flag take.
const countingLen = 8 + 1

// encode writes the counter and what comes behind it. What nobody needs is left out, as it was from the first state files: they ended here, or
// with the number and the flag.
func (c counting) encode(e *encoder, rest []byte) {
	if len(rest) > 0 {
		e.flag(c.used)
	}
	if c.used {
		e.u64(c.value)
		e.flag(c.setBack)
	}
	e.raw(rest)
}

// decodeCounting reads what encode wrote. What comes behind it is longer than the number and the flag.
func decodeCounting(d *decoder) counting {
	if d.end() || len(d.b) > countingLen && !d.flag() {
		return counting{}
	}
	return counting{used: true, value: d.u64(), setBack: d.flag()}
}
