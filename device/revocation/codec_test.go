package revocation_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"marque/device/revocation"
)

// roundTrip encodes s, decodes it and ends the test if anything differs. It returns the data.
func roundTrip(t testing.TB, s *revocation.Set) []byte {
	t.Helper()
	c, data := revocation.Encode(s)
	back, err := revocation.Decode(c, s.N(), s.Len(), data)
	if err != nil {
		t.Fatalf("n %d, %d serials: %v", s.N(), s.Len(), err)
	}
	if back.N() != s.N() || !slices.Equal(back.Serials(), s.Serials()) {
		t.Fatalf("n %d, %d serials: came back as n %d, %d serials", s.N(), s.Len(), back.N(), back.Len())
	}
	return data
}

func every(n uint32) []uint32 {
	serials := make([]uint32, n)
	for i := range serials {
		serials[i] = uint32(i)
	}
	return serials
}

func TestEdges(t *testing.T) {
	const top = math.MaxUint32
	for name, s := range map[string]*revocation.Set{
		"n 0":                      newSet(t, 0),
		"n 1, none":                newSet(t, 1),
		"n 1, all":                 newSet(t, 1, 0),
		"n 2, the last":            newSet(t, 2, 1),
		"none of many":             newSet(t, 1<<20),
		"all of a thousand":        newSet(t, 1000, every(1000)...),
		"all of a million":         newSet(t, 1_000_000, every(1_000_000)...),
		"n 2^32, none":             newSet(t, 1<<32),
		"n 2^32, the first":        newSet(t, 1<<32, 0),
		"n 2^32, the last":         newSet(t, 1<<32, top),
		"n 2^32, both ends":        newSet(t, 1<<32, 0, top),
		"n 2^32, a far cluster":    newSet(t, 1<<32, top-2, top-1, top),
		"a cluster and a far one":  newSet(t, 1<<32, append(every(5000), top)...),
		"every second of a lot":    newSet(t, 20_001, evens(10_000)...),
		"one in the middle":        newSet(t, 1<<31, 1<<30),
		"all but the first":        newSet(t, 1000, every(1000)[1:]...),
		"all but the last":         newSet(t, 1000, every(999)...),
		"n far above the serials":  newSet(t, 1<<32, 1, 2, 3),
		"a power of two, filled":   newSet(t, 1<<16, every(1<<16)...),
		"the nil set":              nil,
		"the set that nobody made": {},
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, s) })
	}
}

func evens(count uint32) []uint32 {
	serials := make([]uint32, count)
	for i := range serials {
		serials[i] = 2 * uint32(i)
	}
	return serials
}

// TestKnownStreams holds the formats still. Golomb's are worked out by hand: divisor, unary quotient, truncated binary, padding.
func TestKnownStreams(t *testing.T) {
	for _, c := range []struct {
		n            uint64
		serials      []uint32
		golomb, gaps string
	}{
		{10, nil, "", ""},
		{1, []uint32{0}, "00000001" + "00", ""},                                      // 0
		{4, []uint32{0, 1, 2, 3}, "00000001" + "00", ""},                             // 0 0 0 0
		{3, []uint32{2}, "00000001" + "c0", "a0"},                                    // gap 2: 110
		{9, []uint32{1, 4, 8}, "00000002" + "65", "7c"},                              // gaps 1 2 3: 0·1 10·0 10·1
		{24, []uint32{3, 10, 17, 23}, "00000003" + "9996", "7d08"},                   // gaps 3 6 6 5: 10·0 110·0 110·0 10·11
		{16, []uint32{15}, "00000008" + "b8", "a0"},                                  // gap 15: 10·111
		{1 << 32, []uint32{math.MaxUint32}, "80000000" + "bfffffff80", "a1d1ffff80"}, // the longest gap
	} {
		for codec, data := range map[revocation.Codec]string{revocation.CodecGolomb: c.golomb, revocation.CodecGaps: c.gaps} {
			raw, err := hex.DecodeString(data)
			if err != nil {
				t.Fatal(err)
			}
			s, err := revocation.Decode(codec, c.n, len(c.serials), raw)
			if err != nil || !slices.Equal(s.Serials(), c.serials) {
				t.Errorf("codec %d, %v below %d: %v, %v", codec, c.serials, c.n, s.Serials(), err)
			}
		}
		codec, data := revocation.Encode(newSet(t, c.n, c.serials...))
		if want := map[revocation.Codec]string{revocation.CodecGolomb: c.golomb, revocation.CodecGaps: c.gaps}[codec]; hex.EncodeToString(data) != want {
			t.Errorf("%v below %d: codec %d, %x, want %s", c.serials, c.n, codec, data, want)
		}
	}
}

