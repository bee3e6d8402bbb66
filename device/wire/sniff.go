package wire

import "bytes"

// Found is what octets seem to be.
type Found string

// What Sniff can find. The texts are fit to be shown: "this is a …".
const (
	FoundUnknown     Found = "unknown"
	FoundRequest     Found = "enrolment request"
	FoundRequestText Found = "enrolment request as text"
	FoundPackage     Found = "key package"
	FoundBundle      Found = "revocation list"
	FoundRegions     Found = "revocation list in regions"
	FoundRegion      Found = "region of a revocation list"
	FoundTrust       Found = "trust list"
	FoundStatement   Found = "statement" // of another type: a core, a policy, a checkpoint
	FoundReceipt     Found = "receipt"
	FoundReceiptText Found = "receipt as text"
	FoundDepot       Found = "depot's registration"
	FoundDepotText   Found = "depot's registration as text"
	FoundHeadText    Found = "checkpoint as text"
	FoundBatch       Found = "depot's batch of requests"
	FoundReceipts    Found = "depot's batch of receipts"
	FoundManifest    Found = "manifest"
	FoundBroadcast   Found = "signed message"
	FoundSealed      Found = "sealed message"
	FoundOpening     Found = "call that opens a session"
)

// Sniff says what b seems to be, in order to say what somebody gave in place of what was asked for. It verifies nothing:
// what it finds must still be parsed.
func Sniff(b []byte) Found {
	switch {
	case bytes.HasPrefix(b, []byte(textPrefix)):
		return FoundRequestText
	case bytes.HasPrefix(b, []byte(receiptPrefix)):
		return FoundReceiptText
	case bytes.HasPrefix(b, []byte(registrationMark)):
		return FoundDepotText
	case bytes.HasPrefix(b, []byte(checkpointMark)):
		return FoundHeadText
	case bytes.HasPrefix(b, []byte{0x8e, 0x01}): // of fourteen
		return FoundReceipt
	case bytes.HasPrefix(b, []byte{0x87, 0x01}): // of seven
		return FoundRegion
	case bytes.HasPrefix(b, []byte{0x88, 0x01}): // an array of eight elements, version 1
		return FoundRequest
	case bytes.HasPrefix(b, []byte{tagSign1}):
		return sniffStatement(b)
	}
	if _, err := ParseBroadcast(b); err == nil {
		return FoundBroadcast
	}
	if _, err := ParseSealed(b); err == nil {
		return FoundSealed
	}
	if _, err := ParseSeveral(b); err == nil {
		return FoundSealed
	}
	if _, err := ParseOpening(b); err == nil {
		return FoundOpening
	}
	return FoundUnknown
}

func sniffStatement(b []byte) Found {
	s, err := decodeStatement(b, MaxBundle)
	if err != nil {
		return FoundUnknown
	}
	if found, ok := foundOf[s.typ]; ok {
		return found
	}
	return FoundStatement
}

// foundOf says what statements are, where it is not enough to call them that.
var foundOf = map[Type]Found{
	TypePackage: FoundPackage, TypeBundle: FoundBundle, TypeChange: FoundBundle, TypeRegions: FoundRegions, TypeManifest: FoundManifest,
	TypeDepot: FoundDepot, TypeBatch: FoundBatch, TypeReceipts: FoundReceipts, TypeTrust: FoundTrust,
}
