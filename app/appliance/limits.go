package appliance

const (
	maxOfficersFile = 1 << 17 // octets, as in package hsm
	maxCardsFile    = 1 << 14 // octets
	maxBackupNote   = 4096    // octets of the note about the last backup
	maxVaultFile    = 1 << 15 // octets, as in package hsm
	maxCards        = 32      // in a set, as in package hsm
	lockoutSize     = 32      // letters and digits, as in package hsm
	hashLine        = 65      // octets: SHA-256 in hexadecimal, and the end of the line

	maxDatabase int64 = 1 << 40 // octets of a database that is read from elsewhere
)
