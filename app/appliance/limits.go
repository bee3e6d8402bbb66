package appliance

const (
	maxOfficersFile = 1 << 17 // octets, as in package hsm
	maxCardsFile    = 1 << 14 // octets
	maxVaultFile    = 1 << 15 // octets, as in package hsm
	maxCards        = 32      // in a set, as in package hsm
	maxDatabase     = 1 << 40 // octets of a database that is read from elsewhere
	hashLine        = 65      // octets: SHA-256 in hexadecimal, and the end of the line
)
