package hsm

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

const (
	shareText   = "MQ1S"
	publicText  = "MQ1C"
	shareOctets = 4 + setSize + 1 + seedSize + tagSize + scalarSize // 101
	groupSize   = 4                                                 // characters
	lineGroups  = 8
	checkSize   = 4
)

var textEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Text returns the card as the text of its QR code, for the caller to clear after use: "MQ1S" and upper-case Base32 (RFC 4648,
// no padding) of 105 octets, 172 characters of the alphanumeric mode:
//
//	version   1   1
//	purpose   1   1 backup, 2 next core
//	m, n      2   1 ≤ m ≤ n ≤ 32
//	set      16   hash of the commitments, see [Commitments.Set]
//	index     1   1 to n
//	sealed   48   the encrypted seed, the same on all cards of a set
//	value    32   f(index): a reduced scalar of ristretto255, little endian
//	crc       4   CRC-32 (IEEE) of the 101 octets before, big endian
func (s *Share) Text() []byte {
	b := make([]byte, 0, shareOctets+checkSize)
	b = append(b, s.head.octets()...)
	b = append(b, s.index)
	b = append(b, s.sealed[:]...)
	b = append(b, s.value[:]...)
	defer clear(b[:cap(b)])
	return encodeText(shareText, b)
}

// Lines returns the card for print, for the caller to clear after use: [Share.Text] in groups of four characters, eight on a line.
func (s *Share) Lines() []byte {
	text := s.Text()
	defer clear(text)
	out := make([]byte, 0, len(text)+len(text)/groupSize+1)
	for i := 0; i < len(text); i += groupSize {
		out = append(out, text[i:min(i+groupSize, len(text))]...)
		if i/groupSize%lineGroups == lineGroups-1 {
			out = append(out, '\n')
		} else {
			out = append(out, ' ')
		}
	}
	out[len(out)-1] = '\n'
	return out
}

// ParseShare reads a card as scanned or typed: spaces, line breaks and hyphens are passed over, small letters taken for large
// ones, and nothing else is forgiven. [ErrShareText] says what is wrong, and in which group.
func ParseShare(text []byte) (*Share, error) {
	if len(text) > maxTyped {
		return nil, fmt.Errorf("%w: more than %d characters", ErrShareText, maxTyped)
	}
	typed := squeeze(text)
	defer clear(typed)
	b, err := decodeText(shareText, typed)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	if len(b) != shareOctets {
		return nil, fmt.Errorf("%w: a card has %d groups", ErrShareText, (len(shareText)+(shareOctets+checkSize)*8/5)/groupSize)
	}
	s := new(Share)
	s.head = shareHead{purpose: Purpose(b[1]), m: b[2], n: b[3], set: [setSize]byte(b[4:20])}
	s.index = b[20]
	copy(s.sealed[:], b[21:69])
	copy(s.value[:], b[69:])
	if err := s.check(b[0]); err != nil {
		s.Erase()
		return nil, err
	}
	return s, nil
}

func (s *Share) check(version byte) error {
	if version != shareVersion || s.head.purpose != PurposeBackup && s.head.purpose != PurposeNext {
		return fmt.Errorf("%w: made by a newer release", ErrShareText)
	}
	if err := checkNumbers(s.Needed(), s.Total()); err != nil {
		return fmt.Errorf("%w: %w", ErrShareText, err)
	}
	if s.index < 1 || s.index > s.head.n {
		return fmt.Errorf("%w: its number is not one of the set's", ErrShareText)
	}
	v := curve.NewScalar()
	defer v.SetUint64(0)
	if v.UnmarshalBinary(s.value[:]) != nil {
		return fmt.Errorf("%w: its value is out of range", ErrShareText)
	}
	return nil
}

// Text returns the commitments as the text of a QR code: "MQ1C" and upper-case Base32 of version (2) ‖ purpose ‖ m ‖ n ‖ SHA-256 of
// the encrypted seed ‖ m points of 32 octets ‖ CRC-32.
func (c *Commitments) Text() string {
	b := append([]byte{publicVersion, byte(c.purpose), byte(len(c.points)), c.n}, c.sealed[:]...)
	for _, p := range c.points {
		b = append(b, p[:]...)
	}
	return string(encodeText(publicText, b))
}

// ParseCommitments is the inverse of [Commitments.Text]; it takes no other spelling. Error: [ErrShareText].
func ParseCommitments(text string) (*Commitments, error) {
	if len(text) > maxPublic {
		return nil, fmt.Errorf("%w: more than %d characters", ErrShareText, maxPublic)
	}
	b, err := decodeText(publicText, []byte(text))
	if err != nil {
		return nil, err
	}
	if len(b) < 4+sumSize || b[0] != publicVersion || b[1] != byte(PurposeBackup) && b[1] != byte(PurposeNext) {
		return nil, fmt.Errorf("%w: made by another release", ErrShareText)
	}
	m, n := int(b[2]), int(b[3])
	if err := checkNumbers(m, n); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShareText, err)
	}
	if len(b) != 4+sumSize+m*pointSize {
		return nil, fmt.Errorf("%w: another number of commitments than it says", ErrShareText)
	}
	c := &Commitments{purpose: Purpose(b[1]), n: b[3], sealed: [sumSize]byte(b[4:])}
	for i := range m {
		c.points = append(c.points, [pointSize]byte(b[4+sumSize+i*pointSize:]))
	}
	if _, err := decodePoints(c.points); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShareText, err)
	}
	return c, nil
}

// squeeze drops what people put between groups, and raises small letters.
func squeeze(text []byte) []byte {
	typed := make([]byte, 0, len(text))
	for _, b := range text {
		switch {
		case b == ' ' || b == '-' || b == '\n' || b == '\r' || b == '\t':
		case 'a' <= b && b <= 'z':
			typed = append(typed, b-'a'+'A')
		default:
			typed = append(typed, b)
		}
	}
	return typed
}

// encodeText returns prefix and Base32 of b and its CRC.
func encodeText(prefix string, b []byte) []byte {
	sum := binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	out := make([]byte, len(prefix), len(prefix)+textEncoding.EncodedLen(len(sum)))
	copy(out, prefix)
	return textEncoding.AppendEncode(out, sum)
}

// decodeText is the inverse of encodeText.
func decodeText(prefix string, text []byte) ([]byte, error) {
	if len(text) < len(prefix) || string(text[:len(prefix)]) != prefix {
		return nil, fmt.Errorf("%w: it does not begin with %s", ErrShareText, prefix)
	}
	body := text[len(prefix):]
	for i, c := range body {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", rune(c)) {
			return nil, fmt.Errorf("%w: group %d has a character that is not one of A to Z and 2 to 7", ErrShareText, (len(prefix)+i)/groupSize+1)
		}
	}
	sum := make([]byte, textEncoding.DecodedLen(len(body)))
	k, err := textEncoding.Decode(sum, body)
	if err != nil || k < checkSize {
		return nil, fmt.Errorf("%w: it is cut off", ErrShareText)
	}
	b := sum[: k-checkSize : k-checkSize]
	if binary.BigEndian.Uint32(sum[k-checkSize:k]) != crc32.ChecksumIEEE(b) {
		clear(sum)
		return nil, fmt.Errorf("%w: its check does not hold", ErrShareText)
	}
	again := textEncoding.AppendEncode(make([]byte, 0, len(body)), sum[:k])
	defer clear(again)
	if !bytes.Equal(again, body) {
		clear(sum)
		return nil, fmt.Errorf("%w: unused bits are set", ErrShareText)
	}
	return b, nil
}
