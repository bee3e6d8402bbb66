package hsm

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/google/go-tpm/tpm2"
)

// The TPM's defence against guessed PINs (Part 1, 19.8).
const (
	lockoutTries    = 10    // wrong PINs until the TPM locks itself
	lockoutInterval = 7200  // seconds until one of them is forgiven
	lockoutRecovery = 86400 // seconds until a wrong lockout authorisation is

	permanentLockoutAuthSet = 1 << 2 // TPMA_PERMANENT, Part 2, 8.6
	permanentInLockout      = 1 << 9
)

// NewLockoutAuth draws a lockout authorisation: 32 letters and digits, to be
// printed and kept in a sealed envelope before [TPM.Protect] sets it. Whoever
// holds it may forgive wrong PINs, and so guess on.
func NewLockoutAuth(rand io.Reader) ([]byte, error) {
	b := make([]byte, authSize)
	defer clear(b)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, fmt.Errorf("draw the lockout authorisation: %w", err)
	}
	return authValue(b), nil
}

// Protect makes the TPM lock itself after 10 wrong PINs, forgive one each 7200 s,
// and take lockout as its lockout authorisation from then on. Called again with
// the same authorisation it changes nothing, so that a ceremony that was cut off
// can be resumed. Errors: [ErrLockoutAuth], [ErrNoTPM].
func (t *TPM) Protect(lockout []byte) error {
	return t.withRoot(func(r *root) error {
		g, err := t.guard()
		if err != nil {
			return err
		}
		fresh := !g.authorised
		current := lockout
		if fresh {
			current = nil
		}
		var parms []byte
		for _, n := range []uint32{lockoutTries, lockoutInterval, lockoutRecovery} {
			parms = binary.BigEndian.AppendUint32(parms, n)
		}
		if err := t.lockoutCommand(r, tpm2.TPMCCDictionaryAttackParameters, parms, current); err != nil || !fresh {
			return err
		}
		// The response is authenticated with the new value, which go-tpm does not expect of
		// the session that authorises: the empty value goes without, and another encrypts.
		_, err = tpm2.HierarchyChangeAuth{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(nil)},
			NewAuth:    tpm2.TPM2BAuth{Buffer: lockout},
		}.Execute(t.link, t.hmac(r, nil, toTPM))
		return failed("set the lockout authorisation", err)
	})
}

// ResetLockout forgives all wrong PINs. Errors: [ErrLockoutAuth], after which the
// TPM takes no lockout authorisation for a day, and [ErrNoTPM].
func (t *TPM) ResetLockout(lockout []byte) error {
	return t.withRoot(func(r *root) error {
		return t.lockoutCommand(r, tpm2.TPMCCDictionaryAttackLockReset, nil, lockout)
	})
}

// lockoutCommand runs a command of Part 3, 25, that go-tpm lacks: its handle is
// the lockout hierarchy, and it answers with nothing.
func (t *TPM) lockoutCommand(r *root, cc tpm2.TPMCC, parms, lockout []byte) error {
	err := t.raw(cc, tpm2.TPMRHLockout, parms, t.hmac(r, lockout, nothing))
	if responded(err, tpm2.TPMRCAuthFail, tpm2.TPMRCBadAuth, tpm2.TPMRCLockout) {
		return ErrLockoutAuth
	}
	return failed("manage the lock against guessed PINs", err)
}

