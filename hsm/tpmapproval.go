package hsm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"github.com/google/go-tpm/tpm2"

	"marque/device/ibc"
)

// Approval is the officers' word that a vault may be opened on a platform, until
// the vault's counter of retired approvals exceeds Bound. It holds nothing secret.
type Approval struct {
	Platform  Platform `json:"platform"`
	Bound     uint64   `json:"bound"`
	Signature []byte   `json:"signature"` // ECDSA over P-256, ASN.1 DER, at most 72 octets
}

// sealedHeader is the part of a vault's header that its TPM concerns.
type sealedHeader struct {
	Instance    []byte `json:"instance"`        // 32 octets, drawn for each sealed object
	Root        []byte `json:"root"`            // name of the storage root key, 34 octets
	Public      []byte `json:"public"`          // TPMT_PUBLIC of the sealed object
	Private     []byte `json:"private"`         // what TPM2B_PRIVATE holds: encrypted by the TPM
	ApprovalKey []byte `json:"approvalKey"`     // officers' P-256 key, uncompressed point, 65 octets
	Retired     uint32 `json:"retiredCounter"`  // NV index
	Rollback    uint32 `json:"rollbackCounter"` // NV index
	Second      string `json:"second"`          // what else opens the vault: "passphrase" or "quorum"
}

const approvalUse = "marque/v1/platform"

// reference binds approvals to one sealed object in one TPM: they are worth
// nothing for another vault of the same officers, nor for an old copy of this one
// with an old PIN (policyRef, Part 3, 23.16).
func (s *sealedHeader) reference() []byte {
	sum := sha256.Sum256(ibc.AppendLP(ibc.AppendLP(ibc.AppendLPString(nil, approvalUse), s.Root), s.Instance))
	return sum[:]
}

// key returns the officers' key in the TPM's form.
func (s *sealedHeader) key() (tpm2.TPMTPublic, *ecdsa.PublicKey, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), s.ApprovalKey)
	if err != nil {
		return tpm2.TPMTPublic{}, nil, fmt.Errorf("%w: the officers' key is not a point of P-256", ErrVaultCorrupt)
	}
	point := s.ApprovalKey[1:]
	return tpm2.TPMTPublic{
		Type:             tpm2.TPMAlgECC,
		NameAlg:          tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{SignEncrypt: true, UserWithAuth: true},
		Parameters:       tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{CurveID: tpm2.TPMECCNistP256}),
		Unique: tpm2.NewTPMUPublicID(tpm2.TPMAlgECC, &tpm2.TPMSECCPoint{
			X: tpm2.TPM2BECCParameter{Buffer: bytes.Clone(point[:32])},
			Y: tpm2.TPM2BECCParameter{Buffer: bytes.Clone(point[32:])},
		}),
	}, key, nil
}

// policy returns the policy of the sealed object: PolicyAuthorize by the
// officers' key, then PolicyAuthValue.
func (s *sealedHeader) policy() ([]byte, error) {
	public, _, err := s.key()
	if err != nil {
		return nil, err
	}
	name, err := tpm2.ObjectName(&public)
	if err != nil {
		return nil, failed("name the officers' key", err)
	}
	return calculate(
		tpm2.PolicyAuthorize{KeySign: *name, PolicyRef: tpm2.TPM2BDigest{Buffer: s.reference()}},
		tpm2.PolicyAuthValue{},
	)
}

// approved returns the policy that an approval approves: PolicyPCR, then
// PolicyNV(retired counter ≤ bound).
func (s *sealedHeader) approved(a *Approval) ([]byte, error) {
	nv, err := counterName(s.Retired)
	if err != nil {
		return nil, err
	}
	return calculate(
		tpm2.PolicyPCR{PcrDigest: tpm2.TPM2BDigest{Buffer: a.Platform.digest()}, Pcrs: selection(a.Platform.indices())},
		tpm2.PolicyNV{
			NVIndex:   tpm2.NamedHandle{Handle: tpm2.TPMHandle(s.Retired), Name: nv},
			OperandB:  a.operand(),
			Operation: tpm2.TPMEOUnsignedLE,
		},
	)
}

// calculate computes a policy digest as the TPM does.
func calculate(commands ...tpm2.PolicyCommand) ([]byte, error) {
	c, err := tpm2.NewPolicyCalculator(tpm2.TPMAlgSHA256)
	if err != nil {
		return nil, failed("compute a policy", err)
	}
	for _, command := range commands {
		if err := command.Update(c); err != nil {
			return nil, failed("compute a policy", err)
		}
	}
	return c.Hash().Digest, nil
}

func (a *Approval) operand() tpm2.TPM2BOperand {
	return tpm2.TPM2BOperand{Buffer: binary.BigEndian.AppendUint64(nil, a.Bound)}
}

// toSign returns what the officers' key signs, as a hash already.
func (s *sealedHeader) toSign(a *Approval) ([]byte, error) {
	if err := a.Platform.check(); err != nil {
		return nil, err
	}
	policy, err := s.approved(a)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(policy, s.reference()...))
	return sum[:], nil
}

// verify checks the officers' signature under an approval.
func (s *sealedHeader) verify(a *Approval) error {
	_, key, err := s.key()
	if err != nil {
		return err
	}
	digest, err := s.toSign(a)
	if err != nil {
		return err
	}
	if len(a.Signature) > maxSignature || !ecdsa.VerifyASN1(key, digest, a.Signature) {
		return fmt.Errorf("%w: its signature is not the officers'", ErrApproval)
	}
	return nil
}

// sign makes an approval with the officers' key.
func (s *sealedHeader) sign(p Platform, bound uint64, officers crypto.Signer, rand io.Reader) (*Approval, error) {
	a := &Approval{Platform: p, Bound: bound}
	digest, err := s.toSign(a)
	if err != nil {
		return nil, err
	}
	a.Signature, err = officers.Sign(rand, digest, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign an approval: %w", err)
	}
	return a, s.verify(a)
}

// signature returns the signature in the TPM's form.
func (a *Approval) signature() (tpm2.TPMTSignature, error) {
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(a.Signature, &rs); err != nil || len(rest) > 0 {
		return tpm2.TPMTSignature{}, fmt.Errorf("%w: its signature is not DER", ErrApproval)
	}
	var r, s [32]byte
	return tpm2.TPMTSignature{
		SigAlg: tpm2.TPMAlgECDSA,
		Signature: tpm2.NewTPMUSignature(tpm2.TPMAlgECDSA, &tpm2.TPMSSignatureECC{
			Hash:       tpm2.TPMAlgSHA256,
			SignatureR: tpm2.TPM2BECCParameter{Buffer: rs.R.FillBytes(r[:])},
			SignatureS: tpm2.TPM2BECCParameter{Buffer: rs.S.FillBytes(s[:])},
		}),
	}, nil
}

// approvalPoint returns the officers' public key as a point of 65 octets.
func approvalPoint(officers crypto.Signer) ([]byte, error) {
	key, ok := officers.Public().(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: the officers' key is not of P-256", ErrApproval)
	}
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: the officers' key is not of P-256", ErrApproval)
	}
	return point, nil
}
