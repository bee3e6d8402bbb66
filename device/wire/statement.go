package wire

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

// Type says what a statement states. It stands in the protected header and, as external data, in the signature.
type Type string

// The types of section 6.2 of the protocol.
const (
	TypeCore       Type = "core"
	TypePolicy     Type = "policy"
	TypePackage    Type = "package"
	TypeBundle     Type = "bundle"
	TypeCheckpoint Type = "checkpoint"
	TypeManifest   Type = "manifest"
	TypeChange     Type = "change"
	TypeRegions    Type = "regions"
	TypeTrust      Type = "trust"
	// These are signed by a depot, with its own key.
	TypeDepot    Type = "depot"
	TypeBatch    Type = "batch"
	TypeReceipts Type = "receipts"
)

// The Content-Format number of each type, which stands in the header in place of a media type: RFC 9596 allows either,
// and a number saves 26 octets and more. They are from the range that RFC 7252 leaves to experiments.
var contentFormats = map[Type]uint16{
	TypeCore:       65_001,
	TypePolicy:     65_002,
	TypePackage:    65_003,
	TypeBundle:     65_004,
	TypeCheckpoint: 65_005,
	TypeManifest:   65_006,
	TypeDepot:      65_007,
	TypeBatch:      65_008,
	TypeReceipts:   65_009,
	TypeChange:     65_010,
	TypeRegions:    65_011,
	TypeTrust:      65_012,
}

// typeOf returns the type that a Content-Format number stands for.
func typeOf(format uint16) (Type, bool) {
	for t, f := range contentFormats {
		if f == format {
			return t, true
		}
	}
	return "", false
}

// limit returns the most octets that a statement of the type has, 0 for an unknown type.
func (t Type) limit() int {
	switch t {
	case TypePackage:
		return MaxPackage
	case TypeBundle, TypeChange:
		return MaxBundle
	case TypeRegions:
		return MaxRegionList
	case TypeTrust:
		return MaxTrust
	case TypeManifest:
		return MaxManifest
	case TypeBatch, TypeReceipts:
		return MaxBatch
	case TypeCore, TypePolicy, TypeCheckpoint, TypeDepot:
		return MaxStatement
	}
	return 0
}

const (
	tagSign1       = 0xd2 // CBOR tag 18, COSE_Sign1
	emptyMap       = 0xa0
	claimIssuer    = 1
	algorithmEdDSA = -8
)

// statement is a COSE_Sign1 (RFC 9052, section 4.2) in the one form that the protocol allows.
type statement struct {
	typ       Type
	realm     string
	payload   []byte
	signature []byte
}

type statementArray struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected cbor.RawMessage
	Payload     []byte
	Signature   [ed25519.SignatureSize]byte
}

type statementHeader struct {
	Algorithm int8 `cbor:"1,keyasint"`
	Claims    struct {
		Issuer string `cbor:"1,keyasint"`
	} `cbor:"15,keyasint"`
	Format uint16 `cbor:"16,keyasint"`
}

// SignStatement signs payload as a statement of type t in realm. The signer's public key must be Ed25519 and its Sign
// plain Ed25519 over the message. The result was verified before it is returned: errors are ErrTooLong, ErrType for an
// unknown type, ErrSPID for an impossible realm, ErrStatementKey and ErrSignature for a signer that does not do as it says.
func SignStatement(signer crypto.Signer, t Type, realm string, payload []byte) ([]byte, error) {
	if err := CheckSPID(realm); err != nil {
		return nil, fmt.Errorf("sign %s: realm: %w", t, err)
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("sign %s: %w: it must be Ed25519", t, ErrStatementKey)
	}
	s, err := cose.NewSigner(cose.AlgorithmEdDSA, signer)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", t, err)
	}
	m := (&statement{typ: t, realm: realm, payload: payload}).message()
	if err := m.Sign(rand.Reader, externalData(t), s); err != nil {
		return nil, fmt.Errorf("sign %s: %w", t, err)
	}
	b, err := m.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", t, err)
	}
	if _, err := OpenStatement(b, t, realm, [32]byte(public)); err != nil {
		return nil, fmt.Errorf("sign: own result: %w", err)
	}
	return b, nil
}

// OpenStatement checks, in this order, length, exact encoding, type, realm and signature, and returns the payload, whose
// content is still to be parsed. The errors are ErrTooLong, ErrEncoding, ErrType, ErrRealm, ErrStatementKey, ErrSignature.
func OpenStatement(b []byte, t Type, realm string, key [32]byte) ([]byte, error) {
	s, err := parseStatement(b, t)
	if err != nil {
		return nil, err
	}
	if err := s.verify(realm, key); err != nil {
		return nil, err
	}
	return s.payload, nil
}

