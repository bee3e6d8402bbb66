package revocation_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"marque/device/revocation"
)

const mutantBatch = 100 // whose allocations are measured together

// stream is what a bundle says of a list.
type stream struct {
	codec revocation.Codec
	n     uint64
	count int
	data  []byte
}

// streams are lists of all codecs, of all kinds that there are, none of them long.
func streams(t *testing.T, r *rand.Rand) (all []stream) {
	t.Helper()
	add := func(n uint64, serials ...uint32) {
		s := newSet(t, n, serials...)
		all = append(all,
			stream{revocation.CodecGolomb, n, s.Len(), revocation.EncodeGolomb(s)},
			stream{revocation.CodecGaps, n, s.Len(), revocation.EncodeGaps(s)})
		if size := size(r, n, s.Len()+1); size > 0 {
			all = append(all, stream{revocation.CodecBlocks, n, s.Len(), revocation.EncodeBlocks(s, size)})
		}
	}
	add(0)
	add(1)
	add(1, 0)
	add(1 << 32)
	add(1<<32, 0, math.MaxUint32)
	for _, n := range []uint64{2, 60, 1000, 100_000, 10_000_000, 1 << 32} {
		add(n, uint32(n-1))
		for _, count := range []uint64{1, 3, 12, 30} {
			add(n, uniform(r, n, int(min(count, n/2)))...)
		}
	}
	add(40, every(40)...)                                  // all of them
	add(5000, slices.Concat(every(20), []uint32{4999})...) // a cluster
	add(1<<20, shifted(every(40), 1<<19)...)               // one far off
	add(1000, append(evens(15), 31, 33, 500, 501, 999)...) // a pattern
	return all
}

// mutate returns a stream that differs, one way or another, mostly in its data. The claimed count stays within what such data may hold.
func (s stream) mutate(r *rand.Rand) stream {
	s.data = slices.Clone(s.data)
	for range 1 + r.IntN(3) {
		switch kind := r.IntN(16); {
		case kind < 6 && len(s.data) > 0: // flip a bit
			s.data[r.IntN(len(s.data))] ^= 1 << r.IntN(8)
		case kind < 8 && len(s.data) > 0: // cut
			s.data = s.data[:r.IntN(len(s.data))]
		case kind < 10: // insert
			s.data = slices.Insert(s.data, r.IntN(len(s.data)+1), byte(r.Uint32()))
		case kind < 11 && len(s.data) > 0: // lose one from the middle
			at := r.IntN(len(s.data))
			s.data = slices.Delete(s.data, at, at+1)
		case kind < 12 && len(s.data) > 0: // say a piece twice
			from := r.IntN(len(s.data))
			s.data = slices.Insert(s.data, r.IntN(len(s.data)+1), slices.Clone(s.data[from:min(from+4, len(s.data))])...)
		case kind < 13: // claim another count
			s.count = r.IntN(2*s.count + 3)
		case kind < 14: // claim another n
			s.n = r.Uint64N(2*s.n + 3)
		case kind < 15: // claim any n
			s.n = r.Uint64() >> r.IntN(64)
		default: // claim another codec
			s.codec = s.codec%3 + 1
		}
	}
	return s
}

// most is what decoding may allocate, in octets: 33 for each of the data, or 4 for each serial where these are few, and twice the models.
func (s stream) most() uint64 { return 64<<10 + 33*uint64(len(s.data)) + 4*uint64(max(s.count, 0)) }

// TestMutants decodes streams that were altered at random. Each must end, refused or as a set of what was claimed, within the
// memory that its data explains.
func TestMutants(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(5000)) // collecting the models of every stream takes more than decoding them
	r := rand.New(rand.NewPCG(41, 42))
	originals := streams(t, r)
	refused, accepted := 0, 0
	var before, after runtime.MemStats
	batch := make([]stream, mutantBatch)
	for range mutants / mutantBatch {
		most := uint64(0)
		for i := range batch {
			batch[i] = originals[r.IntN(len(originals))].mutate(r)
			most += batch[i].most()
		}
		runtime.ReadMemStats(&before)
		for _, s := range batch {
			set, err := revocation.Decode(s.codec, s.n, s.count, s.data)
			if err != nil {
				refused++
				continue
			}
			accepted++
			if wrong := s.wrong(set); wrong != "" {
				t.Fatalf("codec %d, n %d, count %d, %x: %s", s.codec, s.n, s.count, s.data, wrong)
			}
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Fatalf("%d octets allocated for %d streams, at most %d", got, mutantBatch, most)
		}
	}
	t.Logf("%d refused, %d accepted as another set", refused, accepted)
	if refused < mutants/10 || accepted < mutants/100 {
		t.Errorf("%d refused, %d accepted: the test does not reach what it should", refused, accepted)
	}
}

// wrong returns what is wrong with a set that was decoded.
func (s stream) wrong(set *revocation.Set) string {
	if set.N() != s.n || set.Len() != s.count {
		return "another n or count than claimed"
	}
	next := uint64(0)
	for serial := range set.All() {
		if uint64(serial) < next || uint64(serial) >= s.n {
			return "serials out of order, or not below n"
		}
		next = uint64(serial) + 1
	}
	return ""
}

// TestBombs claims as much as can be claimed for a few octets.
func TestBombs(t *testing.T) {
	const free = 1 << 22 // serials that need no data
	for _, s := range []stream{
		{revocation.CodecGolomb, 1 << 32, math.MaxInt32, []byte{0, 0, 0, 1, 0, 0, 0, 0}},
		{revocation.CodecGolomb, 1 << 32, free, make([]byte, 100)},
		{revocation.CodecGolomb, 1 << 32, free, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		{revocation.CodecGaps, 1 << 32, math.MaxInt32, nil},
		{revocation.CodecGaps, 1 << 32, math.MaxInt32, make([]byte, 1000)},
		{revocation.CodecGaps, 1 << 32, free + 1, nil},
		{revocation.CodecGaps, 1 << 32, free, []byte{1}},
		{revocation.CodecGaps, 1 << 19, 1<<19 - 1, nil},
		{revocation.CodecBlocks, 1 << 32, math.MaxInt32, make([]byte, 1000)},
		{revocation.CodecBlocks, 1 << 32, free, []byte{0, 255}},
		{revocation.CodecBlocks, 1 << 25, free, []byte{0, 7}},
		{revocation.CodecBlocks, 1 << 24, free, []byte{255, 255, 255, 255, 255, 255, 255, 255, 128}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := revocation.Decode(s.codec, s.n, s.count, s.data)
		runtime.ReadMemStats(&after)
		most := s.most() // of those that are told from their length alone, next to nothing
		if s.codec == revocation.CodecGolomb || s.count > free {
			most = 1 << 10
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("codec %d, n %d, count %d, %d octets: %d octets allocated", s.codec, s.n, s.count, len(s.data), got)
		}
		if err != nil && !errors.Is(err, revocation.ErrData) {
			t.Error(err)
		}
	}
}
