package revocation_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/device/revocation"
)

// slowBlocks is codec 3 as the protocol describes it.
type slowBlocks struct {
	slowCoder
	longer [16][2]uint64
	below  [17][8][2]uint64
}

func (c *slowBlocks) take(start, width, total uint64) {
	one := c.span / total
	c.low.Add(c.low, new(big.Int).SetUint64(one*start))
	c.span = one * width
	c.narrow()
}

func (c *slowBlocks) number(k uint64) {
	v := k + 1
	l := bits.Len64(v) - 1
	for i := range l {
		c.decide(&c.longer[i], 1)
	}
	if l < 16 {
		c.decide(&c.longer[l], 0)
	}
	node, t := 1, min(l, 3)
	for i := range t {
		bit := v >> (l - 1 - i) & 1
		c.decide(&c.below[l][node], bit)
		node = 2*node + int(bit)
	}
	c.take(v%(1<<(l-t)), 1, 1<<(l-t))
}

// weight returns that of j of k serials in the first half of a piece.
func weight(size, k, j int) uint64 {
	a := size / 2
	b := size - a
	if j < 0 || j < k-b || j > min(k, a) {
		return 0
	}
	c := (k + 1) * (a + 1) / (size + 2)
	w := new(big.Int).SetUint64(1 << 20)
	step := func(up1, up2, down1, down2 int) {
		w.Mul(w, big.NewInt(int64(up1))).Mul(w, big.NewInt(int64(up2)))
		w.Div(w, big.NewInt(int64(down1))).Div(w, big.NewInt(int64(down2))) // cutting off twice is cutting off once
	}
	for i := c; i < j; i++ {
		step(k-i, a-i, i+1, b-k+i+1)
	}
	for i := c; i > j; i-- {
		step(i, b-k+i, k-i+1, a-i+1)
	}
	return w.Uint64() + 1
}

func (c *slowBlocks) piece(serials []uint32, from uint64, size int) {
	k := len(serials)
	if k == 0 || k == size {
		return
	}
	if k == 1 {
		c.take(uint64(serials[0])-from, 1, uint64(size))
		return
	}
	middle, in := from+uint64(size/2), 0
	for _, s := range serials {
		if uint64(s) < middle {
			in++
		}
	}
	var below, total uint64
	for j := range k + 1 {
		if j < in {
			below += weight(size, k, j)
		}
		total += weight(size, k, j)
	}
	c.take(below, weight(size, k, in), total)
	c.piece(serials[:in], from, size/2)
	c.piece(serials[in:], middle, size-size/2)
}

// slowlyInBlocks codes ascending serials.
func slowlyInBlocks(n uint64, serials []uint32, size int) []byte {
	if len(serials) == 0 {
		return nil
	}
	c := &slowBlocks{slowCoder: newSlowCoder()}
	for i := range c.longer {
		c.longer[i] = [2]uint64{32768, 0}
	}
	for l := range c.below {
		for i := range c.below[l] {
			c.below[l][i] = [2]uint64{32768, 0}
		}
	}
	for from := uint64(0); from < n; from += uint64(size) {
		k := 0
		for k < len(serials) && uint64(serials[k]) < from+uint64(size) {
			k++
		}
		c.number(uint64(k))
		c.piece(serials[:k], from, size)
		serials = serials[k:]
	}
	return append([]byte{byte((size - 1) >> 8), byte(size - 1)}, c.finish()...)
}

// sameInBlocks compares the stream of a set with that of the slow coder, reads it, and returns it.
func sameInBlocks(t *testing.T, n uint64, serials []uint32, size int) []byte {
	t.Helper()
	want, got := slowlyInBlocks(n, serials, size), revocation.EncodeBlocks(newSet(t, n, serials...), size)
	if !bytes.Equal(want, got) {
		t.Fatalf("n %d, blocks of %d, %d serials, %v…: %x, want %x", n, size, len(serials), serials[:min(len(serials), 8)], got, want)
	}
	back, err := revocation.Decode(revocation.CodecBlocks, n, len(serials), got)
	if err != nil || !slices.Equal(back.Serials(), serials) {
		t.Fatalf("n %d, blocks of %d, %d serials: %v", n, size, len(serials), err)
	}
	return got
}

// size returns a size of blocks that there may be for a set.
func size(r *rand.Rand, n uint64, count int) int {
	least := max(2, (n+uint64(8*count)-1)/uint64(8*count))
	if least > 1<<16 {
		return 0
	}
	return int(least + r.Uint64N(min(2*least, 1<<16-least+1)))
}

// TestBlocksAreAsDescribed takes every set of small n, and sets of all kinds.
func TestBlocksAreAsDescribed(t *testing.T) {
	for n := range uint64(11) {
		for set := range 1 << n {
			var serials []uint32
			for i := range uint32(n) {
				if set>>i&1 != 0 {
					serials = append(serials, i)
				}
			}
			for size := 2; size < 13; size++ {
				sameInBlocks(t, n, serials, size)
			}
		}
	}
	r := rand.New(rand.NewPCG(61, 62))
	for range 150 {
		n := r.Uint64N(1<<r.IntN(33)) + 1
		for _, serials := range [][]uint32{uniform(r, n, r.IntN(int(min(n, 300))+1)), runs(r, n, r.IntN(300)+1)} {
			if size := size(r, n, len(serials)+1); size > 0 && (n+uint64(size)-1)/uint64(size) <= uint64(8*len(serials)) {
				sameInBlocks(t, n, serials, size)
			}
		}
	}
	sameInBlocks(t, 1<<16, uniform(r, 1<<16, 3000), 1<<16)
	sameInBlocks(t, 1<<16, every(1 << 16)[1:], 1<<16)
}

