package wire

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// textPrefix says what the text is, and that there is one part of it.
const textPrefix = "MQ1R"

const maxRequestText = len(textPrefix) + ((MaxRequest+4)*8+4)/5

var textEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// RequestText returns a request as the text of its QR code: MQ1R and upper-case Base32 of the octets and their CRC-32.
// All characters are of the alphanumeric mode; of 220 octets, 363 characters.
func RequestText(b []byte) string {
	sum := binary.BigEndian.AppendUint32(b[:len(b):len(b)], crc32.ChecksumIEEE(b))
	return textPrefix + textEncoding.EncodeToString(sum)
}

// ParseRequestText is the inverse of RequestText. It takes no other case, padding or white space. ErrType means that the
// text is no request at all, ErrChecksum that it was misread. The octets are still to be given to ParseRequest.
func ParseRequestText(s string) ([]byte, error) {
	if len(s) > maxRequestText {
		return nil, fmt.Errorf("request text: %w: %d characters, at most %d", ErrTooLong, len(s), maxRequestText)
	}
	body, ok := strings.CutPrefix(s, textPrefix)
	if !ok {
		return nil, fmt.Errorf("request text: %w: it does not begin with %s", ErrType, textPrefix)
	}
	sum, err := textEncoding.DecodeString(body)
	if err != nil || len(sum) < 4 {
		return nil, fmt.Errorf("request text: %w: not Base32, or cut off", ErrEncoding)
	}
	b := sum[:len(sum)-4]
	if binary.BigEndian.Uint32(sum[len(b):]) != crc32.ChecksumIEEE(b) {
		return nil, fmt.Errorf("request text: %w: scan or type it again", ErrChecksum)
	}
	if RequestText(b) != s { // line breaks and unused bits, which Base32 decoders pass over
		return nil, fmt.Errorf("request text: %w", ErrEncoding)
	}
	return b, nil
}
