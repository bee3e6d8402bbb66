package revocation

import (
	"iter"
	"math/bits"
)

// Index says what a [Set] says, faster or in less memory. It is immutable and safe for concurrent use.
type Index interface {
	// Contains is [Set.Contains].
	Contains(serial uint32) bool
	// N is [Set.N].
	N() uint64
	// Len is [Set.Len].
	Len() int
	// All is [Set.All].
	All() iter.Seq[uint32]
	// Octets is the memory that the index takes.
	Octets() int
}

// Expand returns the set that an index was made of, at four octets for each serial.
func Expand(x Index) *Set {
	serials := make([]uint32, 0, x.Len())
	for serial := range x.All() {
		serials = append(serials, serial)
	}
	return &Set{n: x.N(), serials: serials}
}

// NewIndex returns the fastest index of s that takes no more than limit octets: a bitmap of n/8 octets, or else one after Elias and Fano
// of about (2 + log₂(n/count)) · count/8, whatever the limit.
func NewIndex(s *Set, limit int) Index {
	if s.N() <= 8*uint64(max(limit, 0)) {
		return newBitmap(s)
	}
	return newEliasFano(s)
}

// bitmap has a bit for every serial below n.
type bitmap struct {
	n     uint64
	count int
	words []uint64
}

func newBitmap(s *Set) *bitmap {
	b := &bitmap{n: s.N(), count: s.Len(), words: make([]uint64, (s.N()+63)/64)}
	for _, serial := range s.sorted() {
		b.words[serial/64] |= 1 << (serial % 64)
	}
	return b
}

func (b *bitmap) Contains(serial uint32) bool {
	word := int(serial / 64)
	return word < len(b.words) && b.words[word]>>(serial%64)&1 != 0
}

func (b *bitmap) N() uint64 { return b.n }

func (b *bitmap) Len() int { return b.count }

func (b *bitmap) Octets() int { return 8 * len(b.words) }

func (b *bitmap) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, word := range b.words {
			for ; word != 0; word &= word - 1 {
				if !yield(uint32(64*i + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// eliasFano splits each serial: the low bits stand one after the other; for the high ones there is a bit string with a one for every
// serial, and a zero wherever the high part rises by one (P. Elias, Efficient storage and retrieval by content and address of static
// files, 1974). Of every sample-th zero the place is kept.
type eliasFano struct {
	n      uint64
	count  int
	width  uint // of the low bits
	low    []uint64
	high   []uint64
	places []uint32 // of the zeros 0, sample, 2·sample, … in high
	limit  uint64   // high parts from here on are nobody's
}

const sample = 64

func newEliasFano(s *Set) *eliasFano {
	count := uint64(s.Len())
	e := &eliasFano{n: s.N(), count: s.Len()}
	if count == 0 {
		return e
	}
	e.width = uint(max(bits.Len64(s.N()/count), 1) - 1)
	e.limit = (s.N()-1)>>e.width + 1
	e.low = make([]uint64, (count*uint64(e.width)+63)/64+1) // one more: reading two words needs no care
	e.high = make([]uint64, (count+e.limit+63)/64)
	for place, serial := range s.sorted() {
		i := uint64(place)
		at := uint64(serial)>>e.width + i
		e.high[at/64] |= 1 << (at % 64)
		part := uint64(serial) & (1<<e.width - 1)
		bit := i * uint64(e.width)
		e.low[bit/64] |= part << (bit % 64)
		if bit%64+uint64(e.width) > 64 {
			e.low[bit/64+1] |= part >> (64 - bit%64)
		}
	}
	zeros := uint64(0)
	for w, word := range e.high {
		for free := ^word; free != 0; free &= free - 1 {
			if zeros%sample == 0 {
				e.places = append(e.places, uint32(64*w+bits.TrailingZeros64(free)))
			}
			zeros++
		}
	}
	return e
}

func (e *eliasFano) N() uint64 { return e.n }

func (e *eliasFano) Len() int { return e.count }

func (e *eliasFano) Octets() int { return 8*len(e.low) + 8*len(e.high) + 4*len(e.places) }

// All finds serial number i at the one number i of high: as many zeros stand before it as its high part says.
func (e *eliasFano) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		i := uint64(0)
		for w, word := range e.high {
			for ; word != 0; word &= word - 1 {
				at := uint64(64*w + bits.TrailingZeros64(word))
				if !yield(uint32((at-i)<<e.width | e.part(i))) {
					return
				}
				i++
			}
		}
	}
}

func (e *eliasFano) Contains(serial uint32) bool {
	high := uint64(serial) >> e.width
	if high >= e.limit {
		return false
	}
	at := uint64(0) // of the first serial with this high part, if there is one
	if high > 0 {
		at = e.zero(high-1) + 1
	}
	low := uint64(serial) & (1<<e.width - 1)
	for i := at - high; e.high[at/64]>>(at%64)&1 != 0; i++ {
		if have := e.part(i); have >= low {
			return have == low
		}
		at++
	}
	return false
}

// part returns the low bits of the serial number i.
func (e *eliasFano) part(i uint64) uint64 {
	bit := i * uint64(e.width)
	v := e.low[bit/64] >> (bit % 64)
	if bit%64 != 0 {
		v |= e.low[bit/64+1] << (64 - bit%64)
	}
	return v & (1<<e.width - 1)
}

// zero returns the place of the zero number i in high.
func (e *eliasFano) zero(i uint64) uint64 {
	at := uint64(e.places[i/sample])
	left := int(i % sample)
	word := at / 64
	free := ^e.high[word] &^ (1<<(at%64) - 1)
	for {
		n := bits.OnesCount64(free)
		if left < n {
			break
		}
		left -= n
		word++
		free = ^e.high[word]
	}
	return 64*word + selectOne(free, left)
}

const (
	eachOctet = 0x0101010101010101 // a one in each
	topBits   = eachOctet << 7
)

// selectOne returns the place of the one number i of a word that has it, without a branch that a processor would have to guess: the ones of
// each octet are counted, and of those before it, and compared with i, all eight in one step (S. Vigna, Broadword implementation of rank/select
// queries, 2008).
func selectOne(word uint64, i int) uint64 {
	ones := word - word>>1&(0x55*eachOctet)
	ones = ones&(0x33*eachOctet) + ones>>2&(0x33*eachOctet)
	ones = (ones + ones>>4) & (0x0f * eachOctet) * eachOctet // of each octet and those below
	before := (uint64(i)*eachOctet | topBits) - ones         // the bit on top stays where they are no more than i
	place := uint64(8 * bits.OnesCount64(before&topBits))
	i -= int(ones << 8 >> place & 0xff)
	return place + uint64(places[word>>place&0xff][i&7])
}

// places are those of the ones of an octet.
var places = func() (p [256][8]uint8) {
	for octet := range p {
		i := 0
		for place := range uint8(8) {
			if octet>>place&1 != 0 {
				p[octet][i] = place
				i++
			}
		}
	}
	return p
}()