// raw runs a command with one handle, authorised by s, that returns nothing
// (Part 1, 18).
func (t *TPM) raw(cc tpm2.TPMCC, handle tpm2.TPMHandle, parms []byte, s tpm2.Session) error {
	if err := s.Init(t.link); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	if err := s.NewNonceCaller(); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	names := []tpm2.TPM2BName{tpm2.HandleName(handle)}
	auth, err := s.Authorize(cc, parms, nil, names, 0)
	if err != nil {
		return fmt.Errorf("authorise: %w", err)
	}
	area := tpm2.Marshal(*auth)
	command := binary.BigEndian.AppendUint16(nil, uint16(tpm2.TPMSTSessions))
	command = binary.BigEndian.AppendUint32(command, uint32(tpmHeader+8+len(area)+len(parms)))
	command = binary.BigEndian.AppendUint32(command, uint32(cc))
	command = binary.BigEndian.AppendUint32(command, uint32(handle))
	command = binary.BigEndian.AppendUint32(command, uint32(len(area)))
	command = append(append(command, area...), parms...)
	response, err := t.link.Send(command)
	if err != nil {
		return err //nolint:wrapcheck // patient's own
	}
	if rc := tpm2.TPMRC(binary.BigEndian.Uint32(response[6:])); rc != tpm2.TPMRCSuccess {
		if err := s.CleanupFailure(t.link); err != nil {
			return fmt.Errorf("%w, and a session stayed open: %w", rc, err)
		}
		return rc
	}
	if len(response) < tpmHeader+4 || binary.BigEndian.Uint32(response[tpmHeader:]) != 0 {
		return fmt.Errorf("%w: its response has parameters", ErrNoTPM)
	}
	answer, err := tpm2.Unmarshal[tpm2.TPMSAuthResponse](response[tpmHeader+4:])
	if err != nil {
		return fmt.Errorf("read the response: %w", err)
	}
	if err := s.Validate(tpm2.TPMRCSuccess, cc, nil, names, 0, answer); err != nil {
		return fmt.Errorf("check the response: %w", err)
	}
	return nil
}

// guard is the state of the TPM's defence against guessed PINs.
type guard struct {
	authorised bool // it has a lockout authorisation
	locked     bool
	failed     uint32 // wrong PINs that are not forgiven
	tries      uint32 // of which lock it
	interval   time.Duration
}

func (t *TPM) guard() (guard, error) {
	p, err := t.properties(tpm2.TPMPTPermanent, uint32(tpm2.TPMPTLockoutRecovery-tpm2.TPMPTPermanent)+1)
	if err != nil {
		return guard{}, err
	}
	return guard{
		authorised: p[tpm2.TPMPTPermanent]&permanentLockoutAuthSet != 0,
		locked:     p[tpm2.TPMPTPermanent]&permanentInLockout != 0,
		failed:     p[tpm2.TPMPTLockoutCounter],
		tries:      p[tpm2.TPMPTMaxAuthFail],
		interval:   time.Duration(p[tpm2.TPMPTLockoutInterval]) * time.Second,
	}, nil
}

func (g guard) left() int { return max(int(g.tries)-int(g.failed), 0) }

// Tries says how many wrong PINs the TPM takes before it locks itself, and, if it
// is locked, until when at the latest, provided that it stays powered: how much of
// the time has passed it does not tell. Error: [ErrNoTPM].
func (t *TPM) Tries() (left int, lockedOut bool, until time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.guard()
	if err != nil || !g.locked {
		return g.left(), false, time.Time{}, err
	}
	return 0, true, t.clock().Add(g.interval), nil
}

// HasLockoutAuth reports whether the TPM has a lockout authorisation already, so
// that [TPM.Protect] would need that one: any other costs a day. Error: [ErrNoTPM].
func (t *TPM) HasLockoutAuth() (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.guard()
	return g.authorised, err
}

// checkProtected refuses a TPM that guesses at PINs are not limited on.
func (t *TPM) checkProtected() error {
	g, err := t.guard()
	if err != nil {
		return err
	}
	if !g.authorised || g.tries == 0 || g.tries > lockoutTries || g.interval < lockoutInterval*time.Second {
		return ErrTPMUnprotected
	}
	return nil
}

// wrongPIN says how many tries are left.
func (t *TPM) wrongPIN() error {
	g, err := t.guard()
	if err != nil {
		return err
	}
	return &PINError{Left: g.left()}
}

// lockedOut says when the TPM forgives the next wrong PIN.
func (t *TPM) lockedOut() error {
	g, err := t.guard()
	if err != nil {
		return err
	}
	return &LockoutError{Until: t.clock().Add(g.interval)}
}
