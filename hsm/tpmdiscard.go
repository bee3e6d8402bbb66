package hsm

import (
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// HasLockoutAuth reports whether the TPM has a lockout authorisation already, so
// that [TPM.Protect] would need that one: any other costs a day. Error: [ErrNoTPM].
func (t *TPM) HasLockoutAuth() (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.properties(tpm2.TPMPTPermanent, 1)
	if err != nil {
		return false, err
	}
	return p[tpm2.TPMPTPermanent]&permanentLockoutAuthSet != 0, nil
}

// Discard locks the vault and takes its counters out of the TPM, after which no
// copy of its file opens again: for a vault whose realm never came into being.
// Errors: [ErrCredentials] for a vault without a TPM, [ErrOtherTPM], [ErrCounter],
// [ErrNoTPM].
func (v *Vault) Discard(t *TPM) error {
	v.Lock()
	_, err := v.onTPM(t, func(r *root, s *sealedHeader) (uint64, error) {
		return 0, errors.Join(t.removeCounter(r, s.Retired), t.removeCounter(r, s.Rollback))
	})
	if err != nil {
		return fmt.Errorf("discard the vault: %w", err)
	}
	return nil
}