// TestDecodeOtherDivisors reads streams that this encoder would write with another divisor.
func TestDecodeOtherDivisors(t *testing.T) {
	for data, want := range map[string][]uint32{
		"00000003" + "60": {2},  // 0·11
		"0000000d" + "90": {15}, // 13 has three short remainders, 0 1 2: 10·010
		"0000000d" + "30": {3},  // the first long one: 0·0110
		"0000000d" + "78": {12}, // the last one: 0·1111
		"00000010" + "78": {15}, // 0·1111
	} {
		raw, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		s, err := revocation.Decode(revocation.CodecGolomb, 16, len(want), raw)
		if err != nil || !slices.Equal(s.Serials(), want) {
			t.Errorf("%s: %v, %v, want %v", data, s.Serials(), err, want)
		}
	}
}

// TestSize compares with the information bound: one percent and 16 octets at most, for sets without a pattern.
func TestSize(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []uint64{10_000, 100_000, 1_000_000} {
		for _, percent := range []float64{0.1, 0.2, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20} {
			count := int(float64(n) * percent / 100)
			data := roundTrip(t, newSet(t, n, uniform(r, n, count)...))
			bound := revocation.Bound(n, count) / 8
			ratio := float64(len(data)) / bound
			t.Logf("n %9d, %5.1f %%: %7d octets, bound %9.1f, %.4f×", n, percent, len(data), bound, ratio)
			if limit := 1.01*bound + 16; float64(len(data)) > limit {
				t.Errorf("n %d, %v %%: %d octets, more than %.1f", n, percent, len(data), limit)
			}
		}
	}
}

// TestSizeClusters shows that the divisor follows the set and not only its density: what is revoked in runs must not cost more
// than a set without a pattern.
func TestSizeClusters(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const n, runs, length = 1_000_000, 40, 50
	chosen := map[uint32]bool{}
	for range runs {
		start := r.Uint32N(n - length)
		for i := range uint32(length) {
			chosen[start+i] = true
		}
	}
	var serials []uint32
	for s := range chosen {
		serials = append(serials, s)
	}
	s := newSet(t, n, serials...)
	data := roundTrip(t, s)
	if bound := revocation.Bound(n, s.Len()) / 8; float64(len(data)) > bound/4 {
		t.Errorf("%d octets for %d serials in runs, more than a quarter of the %.0f of a set without a pattern", len(data), s.Len(), bound)
	}
}

