package revocation

const (
	// MaxN is the largest n of a set, 2³²: serials are 32-bit numbers.
	MaxN uint64 = 1 << 32

	// MaxData is the longest encoded set in octets, 16 MiB, the longest bundle. A gap takes at least one bit, so that decoding
	// allocates at most 32 octets per octet of data.
	MaxData = 16 << 20

	// A stream of [CodecGaps] may hold many gaps in an octet, where serials follow each other. So that nobody allocates much for little, a
	// set of more than freeGaps serials, 16 MiB of them, is coded so only in as many octets that there are gapsPerOctet in each at most.
	freeGaps     = 1 << 22
	gapsPerOctet = 8
)
