package wire

import (
	"fmt"
	"strings"
)

// CheckName returns ErrName unless s is 1 to 48 letters, digits, or - . _ (the unreserved characters of RFC 3986 but
// for ~, which separates the serial).
func CheckName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: it is empty", ErrName)
	case len(s) > MaxName:
		return fmt.Errorf("%w: %d octets, at most %d", ErrName, len(s), MaxName)
	case !allNameChars(s):
		return fmt.Errorf("%w: use letters, digits, and - . _ only", ErrName)
	}
	return nil
}

// CheckSPID returns ErrSPID unless s is a domain name in lower case: labels of 1 to 63 letters, digits and inner
// hyphens, at most 253 octets in all.
func CheckSPID(s string) error {
	if len(s) > MaxSPID {
		return fmt.Errorf("%w: %d octets, at most %d", ErrSPID, len(s), MaxSPID)
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return fmt.Errorf("%w: use labels of lower-case letters, digits and inner hyphens, such as fleet.example", ErrSPID)
		}
	}
	return nil
}

func isLabel(s string) bool {
	if s == "" || len(s) > MaxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if !isLower(s[i]) && !isDigit(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func allNameChars(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isLower(c|0x20) && !isDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
