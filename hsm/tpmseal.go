package hsm

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// seal puts a secret of 32 octets under the storage root key, for the policy of s
// and an authorisation value, and notes the object in s. Part 1, 22 and 25.7.
func (t *TPM) seal(r *root, s *sealedHeader, secret, auth []byte) error {
	policy, err := s.policy()
	if err != nil {
		return err
	}
	rsp, err := tpm2.Create{
		ParentHandle: tpm2.AuthHandle{Handle: r.handle, Name: tpm2.TPM2BName{Buffer: r.name}, Auth: t.hmac(r, nil, toTPM)},
		InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
			UserAuth: tpm2.TPM2BAuth{Buffer: auth},
			Data:     tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: secret}),
		}},
		InPublic: tpm2.New2B(tpm2.TPMTPublic{
			Type:    tpm2.TPMAlgKeyedHash,
			NameAlg: tpm2.TPMAlgSHA256,
			// Neither UserWithAuth nor NoDA: only the policy opens it, and wrong PINs count.
			ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true},
			AuthPolicy:       tpm2.TPM2BDigest{Buffer: policy},
		}),
	}.Execute(t.link)
	if err != nil {
		return failed("seal", err)
	}
	s.Public, s.Private = bytes.Clone(rsp.OutPublic.Bytes()), bytes.Clone(rsp.OutPrivate.Buffer)
	return nil
}

// unseal returns the sealed secret, 32 octets, if the platform fits the approval,
// the approval is not retired, and auth is right. The caller clears the secret.
func (t *TPM) unseal(r *root, s *sealedHeader, a *Approval, auth []byte) (secret []byte, err error) {
	ticket, key, err := t.ticket(s, a)
	if err != nil {
		return nil, err
	}
	loaded, err := tpm2.Load{
		ParentHandle: tpm2.AuthHandle{Handle: r.handle, Name: tpm2.TPM2BName{Buffer: r.name}, Auth: t.hmac(r, nil, nothing)},
		InPrivate:    tpm2.TPM2BPrivate{Buffer: s.Private},
		InPublic:     tpm2.BytesAs2B[tpm2.TPMTPublic](s.Public),
	}.Execute(t.link)
	if err != nil {
		return nil, unsealFailed("load the sealed secret", err)
	}
	defer func() { err = errors.Join(err, t.flush(loaded.ObjectHandle)) }()

	session, end, err := tpm2.PolicySession(t.link, tpm2.TPMAlgSHA256, nonceSize, t.session(r, auth, fromTPM)...)
	if err != nil {
		return nil, failed("start a policy session", err)
	}
	defer func() { err = errors.Join(err, failed("flush", end())) }()
	if err := t.satisfy(r, session.Handle(), s, a, ticket, key); err != nil {
		return nil, err
	}
	rsp, err := tpm2.Unseal{
		ItemHandle: tpm2.AuthHandle{Handle: loaded.ObjectHandle, Name: loaded.Name, Auth: session},
	}.Execute(t.link)
	switch {
	case responded(err, tpm2.TPMRCAuthFail):
		return nil, t.wrongPIN()
	case responded(err, tpm2.TPMRCLockout):
		return nil, t.lockedOut()
	case err != nil:
		return nil, unsealFailed("unseal", err)
	case len(rsp.OutData.Buffer) != tpmSecretSize:
		clear(rsp.OutData.Buffer)
		return nil, fmt.Errorf("%w: the sealed secret has a wrong length", ErrVaultCorrupt)
	}
	return rsp.OutData.Buffer, nil
}

// ticket lets the TPM check the officers' signature, and returns its word that
// it did, and the name of the officers' key.
func (t *TPM) ticket(s *sealedHeader, a *Approval) (ticket tpm2.TPMTTKVerified, name tpm2.TPM2BName, err error) {
	public, _, err := s.key()
	if err != nil {
		return ticket, name, err
	}
	digest, err := s.toSign(a)
	if err != nil {
		return ticket, name, err
	}
	signature, err := a.signature()
	if err != nil {
		return ticket, name, err
	}
	// A key of the null hierarchy would yield a ticket that proves nothing.
	key, err := tpm2.LoadExternal{InPublic: tpm2.New2B(public), Hierarchy: tpm2.TPMRHOwner}.Execute(t.link)
	if err != nil {
		return ticket, name, failed("load the officers' key", err)
	}
	defer func() { err = errors.Join(err, t.flush(key.ObjectHandle)) }()
	verified, err := tpm2.VerifySignature{
		KeyHandle: tpm2.NamedHandle{Handle: key.ObjectHandle, Name: key.Name},
		Digest:    tpm2.TPM2BDigest{Buffer: digest},
		Signature: signature,
	}.Execute(t.link)
	if responded(err, tpm2.TPMRCSignature) {
		return ticket, name, fmt.Errorf("%w: the TPM refused its signature", ErrApproval)
	}
	if err != nil {
		return ticket, name, failed("check an approval", err)
	}
	return verified.Validation, key.Name, nil
}

