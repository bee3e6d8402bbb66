package authority

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// proposalArray is the deterministic CBOR (RFC 8949, section 4.2.1) of a proposal.
type proposalArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Action    Action
	Payload   [32]byte
	Requester [32]byte
	Time      uint64 // Unix seconds
	Core      [32]byte
}

type approvalArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Proposal  [32]byte
	Officer   [32]byte
	Signature [64]byte
}

const approvalVersion = 1

var approvalEnc, approvalDec = approvalModes()

func approvalModes() (cbor.EncMode, cbor.DecMode) {
	options := cbor.CoreDetEncOptions()
	options.ByteArray = cbor.ByteArrayToByteSlice
	enc, err := options.EncMode()
	if err != nil {
		panic("authority: CBOR options: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		BignumTag:        cbor.BignumTagForbidden,
		MaxNestedLevels:  4,
		MaxArrayElements: 16,
		MaxMapPairs:      16,
	}.DecMode()
	if err != nil {
		panic("authority: CBOR options: " + err.Error())
	}
	return enc, dec
}

// encodeApproval returns the one encoding of v, a struct of this file.
func encodeApproval(v any) []byte {
	b, err := approvalEnc.Marshal(v)
	if err != nil {
		panic("authority: a type without an encoding: " + err.Error())
	}
	return b
}

// decodeApproval fills v, a pointer to a struct of this file. It compares with the re-encoding, because the library also takes
// heads that are not the shortest and byte strings of another length than the array's.
func decodeApproval(b []byte, v any) error {
	if len(b) > maxProposal {
		return fmt.Errorf("%w: longer than %d octets", ErrProposal, maxProposal)
	}
	if err := approvalDec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: not CBOR of the expected form", ErrProposal)
	}
	if !bytes.Equal(encodeApproval(v), b) {
		return fmt.Errorf("%w: another encoding of the same object", ErrProposal)
	}
	return nil
}