// OpenCore reads a statement of type core, which is signed under the key that it states. Whether this core is the right
// one, its hash must tell.
func OpenCore(b []byte) (*Core, error) {
	s, err := parseStatement(b, TypeCore)
	if err != nil {
		return nil, err
	}
	c, err := ParseCore(s.payload)
	if err != nil {
		return nil, err
	}
	if err := s.verify(c.Realm, c.StatementKey); err != nil {
		return nil, err
	}
	return c, nil
}

// OpenPackage reads a statement of type package and verifies it under the core that it carries. The caller must compare
// that core's hash with the one it pinned, else the signature proves nothing.
func OpenPackage(b []byte) (*Package, *Core, error) {
	s, err := parseStatement(b, TypePackage)
	if err != nil {
		return nil, nil, err
	}
	p, c, err := parsePackage(s.payload)
	if err != nil {
		return nil, nil, err
	}
	if err := s.verify(c.Realm, c.StatementKey); err != nil {
		return nil, nil, err
	}
	return p, c, nil
}

// parseStatement checks length, encoding and type.
func parseStatement(b []byte, t Type) (*statement, error) {
	if t.limit() == 0 {
		return nil, fmt.Errorf("statement: %w: no such type", ErrType)
	}
	s, err := decodeStatement(b, t.limit())
	if err != nil {
		return nil, fmt.Errorf("statement of type %s: %w", t, err)
	}
	if s.typ != t {
		return nil, fmt.Errorf("statement of type %s: %w", t, ErrType)
	}
	return s, nil
}

// decodeStatement accepts exactly what message and MarshalCBOR produce.
func decodeStatement(b []byte, limit int) (*statement, error) {
	if len(b) > limit {
		return nil, fmt.Errorf("%w: %d octets, at most %d", ErrTooLong, len(b), limit)
	}
	if len(b) == 0 || b[0] != tagSign1 {
		return nil, fmt.Errorf("%w: not a tagged COSE_Sign1", ErrEncoding)
	}
	var a statementArray
	if err := decode(b[1:], limit, &a); err != nil {
		return nil, err
	}
	if !bytes.Equal(a.Unprotected, []byte{emptyMap}) {
		return nil, fmt.Errorf("%w: the unprotected header must be empty", ErrEncoding)
	}
	var h statementHeader
	if err := decode(a.Protected, maxHeader, &h); err != nil {
		return nil, fmt.Errorf("protected header: %w", err)
	}
	if h.Algorithm != algorithmEdDSA {
		return nil, fmt.Errorf("protected header: %w: the algorithm must be EdDSA", ErrEncoding)
	}
	typ, ok := typeOf(h.Format)
	if !ok {
		return nil, fmt.Errorf("protected header: %w: not a statement of this protocol", ErrType)
	}
	return &statement{typ: typ, realm: h.Claims.Issuer, payload: a.Payload, signature: a.Signature[:]}, nil
}

// verify checks realm and signature.
func (s *statement) verify(realm string, key [32]byte) error {
	if s.realm != realm {
		return fmt.Errorf("statement of type %s: %w", s.typ, ErrRealm)
	}
	if err := checkStatementKey(key); err != nil {
		return fmt.Errorf("statement of type %s: %w", s.typ, err)
	}
	v, err := cose.NewVerifier(cose.AlgorithmEdDSA, ed25519.PublicKey(key[:]))
	if err != nil {
		return fmt.Errorf("statement of type %s: %w: %w", s.typ, ErrStatementKey, err)
	}
	if err := s.message().Verify(externalData(s.typ), v); err != nil {
		if errors.Is(err, cose.ErrVerification) {
			return fmt.Errorf("statement of type %s: %w", s.typ, ErrSignature)
		}
		return fmt.Errorf("statement of type %s: %w: %w", s.typ, ErrSignature, err)
	}
	return nil
}

// message gives go-cose the protected header as values, so that what is verified is the deterministic encoding.
func (s *statement) message() *cose.Sign1Message {
	return &cose.Sign1Message{
		Headers: cose.Headers{
			Protected: cose.ProtectedHeader{
				cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA,
				cose.HeaderLabelCWTClaims: cose.CWTClaims{int64(claimIssuer): s.realm},
				cose.HeaderLabelType:      contentFormats[s.typ],
			},
			Unprotected: cose.UnprotectedHeader{},
		},
		Payload:   s.payload,
		Signature: s.signature,
	}
}

func externalData(t Type) []byte { return []byte("marque/v1/" + string(t)) }
