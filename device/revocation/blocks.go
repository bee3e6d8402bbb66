package revocation

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Vehicles are made in batches, and bad batches are revoked in bulk. Serials are cut into blocks of one size. How many of a block are revoked is
// coded by models that learn, and then which they are, where any so many are as likely as others: how many lie in the first half, and so on in
// both, until a piece is full or has one serial.
const (
	blockOctets = 2 // of the size of a block, less one, in front
	leastBlock  = 2
	mostBlock   = 1 << 16

	blocksPerSerial = 8 // at most, since empty blocks take time, too

	countLengths = 17 // of the number in a block, plus one: its bits without the one on top
)

// blockCount returns how many blocks of a size there are; false if a set of count serials below n may not be cut into so many.
func blockCount(n uint64, count, size int) (blocks uint64, ok bool) {
	blocks = (n + uint64(size) - 1) / uint64(size)
	return blocks, size >= leastBlock && blocks <= blocksPerSerial*uint64(count)
}

// blockModels is what coding blocks expects.
type blockModels struct {
	longer [countLengths - 1]model // whether the number of a block has more bits than this
	below  [countLengths][gapNodes]model
	halves halves
}

func newBlockModels(size int) *blockModels {
	m := &blockModels{halves: halves{size: size}}
	for length := range m.below {
		if length < len(m.longer) {
			m.longer[length] = newModel(0, 0, 0)
		}
		for node := range m.below[length] {
			m.below[length][node] = newModel(0, 0, 0)
		}
	}
	return m
}

type blockWriter struct {
	*rangeWriter
	*blockModels
}

// encodeBlocks codes ascending serials below n in blocks of a size that blockCount allows.
func encodeBlocks(n uint64, serials []uint32, size int) []byte {
	if len(serials) == 0 {
		return nil
	}
	blocks, _ := blockCount(n, len(serials), size)
	w := blockWriter{newRangeWriter(2*len(serials) + spanBits), newBlockModels(size)}
	for i := range blocks {
		from := i * uint64(size)
		k := place(serials[:min(size, len(serials))], from+uint64(size))
		w.number(k)
		w.block(serials[:k], from, piece{size: size})
		serials = serials[k:]
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(size-1)), w.finish()...)
}

// number codes how many serials a block has.
func (w *blockWriter) number(k int) {
	v := uint64(k) + 1
	length := bits.Len64(v) - 1
	for i := range min(length+1, len(w.longer)) {
		w.write(&w.longer[i], i < length)
	}
	top := min(length, modelled)
	writeTree(w.rangeWriter, w.below[length][:], v>>(length-top)&(1<<top-1), top)
	w.share(v&(1<<(length-top)-1), 1, 1<<(length-top))
}

// block codes which serials a piece has that begins with from.
func (w *blockWriter) block(serials []uint32, from uint64, p piece) {
	k := len(serials)
	switch k {
	case 0, p.size:
		return
	case 1:
		w.share(uint64(serials[0])-from, 1, uint64(p.size))
		return
	}
	first, second := p.halves()
	middle := from + uint64(first.size)
	in := place(serials, middle)
	s := w.halves.split(p, k)
	start, width := s.at(in)
	w.share(start, width, s.total())
	w.block(serials[:in], from, first)
	w.block(serials[in:], middle, second)
}

type blockReader struct {
	*rangeReader
	*blockModels
	n       uint64
	serials []uint32 // so far
	past    bool     // one of the serials was not below n
}

// decodeBlocks reads count ≤ n ≤ 2³² serials below n. Of all streams that give a set only the encoder's for the same size is taken.
func decodeBlocks(n uint64, count int, data []byte) ([]uint32, error) {
	if count == 0 {
		if len(data) != 0 {
			return nil, fmt.Errorf("%w: an empty list has no data", ErrData)
		}
		return nil, nil
	}
	if tooDense(count, data) {
		return nil, fmt.Errorf("%w: too short for %d serials", ErrData, count)
	}
	if len(data) < blockOctets {
		return nil, fmt.Errorf("%w: no size of blocks", ErrData)
	}
	serials, asCoded, err := readBlocks(n, count, data)
	if err == nil && !asCoded {
		err = fmt.Errorf("%w: not as the set is coded", ErrData)
	}
	if err != nil {
		return nil, err
	}
	return serials, nil
}

// readBlocks reads 1 ≤ count ≤ n ≤ 2³² serials below n from any stream, and says whether it is the encoder's.
func readBlocks(n uint64, count int, data []byte) (_ []uint32, asCoded bool, _ error) {
	size := int(binary.BigEndian.Uint16(data)) + 1
	blocks, ok := blockCount(n, count, size)
	if !ok {
		return nil, false, fmt.Errorf("%w: size of blocks out of range", ErrData)
	}
	r := blockReader{newRangeReader(data[blockOctets:]), newBlockModels(size), n, make([]uint32, 0, count), false}
	for i := range blocks {
		k := r.number()
		if k > min(size, count-len(r.serials)) {
			return nil, false, fmt.Errorf("%w: block %d has too many serials", ErrData, i)
		}
		r.block(k, i*uint64(size), piece{size: size})
	}
	if len(r.serials) < count || r.past {
		return nil, false, fmt.Errorf("%w: the blocks have too few serials below n", ErrData)
	}
	return r.serials, r.asWritten(), nil
}

func (r *blockReader) number() int {
	length := 0
	for length < len(r.longer) && r.read(&r.longer[length]) {
		length++
	}
	top := min(length, modelled)
	v := 1<<top | readTree(r.rangeReader, r.below[length][:], top)
	width := uint64(1) << (length - top)
	low := r.target(width)
	r.share(low, 1)
	return int(v*width + low - 1)
}

func (r *blockReader) block(k int, from uint64, p piece) {
	switch k {
	case 0:
		return
	case p.size:
		for i := range uint64(k) {
			r.add(from + i)
		}
		return
	case 1:
		at := r.target(uint64(p.size))
		r.share(at, 1)
		r.add(from + at)
		return
	}
	first, second := p.halves()
	s := r.halves.split(p, k)
	in := s.find(r.target(s.total()))
	r.share(s.at(in))
	r.block(in, from, first)
	r.block(k-in, from+uint64(first.size), second)
}

func (r *blockReader) add(serial uint64) {
	r.past = r.past || serial >= r.n
	r.serials = append(r.serials, uint32(serial)) // of those that are past no more is heard
}
