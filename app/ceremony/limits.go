package ceremony

const (
	maxFile     = 1 << 16 // octets of a ceremony file
	maxOfficers = 64
	maxName     = 64 // octets of an officer's name
	maxCards    = 32 // in a set
	maxPath     = 4096
	maxShown    = 32        // characters of an unknown key that are repeated
	maxSeconds  = 1<<32 - 1 // of a duration, as core and policy have it
	maxDigits   = 10        // of a number in a duration
)
