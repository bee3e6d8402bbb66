package revocation

const (
	// MaxN is the largest n of a set, 2³²: serials are 32-bit numbers.
	MaxN uint64 = 1 << 32

	// MaxData is the longest encoded set in octets, 16 MiB, the longest bundle. A gap takes at least one bit, so that decoding
	// allocates at most 32 octets per octet of data.
	MaxData = 16 << 20
)
