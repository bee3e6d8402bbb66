package wire

// RequestText returns a request as the text of its QR code: MQ1R and upper-case Base32 of the octets and their CRC-32.
// All characters are of the alphanumeric mode; of 220 octets, 363 characters.
func RequestText(b []byte) string { return textOf(textPrefix, b) }

// ParseRequestText is the inverse of RequestText. It takes no other case, padding or white space. ErrType means that the
// text is no request at all, ErrChecksum that it was misread. The octets are still to be given to ParseRequest.
func ParseRequestText(s string) ([]byte, error) {
	return parseText("request", textPrefix, s, MaxRequest)
}
