package wire

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The prefixes of texts: MQ1, and a letter that says what the octets are. Each is the only part of its text.
const (
	textPrefix        = "MQ1R" // a request
	receiptPrefix     = "MQ1A" // a receipt
	registrationMark  = "MQ1D" // a depot's registration
	checkpointMark    = "MQ1H" // a checkpoint, the head of a log
	textCheck         = crc32.Size
	textBitsPerOctet  = 8
	textBitsPerLetter = 5
)

var textEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// textOf returns octets as the text of a QR code: the prefix, and upper-case Base32 of the octets and their CRC-32. All
// characters are of the alphanumeric mode.
func textOf(prefix string, b []byte) string {
	sum := binary.BigEndian.AppendUint32(b[:len(b):len(b)], crc32.ChecksumIEEE(b))
	return prefix + textEncoding.EncodeToString(sum)
}

// parseText is the inverse of textOf, of at most limit octets. It takes no other case, padding or white space. what names the
// object in errors.
func parseText(what, prefix, s string, limit int) ([]byte, error) {
	most := len(prefix) + ((limit+textCheck)*textBitsPerOctet+textBitsPerLetter-1)/textBitsPerLetter
	if len(s) > most {
		return nil, fmt.Errorf("%s text: %w: %d characters, at most %d", what, ErrTooLong, len(s), most)
	}
	body, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return nil, fmt.Errorf("%s text: %w: it does not begin with %s", what, ErrType, prefix)
	}
	sum, err := textEncoding.DecodeString(body)
	if err != nil || len(sum) < textCheck {
		return nil, fmt.Errorf("%s text: %w: not Base32, or cut off", what, ErrEncoding)
	}
	b := sum[:len(sum)-textCheck]
	if binary.BigEndian.Uint32(sum[len(b):]) != crc32.ChecksumIEEE(b) {
		return nil, fmt.Errorf("%s text: %w: scan or type it again", what, ErrChecksum)
	}
	if textOf(prefix, b) != s { // line breaks and unused bits, which Base32 decoders pass over
		return nil, fmt.Errorf("%s text: %w", what, ErrEncoding)
	}
	return b, nil
}