// fleet returns count serials below n, four fifths of them in a twentieth of the batches of a thousand.
func fleet(r *rand.Rand, n uint64, count int) []uint32 {
	bad := make([]uint64, n/20_000)
	for i := range bad {
		bad[i] = r.Uint64N(n/1000) * 1000
	}
	chosen := map[uint32]bool{}
	for len(chosen) < count {
		s := r.Uint64N(n)
		if r.IntN(5) > 0 {
			s = bad[r.IntN(len(bad))] + s%1000
		}
		chosen[uint32(s)] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}

// TestSizeFleet: what comes in batches takes four fifths of the bound for sets without a pattern, at most.
func TestSizeFleet(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, n := range []uint64{100_000, 1_000_000} {
		for _, percent := range []int{1, 2, 5} {
			count := int(n) / 100 * percent
			data := roundTrip(t, newSet(t, n, fleet(r, n, count)...))
			bound := revocation.Bound(n, count) / 8
			t.Logf("n %9d, %d %%: %7d octets, %.3f of the bound", n, percent, len(data), float64(len(data))/bound)
			if float64(len(data)) > 0.8*bound {
				t.Errorf("n %d, %d %%: %d octets, more than 0.8 of %.0f", n, percent, len(data), bound)
			}
		}
	}
}

func TestBound(t *testing.T) {
	for _, c := range []struct {
		n     uint64
		count int
		want  float64
	}{
		{0, 0, 0},
		{10, 0, 0},
		{10, 10, 0},
		{10, 1, math.Log2(10)},
		{52, 5, math.Log2(2_598_960)},
		{1 << 32, 1, 32},
		{1 << 32, 2, 63},
		{5, 6, math.Inf(-1)},
		{5, -1, math.Inf(-1)},
	} {
		if got := revocation.Bound(c.n, c.count); got != c.want && math.Abs(got-c.want) > 1e-3 {
			t.Errorf("Bound(%d, %d) = %v, want %v", c.n, c.count, got, c.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	u32 := func(m uint32, rest ...byte) []byte { return append(binary.BigEndian.AppendUint32(nil, m), rest...) }
	for name, c := range map[string]struct {
		n     uint64
		count int
		data  []byte
	}{
		"data for an empty list":            {10, 0, u32(1)},
		"one octet for an empty list":       {10, 0, []byte{0}},
		"no data":                           {10, 1, nil},
		"half a divisor":                    {10, 1, []byte{0, 0, 1}},
		"divisor only":                      {10, 1, u32(1)},
		"divisor zero":                      {10, 1, u32(0, 0)},
		"divisor above n":                   {10, 1, u32(11, 0)},
		"serial at n":                       {3, 1, u32(3, 0b0_0_000000|0b111<<5)}, // quotient runs past n
		"remainder past n":                  {2, 1, u32(2, 0b10_0_00000)},          // 1·2 + 0 = 2
		"second serial past n":              {2, 2, u32(1, 0b0_10_00000)},
		"more serials than n":               {2, 3, u32(1, 0)},
		"fewer serials than data":           {10, 1, u32(1, 0, 0)},
		"a gap more than counted":           {10, 1, u32(1, 0b0_10_00000)},
		"more serials than data":            {1000, 9, u32(1, 0)},
		"padding not zero":                  {10, 1, u32(1, 0b0_0000001)},
		"trailing octet":                    {10, 8, u32(1, 0, 0)},
		"unary run without end":             {1 << 32, 1, u32(1, bytes.Repeat([]byte{0xff}, 1000)...)},
		"unary run past n":                  {20, 1, u32(1, 0xff, 0xff, 0xff, 0)},
		"count negative":                    {10, -1, u32(1, 0)},
		"count above n":                     {10, 11, u32(1, 0, 0)},
		"count beyond the data, huge":       {1 << 32, math.MaxInt32, u32(1, 0, 0, 0)},
		"n above two to the 32":             {1<<32 + 1, 1, u32(1, 0)},
		"remainder cut off":                 {1 << 20, 1, u32(1<<17, 0, 0)},
		"data above the limit":              {1 << 32, 1, make([]byte, revocation.MaxData+1)},
		"full set with one serial too many": {8, 8, u32(1, 0b10_000000, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := revocation.Decode(revocation.CodecGolomb, c.n, c.count, c.data); !errors.Is(err, revocation.ErrData) {
				t.Errorf("%v, %v, want ErrData", s, err)
			}
		})
	}
	for _, c := range []revocation.Codec{0, 4, 255} {
		if _, err := revocation.Decode(c, 10, 0, nil); !errors.Is(err, revocation.ErrCodec) {
			t.Errorf("codec %d: %v, want ErrCodec", c, err)
		}
	}
}

// TestAlteredStreams cuts, lengthens and flips every bit of a stream: each result is refused or is another set with one encoding. Of the
// gaps nearly every stream is one of some set; which one is meant, the state in the bundle says.
func TestAlteredStreams(t *testing.T) {
	const n, count = 5000, 120
	golomb := newSet(t, n, uniform(rand.New(rand.NewPCG(7, 8)), n, count)...)
	gaps := newSet(t, n, append(every(100), shifted(uniform(rand.New(rand.NewPCG(7, 9)), n-100, 20), 100)...)...)
	alter(t, golomb, revocation.CodecGolomb, revocation.EncodeGolomb(golomb))
	alter(t, gaps, revocation.CodecGaps, revocation.EncodeGaps(gaps))
	alter(t, golomb, revocation.CodecBlocks, revocation.EncodeBlocks(golomb, 200))
	alter(t, gaps, revocation.CodecBlocks, revocation.EncodeBlocks(gaps, 100))
}

func alter(t *testing.T, s *revocation.Set, c revocation.Codec, data []byte) {
	t.Helper()
	try := func(what string, count int, data []byte) {
		t.Helper()
		switch got, err := revocation.Decode(c, s.N(), count, data); {
		case err != nil:
		case c == revocation.CodecGolomb && what != "flipped":
			t.Errorf("%s: accepted", what)
		case slices.Equal(got.Serials(), s.Serials()):
			t.Errorf("%s: the same set", what)
		}
	}
	for cut := range data {
		try("cut", s.Len(), data[:cut])
	}
	try("one zero octet more", s.Len(), append(bytes.Clone(data), 0))
	for _, other := range []int{0, s.Len() - 1, s.Len() + 1} {
		try("another count", other, data)
	}
	for bit := range 8 * len(data) {
		altered := bytes.Clone(data)
		altered[bit/8] ^= 0x80 >> (bit % 8)
		try("flipped", s.Len(), altered)
	}
}

// TestDecodeAllocation holds the decoder to what the data can carry, whatever count claims.
func TestDecodeAllocation(t *testing.T) {
	data := append([]byte{0, 0, 0, 1}, make([]byte, 60)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, codec := range []revocation.Codec{revocation.CodecGolomb, revocation.CodecGaps, revocation.CodecBlocks} {
		if _, err := revocation.Decode(codec, 1<<32, math.MaxInt32, data); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > 1<<20 {
		t.Errorf("%d octets allocated for a refused list of %d octets", allocated, len(data))
	}
}

func TestEncodeIsDeterministic(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	serials := uniform(r, 100_000, 3000)
	_, first := revocation.Encode(newSet(t, 100_000, serials...))
	r.Shuffle(len(serials), func(i, j int) { serials[i], serials[j] = serials[j], serials[i] })
	if _, second := revocation.Encode(newSet(t, 100_000, serials...)); !bytes.Equal(first, second) {
		t.Error("the same set encodes in two ways")
	}
}

func BenchmarkEncode(b *testing.B) {
	benchmark(b, func(s *revocation.Set, _ revocation.Codec, _ []byte) { revocation.Encode(s) })
}

func BenchmarkDecode(b *testing.B) {
	benchmark(b, func(s *revocation.Set, codec revocation.Codec, data []byte) {
		if _, err := revocation.Decode(codec, s.N(), s.Len(), data); err != nil {
			b.Fatal(err)
		}
	})
}

func benchmark(b *testing.B, run func(s *revocation.Set, codec revocation.Codec, data []byte)) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, percent := range []int{1, 20} {
		const n = 1_000_000
		s := newSet(b, n, uniform(r, n, n/100*percent)...)
		codec, data := revocation.Encode(s)
		b.Run(fmt.Sprintf("1M-%d%%", percent), func(b *testing.B) {
			for b.Loop() {
				run(s, codec, data)
			}
		})
	}
}

func shifted(serials []uint32, by uint32) []uint32 {
	for i := range serials {
		serials[i] += by
	}
	return serials
}

func BenchmarkEncodeTenMillion(b *testing.B) {
	const n = 10_000_000
	s := newSet(b, n, uniform(rand.New(rand.NewPCG(15, 16)), n, n/100)...)
	for b.Loop() {
		revocation.Encode(s)
	}
}
