package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Address is an absolute oneM2M identifier that ends in the serial its authority gave: //fleet.example/Sbus-4711~17, or,
// below a CSE, //fleet.example/cse1/Cmeter~18. It is 8 to 255 octets long and always canonical. Addresses are comparable;
// the zero value is no address.
type Address struct{ s string }

// ParseAddress takes exactly the canonical form of section 2.1 of the protocol and normalises nothing: relative
// identifiers, upper-case domains and serials with leading zeros give ErrAddress.
func ParseAddress(s string) (Address, error) {
	if len(s) > MaxAddress {
		return Address{}, fmt.Errorf("address: %w: %w: %d octets, at most %d", ErrAddress, ErrTooLong, len(s), MaxAddress)
	}
	rest, ok := strings.CutPrefix(s, "//")
	if !ok {
		return Address{}, fmt.Errorf("address: %w: it must be absolute, beginning with //", ErrAddress)
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 2 && len(parts) != 3 {
		return Address{}, fmt.Errorf("address: %w: it must have the form //domain/Sname~serial or //domain/cse/Cname~serial", ErrAddress)
	}
	if err := CheckSPID(parts[0]); err != nil {
		return Address{}, fmt.Errorf("address: %w: %w", ErrAddress, err)
	}
	letter := byte('S')
	if len(parts) == 3 {
		letter = 'C'
		if err := checkCSE(parts[1]); err != nil {
			return Address{}, err
		}
	}
	if err := checkLast(parts[len(parts)-1], letter); err != nil {
		return Address{}, err
	}
	return Address{s}, nil
}

// NewAddress joins the parts. With an empty cse the result has the S form, directly below the service provider,
// otherwise the C form.
func NewAddress(spID, cse, name string, serial uint32) (Address, error) {
	if strings.Contains(spID+cse+name, "/") {
		return Address{}, fmt.Errorf("address: %w: a part of it has a slash", ErrAddress)
	}
	tail := name + "~" + strconv.FormatUint(uint64(serial), 10)
	if cse == "" {
		return ParseAddress("//" + spID + "/S" + tail)
	}
	return ParseAddress("//" + spID + "/" + cse + "/C" + tail)
}

func checkCSE(s string) error {
	if s == "" || s == "." || s == ".." || !allNameChars(s) {
		return fmt.Errorf("address: %w: the CSE is empty, a dot segment, or has other characters than letters, digits and - . _", ErrAddress)
	}
	return nil
}

// checkLast checks the segment Sname~serial or Cname~serial.
func checkLast(s string, letter byte) error {
	if s == "" || s[0] != letter {
		return fmt.Errorf("address: %w: the last segment must begin with %c", ErrAddress, letter)
	}
	name, serial, ok := strings.Cut(s[1:], "~")
	if !ok {
		return fmt.Errorf("address: %w: it must end with ~ and a serial", ErrAddress)
	}
	if err := CheckName(name); err != nil {
		return fmt.Errorf("address: %w: %w", ErrAddress, err)
	}
	n, err := strconv.ParseUint(serial, 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != serial {
		return fmt.Errorf("address: %w: the serial must be a decimal number below 2^32 without leading zeros", ErrAddress)
	}
	return nil
}

// String returns the canonical text, empty for the zero value.
func (a Address) String() string { return a.s }

// IsZero reports whether a is the zero value, which is no address.
func (a Address) IsZero() bool { return a.s == "" }

// SPID returns the domain name of the service provider.
func (a Address) SPID() string {
	spID, _, _ := strings.Cut(strings.TrimPrefix(a.s, "//"), "/")
	return spID
}

// CSE returns the segment between the domain and the name, empty in the S form.
func (a Address) CSE() string {
	if parts := strings.Split(a.s, "/"); len(parts) == 5 {
		return parts[3]
	}
	return ""
}

// Name returns the name without the letter S or C, 1 to 48 octets.
func (a Address) Name() string {
	if a.IsZero() {
		return ""
	}
	name, _, _ := strings.Cut(a.s[strings.LastIndexByte(a.s, '/')+2:], "~")
	return name
}

// Serial returns the number that the authority gave.
func (a Address) Serial() uint32 {
	_, serial, _ := strings.Cut(a.s, "~")
	n, _ := strconv.ParseUint(serial, 10, 32) // parsed once before; the zero value has serial 0
	return uint32(n)                          // at most 32 bits
}

// MarshalText returns the canonical text; the zero value gives ErrAddress.
func (a Address) MarshalText() ([]byte, error) {
	if a.IsZero() {
		return nil, fmt.Errorf("address: %w: none was set", ErrAddress)
	}
	return []byte(a.s), nil
}

// UnmarshalText is ParseAddress.
func (a *Address) UnmarshalText(b []byte) error {
	parsed, err := ParseAddress(string(b))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
