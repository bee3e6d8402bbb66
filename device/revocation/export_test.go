package revocation

// EncodeGolomb codes a set with the codec that is seldom the smaller one.
func EncodeGolomb(s *Set) []byte { return encodeGolomb(s.sorted()) }

// EncodeGaps codes a set with the other one.
func EncodeGaps(s *Set) []byte { return encodeGaps(s.N(), s.sorted(), 0) }

// ReadGaps reads any stream of that one, whether or not the encoder would write it. Errors: [ErrData].
func ReadGaps(n uint64, count int, data []byte) (*Set, error) {
	serials, _, err := readGaps(n, count, data)
	return &Set{n: n, serials: serials}, err
}

// EncodeBlocks codes a set in blocks of a size that there may be.
func EncodeBlocks(s *Set, size int) []byte { return encodeBlocks(s.N(), s.sorted(), size) }

// ReadBlocks reads any stream of those. Errors: [ErrData].
func ReadBlocks(n uint64, count int, data []byte) (*Set, error) {
	serials, _, err := readBlocks(n, count, data)
	return &Set{n: n, serials: serials}, err
}

// BlockSize returns the size that the encoder tries; false if none.
func BlockSize(s *Set) (int, bool) { return blockSize(s.N(), s.sorted()) }
