package revocation

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/bits"
)

// golomb is a divisor m ≥ 1 with what its truncated binary needs: remainders below short take width−1 bits, the others width.
type golomb struct {
	m     uint64
	width uint   // ⌈log₂ m⌉
	short uint64 // 2^width − m
}

func newGolomb(m uint64) golomb {
	width := uint(bits.Len64(m - 1))
	return golomb{m: m, width: width, short: 1<<width - m}
}

// divisorOctets is the length of the divisor in front of the gaps, a u32.
const divisorOctets = 4

// encodeGolomb codes ascending serials.
func encodeGolomb(serials []uint32) []byte {
	if len(serials) == 0 {
		return nil
	}
	g, size := bestGolomb(serials)
	w := bitWriter{out: make([]byte, divisorOctets, divisorOctets+(size+7)/8)}
	binary.BigEndian.PutUint32(w.out, uint32(g.m)) // bestGolomb keeps m ≤ 2³²−1
	for gap := range gaps(serials) {
		q, r := gap/g.m, gap%g.m
		w.unary(q)
		switch {
		case r >= g.short:
			w.write(r+g.short, g.width)
		default:
			w.write(r, g.width-1) // short > r ≥ 0 means that m is no power of two, so width ≥ 1
		}
	}
	return w.finish()
}

// gaps yields, for every serial, how many serials lie between it and the one before.
func gaps(serials []uint32) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		next := uint64(0)
		for _, s := range serials {
			if !yield(uint64(s) - next) {
				return
			}
			next = uint64(s) + 1
		}
	}
}

// bestGolomb returns the divisor that codes serials in the fewest bits among those it tries, and the number of bits. The length is
// almost convex in m: it tries powers of two around the mean gap and then steps that get smaller around the best so far, some twenty
// divisors in all.
func bestGolomb(serials []uint32) (golomb, uint64) {
	largest := uint64(0)
	for gap := range gaps(serials) {
		largest = max(largest, gap)
	}
	most := min(largest+1, math.MaxUint32) // beyond it every quotient is 0 and remainders only grow
	mean := (uint64(serials[len(serials)-1])+1)/uint64(len(serials)) + 1

	best := newGolomb(1)
	size := best.size(serials)
	try := func(m uint64) {
		if m < 1 || m > most {
			return
		}
		g := newGolomb(m)
		if n := g.size(serials); n < size || n == size && m < best.m {
			best, size = g, n
		}
	}
	around := uint64(1) << bits.Len64(mean)
	for shift := range 6 {
		try(around >> shift)
	}
	for step := best.m / 2; step > best.m/64; step /= 2 {
		m := best.m
		try(m - step)
		try(m + step)
	}
	return best, size
}

// size returns the bits that all gaps take.
func (g golomb) size(serials []uint32) uint64 {
	total := uint64(len(serials)) * uint64(g.width+1)
	m, short, next := g.m, g.short, uint64(0)
	for _, s := range serials {
		gap := uint64(s) - next
		next = uint64(s) + 1
		q := gap
		if m > 1 {
			q = uint64(uint32(gap) / uint32(m)) // both are below 2³²: half the time
		}
		total += q
		if gap-q*m < short {
			total--
		}
	}
	return total
}

// decodeGolomb reads count ≤ n ≤ 2³² serials below n.
func decodeGolomb(n uint64, count int, data []byte) ([]uint32, error) {
	if count == 0 {
		if len(data) != 0 {
			return nil, fmt.Errorf("%w: an empty list has no data", ErrData)
		}
		return nil, nil
	}
	if len(data) < divisorOctets {
		return nil, fmt.Errorf("%w: no divisor", ErrData)
	}
	m := uint64(binary.BigEndian.Uint32(data))
	if m == 0 || m > n {
		return nil, fmt.Errorf("%w: divisor out of range", ErrData)
	}
	g := newGolomb(m)
	r := newBitReader(data[divisorOctets:])
	if uint64(count) > r.left()/uint64(g.shortest()) {
		return nil, fmt.Errorf("%w: too short for %d serials", ErrData, count)
	}
	serials := make([]uint32, count)
	next := uint64(0) // the smallest serial that may come
	for i := range serials {
		gap, ok := g.read(&r, n-next)
		if !ok {
			return nil, fmt.Errorf("%w: gap %d ends past the data or past n", ErrData, i)
		}
		serials[i] = uint32(next + gap) // next + gap < n ≤ 2³²
		next += gap + 1
	}
	if !r.atPadding() {
		return nil, fmt.Errorf("%w: something follows the last serial", ErrData)
	}
	return serials, nil
}

// shortest returns the bits of the shortest gap: a zero and the shorter remainder.
func (g golomb) shortest() uint {
	if g.short > 0 {
		return g.width
	}
	return g.width + 1
}

// read reads one gap below room. It looks at no more than room/m + 1 bits of quotient.
func (g golomb) read(r *bitReader, room uint64) (uint64, bool) {
	if room == 0 {
		return 0, false
	}
	q, ok := r.unary((room - 1) / g.m)
	if !ok {
		return 0, false
	}
	rest, ok := g.readRemainder(r)
	gap := q*g.m + rest // at most room − 1 + m − 1: no overflow
	return gap, ok && gap < room
}

func (g golomb) readRemainder(r *bitReader) (uint64, bool) {
	if g.short == 0 {
		return r.read(g.width)
	}
	v, ok := r.read(g.width - 1)
	if !ok || v < g.short {
		return v, ok
	}
	last, ok := r.read(1)
	return 2*v + last - g.short, ok
}
