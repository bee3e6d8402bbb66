package device

import (
	"encoding/binary"
	"time"
)

// encoder and decoder write and read the records in the device folder: big-endian integers and octet strings behind a u32 length. The
// records never leave the device, and are authenticated before they are decoded.
type encoder struct{ b []byte }

func (e *encoder) u8(v uint8)    { e.raw([]byte{v}) }
func (e *encoder) u32(v uint32)  { e.raw(binary.BigEndian.AppendUint32(nil, v)) }
func (e *encoder) u64(v uint64)  { e.raw(binary.BigEndian.AppendUint64(nil, v)) }
func (e *encoder) str(v []byte)  { e.u32(uint32(len(v))); e.raw(v) }
func (e *encoder) text(v string) { e.str([]byte(v)) }

// raw appends v. When it needs more room it clears what it leaves, since it may hold secrets.
func (e *encoder) raw(v []byte) {
	if n := len(e.b) + len(v); n > cap(e.b) {
		b := append(make([]byte, 0, max(2*n, 4<<10)), e.b...)
		clear(e.b)
		e.b = b
	}
	e.b = append(e.b, v...)
}

// time writes whole milliseconds since 1970; all times of this package are at or after it.
func (e *encoder) time(t time.Time) { e.u64(uint64(max(t.UnixMilli(), 0))) }

// moment writes a time that may be zero.
func (e *encoder) moment(t time.Time) {
	e.flag(!t.IsZero())
	if !t.IsZero() {
		e.time(t)
	}
}

func (e *encoder) flag(v bool) {
	if v {
		e.u8(1)
	} else {
		e.u8(0)
	}
}

type decoder struct {
	b   []byte
	bad bool
}

// raw returns the next n octets, which alias the input, or nil once anything was amiss.
func (d *decoder) raw(n int) []byte {
	if d.bad || n < 0 || n > len(d.b) {
		d.bad = true
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) u8() uint8 {
	if v := d.raw(1); v != nil {
		return v[0]
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if v := d.raw(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if v := d.raw(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func (d *decoder) str() []byte { return d.raw(int(d.u32())) }

func (d *decoder) text() string { return string(d.str()) }

func (d *decoder) time() time.Time {
	v := d.u64()
	if v > 1<<62 {
		d.bad = true
		return time.Time{}
	}
	return time.UnixMilli(int64(v)).UTC()
}

// moment reads a time that may be zero.
func (d *decoder) moment() time.Time {
	if d.flag() {
		return d.time()
	}
	return time.Time{}
}

func (d *decoder) flag() bool {
	v := d.u8()
	d.bad = d.bad || v > 1
	return v == 1
}

// copy fills dst from the next octets.
func (d *decoder) copy(dst []byte) { copy(dst, d.raw(len(dst))) }

// count reads a u32 that must not be above limit.
func (d *decoder) count(limit int) int {
	v := d.u32()
	if int64(v) > int64(limit) {
		d.bad = true
		return 0
	}
	return int(v)
}

// end reports whether everything was read and nothing was amiss.
func (d *decoder) end() bool { return !d.bad && len(d.b) == 0 }
