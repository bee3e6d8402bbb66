package revocation

const (
	// MaxN is the largest n of a set, 2³²: serials are 32-bit numbers.
	MaxN uint64 = 1 << 32

	// MaxData is the longest encoded set in octets, 16 MiB, the longest bundle. There are at most eight gaps in an octet of it, so
	// that decoding allocates at most 33 octets per octet of data, besides 20 KiB for models, or 400 KiB for those of blocks, or the 16 MiB
	// that freeGaps allows.
	MaxData = 16 << 20

	// A stream of [CodecGaps] or [CodecBlocks] may hold many serials in an octet, where they follow each other. So that nobody allocates much
	// for little, a set of more than freeGaps serials, 16 MiB of them, is coded so only in as many octets that there are gapsPerOctet in
	// each at most.
	freeGaps     = 1 << 22
	gapsPerOctet = 8
)
