package qr

import (
	"encoding/binary"
	"hash/crc32"
)

// Forge returns a part of a series with another content, as somebody makes it who has seen the series.
func Forge(s *Series, i int) string {
	b, err := partText.DecodeString(s.Text(i)[len(partMark):])
	if err != nil {
		panic(err)
	}
	b[partHead] ^= 1
	body := b[:len(b)-partCheck]
	return partMark + partText.EncodeToString(binary.BigEndian.AppendUint32(body, crc32.ChecksumIEEE(body)))
}

// NewReader returns what Scan reads frames with.
func NewReader() *Reader { return &Reader{} }
