package hsm

import (
	"crypto/subtle"
	"fmt"
)

const (
	minPassphrase = 8        // octets, when a vault is made
	maxPassphrase = 1024     // octets
	maxFile       = 32 << 10 // octets of a vault file

	minPIN = 6    // octets, when a vault is made
	maxPIN = 1024 // octets

	maxTime      = 16      // Argon2id passes
	maxMemoryKiB = 1 << 20 // 1 GiB
	maxThreads   = 16
	minPerThread = 8 // KiB of memory per thread, RFC 9106 section 3.1

	goodTime      = 2        // passes and memory below which guesses are too cheap outside of tests:
	goodMemoryKiB = 19 << 10 // those of the OWASP Password Storage Cheat Sheet

	seedSize = 32
	saltSize = 32
	tagSize  = 16

	maxApprovals = 16   // platforms that a vault may be opened on
	maxSignature = 72   // octets of an approval's signature
	maxSealed    = 1024 // octets of a sealed object's public or private area
	maxRekeyings = 16   // that were cut off, in a row

	tpmHeader     = 10 // octets: tag, size, command or response code
	maxTPMTries   = 12 // about 4 s in all
	tpmSecretSize = 32
	nonceSize     = 32 // octets of a session's nonces
	authSize      = 20 // octets that an authorisation value is made from
	nameSize      = 34 // octets of a TPM name under SHA-256

	firstCounter = 0x01804d51 // NV index, in the owner's range
	lastCounter  = 0x01bfffff
	maxCounters  = 64

	maxOfficers     = 64
	maxOfficerName  = 64      // octets
	maxOfficersFile = 1 << 17 // octets
	officerKeySize  = 32      // octets of an officer's own secret, and of each public key
	sealedKeySize   = officerKeySize + tagSize
	sealedShareSize = 32 + scalarSize + tagSize // HPKE: enc and ciphertext

	maxShares  = 32  // in a set
	maxTyped   = 512 // characters of a share card as typed, with spaces and line breaks
	maxPublic  = 4 + ((4+maxShares*pointSize+sumSize+4)*8+4)/5
	scalarSize = 32
	pointSize  = 32
	setSize    = 16 // octets of a set's number
	sumSize    = 32 // octets of SHA-256
)

// Cost is the price of one guess at a passphrase, as Argon2id parameters
// (RFC 9106 section 3.1). The zero value is invalid.
type Cost struct {
	Time      uint32 `json:"time"`      // passes over the memory, 1 to 16
	MemoryKiB uint32 `json:"memoryKiB"` // 8 per thread, to 1,048,576 (1 GiB)
	Threads   uint8  `json:"threads"`   // lanes, 1 to 16
}

// DefaultCost returns the second recommended option of RFC 9106 section 4:
// 3 passes over 64 MiB in 4 lanes.
func DefaultCost() Cost { return Cost{Time: 3, MemoryKiB: 64 << 10, Threads: 4} }

// check refuses parameters that Argon2id does not take, and those with which a
// forged file could make a reader run out of memory or time.
func (c Cost) check() error {
	switch {
	case c.Time < 1 || c.Time > maxTime:
		return fmt.Errorf("%w: %d passes, want 1 to %d", ErrCost, c.Time, maxTime)
	case c.Threads < 1 || c.Threads > maxThreads:
		return fmt.Errorf("%w: %d threads, want 1 to %d", ErrCost, c.Threads, maxThreads)
	case c.MemoryKiB < minPerThread*uint32(c.Threads) || c.MemoryKiB > maxMemoryKiB:
		return fmt.Errorf("%w: %d KiB of memory, want %d to %d", ErrCost, c.MemoryKiB, minPerThread*uint32(c.Threads), maxMemoryKiB)
	}
	return nil
}

// CheckCost refuses parameters under which guesses are too cheap: below 2 passes over 19 MiB. Programs call it before they make
// a vault or appoint officers. Reading is not bound to it: a file says what it was made with. Errors: [ErrWeakCost], [ErrCost].
func CheckCost(c Cost) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Time < goodTime || c.MemoryKiB < goodMemoryKiB {
		return ErrWeakCost
	}
	return nil
}

func checkPassphrase(passphrase []byte) error {
	if len(passphrase) < minPassphrase || len(passphrase) > maxPassphrase {
		return ErrWeakPassphrase
	}
	return nil
}

// CheckPIN refuses a PIN for a new vault whose length is not 6 to 1024 octets, or that is the passphrase of one of the officers.
// Errors: [ErrWeakPIN], [ErrSamePIN].
func CheckPIN(pin []byte, people []Appointment) error {
	if len(pin) < minPIN || len(pin) > maxPIN {
		return ErrWeakPIN
	}
	for i := range people {
		if subtle.ConstantTimeCompare(pin, people[i].Passphrase) == 1 {
			return fmt.Errorf("%s: %w", people[i].Name, ErrSamePIN)
		}
	}
	return nil
}

// checkNumbers checks m-of-n.
func checkNumbers(m, n int) error {
	if m < 1 || n < m || n > maxShares {
		return fmt.Errorf("%w: %d of %d", ErrShareNumbers, m, n)
	}
	return nil
}
