package hsm

import (
	"bytes"
	"errors"
	"fmt"
)

// Rekey changes what opens the vault: the PIN, the passphrase or the officers,
// their approval key among them. Seed and counters stay, and o.Seed is not used; PCR
// 11 counts if it did or if o.Unified is set. The platform that runs is approved
// anew, and no other one. The TPM refuses every copy of the file from before, also
// to whoever has all that opened it, the old approval key included.
//
// The vault may be locked, and stays so. Once the new file is written, the new
// credentials hold even if an error says that the copies from before still open,
// or if the computer stops in between: the next unlocking sees to them first.
// Errors: those of [Vault.UnlockTPM] for the old credentials and of [CreateTPM] for
// the new ones.
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
	before := v.file.TPM
	f.TPM.Root, f.TPM.Counters = before.Root, before.Counters
	f.TPM.Rekeyed, f.TPM.Unified = v.rekeyings()+1, before.Unified || o.Unified
	return o.TPM.onRoot(before, func(r *root) error { return v.rekey(r, f, &old, &o) })
}

// rekeyings returns how many there were, with that which was cut off before its file
// was there: somebody may have copied it, and it would open with the credentials of
// then. The caller holds v.mu.
func (v *Vault) rekeyings() uint64 {
	n := v.file.TPM.Rekeyed
	f, err := readFile(v.path + rekeyedSuffix)
	if err != nil || f.TPM == nil || !bytes.Equal(f.TPM.Counters.Founding, v.file.TPM.Counters.Founding) {
		return n
	}
	if f.TPM.Rekeyed > n && f.TPM.Rekeyed-n < maxRekeyings {
		n = f.TPM.Rekeyed
	}
	return n
}

// rekey moves the seed into f, and f into the place of the vault's file. The caller
// holds v.mu.
func (v *Vault) rekey(r *root, f *file, old *Credentials, o *TPMOptions) error {
	page := newPage()
	defer freePage(page)
	seed, err := o.TPM.openSeed(r, v.file, old, page)
	if err != nil {
		return err
	}
	auth, err := f.TPM.counterAuth(seed)
	if err != nil {
		return err
	}
	defer clear(auth)
	if err := o.TPM.settle(r, v.file.TPM, auth); err != nil {
		return err
	}
	retired, err := o.TPM.readCounter(r, f.TPM.retired())
	if err != nil {
		return err
	}
	if err := f.lockUp(r, o, retired, seed); err != nil {
		return err
	}
	opened, err := o.TPM.openVault(r, f, &o.Credentials)
	if err != nil {
		return fmt.Errorf("try the new credentials: %w", err)
	}
	opened.erase()
	if err := v.replace(f, rekeyedSuffix); err != nil {
		return err
	}
	if err := o.TPM.settle(r, f.TPM, auth); err != nil {
		return errors.Join(errors.New("the new credentials hold, but copies of the vault from before still open with the old ones: unlock the vault, which ends that"), err)
	}
	return nil
}

// checkNewest refuses a file from before the last rekeying: it must neither be asked
// for its seed nor be written in the place of the newest one.
func (t *TPM) checkNewest(r *root, s *sealedHeader) error {
	n, err := t.readCounter(r, s.rekeyed())
	if err == nil && n > s.Rekeyed {
		err = ErrOldVault
	}
	return err
}

// settle advances the counter of rekeyings to the value of the file, which ends the
// copies from before. It is behind where changes were cut off.
func (t *TPM) settle(r *root, s *sealedHeader, auth []byte) error {
	n, err := t.readCounter(r, s.rekeyed())
	if err != nil {
		return err
	}
	if n > s.Rekeyed || s.Rekeyed-n > maxRekeyings {
		return fmt.Errorf("%w: it counts %d changes, and the vault's file %d", ErrCounter, n, s.Rekeyed)
	}
	for err == nil && n < s.Rekeyed {
		n, err = t.advance(r, s.rekeyed(), auth)
	}
	return err
}
