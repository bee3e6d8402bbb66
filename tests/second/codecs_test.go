package second

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"math/bits"
	"slices"
	"testing"
)

// coded is a file of tests/vectors/codecs.
type coded struct {
	Expect  string   `json:"expect"`
	Codec   int      `json:"codec"`
	N       uint64   `json:"n"`
	Count   int      `json:"count"`
	Data    string   `json:"data"`
	Serials []uint32 `json:"serials"`
}

// decodeSet is section 8's codecs. What a decoder must refuse is not ok.
func decodeSet(codec int, n uint64, count int, data []byte) (serials []uint32, ok bool) {
	if uint64(count) > n || n > 1<<32 || codec < 1 || codec > 3 || count == 0 && len(data) > 0 {
		return nil, false
	}
	if count == 0 {
		return nil, true
	}
	defer func() {
		if r := recover(); r != nil {
			if _, fine := r.(refusal); !fine {
				panic(r)
			}
			serials, ok = nil, false
		}
	}()
	switch codec {
	case 1:
		return golomb(n, count, data), true
	case 2:
		serials = gaps(&arithmetic{data: data}, n, count, nil)
		again := &arithmetic{writes: true}
		gaps(again, n, count, serials)
		return serials, bytes.Equal(again.stream(), data)
	}
	refuse(len(data) < 2)
	size := uint64(binary.BigEndian.Uint16(data)) + 1
	serials = blocks(&arithmetic{data: data[2:]}, n, count, size, nil)
	again := &arithmetic{writes: true}
	blocks(again, n, count, size, serials)
	return serials, bytes.Equal(again.stream(), data[2:])
}

// refusal is the panic by which a decoder gives up.
type refusal struct{}

func refuse(bad bool) {
	if bad {
		panic(refusal{})
	}
}

// golomb is codec 1.
func golomb(n uint64, count int, data []byte) (serials []uint32) {
	refuse(len(data) < 4)
	m := uint64(binary.BigEndian.Uint32(data))
	refuse(m < 1 || m > n)
	at := 32
	bit := func() uint64 {
		refuse(at >= 8*len(data))
		b := uint64(data[at/8]) >> (7 - at%8) & 1
		at++
		return b
	}
	b := bits.Len64(m - 1)
	c := uint64(1)<<b - m
	next := uint64(0)
	for range count {
		q, r := uint64(0), uint64(0)
		for bit() == 1 {
			q++
			refuse(q*m >= n)
		}
		if m > 1 {
			for range b - 1 {
				r = 2*r + bit()
			}
			if r >= c {
				r = 2*r + bit() - c
			}
		}
		next += q*m + r
		refuse(next >= n)
		serials = append(serials, uint32(next))
		next++
	}
	for at%8 != 0 {
		refuse(bit() != 0)
	}
	refuse(at != 8*len(data))
	return serials
}

// arithmetic is the range coder of codec 2, in either direction. Writing, low is a number of as many digits as it takes, so that carries need no care.
type arithmetic struct {
	writes bool
	begun  bool
	span   uint64
	low    big.Int // writing
	shifts uint
	data   []byte // reading: what was not taken yet
	value  uint64 // reading: the number, less low
}

func (c *arithmetic) begin() {
	if c.begun {
		return
	}
	c.begun, c.span = true, 1<<48-1
	for range 6 {
		c.value = c.value<<8 | c.octet()
	}
}

func (c *arithmetic) octet() uint64 {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return uint64(b)
}

// take narrows to span from up.
func (c *arithmetic) take(up, span uint64) {
	c.low.Add(&c.low, new(big.Int).SetUint64(up))
	c.value -= up
	c.span = span
	for c.span < 1<<40 {
		c.span <<= 8
		c.low.Lsh(&c.low, 8)
		c.shifts++
		c.value = c.value<<8 | c.octet()
	}
}

// stream is what was written.
func (c *arithmetic) stream() []byte {
	c.begin()
	end := new(big.Int).Add(&c.low, new(big.Int).SetUint64(c.span))
	end.Sub(end, one) // the last number in [low, low + span)
	for zeros := uint(48); ; zeros-- {
		number := new(big.Int).Lsh(new(big.Int).Rsh(end, zeros), zeros)
		if number.Cmp(&c.low) >= 0 {
			return bytes.TrimRight(number.FillBytes(make([]byte, 6+c.shifts)), "\x00")
		}
	}
}

