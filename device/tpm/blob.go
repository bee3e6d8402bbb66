package tpm

import (
	"encoding/binary"
	"fmt"
)

// blob is a sealed secret: magic (4) ‖ version (1) ‖ three times u16 length ‖ octets: the name of the storage root key, TPMT_PUBLIC, and the
// contents of TPM2B_PRIVATE.
type blob struct{ root, public, private []byte }

const (
	blobMagic   = "MQTK"
	blobVersion = 1
)

func (b blob) marshal() ([]byte, error) {
	out := append([]byte(blobMagic), blobVersion)
	for _, part := range [][]byte{b.root, b.public, b.private} {
		out = binary.BigEndian.AppendUint16(out, uint16(len(part)))
		out = append(out, part...)
	}
	if len(out) > maxBlob || len(b.root) != nameSize {
		return nil, fmt.Errorf("%w: what it sealed takes %d octets", ErrUnsealed, len(out))
	}
	return out, nil
}

func parseBlob(in []byte) (b blob, err error) {
	if len(in) > maxBlob || len(in) < len(blobMagic)+1 || string(in[:len(blobMagic)]) != blobMagic || in[len(blobMagic)] != blobVersion {
		return b, fmt.Errorf("%w: the file does not hold a sealed key", ErrUnsealed)
	}
	in = in[len(blobMagic)+1:]
	for _, part := range []*[]byte{&b.root, &b.public, &b.private} {
		if len(in) < 2 || len(in)-2 < int(binary.BigEndian.Uint16(in)) {
			return b, fmt.Errorf("%w: the file is cut off", ErrUnsealed)
		}
		n := int(binary.BigEndian.Uint16(in))
		*part, in = in[2:2+n], in[2+n:]
	}
	if len(in) > 0 || len(b.root) != nameSize || len(b.public) == 0 || len(b.private) == 0 {
		return b, fmt.Errorf("%w: the file does not hold a sealed key", ErrUnsealed)
	}
	return b, nil
}
