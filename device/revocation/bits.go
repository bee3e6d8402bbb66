package revocation

import "math/bits"

// bitWriter appends bits to octets, most significant bit first.
type bitWriter struct {
	out  []byte
	acc  uint64 // the last n bits are not written yet
	held uint   // below 8 between calls
}

// write appends the low width bits of v, width ≤ 32; the bits above must be zero.
func (w *bitWriter) write(v uint64, width uint) {
	w.acc = w.acc<<width | v
	w.held += width
	for w.held >= 8 {
		w.held -= 8
		w.out = append(w.out, byte(w.acc>>w.held)) // the octet on top is meant
	}
}

// unary appends q ones and a zero.
func (w *bitWriter) unary(q uint64) {
	for ; q >= 32; q -= 32 {
		w.write(1<<32-1, 32)
	}
	w.write(1<<(q+1)-2, uint(q)+1)
}

// finish pads the last octet with zeros and returns all of them.
func (w *bitWriter) finish() []byte {
	if w.held > 0 {
		w.write(0, 8-w.held)
	}
	return w.out
}

// bitReader reads bits from octets, most significant bit first.
type bitReader struct {
	data []byte
	pos  uint64 // the next bit
	end  uint64
}

func newBitReader(data []byte) bitReader {
	return bitReader{data: data, end: 8 * uint64(len(data))}
}

// left returns how many bits are not read yet.
func (r *bitReader) left() uint64 { return r.end - r.pos }

// read returns the next width ≤ 32 bits as a number; false when fewer are left.
func (r *bitReader) read(width uint) (uint64, bool) {
	if uint64(width) > r.left() {
		return 0, false
	}
	v := uint64(0)
	for width > 0 {
		free := 8 - uint(r.pos%8)
		take := min(width, free)
		octet := uint64(r.data[r.pos/8]) >> (free - take) & (1<<take - 1)
		v = v<<take | octet
		r.pos += uint64(take)
		width -= take
	}
	return v, true
}

// unary counts the ones up to the next zero and passes the zero; false when there are more than limit, or no zero.
func (r *bitReader) unary(limit uint64) (uint64, bool) {
	ones := uint64(0)
	for r.pos < r.end {
		used := uint(r.pos % 8)
		free := uint64(8 - used)
		// The shift fills with zeros, which end the run at the end of the octet.
		run := uint64(bits.LeadingZeros8(^(r.data[r.pos/8] << used))) // 0 … 8
		ones += run
		if ones > limit {
			return 0, false
		}
		if run < free {
			r.pos += run + 1
			return ones, true
		}
		r.pos += free
	}
	return 0, false
}

// atPadding reports whether nothing is left but fewer than eight zero bits.
func (r *bitReader) atPadding() bool {
	left := r.left()
	if left >= 8 {
		return false
	}
	v, _ := r.read(uint(left))
	return v == 0
}