// model is (p, k).
type model struct{ p, k uint64 }

func (c *arithmetic) decide(m *model, b uint64) uint64 {
	c.begin()
	zero := c.span >> 16 * m.p
	if !c.writes {
		b = 0
		if c.value >= zero {
			b = 1
		}
	}
	if b == 0 {
		c.take(0, zero)
	} else {
		c.take(zero, c.span-zero)
	}
	d := 131072 / (2*m.k + 3)
	if b == 1 {
		m.p -= (m.p - 32) * d / 65536
	} else {
		m.p += (65504 - m.p) * d / 65536
	}
	m.k = min(m.k+1, 1023)
	return b
}

func (c *arithmetic) even(b uint64) uint64 {
	c.begin()
	half := c.span / 2
	if !c.writes {
		b = 0
		if c.value >= half {
			b = 1
		}
	}
	c.take(b*half, half)
	return b
}

// tree codes the w bits of v; fresh makes the model of a node that was not there yet.
func (c *arithmetic) tree(t map[uint64]*model, fresh func(node uint64) *model, w int, v uint64) uint64 {
	node := uint64(1)
	for i := w - 1; i >= 0; i-- {
		if t[node] == nil {
			t[node] = fresh(node)
		}
		node = 2*node + c.decide(t[node], v>>i&1)
	}
	return node - 1<<w
}

// part codes one of several ranges of total; which are given by their widths, in order, and chosen when it reads.
func (c *arithmetic) part(widths []uint64, chosen int) int {
	c.begin()
	total := uint64(0)
	for _, w := range widths {
		total += w
	}
	r := c.span / total
	start := uint64(0)
	for i, w := range widths {
		if c.writes && i == chosen || !c.writes && c.value/r < start+w {
			c.take(r*start, r*w)
			return i
		}
		start += w
	}
	panic(refusal{}) // behind the last
}

// uniform is the part (v, 1 of total).
func (c *arithmetic) uniform(v, total uint64) uint64 {
	c.begin()
	r := c.span / total
	if !c.writes {
		v = c.value / r
		refuse(v >= total)
	}
	c.take(r*v, r)
	return v
}

func log2(v uint64) int { return bits.Len64(v) - 1 }

// share is (a of b).
func share(a, b *big.Int) uint64 {
	if b.Sign() == 0 {
		return 32768
	}
	v := new(big.Int).Lsh(a, 16)
	return min(max(v.Quo(v, b).Uint64(), 32), 65504)
}

// first are Q and S, by which the models of codec 2 begin.
func first(n uint64, count int) (q [33]*big.Int, s [65]*big.Int) {
	whole := new(big.Int).Lsh(one, 64)
	q[0] = new(big.Int).Lsh(new(big.Int).SetUint64(n-uint64(count)), 64)
	q[0].Quo(q[0], new(big.Int).SetUint64(n))
	s[0] = new(big.Int).Sub(whole, one)
	for i := 1; i <= 32; i++ {
		q[i] = new(big.Int).Rsh(new(big.Int).Mul(q[i-1], q[i-1]), 64)
		s[i] = new(big.Int).Rsh(new(big.Int).Mul(s[i-1], q[i-1]), 64)
	}
	for i := 33; i <= 64; i++ {
		s[i] = new(big.Int)
	}
	return q, s
}

// gaps is codec 2; serials are read when the coder does not write them.
func gaps(c *arithmetic, n uint64, count int, serials []uint32) []uint32 {
	refuse(uint64(count) > max(1<<22, 8*uint64(len(c.data))) && !c.writes)
	q, s := first(n, count)
	lengths := func(i uint64) *model {
		w := uint64(64) >> log2(i)
		f := i * w % 64
		return &model{share(new(big.Int).Sub(s[f], s[f+w/2]), new(big.Int).Sub(s[f], s[f+w])), 16}
	}
	z := log2(uint64(log2(n/uint64(count))) + 1)
	above, below := map[int]map[uint64]*model{}, map[int]map[uint64]*model{}
	next, sum := uint64(0), 0
	var out []uint32
	for i := range count {
		var v uint64
		if c.writes {
			v = uint64(serials[i]) - next + 1
		}
		l := bits.Len64(v) - 1
		tree := grown(above, sum>>z)
		l = int(c.tree(tree, lengths, 6, uint64(max(l, 0))))
		refuse(l > 32)
		sum = (sum+1)/2 + l
		t := min(l, 3)
		top := c.tree(grown(below, l), func(i uint64) *model {
			half := new(big.Int).Lsh(one, 63)
			return &model{share(half, new(big.Int).Add(half, new(big.Int).Rsh(q[l-1-log2(i)], 1))), 200}
		}, t, v>>(l-t)&(1<<t-1))
		low := uint64(0)
		for i := l - t - 1; i >= 0; i-- {
			low = low<<1 | c.even(v>>i&1)
		}
		v = (1<<t|top)<<(l-t) | low
		next += v - 1
		refuse(next >= n)
		out = append(out, uint32(next))
		next++
	}
	return out
}

