package hsm

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// ForgeShare returns the card s with another number and the value of other.
func ForgeShare(t *testing.T, s *Share, index int, other *Share) *Share {
	t.Helper()
	return &Share{head: s.head, index: uint8(index), sealed: s.sealed, value: other.value}
}

// ForgeSealed returns the card s with another encrypted seed.
func ForgeSealed(s *Share) *Share {
	forged := &Share{head: s.head, index: s.index, sealed: s.sealed, value: s.value}
	forged.sealed[0] ^= 1
	return forged
}

// ForgePurpose returns the card s with another purpose.
func ForgePurpose(s *Share, p Purpose) *Share {
	forged := &Share{head: s.head, index: s.index, sealed: s.sealed, value: s.value}
	forged.head.purpose = p
	return forged
}

// CardOctets returns what a card or a text of commitments encodes, without the check.
func CardOctets(t *testing.T, text string) []byte {
	t.Helper()
	b, err := textEncoding.DecodeString(text[4:])
	if err != nil {
		t.Fatal(err)
	}
	return b[:len(b)-checkSize]
}

// CardText is the inverse of CardOctets, whatever the octets are.
func CardText(prefix string, b []byte) string {
	return prefix + textEncoding.EncodeToString(binary.BigEndian.AppendUint32(b[:len(b):len(b)], crc32.ChecksumIEEE(b)))
}
