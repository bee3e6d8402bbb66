package authority

import (
	"crypto/sha256"
	"math/bits"
)

// tree computes the root of the log's Merkle tree (RFC 6962 section 2.1) from
// the entries, one after the other. The audit uses it instead of the hashes that
// package storage keeps, so that it trusts nothing but the entries.
type tree struct {
	size  uint64
	peaks [][32]byte // roots of the complete subtrees, largest first
}

// add appends an entry.
func (t *tree) add(entry []byte) {
	h := sha256.Sum256(append([]byte{0}, entry...))
	for range bits.TrailingZeros64(^t.size) {
		last := len(t.peaks) - 1
		h = node(t.peaks[last], h)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, h)
	t.size++
}

// root returns the root of the tree over all entries so far.
func (t *tree) root() [32]byte {
	if len(t.peaks) == 0 {
		return sha256.Sum256(nil)
	}
	last := len(t.peaks) - 1
	h := t.peaks[last]
	for i := last - 1; i >= 0; i-- {
		h = node(t.peaks[i], h)
	}
	return h
}

func node(left, right [32]byte) [32]byte {
	b := append([]byte{1}, left[:]...)
	return sha256.Sum256(append(b, right[:]...))
}