// TestKnownBlocks holds the format still.
func TestKnownBlocks(t *testing.T) {
	for _, c := range []struct {
		n       uint64
		size    int
		serials []uint32
		want    string
	}{
		{1, 10, nil, ""},
		{1, 2, []uint32{0}, "000180"},
		{40, 10, []uint32{3, 10, 11, 12, 17, 18, 19, 23}, "00098c8e1110"},
		{4096, 1000, []uint32{3, 4, 17, 130, 4095}, "03e7cfff841cffb911f0"},
	} {
		if got := hex.EncodeToString(sameInBlocks(t, c.n, c.serials, c.size)); got != c.want {
			t.Errorf("%v below %d in blocks of %d: %s, want %s", c.serials, c.n, c.size, got, c.want)
		}
	}
}

// TestSplits: the likeliest split is one that there can be, and all weights are the protocol's, of every small piece.
func TestSplits(t *testing.T) {
	for size := 3; size < 60; size++ {
		for k := 2; k < size; k++ {
			for j := max(0, k-size+size/2); j <= min(k, size/2); j++ {
				serials := append(every(uint32(j)), shifted(every(uint32(k-j)), uint32(size/2))...)
				sameInBlocks(t, uint64(size), serials, size)
			}
		}
	}
}

// TestBlocksOfAnyStream: of all the streams that lead to a set only the encoder's is taken.
func TestBlocksOfAnyStream(t *testing.T) {
	r := rand.New(rand.NewPCG(63, 64))
	led, taken := 0, 0
	try := func(n uint64, count int, data []byte) {
		s, err := revocation.ReadBlocks(n, count, data)
		want := err == nil && bytes.Equal(revocation.EncodeBlocks(s, int(binary.BigEndian.Uint16(data))+1), data)
		if _, got := revocation.Decode(revocation.CodecBlocks, n, count, data); (got == nil) != want {
			t.Fatalf("n %d, %d serials, stream %x: %v, want %v", n, count, data, got, err)
		}
		if err == nil {
			led++
		}
		if want {
			taken++
		}
	}
	for i := range 1 << 16 { // every stream of two octets
		try(50, 1+i%7, []byte{0, byte(10 + i%90), byte(i >> 8), byte(i)})
	}
	for range 3000 {
		size := 2 + r.IntN(100)
		n := uint64(1 + r.IntN(4*size))
		count := int(n+uint64(size)-1)/size/8 + 1
		data := []byte{0, byte(size - 1)}
		for range r.IntN(8) {
			data = append(data, bytes.Repeat([]byte{byte(-r.IntN(2))}, r.IntN(12))...)
			data = append(data, byte(r.IntN(256)))
		}
		for c := range uint64(6) {
			try(n, int(min(n, uint64(count)+c)), data)
		}
	}
	for range 400 {
		n := r.Uint64N(100_000) + 1
		serials := uniform(r, n, 1+r.IntN(int(min(n, 60))))
		data := revocation.EncodeBlocks(newSet(t, n, serials...), size(r, n, len(serials)))
		try(n, len(serials), append(slices.Clone(data), 0))
		try(n, len(serials), append(slices.Clone(data), 1))
		if end := len(data) - 1; end >= 2 {
			for _, last := range []byte{data[end] - 1, data[end] + 1, data[end] ^ 0x80, 0} {
				try(n, len(serials), append(slices.Clone(data[:end]), last))
			}
			try(n, len(serials), data[:end])
		}
	}
	if led < 1000 || taken < 100 || taken == led {
		t.Errorf("%d streams lead to sets, %d are taken", led, taken)
	}
}

// TestBlockSize: the size of batches is found where there are some, and none where there is no pattern.
func TestBlockSize(t *testing.T) {
	r := rand.New(rand.NewPCG(65, 66))
	for range 50 {
		n := uint64(1000 + r.IntN(1_000_000))
		if size, ok := revocation.BlockSize(newSet(t, n, uniform(r, n, 1+r.IntN(int(n/20)))...)); ok {
			t.Errorf("n %d, no pattern: blocks of %d", n, size)
		}
	}
	for _, want := range []uint64{50, 64, 100, 250, 1000, 1024, 1200, 5000, 10_000} {
		n := 400 * want
		var serials []uint32
		for batch := range uint64(400) {
			for range 1 + r.IntN(2)*r.IntN(2)*10 {
				serials = append(serials, uint32(batch*want+r.Uint64N(want)))
			}
		}
		slices.Sort(serials)
		if size, ok := revocation.BlockSize(newSet(t, n, slices.Compact(serials)...)); !ok || uint64(size) != want {
			t.Errorf("batches of %d: blocks of %d", want, size)
		}
	}
}
