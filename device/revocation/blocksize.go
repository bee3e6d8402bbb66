package revocation

const (
	judged   = 1 << 14 // the serials, the first ones, that tell of which size blocks should be
	clusters = 64      // the unevenness that sets without a pattern hardly ever have
)

// roundSizes are what sizes of batches begin with.
var roundSizes = []int{10, 12, 15, 20, 24, 25, 30, 36, 40, 48, 50, 60, 64, 72, 75, 80, 90, 96}

// blockSize returns the size of blocks among which serials below n lie most unevenly, of powers of two and round numbers; false if they lie there
// as in a set without a pattern.
func blockSize(n uint64, serials []uint32) (size int, ok bool) {
	count := len(serials)
	if count > judged {
		serials = serials[:judged]
	}
	best := uint64(clusters)
	try := func(b int) {
		if _, ok := blockCount(n, count, b); !ok || b > mostBlock {
			return
		}
		if u := unevenness(serials, b); u > best {
			best, size = u, b
		}
	}
	for b := 16; b <= mostBlock; b *= 2 {
		try(b)
	}
	about := size
	for ten := 1; ten < about; ten *= 10 {
		for _, b := range roundSizes {
			if b *= ten; about < 2*b && b < 2*about {
				try(b)
			}
		}
	}
	return size, size > 0
}

// unevenness compares how many pairs of serials lie in one block with those of a set without a pattern: the square of the difference, in their number.
func unevenness(serials []uint32, size int) uint64 {
	if len(serials) < 2 {
		return 0
	}
	pairs, in, block := uint64(0), uint64(0), uint32(0)
	for _, s := range serials {
		if at := s / uint32(size); at != block {
			block, in = at, 0
		}
		pairs += in
		in++
	}
	count, reach := uint64(len(serials)), uint64(serials[len(serials)-1])+1
	expected := count*(count-1)/2*min(uint64(size), reach)/reach + 1 // below 2⁴⁴
	if pairs <= expected {
		return 0
	}
	return (pairs - expected) * (pairs - expected) / expected // pairs < 2²⁷
}
