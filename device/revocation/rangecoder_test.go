package revocation_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"marque/device/revocation"
)

// slowCoder is the range coder as the protocol describes it, with low as one number of any length, so that there are no carries to get wrong.
type slowCoder struct {
	low    *big.Int
	span   uint64
	octets int // that left low on top
}

func newSlowCoder() slowCoder { return slowCoder{low: new(big.Int), span: 1<<48 - 1} }

// slowGaps is codec 2.
type slowGaps struct {
	slowCoder
	length [65][64][2]uint64
	below  [33][8][2]uint64
}

func (c *slowCoder) narrow() {
	for c.span < 1<<40 {
		c.span <<= 8
		c.low.Lsh(c.low, 8)
		c.octets++
	}
}

func (c *slowCoder) decide(m *[2]uint64, bit uint64) {
	p, k := m[0], m[1]
	zero := c.span / 65536 * p
	d := 131072 / (2*k + 3)
	if bit == 0 {
		c.span = zero
		m[0] = p + (65504-p)*d/65536
	} else {
		c.low.Add(c.low, new(big.Int).SetUint64(zero))
		c.span -= zero
		m[0] = p - (p-32)*d/65536
	}
	m[1] = min(k+1, 1023)
	c.narrow()
}

func (c *slowCoder) even(bit uint64) {
	c.span /= 2
	if bit == 1 {
		c.low.Add(c.low, new(big.Int).SetUint64(c.span))
	}
	c.narrow()
}

// share is (a of b).
func share(a, b *big.Int) uint64 {
	if b.Sign() == 0 {
		return 32768
	}
	q := new(big.Int).Lsh(a, 16)
	return min(max(q.Div(q, b).Uint64(), 32), 65504)
}

func newSlowGaps(n uint64, count int) *slowGaps {
	c := &slowGaps{slowCoder: newSlowCoder()}
	var q, s [65]*big.Int
	one := new(big.Int).Lsh(big.NewInt(1), 64)
	q[0] = new(big.Int).Mul(one, new(big.Int).SetUint64(n-uint64(count)))
	q[0].Div(q[0], new(big.Int).SetUint64(n))
	s[0] = new(big.Int).Sub(one, big.NewInt(1))
	for i := 1; i <= 64; i++ {
		q[i] = new(big.Int).Mul(q[i-1], q[i-1])
		q[i].Rsh(q[i], 64)
		s[i] = new(big.Int)
		if i <= 32 {
			s[i].Mul(s[i-1], q[i-1]).Rsh(s[i], 64)
		}
	}
	minus := func(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }
	for i := 1; i < 64; i++ {
		w := 64 >> (bits.Len(uint(i)) - 1)
		f := i * w % 64
		p := share(minus(s[f], s[f+w/2]), minus(s[f], s[f+w]))
		for tree := range c.length {
			c.length[tree][i] = [2]uint64{p, 16}
		}
	}
	half := new(big.Int).Rsh(one, 1)
	for l := 1; l < 33; l++ {
		for i := 1; i < 1<<min(l, 3); i++ {
			h := new(big.Int).Rsh(q[l-bits.Len(uint(i))], 1)
			c.below[l][i] = [2]uint64{share(half, h.Add(h, half)), 200}
		}
	}
	return c
}

func (c *slowCoder) finish() []byte {
	end := new(big.Int).Add(c.low, new(big.Int).SetUint64(c.span))
	for zeros := uint(8*c.octets + 48); ; zeros-- {
		v := new(big.Int).Lsh(big.NewInt(1), zeros)
		v.Sub(v, big.NewInt(1)).Add(v, c.low).Rsh(v, zeros).Lsh(v, zeros)
		if v.Cmp(end) < 0 {
			out := make([]byte, c.octets+6)
			return bytes.TrimRight(v.FillBytes(out), "\x00")
		}
	}
}

// slowly codes ascending serials.
func slowly(n uint64, serials []uint32) []byte {
	if len(serials) == 0 {
		return nil
	}
	c := newSlowGaps(n, len(serials))
	next, recent, coarse := uint64(0), 0, 1 // 2^z
	for 1<<(2*coarse-1) <= n/uint64(len(serials)) {
		coarse *= 2
	}
	for _, s := range serials {
		v := uint64(s) - next + 1
		next = uint64(s) + 1
		l := bits.Len64(v) - 1
		tree, node := &c.length[recent/coarse], 1
		recent = (recent+1)/2 + l
		for i := 5; i >= 0; i-- {
			bit := uint64(l) >> i & 1
			c.decide(&tree[node], bit)
			node = 2*node + int(bit)
		}
		node = 1
		for i := range l {
			bit := v >> (l - 1 - i) & 1
			if i >= 3 {
				c.even(bit)
				continue
			}
			c.decide(&c.below[l][node], bit)
			node = 2*node + int(bit)
		}
	}
	return c.finish()
}

// same compares the stream of a set with that of the slow coder, reads it, and returns it.
func same(t *testing.T, n uint64, serials []uint32) []byte {
	t.Helper()
	want, got := slowly(n, serials), revocation.EncodeGaps(newSet(t, n, serials...))
	if !bytes.Equal(want, got) {
		t.Fatalf("n %d, %d serials, %v…: %x, want %x", n, len(serials), serials[:min(len(serials), 8)], got, want)
	}
	back, err := revocation.Decode(revocation.CodecGaps, n, len(serials), got)
	if err != nil || !slices.Equal(back.Serials(), serials) {
		t.Fatalf("n %d, %d serials: %v", n, len(serials), err)
	}
	return got
}

