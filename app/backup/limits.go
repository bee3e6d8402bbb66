package backup

const (
	// MaxHeader is the most octets that a header has: the newest list of 16 MiB, and 256 KiB for the rest.
	MaxHeader = 16<<20 + 256<<10

	chunkSize = 64 << 10 // octets of the database in a chunk
	tagSize   = 16
	nonceSize = 12
	saltSize  = 32
	lengthLen = 4 // octets

	maxVault    = 1 << 15 // octets, as in package hsm
	maxOfficers = 1 << 17 // octets, as in package hsm
	maxCards    = 1 << 14 // octets, as in package appliance
	maxList     = 16 << 20
	maxTime     = 253402300799 // 9999-12-31T23:59:59Z
)
