package ibc

import "encoding/binary"

// Domain separation tags, PROTOCOL.md sections 3 to 6.
const (
	dstSeed     = "marque/v1/seed"
	dstIdentity = "marque/v1/identity"
	dstIssue    = "marque/v1/gg-issue"
	dstIssueK   = "marque/v1/gg-k"
	dstSign     = "marque/v1/gg-sign"
	dstSignA    = "marque/v1/gg-a"
	dstEnrol    = "marque/v1/enrol"
	dstEnrolA   = "marque/v1/enrol-a"
	dstKEM      = "marque/v1/kem"
	dstCEK      = "marque/v1/cek"
	dstCold     = "marque/v1/kem-cold"
	dstWarm     = "marque/v1/kem-warm"
	dstKeyRef   = "marque/v1/keyref"
	dstHashG2   = "marque/v1/bf-id-BLS12381G2_XMD:SHA-256_SSWU_RO_"
)

// Suite is the octet that names the set of algorithms, PROTOCOL.md section 2.4.
const Suite = 0x01

// Identity names whose key and for when: a realm by the 32-octet hash of its
// core, an address, and an epoch. It is comparable. Whether the address is well
// formed and belongs to the realm is the caller's business.
type Identity struct {
	Core    [32]byte
	Address string // at most 255 octets
	Epoch   uint32
}

// Encode returns the identity as it enters every hash (PROTOCOL.md section 4):
// LP("marque/v1/identity") ‖ core ‖ LP(address) ‖ u32(epoch).
func (id Identity) Encode() []byte {
	b := make([]byte, 0, 2+len(dstIdentity)+32+2+len(id.Address)+4)
	b = AppendLPString(b, dstIdentity)
	b = append(b, id.Core[:]...)
	b = AppendLPString(b, id.Address)
	return binary.BigEndian.AppendUint32(b, id.Epoch)
}

// AppendLP appends s after its length as a 2-octet big-endian number. It panics
// when s is longer than 65,535 octets, which is a bug of the caller: everything
// that is length-prefixed has its own, much smaller bound.
func AppendLP(b, s []byte) []byte {
	if len(s) > 0xffff {
		panic("ibc: length-prefixed string too long")
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

// AppendLPString is [AppendLP] for a string.
func AppendLPString(b []byte, s string) []byte {
	if len(s) > 0xffff {
		panic("ibc: length-prefixed string too long")
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}
