package wire

import (
	"fmt"
	"time"
)

// checkTime refuses times that their u64 of the given unit does not represent exactly.
func checkTime(t time.Time, unit time.Duration) error {
	if s := t.Unix(); s < 0 || s > maxUnix {
		return fmt.Errorf("%w: outside 1970 to 9999", ErrTime)
	}
	if t.Nanosecond()%int(unit) != 0 {
		return fmt.Errorf("%w: finer than %v, truncate it first", ErrTime, unit)
	}
	return nil
}

// checkSpan refuses durations that a u32 of seconds does not represent exactly.
func checkSpan(d time.Duration) error {
	if d < 0 || d%time.Second != 0 || d/time.Second > 1<<32-1 {
		return fmt.Errorf("%w: a duration must be whole seconds, 0 to 4294967295", ErrValue)
	}
	return nil
}

func unixSeconds(t time.Time) uint64 { return uint64(t.Unix()) } // checkTime refused negative ones

// fromSeconds gives numbers beyond maxUnix some time that checkTime refuses: from 2^63 on they turn negative.
func fromSeconds(s uint64) time.Time { return time.Unix(int64(s), 0).UTC() }

func unixMillis(t time.Time) uint64 { return uint64(t.UnixMilli()) } // as above

func fromMillis(ms uint64) time.Time { return time.UnixMilli(int64(ms)).UTC() }

func spanSeconds(d time.Duration) uint32 { return uint32(d / time.Second) } // checkSpan bounds it

func fromSpan(s uint32) time.Duration { return time.Duration(s) * time.Second }
