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
