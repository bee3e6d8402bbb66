package wire

import (
	"encoding/hex"
	"fmt"
)

// smallOrder holds the y coordinates, little endian, of the eight points of Ed25519 whose order divides 8. Anybody can
// make signatures that hold under such a key, and crypto/ed25519 takes them.
var smallOrder = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000", // order 4
	"0100000000000000000000000000000000000000000000000000000000000000", // order 1
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
}

// CheckKey returns ErrStatementKey for an Ed25519 key of small order, and for one that is not canonically encoded.
func CheckKey(key [32]byte) error { return checkStatementKey(key) }

// checkStatementKey refuses keys of small order, with either sign, and encodings of y that are not reduced: among those
// hide further encodings of the small ones.
func checkStatementKey(key [32]byte) error {
	key[31] &= 0x7f // the sign of x
	if !reduced(key) {
		return fmt.Errorf("%w: not a canonical encoding", ErrStatementKey)
	}
	y := hex.EncodeToString(key[:])
	for _, small := range smallOrder {
		if y == small {
			return fmt.Errorf("%w: of small order", ErrStatementKey)
		}
	}
	return nil
}

// reduced reports whether y < p = 2^255 − 19.
func reduced(y [32]byte) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return true
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return true
		}
	}
	return false
}
