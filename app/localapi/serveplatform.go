package localapi

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"marque/authority"
	"marque/hsm"
)

func (s *Server) platform(*caller, *none) (*Platform, error) {
	in, err := s.authority().Platform()
	if err != nil {
		return nil, err
	}
	out := &Platform{Changed: in.Changed, Bound: in.Bound, Digest: in.Digest, Approvals: in.Approvals, Retired: in.Retired}
	for _, r := range in.Now {
		out.Now = append(out.Now, PCR{Index: int(r.Index), Digest: r.Digest[:]})
	}
	return out, nil
}

func (s *Server) approvePlatform(_ *caller, in *Approval) (*none, error) {
	if (in.Key == nil) == (in.Signature == nil) {
		return nil, errApproval
	}
	if in.Key == nil {
		return &none{}, s.authority().ApprovePlatform(nil, in.Signature)
	}
	key, err := parseApprovalKey(in.Key)
	if err != nil {
		return nil, err
	}
	return &none{}, s.authority().ApprovePlatform(key, nil)
}

func (s *Server) retirePlatforms(*caller, *none) (*number, error) {
	n, err := s.authority().RetirePlatforms()
	return &number{Number: n}, err
}

func (s *Server) resetLockout(_ *caller, in *octets) (*none, error) {
	return &none{}, s.authority().ResetLockout(in.Bytes)
}

var (
	errApproval    = errors.Join(hsm.ErrApproval, errors.New("give the key or its signature, one of both"))
	errApprovalKey = errors.Join(authority.ErrNotOfficer, errors.New("the approval key is not a P-256 key in PKCS #8 and PEM"))
)

// parseApprovalKey reads a P-256 key in PKCS #8 and PEM, which the caller clears.
func parseApprovalKey(text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return nil, errApprovalKey
	}
	defer clear(block.Bytes)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errApprovalKey
	}
	if signer, ok := key.(*ecdsa.PrivateKey); ok && signer.Curve == elliptic.P256() {
		return signer, nil
	}
	return nil, errApprovalKey
}
