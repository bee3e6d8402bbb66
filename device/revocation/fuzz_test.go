package revocation_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"marque/device/revocation"
)

// FuzzDecode throws anything at the decoder. What it accepts must be a set of the claimed size whose serials are below n, and the
// set's own encoding must come back as the same set.
func FuzzDecode(f *testing.F) {
	f.Add(uint8(1), uint64(10), 0, []byte{})
	f.Add(uint8(1), uint64(9), 3, []byte{0, 0, 0, 2, 0x58})
	f.Add(uint8(1), uint64(16), 1, []byte{0, 0, 0, 13, 0x78})
	f.Add(uint8(1), uint64(1<<32), 1, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add(uint8(1), uint64(1<<32), 1<<31-1, []byte{0, 0, 0, 1, 0, 0, 0})
	f.Add(uint8(2), uint64(4), 1, []byte{0, 0, 0, 1, 0})
	f.Add(uint8(2), uint64(1<<20), 3, []byte{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0})
	f.Add(uint8(2), uint64(1<<32), 60, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add(uint8(3), uint64(4), 1, []byte{0})
	f.Add(uint8(3), uint64(4000), 3, []byte{3, 231, 0x12, 0x34, 0x56, 0x78, 0x9a})
	f.Add(uint8(3), uint64(1<<32), 8192, []byte{255, 255, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add(uint8(4), uint64(4), 1, []byte{0})
	f.Fuzz(func(t *testing.T, codec uint8, n uint64, count int, data []byte) {
		s, err := revocation.Decode(revocation.Codec(codec), n, count, data)
		if err != nil {
			if !errors.Is(err, revocation.ErrCodec) && !errors.Is(err, revocation.ErrData) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if s.N() != n || s.Len() != count {
			t.Fatalf("n %d, %d serials, want %d, %d", s.N(), s.Len(), n, count)
		}
		if again, err := revocation.NewSet(n, s.Serials()); err != nil || again.Len() != count {
			t.Fatalf("not a set: %v", err)
		}
		roundTrip(t, s)
	})
}

// FuzzRoundTrip makes a set of whatever it gets, encodes it and reads it back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint32(0), []byte{})
	f.Add(uint32(0), []byte{0, 0, 0, 0})
	f.Add(uint32(1000), []byte{0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff})
	f.Add(uint32(0), bytes.Repeat([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 40))
	f.Fuzz(func(t *testing.T, beyond uint32, raw []byte) {
		var serials []uint32
		for ; len(raw) >= 4; raw = raw[4:] {
			serials = append(serials, binary.BigEndian.Uint32(raw))
		}
		slices.Sort(serials)
		serials = slices.Compact(serials)
		n := uint64(beyond)
		if len(serials) > 0 {
			n = min(uint64(serials[len(serials)-1])+1+n, revocation.MaxN)
		}
		roundTrip(t, newSet(t, n, serials...))
	})
}
