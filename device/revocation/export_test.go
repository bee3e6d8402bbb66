package revocation

// EncodeGolomb codes a set with the codec that is seldom the smaller one.
func EncodeGolomb(s *Set) []byte { return encodeGolomb(s.sorted()) }
