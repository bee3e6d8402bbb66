package revocation

import (
	"fmt"
	"math"
	"math/bits"
)

// A gap g is coded as its length L, the bits of g + 1 without the one on top, and these bits. At first the models expect what gaps are like
// in a set without a pattern, of which n and count tell all: g + 1 ≥ v with probability q^(v−1), where q is the share that is not revoked.
// Then they learn. How likely a length is follows from those before it, too, the last one most: where vehicles of one batch were revoked
// together, short gaps follow short ones.
const (
	lengths     = 33 // of g + 1 ≤ 2³²
	lengthBits  = 6
	modelled    = 3             // bits of a gap below its top that learn; the others are as likely as not
	nearby      = 2*lengths - 1 // contexts, at most: sums of the lengths so far, of which each counts half as much as the next
	lengthNodes = 1 << lengthBits
	gapNodes    = 1 << modelled
	root        = 1 // of a tree of models, a node that all values pass

	// How many decisions the first expectation counts for: little where batches would show, much where nothing does.
	trustLength = 16
	trustBelow  = 200
)

// gapModels is what coding gaps expects. Most lists need few of the trees, which are made when they are.
type gapModels struct {
	powers  powers
	lengths [lengthNodes]model // of every context at first
	length  [nearby][lengthNodes]model
	below   [lengths][gapNodes]model
	recent  int  // the sum
	coarse  uint // of its bits, so many do not tell contexts apart
}

func newGapModels(n uint64, count int) *gapModels {
	g := &gapModels{powers: newPowers(n, uint64(count)), coarse: coarseness(n, count)}
	g.lengths = g.powers.lengthTree()
	return g
}

// coarseness returns the binary logarithm, cut off, of the bits of a gap as they are expected: the fewer serials are revoked, the longer
// are gaps, and the fewer decisions tell what follows them.
func coarseness(n uint64, count int) uint {
	return uint(bits.Len(uint(bits.Len64(n/uint64(count))))) - 1
}

// powers are q^(2^i), in units of 2⁻⁶⁴, cut off.
type powers [lengths]uint64

func newPowers(n, count uint64) (p powers) {
	p[0], _ = bits.Div64(n-count, 0, n) // 1 ≤ count ≤ n
	for i := 1; i < lengths; i++ {
		p[i], _ = bits.Mul64(p[i-1], p[i-1])
	}
	return p
}

// lengthTree returns the models of a length: those of a binary tree, with the root at 1 and the children of i at 2i and 2i + 1.
func (p *powers) lengthTree() (tree [lengthNodes]model) {
	var reach [1<<lengthBits + 1]uint64 // the probability of this length or a longer one
	reach[0] = math.MaxUint64
	for length := range lengths - 1 {
		reach[length+1], _ = bits.Mul64(reach[length], p[length])
	}
	for node := 1; node < lengthNodes; node++ {
		depth := bits.Len(uint(node)) - 1
		width := lengthNodes >> depth
		from := node*width - lengthNodes
		middle, end := from+width/2, from+width
		tree[node] = newModel(reach[from]-reach[middle], reach[from]-reach[end], trustLength)
	}
	return tree
}

// gapTree returns the models of the highest bits of a gap of a length: half of h further gaps are as likely as the other half, but for q^h.
func (p *powers) gapTree(length int) (tree [gapNodes]model) {
	for node := 1; node < gapNodes; node++ {
		half := length - bits.Len(uint(node)) // the binary logarithm of h
		if half >= 0 {
			h := p[half] >> 1
			tree[node] = newModel(1<<63, 1<<63+h, trustBelow)
		}
	}
	return tree
}

// context returns the models of the next length.
func (g *gapModels) context() []model {
	tree := &g.length[g.recent>>g.coarse]
	if tree[root].seen == 0 {
		*tree = g.lengths
	}
	return tree[:]
}

// tree returns those of the highest bits of a gap of a length.
func (g *gapModels) tree(length int) []model {
	tree := &g.below[length]
	if length > 0 && tree[root].seen == 0 { // a gap of length 0 has no such bits
		*tree = g.powers.gapTree(length)
	}
	return tree[:]
}

func (g *gapModels) note(length int) { g.recent += length - g.recent/2 } // at most 2·32

// encodeGaps codes ascending serials below n, in about so many octets.
func encodeGaps(n uint64, serials []uint32, octets int) []byte {
	if len(serials) == 0 {
		return nil
	}
	w, g := newRangeWriter(octets+spanBits/8+1), newGapModels(n, len(serials)) // finish drops zeros only after it wrote them
	next := uint64(0)
	for _, s := range serials {
		v := uint64(s) - next + 1
		next = uint64(s) + 1
		length := bits.Len64(v) - 1
		writeTree(w, g.context(), uint64(length), lengthBits)
		g.note(length)
		top := min(length, modelled)
		writeTree(w, g.tree(length), v>>(length-top)&(1<<top-1), top)
		w.even(v&(1<<(length-top)-1), uint(length-top))
	}
	return w.finish()
}

// tooDense reports whether data says more than it may.
func tooDense(count int, data []byte) bool { return count > max(freeGaps, gapsPerOctet*len(data)) }

// writeTree codes v of so many bits, the highest first, each by the model of those before it.
func writeTree(w *rangeWriter, models []model, v uint64, width int) {
	node := 1
	for i := width - 1; i >= 0; i-- {
		one := v>>i&1 != 0
		w.write(&models[node], one)
		node *= 2
		if one {
			node++
		}
	}
}

func readTree(r *rangeReader, models []model, width int) uint64 {
	node := 1
	for range width {
		one := r.read(&models[node])
		node *= 2
		if one {
			node++
		}
	}
	return uint64(node - 1<<width)
}

// decodeGaps reads count ≤ n ≤ 2³² serials below n. Of all streams that give a set only the encoder's is taken.
func decodeGaps(n uint64, count int, data []byte) ([]uint32, error) {
	if count == 0 && len(data) != 0 {
		return nil, fmt.Errorf("%w: an empty list has no data", ErrData)
	}
	if tooDense(count, data) {
		return nil, fmt.Errorf("%w: too short for %d serials", ErrData, count)
	}
	if count == 0 {
		return nil, nil
	}
	serials, asCoded, err := readGaps(n, count, data)
	if err == nil && !asCoded {
		err = fmt.Errorf("%w: not as the set is coded", ErrData)
	}
	if err != nil {
		return nil, err
	}
	return serials, nil
}

// readGaps reads 1 ≤ count ≤ n ≤ 2³² serials below n from any stream, and says whether it is the encoder's.
func readGaps(n uint64, count int, data []byte) (_ []uint32, asCoded bool, _ error) {
	serials := make([]uint32, count)
	r, g := newRangeReader(data), newGapModels(n, count)
	next := uint64(0)
	for i := range serials {
		length := int(readTree(r, g.context(), lengthBits))
		if length >= lengths {
			return nil, false, fmt.Errorf("%w: gap %d is too long", ErrData, i)
		}
		g.note(length)
		top := min(length, modelled)
		v := 1<<top | readTree(r, g.tree(length), top)
		v = v<<(length-top) | r.even(uint(length-top))
		if gap := v - 1; gap >= n-next {
			return nil, false, fmt.Errorf("%w: gap %d ends past n", ErrData, i)
		}
		serials[i] = uint32(next + v - 1)
		next += v
	}
	return serials, r.asWritten(), nil
}
