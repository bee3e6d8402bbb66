package appliance

import (
	"crypto"
	"fmt"

	"marque/hsm"
)

// Platform is what the TPM measured, and what the officers approved.
type Platform struct {
	Now       hsm.Platform
	Changed   string // which registers differ from the newest approval; empty when an approval fits
	Bound     uint64 // what an approval made now takes
	Digest    []byte // what the approval key signs for Now and Bound, 32 octets: ECDSA, not hashed again
	Approvals int    // in the vault
	Retired   uint64 // approvals with a lower bound are refused
}

// Platform compares the platform that runs with those that the officers approved. The vault may be locked. Errors: [ErrNoTPMVault],
// hsm.ErrNoTPM, hsm.ErrOtherTPM, hsm.ErrCounter.
func (a *Appliance) Platform() (*Platform, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var p *Platform
	err := a.withTPM(func(t *hsm.TPM) (err error) {
		p, err = a.platform(t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look at the platform: %w", err)
	}
	return p, nil
}

// ApprovePlatform takes an approval of the platform that runs into the vault, which may be locked: one that key signs here, or else
// signature, ASN.1 DER, which was made over Platform.Digest. Errors: hsm.ErrApproval and those of Platform.
func (a *Appliance) ApprovePlatform(key crypto.Signer, signature []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.withTPM(func(t *hsm.TPM) error {
		p, err := a.platform(t)
		if err != nil {
			return err
		}
		approval := &hsm.Approval{Platform: p.Now, Bound: p.Bound, Signature: signature}
		if key != nil {
			if approval, err = a.vault.Approve(t, p.Now, p.Bound, key, a.options.rand()); err != nil {
				return err
			}
		}
		return a.vault.AddApproval(t, approval)
	})
	if err != nil {
		return fmt.Errorf("approve the platform: %w", err)
	}
	return nil
}

// RetirePlatforms makes the TPM refuse every approval but the newest one of the platform that runs, in every copy of the vault, and
// returns the new value of the counter. The appliance must be unlocked. Errors: hsm.ErrLocked, hsm.ErrApproval, and those of Platform.
func (a *Appliance) RetirePlatforms() (retired uint64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.withTPM(func(t *hsm.TPM) error {
		retired, err = a.vault.RetireApprovals(t)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retire old platforms: %w", err)
	}
	return retired, nil
}

// ResetLockout forgives all wrong PINs, with the lockout authorisation from the ceremony's envelope. The vault may be locked. Errors:
// [ErrNoTPMVault], [ErrLockoutForm], hsm.ErrNoTPM, and hsm.ErrLockoutAuth, after which the TPM takes no lockout authorisation for a day.
func (a *Appliance) ResetLockout(auth []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.withTPM(func(t *hsm.TPM) error {
		if err := checkLockout(auth); err != nil {
			return err
		}
		return t.ResetLockout(auth)
	})
	if err != nil {
		return fmt.Errorf("forgive wrong PINs: %w", err)
	}
	return nil
}

// checkLockout refuses what hsm.NewLockoutAuth cannot have drawn.
func checkLockout(auth []byte) error {
	if len(auth) != lockoutSize {
		return ErrLockoutForm
	}
	for _, b := range auth {
		if (b < 'A' || b > 'Z') && (b < '2' || b > '7') {
			return ErrLockoutForm
		}
	}
	return nil
}

func (a *Appliance) platform(t *hsm.TPM) (*Platform, error) {
	now, err := t.Platform(a.vault.Unified())
	if err != nil {
		return nil, err
	}
	p := &Platform{Now: now, Approvals: len(a.vault.Approvals())}
	if p.Changed, err = a.changed(t); err != nil {
		return nil, err
	}
	if p.Retired, err = a.vault.Retired(t); err != nil {
		return nil, err
	}
	p.Bound = p.Retired + 1 // it outlives the approvals of before, when these are retired
	p.Digest, err = a.vault.ApprovalDigest(t, now, p.Bound)
	return p, err
}
