package hsm

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxOfficers     = 64
	maxOfficerName  = 64      // octets
	maxOfficersFile = 1 << 17 // octets

	officerKeySize  = 32 // octets of an officer's own secret, and of each public key
	sealedKeySize   = officerKeySize + tagSize
	sealedShareSize = 32 + scalarSize + tagSize // HPKE: enc and ciphertext
)

// checkName takes names that are read alike wherever they are shown: letters, digits, and . - ' between which single spaces may
// stand. Combining marks are refused, so that a name has one spelling.
func checkName(name string) error {
	if len(name) < 1 || len(name) > maxOfficerName || !utf8.ValidString(name) {
		return fmt.Errorf("%w: a name has 1 to %d octets of UTF-8", ErrAppointment, maxOfficerName)
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .-'", r) {
			return fmt.Errorf("%w: a name has letters, digits, spaces and . - ' only", ErrAppointment)
		}
	}
	if strings.Join(strings.Fields(name), " ") != name {
		return fmt.Errorf("%w: a name has single spaces, and none at its ends", ErrAppointment)
	}
	return nil
}

func checkPassphrase(passphrase []byte) error {
	if len(passphrase) < minPassphrase || len(passphrase) > maxPassphrase {
		return ErrWeakPassphrase
	}
	return nil
}
