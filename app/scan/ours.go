package scan

import (
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// Every text of ours is "MQ1", a letter for its kind, and Base32 in upper case of octets that end with the CRC-32 of those before.
const mark = "MQ1"

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// canonical returns a text of ours in upper case: Caps Lock may have turned it round. Other texts stay.
func canonical(text string) string {
	if len(text) > len(mark) && strings.EqualFold(text[:len(mark)], mark) {
		return strings.ToUpper(text)
	}
	return text
}

// ours reports whether a text is one of ours and whole: its check holds.
func ours(text string) bool {
	if len(text) <= len(mark) || text[:len(mark)] != mark {
		return false
	}
	b, err := encoding.DecodeString(text[len(mark)+1:])
	if err != nil || len(b) <= crc32.Size {
		return false
	}
	body, check := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	return crc32.ChecksumIEEE(body) == binary.BigEndian.Uint32(check)
}