func grown(trees map[int]map[uint64]*model, i int) map[uint64]*model {
	if trees[i] == nil {
		trees[i] = map[uint64]*model{}
	}
	return trees[i]
}

// blocks is codec 3, behind B.
func blocks(c *arithmetic, n uint64, count int, size uint64, serials []uint32) (out []uint32) {
	number := (n + size - 1) / size
	refuse(size < 2 || number > 8*uint64(count) || !c.writes && uint64(count) > max(1<<22, 8*uint64(len(c.data)+2)))
	fresh := func(uint64) *model { return &model{32768, 0} }
	unary, below := map[uint64]*model{}, map[int]map[uint64]*model{}
	for i := range number {
		var inside []uint32
		for _, s := range serials {
			if uint64(s)/size == i {
				inside = append(inside, s)
			}
		}
		v, l := uint64(len(inside))+1, 0
		for ; l < 16; l++ {
			if unary[uint64(l)] == nil {
				unary[uint64(l)] = fresh(0)
			}
			more := uint64(0)
			if log2(v) > l {
				more = 1
			}
			if c.decide(unary[uint64(l)], more) == 0 {
				break
			}
		}
		t := min(l, 3)
		top := 1<<t | c.tree(grown(below, l), fresh, t, v>>(l-t)&(1<<t-1))
		v = top<<(l-t) | c.uniform(v&(1<<(l-t)-1), 1<<(l-t))
		k := int(v) - 1
		refuse(uint64(k) > size || k > count-len(out))
		out = append(out, c.piece(i*size, int(size), k, inside)...)
	}
	refuse(len(out) != count || count > 0 && uint64(out[count-1]) >= n)
	return out
}

// piece codes which k of the m serials from x on are revoked.
func (c *arithmetic) piece(x uint64, m, k int, serials []uint32) (out []uint32) {
	switch k {
	case 0:
		return nil
	case m:
		for i := range m {
			out = append(out, uint32(x)+uint32(i))
		}
		return out
	case 1:
		at := uint64(0)
		if c.writes {
			at = uint64(serials[0]) - x
		}
		s := x + c.uniform(at, uint64(m))
		refuse(s >= 1<<32)
		return []uint32{uint32(s)}
	}
	a := m / 2
	half, _ := slices.BinarySearch(serials, uint32(x)+uint32(a))
	j := c.part(widths(k, a, m-a), half)
	if !c.writes {
		return append(c.piece(x, a, j, nil), c.piece(x+uint64(a), m-a, k-j, nil)...)
	}
	return append(c.piece(x, a, j, serials[:j]), c.piece(x+uint64(a), m-a, k-j, serials[j:])...)
}

// widths are W(0) … W(k).
func widths(k, a, b int) []uint64 {
	w := make([]uint64, k+1)
	c := (k + 1) * (a + 1) / (a + b + 2)
	w[c] = 1 << 20
	for j := c; j < min(k, a); j++ {
		w[j+1] = w[j] * uint64(k-j) * uint64(a-j) / (uint64(j+1) * uint64(b-k+j+1))
	}
	for j := c; j > max(0, k-b); j-- {
		w[j-1] = w[j] * uint64(j) * uint64(b-k+j) / (uint64(k-j+1) * uint64(a-j+1))
	}
	for j := max(0, k-b); j <= min(k, a); j++ {
		w[j]++
	}
	return w
}

func TestCodecs(t *testing.T) {
	replay(t, "codecs", 70, func(t *testing.T, v *coded) {
		serials, ok := decodeSet(v.Codec, v.N, v.Count, unhex(v.Data))
		if ok != (v.Expect == "ok") || ok && !slices.Equal(serials, v.Serials) {
			t.Errorf("%v, %v; the vector says %s, %v", ok, serials, v.Expect, v.Serials)
		}
	})
}
