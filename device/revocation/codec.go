package revocation

import (
	"errors"
	"fmt"
	"math"
)

// Errors of decoding. The text after the colon says what was found where, never the data itself.
var (
	// ErrCodec says that the codec is not one of this version.
	ErrCodec = errors.New("revocation: unknown list codec; this program is older than the list, update it")
	// ErrData says that data is not what an encoder writes for this n and count.
	ErrData = errors.New("revocation: damaged list data; fetch the list again")
)

// Codec names the coding of a set in a bundle, one octet.
type Codec uint8

// CodecGolomb is the Golomb coding of the gaps between serials: u32 divisor, then for every gap a unary quotient and a remainder in
// truncated binary. Within one percent of [Bound] for sets without a pattern (S. W. Golomb, Run-length encodings, 1966).
const CodecGolomb Codec = 1

// CodecGaps is the arithmetic coding of the gaps between serials with models that learn from the set. It is the smaller one where serials
// come in clusters, and for large sets.
const CodecGaps Codec = 2

// CodecBlocks codes how many serials of each block of one size are revoked, with models that learn, and then which. It is the smaller one where
// batches of a size were revoked together.
const CodecBlocks Codec = 3

// Encode returns the octets of s and the codec that reads them, of the codecs the one with the fewest octets. Blocks are tried where serials lie
// unevenly, of one size. The result depends on the set alone, and is empty for an empty set.
func Encode(s *Set) (Codec, []byte) {
	serials := s.sorted()
	codec, data := CodecGolomb, encodeGolomb(serials)
	shorter := func(c Codec, d []byte) {
		if len(d) < len(data) && !tooDense(len(serials), d) {
			codec, data = c, d
		}
	}
	shorter(CodecGaps, encodeGaps(s.N(), serials, 2*len(serials)))
	if size, ok := blockSize(s.N(), serials); ok {
		shorter(CodecBlocks, encodeBlocks(s.N(), serials, size))
	}
	return codec, data
}

// Decode reads the set of count serials below n from data, which it does not keep. It accepts one encoding of a set per
// divisor or size of blocks, allocates no more than [MaxData] explains, and never panics, whatever the arguments. Errors: [ErrCodec], [ErrData].
func Decode(c Codec, n uint64, count int, data []byte) (*Set, error) {
	decode := map[Codec]func(uint64, int, []byte) ([]uint32, error){
		CodecGolomb: decodeGolomb, CodecGaps: decodeGaps, CodecBlocks: decodeBlocks,
	}[c]
	if decode == nil {
		return nil, fmt.Errorf("%w: codec %d", ErrCodec, c)
	}
	switch {
	case n > MaxN:
		return nil, fmt.Errorf("%w: n is above 2³²", ErrData)
	case count < 0 || uint64(count) > n:
		return nil, fmt.Errorf("%w: %d revoked of %d", ErrData, count, n)
	case len(data) > MaxData:
		return nil, fmt.Errorf("%w: %d octets, at most %d", ErrData, len(data), MaxData)
	}
	serials, err := decode(n, count, data)
	if err != nil {
		return nil, err
	}
	return &Set{n: n, serials: serials}, nil
}

// Bound returns log₂ C(n, count), the bits that any code needs on average to name one of all sets of count serials below n. It is
// exact to about 10⁻⁴ bits at n = 2³², and −Inf where no such set exists.
func Bound(n uint64, count int) float64 {
	if count < 0 || uint64(count) > n {
		return math.Inf(-1)
	}
	k := float64(count)
	whole, _ := math.Lgamma(float64(n) + 1)
	chosen, _ := math.Lgamma(k + 1)
	left, _ := math.Lgamma(float64(n) - k + 1)
	return (whole - chosen - left) / math.Ln2
}
