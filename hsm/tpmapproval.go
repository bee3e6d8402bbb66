package hsm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"github.com/google/go-tpm/tpm2"
)

// Approval is the officers' word that a vault may be opened on a platform, until
// the vault's counter of retired approvals exceeds Bound. It holds nothing secret.
type Approval struct {
	Platform  Platform `json:"platform"`
	Bound     uint64   `json:"bound"`
	Signature []byte   `json:"signature"` // ECDSA over P-256, ASN.1 DER, at most 72 octets
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

// toSign returns what the officers' key signs, as a hash already.
func (s *sealedHeader) toSign(a *Approval) ([]byte, error) {
	if err := a.Platform.check(s.Unified); err != nil {
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
