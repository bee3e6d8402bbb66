package hsm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/go-tpm/tpm2"

	"marque/device/ibc"
)

// sealedHeader is the part of a vault's header that its TPM concerns.
type sealedHeader struct {
	Root        []byte     `json:"root"` // name of the storage root key, 34 octets
	Counters    counterSet `json:"counters"`
	Instance    []byte     `json:"instance"`    // 32 octets, drawn for each sealed object
	Rekeyed     uint64     `json:"rekeyed"`     // value of that counter up to which the object opens
	Public      []byte     `json:"public"`      // TPMT_PUBLIC of the sealed object
	Private     []byte     `json:"private"`     // what TPM2B_PRIVATE holds: encrypted by the TPM
	ApprovalKey []byte     `json:"approvalKey"` // officers' P-256 key, uncompressed point, 65 octets
	Unified     bool       `json:"unified"`     // PCR 11 is part of what is approved
	Second      string     `json:"second"`      // what else opens the vault: "passphrase" or "quorum"
}

// check refuses sizes that no vault has.
func (s *sealedHeader) check() error {
	switch {
	case s == nil:
		return fmt.Errorf("%w: it names no TPM", ErrVaultCorrupt)
	case len(s.Instance) != saltSize || len(s.Root) != nameSize:
		return fmt.Errorf("%w: the name of its TPM has a wrong length", ErrVaultCorrupt)
	case len(s.Public) == 0 || len(s.Public) > maxSealed || len(s.Private) == 0 || len(s.Private) > maxSealed:
		return fmt.Errorf("%w: its sealed object has a wrong length", ErrVaultCorrupt)
	case s.Second != secondPassphrase && s.Second != secondQuorum:
		return fmt.Errorf("%w: its second secret is of no known kind", ErrVaultCorrupt)
	}
	if err := s.Counters.check(); err != nil {
		return err
	}
	_, _, err := s.key()
	return err
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

// policy returns the policy of the sealed object: PolicyAuthorize by the officers'
// key, PolicyNV(rekeyed counter ≤ its value at the sealing), PolicyAuthValue. The
// second makes an old copy of the file worthless also to whoever still has the
// approval key of then, and could approve anything for it.
func (s *sealedHeader) policy() ([]byte, error) {
	public, _, err := s.key()
	if err != nil {
		return nil, err
	}
	name, err := tpm2.ObjectName(&public)
	if err != nil {
		return nil, failed("name the officers' key", err)
	}
	newest, err := atMost(s.rekeyed(), s.Rekeyed)
	if err != nil {
		return nil, err
	}
	return calculate(
		tpm2.PolicyAuthorize{KeySign: *name, PolicyRef: tpm2.TPM2BDigest{Buffer: s.reference()}},
		newest,
		tpm2.PolicyAuthValue{},
	)
}

// approved returns the policy that an approval approves: PolicyPCR, then
// PolicyNV(retired counter ≤ bound).
func (s *sealedHeader) approved(a *Approval) ([]byte, error) {
	valid, err := atMost(s.retired(), a.Bound)
	if err != nil {
		return nil, err
	}
	return calculate(
		tpm2.PolicyPCR{PcrDigest: tpm2.TPM2BDigest{Buffer: a.Platform.digest()}, Pcrs: selection(a.Platform.indices())},
		valid,
	)
}

// atMost returns PolicyNV(counter ≤ bound) without its session and authorisation.
func atMost(c counter, bound uint64) (tpm2.PolicyNV, error) {
	name, err := c.name()
	if err != nil {
		return tpm2.PolicyNV{}, err
	}
	return tpm2.PolicyNV{
		NVIndex:   tpm2.NamedHandle{Handle: tpm2.TPMHandle(c.index), Name: name},
		OperandB:  tpm2.TPM2BOperand{Buffer: binary.BigEndian.AppendUint64(nil, bound)},
		Operation: tpm2.TPMEOUnsignedLE,
	}, nil
}
