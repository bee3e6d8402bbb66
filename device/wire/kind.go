package wire

import "fmt"

// Kind says what asks to be enrolled.
type Kind uint8

// The kinds of section 6.1 of the protocol.
const (
	KindVehicle     Kind = 1
	KindApplication Kind = 2
)

// String returns "vehicle" or "application".
func (k Kind) String() string {
	switch k {
	case KindVehicle:
		return "vehicle"
	case KindApplication:
		return "application"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// ParseKind is the inverse of String; other text gives ErrValue.
func ParseKind(s string) (Kind, error) {
	for _, k := range []Kind{KindVehicle, KindApplication} {
		if s == k.String() {
			return k, nil
		}
	}
	return 0, fmt.Errorf("kind: %w: it is vehicle or application", ErrValue)
}

func (k Kind) check() error {
	if k != KindVehicle && k != KindApplication {
		return fmt.Errorf("kind: %w: it is 1, a vehicle, or 2, an application", ErrValue)
	}
	return nil
}
