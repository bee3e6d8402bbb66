package device

import (
	"bufio"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// The record layer of a session (PROTOCOL.md, section 10): u16(length of the rest) ‖ u64(seq) ‖ AES-256-GCM(type ‖ data).
const (
	recordData        = 0
	recordClose       = 1
	recordListRequest = 2
	recordListPiece   = 3
	recordRekey       = 4 // new keys; empty: the handshake is over

	seqSize       = 8
	tagSize       = 16
	minRecord     = seqSize + 1 + tagSize        // octets after the length
	maxRecord     = minRecord + MaxRecordData    // octets after the length
	recordBuffer  = 2 + maxRecord                // a whole record
	keyMaterial   = keySize + nonceSize          // of one direction
	sessionSecret = 2*keyMaterial + exporterSize // all that the handshake gives
	keySize       = 32
	exporterSize  = 32
)

// half protects one direction of a session, under the keys of one generation. Sequence numbers make every nonce unique; they start at
// generation ‖ 0 and have no gaps.
type half struct {
	aead cipher.AEAD
	iv   [nonceSize]byte
	seq  uint64 // u32(generation) ‖ u32(records so far)
}

// newHalf takes key and iv of one direction, 44 octets.
func newHalf(material []byte, generation uint32) (*half, error) {
	aead, err := newGCM(material[:keySize])
	if err != nil {
		return nil, err
	}
	return &half{aead: aead, iv: [nonceSize]byte(material[keySize:keyMaterial]), seq: uint64(generation) << 32}, nil
}

func (h *half) nonce(seq uint64) []byte {
	n := h.iv
	low := n[nonceSize-seqSize:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^seq)
	return n[:]
}

// left is how many records may still be made under the key.
func (h *half) left() uint64 { return MaxRecords - min(h.seq&math.MaxUint32, MaxRecords) }

// seal appends one record to dst. The caller has asked left.
func (h *half) seal(dst []byte, kind byte, data []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(minRecord+len(data)))
	dst = binary.BigEndian.AppendUint64(dst, h.seq)
	seq := dst[len(dst)-seqSize:]
	plain := append(append(make([]byte, 0, 1+len(data)), kind), data...)
	dst = h.aead.Seal(dst, h.nonce(h.seq), plain, seq)
	h.seq++
	return dst
}

// read waits for a whole record and opens it. It consumes nothing before the record is complete, so that a timeout loses nothing. The data
// is its own.
func (h *half) read(r *bufio.Reader) (kind byte, data []byte, err error) {
	head, err := r.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(head))
	if n < minRecord || n > maxRecord {
		return 0, nil, fmt.Errorf("record of %d octets: %w", n, ErrTampered)
	}
	b, err := r.Peek(2 + n)
	if err != nil {
		return 0, nil, err
	}
	if h.left() == 0 {
		return 0, nil, ErrSessionEnded
	}
	seq := b[2 : 2+seqSize]
	if binary.BigEndian.Uint64(seq) != h.seq {
		return 0, nil, fmt.Errorf("record repeated, left out or out of order: %w", ErrTampered)
	}
	plain, err := h.aead.Open(nil, h.nonce(h.seq), b[2+seqSize:], seq)
	if err != nil {
		return 0, nil, fmt.Errorf("record %d: %w", h.seq, ErrTampered)
	}
	h.seq++
	if _, err := r.Discard(2 + n); err != nil {
		return 0, nil, fmt.Errorf("record: %w", err)
	}
	kind, data = plain[0], plain[1:]
	if kind > recordRekey || kind == recordClose && len(data) > 0 {
		return 0, nil, fmt.Errorf("record of an unknown type: %w", ErrTampered)
	}
	return kind, data, nil
}

// frames are the messages of the handshake, each behind its u16 length.
func appendFrame(dst, b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(b))), b...)
}

// readFrame reads one frame, whose length must be from least to most octets.
func readFrame(r *bufio.Reader, least, most int) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n < least || n > most {
		return nil, fmt.Errorf("message of %d octets: %w", n, ErrMalformed)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
