package revocation

import "math/bits"

// The range coder narrows an interval [low, low + span) of 48 bits by one binary decision after the other, each with its probability
// (Martin, Range encoding, 1979; the carry as in LZMA, by I. Pavlov). All of it are integers, so that every processor writes
// the same octets.
const (
	spanBits = 48
	spanTop  = 1 << spanBits
	spanLow  = 1 << (spanBits - 8) // the span is at least this between decisions

	chanceBits = 16 // of a probability
)

// model is a probability that learns: the share of zeros among the decisions so far, in units of 2⁻¹⁶, and how many there were.
type model struct {
	zero uint16
	seen uint16
}

const (
	chanceHalf  = 1 << (chanceBits - 1)
	chanceLeast = 32   // and as much below one: no decision costs more than 11 bits
	mostSeen    = 1023 // afterwards the share moves by 2/2049 of its distance
)

// steps are the shares of the distance by which a model moves, 2/(2·seen + 3) in units of 2⁻¹⁶: the estimate of Krichevsky and Trofimov.
var steps = func() (s [mostSeen + 1]uint32) {
	for i := range s {
		s[i] = uint32((2 << chanceBits) / (2*i + 3))
	}
	return s
}()

// newModel returns a model that has seen so many decisions and found part of whole zeros among them, or half of them where whole is 0.
func newModel(part, whole uint64, seen uint16) model {
	zero := uint64(chanceHalf)
	if whole > 0 {
		high, low := bits.Mul64(part, 1<<chanceBits) // part ≤ whole
		zero, _ = bits.Div64(high, low, whole)
	}
	return model{uint16(min(max(zero, chanceLeast), 1<<chanceBits-chanceLeast)), seen}
}

// learn moves the model towards what was decided.
func (m *model) learn(one bool) {
	step := steps[m.seen]
	p := uint32(m.zero)
	if one {
		p -= uint32(uint64(p-chanceLeast) * uint64(step) >> chanceBits)
	} else {
		p += uint32(uint64(1<<chanceBits-chanceLeast-p) * uint64(step) >> chanceBits)
	}
	m.zero = uint16(p)
	if m.seen < mostSeen {
		m.seen++
	}
}

// rangeWriter writes decisions. The octets in front are held back as long as a carry may still change them.
type rangeWriter struct {
	out  []byte
	low  uint64 // below 2⁴⁹: the bit on top is a carry
	span uint64
	held int // octets 0xff after the last one in out that a carry would turn
}

func newRangeWriter(capacity int) *rangeWriter {
	return &rangeWriter{out: make([]byte, 0, capacity), span: spanTop - 1}
}

func (w *rangeWriter) write(m *model, one bool) {
	zero := (w.span >> chanceBits) * uint64(m.zero)
	if one {
		w.low += zero
		w.span -= zero
	} else {
		w.span = zero
	}
	m.learn(one)
	for w.span < spanLow {
		w.span <<= 8
		w.shift()
	}
}

// even writes the low width ≤ 32 bits of v, each as likely as not.
func (w *rangeWriter) even(v uint64, width uint) {
	for width > 0 {
		width--
		w.span >>= 1
		if v>>width&1 != 0 {
			w.low += w.span
		}
		for w.span < spanLow {
			w.span <<= 8
			w.shift()
		}
	}
}

// share writes a value that has width of total ≤ 2³² parts, with start of them below.
func (w *rangeWriter) share(start, width, total uint64) {
	one := w.span / total
	w.low += one * start
	w.span = one * width
	for w.span < spanLow {
		w.span <<= 8
		w.shift()
	}
}

// shift moves the octet on top of low to the output.
func (w *rangeWriter) shift() {
	top := w.low >> (spanBits - 8)
	w.low = w.low << 8 & (spanTop - 1)
	if top == 0xff {
		w.held++
		return
	}
	if top > 0xff {
		// low + span never passes the interval at the start: there is an octet. It is below 0xff: others are held, but for one that comes
		// with a carry itself, and low + span < 2⁴⁹ then leaves no room for a second.
		w.out[len(w.out)-1]++
	}
	for ; w.held > 0; w.held-- {
		w.out = append(w.out, byte(0xff+top>>8)) // 0x00 after a carry
	}
	w.out = append(w.out, byte(top))
}

// finish writes the number of the interval that ends in the most zeros, and leaves the zeros at the end out: a reader adds them.
func (w *rangeWriter) finish() []byte {
	w.low = roundest(w.low, w.span)
	for range spanBits/8 + 1 { // the last one, a zero, lets the held ones go
		w.shift()
	}
	for len(w.out) > 0 && w.out[len(w.out)-1] == 0 {
		w.out = w.out[:len(w.out)-1]
	}
	return w.out
}

// roundest returns the number of [low, low + span) that ends in the most zeros.
func roundest(low, span uint64) uint64 {
	for width := uint(spanBits); ; width-- {
		mask := uint64(1)<<width - 1
		if v := (low + mask) &^ mask; v <= low+span-1 {
			return v
		}
	}
}

// rangeReader reads what a rangeWriter wrote. Past the end there are zeros.
type rangeReader struct {
	data   []byte // that is left
	code   uint64 // where the number of the stream lies in the present interval, below span
	span   uint64
	window uint64 // the last octets taken, eight of them
	one    uint64 // of the parts of a value
	zeros  bool   // the stream has a zero at its end, which no writer leaves
	lost   bool   // the stream left the interval, which no writer does
}

func newRangeReader(data []byte) *rangeReader {
	r := &rangeReader{data: data, span: spanTop - 1, zeros: len(data) > 0 && data[len(data)-1] == 0}
	for range spanBits / 8 {
		r.take()
	}
	r.lost = r.code >= r.span
	return r
}

func (r *rangeReader) take() {
	r.code <<= 8
	r.window <<= 8
	if len(r.data) > 0 {
		r.code |= uint64(r.data[0])
		r.window |= uint64(r.data[0])
		r.data = r.data[1:]
	}
}

// asWritten reports whether the stream is the one that a writer leaves after the decisions that were read. It has taken the octets down to
// those of low, so that their number less code is the writer's low; of its carry the rest of the stream tells.
func (r *rangeReader) asWritten() bool {
	low := (r.window - r.code) & (spanTop - 1)
	return !r.lost && r.code < r.span && len(r.data) == 0 && !r.zeros && roundest(low, r.span) == low+r.code
}

func (r *rangeReader) read(m *model) (one bool) {
	zero := (r.span >> chanceBits) * uint64(m.zero)
	if one = r.code >= zero; one {
		r.code -= zero
		r.span -= zero
	} else {
		r.span = zero
	}
	m.learn(one)
	for r.span < spanLow {
		r.span <<= 8
		r.take()
	}
	return one
}

func (r *rangeReader) even(width uint) (v uint64) {
	for ; width > 0; width-- {
		r.span >>= 1
		v <<= 1
		if r.code >= r.span {
			r.code -= r.span
			v |= 1
		}
		for r.span < spanLow {
			r.span <<= 8
			r.take()
		}
	}
	return v
}

// target returns in which of total ≤ 2³² parts the number of the stream lies. The value that has it is then read by share.
func (r *rangeReader) target(total uint64) uint64 {
	r.one = r.span / total
	v := r.code / r.one
	if v >= total {
		r.lost = true
		return total - 1
	}
	return v
}

// share takes the value that has width parts, with start below.
func (r *rangeReader) share(start, width uint64) {
	r.code -= r.one * start
	r.span = r.one * width
	for r.span < spanLow {
		r.span <<= 8
		r.take()
	}
}
