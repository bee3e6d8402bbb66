package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"marque/device/ibc"
)

// ListState returns the state that a revocation list reaches, whatever its codec (section 8 of the protocol): a
// fingerprint, cut to 16 octets, of realm, place, epochs, n, and the revoked serials, which must be ascending.
func ListState(realm string, generation, base, first, last uint32, n uint64, serials []uint32) [16]byte {
	b := ibc.AppendLPString(nil, "marque/v1/list-state")
	b = ibc.AppendLPString(b, realm)
	for _, v := range []uint32{generation, base, first, last} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(b, n))
	chunk := make([]byte, 0, 4096)
	for _, s := range serials {
		chunk = binary.BigEndian.AppendUint32(chunk, s)
		if len(chunk) == cap(chunk) {
			h.Write(chunk)
			chunk = chunk[:0]
		}
	}
	h.Write(chunk)
	return [16]byte(h.Sum(nil))
}
