package hsm

import (
	"errors"
	"fmt"
)

// Rekey changes what opens the vault: the PIN, the passphrase or the officers,
// their key among them. Seed and counters stay, and o.Seed is not used. The platform
// that runs is approved anew, and no other one; the TPM refuses every approval from
// before, so that old credentials open no old copy of the file.
//
// The vault may be locked, and stays so. Once the new file is written, the new
// credentials hold even if an error says that old copies were not retired:
// [Vault.RetireApprovals] does that then. Errors: those of [Vault.UnlockTPM] for
// the old credentials and of [CreateTPM] for the new ones.
func (v *Vault) Rekey(old Credentials, o TPMOptions) error {
	second, err := o.check()
	if err != nil {
		return err
	}
	key, err := approvalPoint(o.Officers)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := old.fits(v.file); err != nil {
		return err
	}
	f, err := o.newFile(second, key)
	if err != nil {
		return err
	}
	f.TPM.Root, f.TPM.Retired, f.TPM.Rollback = v.file.TPM.Root, v.file.TPM.Retired, v.file.TPM.Rollback
	return o.TPM.withRoot(func(r *root) error { return v.rekey(r, f, &old, &o) })
}

// rekey moves the seed into f, and f into the place of the vault's file. The caller
// holds v.mu.
func (v *Vault) rekey(r *root, f *file, old *Credentials, o *TPMOptions) error {
	page := newPage()
	defer freePage(page)
	seed, secret, err := o.TPM.openSeed(r, v.file, old, page)
	if err != nil {
		return err
	}
	retired, err := o.TPM.readCounter(r, f.TPM.Retired)
	if err != nil {
		return err
	}
	if err := f.lockUp(r, o, retired+1, secret, seed); err != nil {
		return err
	}
	opened, err := o.TPM.openVault(r, f, &o.Credentials)
	if err != nil {
		return fmt.Errorf("try the new credentials: %w", err)
	}
	opened.erase()
	b, err := f.marshal()
	if err != nil {
		return err
	}
	if err := replaceFile(v.path, b); err != nil {
		return err
	}
	v.file = f
	if err := o.TPM.retireOld(r, f, secret); err != nil {
		return errors.Join(errors.New("the new credentials hold, but old copies of the vault still open with the old ones: retire old approvals"), err)
	}
	return nil
}

func (t *TPM) retireOld(r *root, f *file, secret []byte) error {
	auth, err := counterAuth(secret)
	if err != nil {
		return err
	}
	defer clear(auth)
	name, err := counterName(f.TPM.Retired)
	if err != nil {
		return err
	}
	return t.increment(r, f.TPM.Retired, name, auth)
}
