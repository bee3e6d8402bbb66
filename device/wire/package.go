package wire

import (
	"encoding/binary"
	"fmt"

	"marque/device/ibc"
)

// Package is what an authority answers a request with: payload of a statement of type package.
type Package struct {
	Core        []byte   // encoded core of the realm, in the clear so that it can be confirmed first
	RequestHash [32]byte // the request that this answers
	Sequence    uint32   // above the last one installed
	Enc         [32]byte // encapsulated key of HPKE
	Ciphertext  []byte   // Content under HPKE base mode, info = PackageInfo, empty aad
}

type packageArray struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8
	Core        []byte
	RequestHash [32]byte
	Sequence    uint32
	Enc         [32]byte
	Ciphertext  []byte
}

// Marshal returns the encoding of p. The core in it must parse.
func (p *Package) Marshal() ([]byte, error) {
	if _, err := p.check(); err != nil {
		return nil, fmt.Errorf("package: %w", err)
	}
	b := encode(&packageArray{
		Version: 1, Core: p.Core, RequestHash: p.RequestHash, Sequence: p.Sequence, Enc: p.Enc, Ciphertext: p.Ciphertext,
	})
	if len(b) > MaxPackage {
		return nil, fmt.Errorf("package: %w: %d octets, at most %d", ErrTooLong, len(b), MaxPackage)
	}
	return b, nil
}

// ParsePackage reads the payload of a statement of type package, the core in it included.
func ParsePackage(b []byte) (*Package, error) {
	p, _, err := parsePackage(b)
	return p, err
}

func parsePackage(b []byte) (*Package, *Core, error) {
	var a packageArray
	if err := decode(b, MaxPackage, &a); err != nil {
		return nil, nil, fmt.Errorf("package: %w", err)
	}
	if a.Version != 1 {
		return nil, nil, fmt.Errorf("package: %w: version must be 1", ErrValue)
	}
	p := &Package{Core: a.Core, RequestHash: a.RequestHash, Sequence: a.Sequence, Enc: a.Enc, Ciphertext: a.Ciphertext}
	c, err := p.check()
	if err != nil {
		return nil, nil, fmt.Errorf("package: %w", err)
	}
	return p, c, nil
}

func (p *Package) check() (*Core, error) {
	if len(p.Ciphertext) < tagSize {
		return nil, fmt.Errorf("ciphertext: %w: shorter than its tag", ErrValue)
	}
	return ParseCore(p.Core)
}

// PackageInfo returns the info of HPKE: LP("marque/v1/package") ‖ core hash ‖ request hash ‖ u32(sequence).
func PackageInfo(core, request [32]byte, sequence uint32) []byte {
	b := ibc.AppendLPString(nil, "marque/v1/package")
	b = append(b, core[:]...)
	b = append(b, request[:]...)
	return binary.BigEndian.AppendUint32(b, sequence)
}
