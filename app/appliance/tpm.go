package appliance

import (
	"errors"

	"marque/authority"
	"marque/hsm"
)

// counter is the TPM's rollback counter, as package authority uses it while the appliance is unlocked.
type counter struct {
	vault *hsm.Vault
	tpm   *hsm.TPM
}

// Value returns the counter's value.
func (c counter) Value() (uint64, error) { return c.vault.Counter(c.tpm) }

// Advance adds one to the counter and returns its value.
func (c counter) Advance() (uint64, error) { return c.vault.AdvanceCounter(c.tpm) }

func (a *Appliance) openTPM() (*hsm.TPM, error) { return hsm.OpenTPM(a.options.TPM, a.options.Clock) }

// closeTPM lets go of the TPM. Should that fail, what was done with it holds all the same; at worst the TPM counts its next start as
// a wrong PIN.
func closeTPM(t *hsm.TPM) { _ = t.Close() }

// withTPM runs do with the vault's TPM, which is open while the appliance is unlocked. The caller holds a.mu. Error: [ErrNoTPMVault].
func (a *Appliance) withTPM(do func(*hsm.TPM) error) error {
	if a.Kind() != KindTPM {
		return ErrNoTPMVault
	}
	if a.tpm != nil {
		return do(a.tpm)
	}
	t, err := a.openTPM()
	if err != nil {
		return err
	}
	defer closeTPM(t)
	return do(t)
}

// count lets the authority compare its newest checkpoint with the TPM's counter. That the database is old or restored is no error
// here: it can be read.
func (a *Appliance) count() error {
	if a.tpm == nil {
		return a.authority.SetCounter(nil)
	}
	err := a.authority.SetCounter(counter{a.vault, a.tpm})
	if errors.Is(err, authority.ErrRolledBack) || errors.Is(err, authority.ErrCounterLost) || errors.Is(err, authority.ErrRestored) {
		return nil
	}
	return err
}

// seal ends the log with a checkpoint of a new counter, if anything was issued since the last one.
func (a *Appliance) seal() error {
	if a.Locked() {
		return nil
	}
	return a.authority.Seal()
}