// TestGapsAreAsDescribed takes every set of small n, and sets of all kinds.
func TestGapsAreAsDescribed(t *testing.T) {
	for n := range uint64(13) {
		for set := range 1 << n {
			var serials []uint32
			for i := range uint32(n) {
				if set>>i&1 != 0 {
					serials = append(serials, i)
				}
			}
			same(t, n, serials)
		}
	}
	r := rand.New(rand.NewPCG(31, 32))
	for range 200 {
		n := r.Uint64N(1<<r.IntN(33)) + 1
		same(t, n, uniform(r, n, r.IntN(int(min(n, 300))+1)))
		same(t, n, runs(r, n, r.IntN(300)+1))
	}
}

// runs are up to count serials below n in gaps whose lengths change all the time.
func runs(r *rand.Rand, n uint64, count int) (serials []uint32) {
	for next := uint64(0); len(serials) < count; {
		next += r.Uint64() >> (31 + r.IntN(33))
		if next >= n {
			break
		}
		serials = append(serials, uint32(next))
		next++
	}
	return serials
}

// TestCarries reads streams with long runs of 0x00 and 0xff. The interval that the encoder narrows to such a number lies across the end of
// the run for as long as it goes on, so that a carry turns all of it, or comes close. Of all the
// streams that lead to a set only the encoder's is taken.
func TestCarries(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for range 400 {
		n := r.Uint64N(1<<(3+r.IntN(30))) + 1
		count := r.IntN(int(min(n, 200))) + 1
		data := []byte{byte(r.IntN(256))}
		for len(data) < 400 {
			data = append(data, bytes.Repeat([]byte{byte(-r.IntN(2))}, r.IntN(40))...)
			data = append(data, byte(r.IntN(256)), byte(r.IntN(3)-1))
		}
		for ; count > 0; count /= 2 { // until they end below n
			s, err := revocation.ReadGaps(n, count, data)
			if err != nil {
				continue
			}
			written := same(t, n, s.Serials())
			if _, err := revocation.Decode(revocation.CodecGaps, n, count, data); (err == nil) != bytes.Equal(written, data) {
				t.Fatalf("n %d, %d serials in %d octets, of which the encoder takes %d: %v", n, count, len(data), len(written), err)
			}
		}
	}
}

// TestShortStreams reads streams of up to two octets, and those around what the encoder writes: one of a set is taken, the encoder's.
func TestShortStreams(t *testing.T) {
	try := func(n uint64, count int, data []byte) bool {
		s, err := revocation.ReadGaps(n, count, data)
		want := err == nil && bytes.Equal(revocation.EncodeGaps(s), data)
		if _, err := revocation.Decode(revocation.CodecGaps, n, count, data); (err == nil) != want {
			t.Fatalf("n %d, %d serials, stream %x: %v", n, count, data, err)
		}
		return want
	}
	taken := 0
	for i := 0; i < 1<<16; i += 13 {
		data := []byte{byte(i >> 8), byte(i)}
		if i%3 == 0 {
			data = data[:1]
		}
		if try(200, 2, data) {
			taken++
		}
	}
	if taken < 100 {
		t.Errorf("%d streams are taken", taken)
	}
	r := rand.New(rand.NewPCG(35, 36))
	for range 300 {
		n := r.Uint64N(1<<33) >> r.IntN(33)
		n = min(n+1, revocation.MaxN)
		count := int(min(n, 1+r.Uint64N(40)))
		data := revocation.EncodeGaps(newSet(t, n, uniform(r, n, count)...))
		if !try(n, count, data) {
			t.Fatalf("n %d, %d serials: the encoder's stream is not taken", n, count)
		}
		try(n, count, append(slices.Clone(data), 0))
		try(n, count, append(slices.Clone(data), 1))
		if len(data) > 0 {
			end := len(data) - 1
			for _, last := range []byte{data[end] - 1, data[end] + 1, data[end] ^ 0x80, 0} {
				try(n, count, append(slices.Clone(data[:end]), last))
			}
			try(n, count, data[:end])
		}
	}
}

// TestDecodeGapsAllocation: reading a set takes the memory of its serials, and of its stream.
func TestDecodeGapsAllocation(t *testing.T) {
	const count = 1 << 21
	data := revocation.EncodeGaps(newSet(t, count, every(count)...))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := revocation.Decode(revocation.CodecGaps, count, count, data); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4*count+uint64(len(data))+1<<18 {
		t.Errorf("%d octets for %d serials", took, count)
	}
}

// TestKnownDigest holds the octets of larger lists still, on every processor that the tests run on.
func TestKnownDigest(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	sum := sha256.New()
	for _, n := range []uint64{20_000, 3_000_000, 1 << 32} {
		for _, serials := range [][]uint32{uniform(r, n, 2000), fleet(r, n, 2000)} {
			s := newSet(t, n, serials...)
			sum.Write(revocation.EncodeGolomb(s))
			sum.Write(revocation.EncodeGaps(s))
			if size := int(n / 2000); size <= 1<<16 {
				sum.Write(revocation.EncodeBlocks(s, size))
			}
			codec, data := revocation.Encode(s)
			sum.Write(append(data, byte(codec)))
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:16]); got != "18256c8f13dc0b2b8a60a7446e655c1f" {
		t.Errorf("the lists code as %s", got)
	}
}