// satisfy runs the commands of the sealed object's policy.
func (t *TPM) satisfy(r *root, session tpm2.TPMHandle, s *sealedHeader, a *Approval, ticket tpm2.TPMTTKVerified, key tpm2.TPM2BName) error {
	if _, err := (tpm2.PolicyPCR{PolicySession: session, Pcrs: selection(a.Platform.indices())}).Execute(t.link); err != nil {
		return failed("bind to the platform", err)
	}
	if err := t.compare(r, session, s.retired(), a.Bound, ErrApprovalRetired); err != nil {
		return err
	}
	approved, err := s.approved(a)
	if err != nil {
		return err
	}
	_, err = tpm2.PolicyAuthorize{
		PolicySession:  session,
		ApprovedPolicy: tpm2.TPM2BDigest{Buffer: approved},
		PolicyRef:      tpm2.TPM2BDigest{Buffer: s.reference()},
		KeySign:        key,
		CheckTicket:    ticket,
	}.Execute(t.link)
	if responded(err, tpm2.TPMRCValue) {
		return ErrPlatformChanged // the session's digest is not the approved one
	}
	if err != nil {
		return failed("present the approval", err)
	}
	if err := t.compare(r, session, s.rekeyed(), s.Rekeyed, ErrOldVault); err != nil {
		return err
	}
	_, err = tpm2.PolicyAuthValue{PolicySession: session}.Execute(t.link)
	return failed("ask for the PIN", err)
}

// compare binds a session to a counter being at most bound. Beyond it, the error is
// exceeded.
func (t *TPM) compare(r *root, session tpm2.TPMHandle, c counter, bound uint64, exceeded error) error {
	command, err := atMost(c, bound)
	if err != nil {
		return err
	}
	command.PolicySession = session
	command.AuthHandle = tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: t.hmac(r, nil, nothing)}
	_, err = command.Execute(t.link)
	if responded(err, tpm2.TPMRCPolicy) {
		return exceeded
	}
	return counterFailed("compare a counter", err)
}

// unsealFailed tells damage from the rest.
func unsealFailed(operation string, err error) error {
	switch {
	case responded(err, tpm2.TPMRCPCRChanged):
		return ErrPlatformChanged
	case responded(err, tpm2.TPMRCIntegrity, tpm2.TPMRCSize, tpm2.TPMRCBinding, tpm2.TPMRCSensitive, tpm2.TPMRCAttributes,
		tpm2.TPMRCPolicyFail, tpm2.TPMRCType, tpm2.TPMRCHash, tpm2.TPMRCInsufficient, tpm2.TPMRCScheme, tpm2.TPMRCKey):
		return fmt.Errorf("%w: the TPM refuses its sealed object", ErrVaultCorrupt)
	default:
		return failed(operation, err)
	}
}

// choose returns the approval of the platform that the computer started. Where there
// is none it names the registers that differ from the nearest one: that with the
// fewest differences, and of these the newest.
func (t *TPM) choose(r *root, s *sealedHeader, approvals []Approval) (_ *Approval, changed string, err error) {
	retired, err := t.readCounter(r, s.retired())
	if err != nil {
		return nil, "", err
	}
	now, err := t.platform(s.Unified)
	if err != nil {
		return nil, "", err
	}
	nearest := registers(s.Unified)
	for i := range approvals {
		a := &approvals[i]
		differs := now.changed(a.Platform)
		switch {
		case len(differs) > 0:
			if len(differs) <= len(nearest) {
				nearest = differs
			}
		case a.Bound < retired:
			err = ErrApprovalRetired
		case a.Bound > retired+1:
			err = fmt.Errorf("%w: it reaches further than officers can approve", ErrApproval)
		default:
			return a, "", nil
		}
	}
	if err != nil {
		return nil, "", err
	}
	return nil, meanings(nearest), nil
}
