package localapi

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

func (s *Server) platform(*caller, *none) (*Platform, error) {
	in, err := s.authority().Platform()
	if err != nil {
		return nil, err
	}
	out := &Platform{Changed: in.Changed, Bound: in.Bound, Digest: in.Digest, Approvals: in.Approvals, Retired: in.Retired}
	for _, r := range in.Now {
		out.Now = append(out.Now, PCR(r))
	}
	return out, nil
}

// approvePlatform approves what runs now. While the vault is locked, which it is after an update of the firmware, nothing can be recorded:
// the approval key decides then, in the presence of as many officers as otherwise: anybody can lock the vault.
func (s *Server) approvePlatform(c *caller, in *Approval) (*none, error) {
	if (in.Key == nil) == (in.Signature == nil) {
		return nil, errApproval
	}
	var key crypto.Signer
	if in.Key != nil {
		var err error
		if key, err = parseApprovalKey(in.Key); err != nil {
			return nil, err
		}
	}
	a := s.authority()
	var err error
	switch {
	case !a.Locked():
		err = decidePlatform(c, a, false)
	case a.Officers() != nil:
		err = a.SufficeForPlatform(c.credentials())
	}
	if err != nil {
		return nil, err
	}
	return &none{}, a.ApprovePlatform(key, in.Signature)
}

func (s *Server) retirePlatforms(c *caller, _ *none) (*number, error) {
	a := s.authority()
	if a.Locked() {
		return nil, storage.ErrLocked
	}
	if err := decidePlatform(c, a, true); err != nil {
		return nil, err
	}
	n, err := a.RetirePlatforms()
	return &number{Number: n}, err
}

// decidePlatform has the officers who are here decide about the platform that runs, or that those before it are retired.
func decidePlatform(c *caller, a *appliance.Appliance, retire bool) error {
	now, err := a.Platform()
	if err != nil {
		return err
	}
	p := authority.PlatformPayload{Retire: true, Bound: now.Retired}
	if !retire {
		p = authority.PlatformPayload{Bound: now.Bound, Digest: [32]byte(now.Digest)}
		for _, r := range now.Now {
			p.PCRs = append(p.PCRs, authority.PCR{Index: r.Index, Digest: [32]byte(r.Digest)})
		}
	}
	payload, err := p.Marshal()
	if err != nil {
		return err
	}
	_, err = a.Authority().Decide(c.signers(), authority.ActionPlatform, payload)
	return err
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
