package revocation

import "slices"

// piece is a block (depth 0), a half of one, a half of that, and so on.
type piece struct{ size, depth int }

// halves returns both halves; the second is the larger one of an odd size. All pieces of a depth have one of two sizes that follow each other.
func (p piece) halves() (first, second piece) {
	half := p.size / 2
	return piece{half, p.depth + 1}, piece{p.size - half, p.depth + 1}
}

const (
	splitTop = 1 << 20 // the weight of the likeliest split, without the one that each has at least

	// Splits of so few serials are kept, since they are needed again. More serials pay for making theirs.
	fewKept = 64
	depths  = 17 // of pieces of two serials and more, or a block
)

// split says how likely it is that of the serials of a piece so many lie in its first half: ends[i] is the sum of the weights of least … least + i.
type split struct {
	least int
	ends  []uint32
}

func (s *split) total() uint64 { return uint64(s.ends[len(s.ends)-1]) }

// at returns the sum of the weights below in, and its own.
func (s *split) at(in int) (start, width uint64) {
	i := in - s.least
	if i > 0 {
		start = uint64(s.ends[i-1])
	}
	return start, uint64(s.ends[i]) - start
}

// find returns the number that target < total lies in.
func (s *split) find(target uint64) int {
	i, _ := slices.BinarySearch(s.ends, uint32(target)+1)
	return s.least + i
}

// halves makes the splits of blocks of a size.
type halves struct {
	size int
	kept [depths][2]*[fewKept + 1]split
	last split // of those that are not kept
}

// split returns that of 2 ≤ k < p.size serials. It is good until the next call.
func (h *halves) split(p piece, k int) *split {
	if k > fewKept {
		h.last = newSplit(p.size, k, h.last.ends)
		return &h.last
	}
	kept := &h.kept[p.depth][p.size-h.size>>p.depth]
	if *kept == nil {
		*kept = new([fewKept + 1]split)
	}
	s := &(*kept)[k]
	if s.ends == nil {
		*s = newSplit(p.size, k, nil)
	}
	return s
}

// newSplit returns the split of 2 ≤ k < size ≤ 2¹⁶ serials, in the memory of scratch if that is enough. The weights are those of the hypergeometric
// distribution: from the likeliest to both sides each follows from the one before, cut off.
func newSplit(size, k int, scratch []uint32) split {
	first, second := uint64(size/2), uint64(size-size/2)
	all := uint64(k)
	least := max(all, second) - second
	most := min(all, first)
	likeliest := (all + 1) * (first + 1) / uint64(size+2)

	ends := slices.Grow(scratch[:0], int(most-least)+1)[:most-least+1]
	ends[likeliest-least] = splitTop + 1
	weight := uint64(splitTop)
	for i := likeliest; i < most; i++ {
		if weight > 0 {
			weight = weight * ((all - i) * (first - i)) / ((i + 1) * (second + i + 1 - all)) // below 2²⁰ · 2³²
		}
		ends[i+1-least] = uint32(weight) + 1
	}
	weight = splitTop
	for i := likeliest; i > least; i-- {
		if weight > 0 {
			weight = weight * (i * (second + i - all)) / ((all - i + 1) * (first - i + 1))
		}
		ends[i-1-least] = uint32(weight) + 1
	}
	sum := uint32(0)
	for i, weight := range ends {
		sum += weight // less than 2²⁸, which half of 2¹⁶ come to
		ends[i] = sum
	}
	return split{least: int(least), ends: ends}
}
