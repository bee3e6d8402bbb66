package appliance

import (
	"crypto"
	"io"
	"time"

	"marque/hsm"
)

// Kinds of vaults, as [Appliance.Kind] says them.
const (
	KindPassphrase = "passphrase"
	KindTPM        = "tpm"
)

// TPM is what a TPM vault needs besides its passphrase.
type TPM struct {
	Path string // of the device, as a rule /dev/tpmrm0, or of the Unix socket of swtpm
	PIN  []byte // 6 to 1024 octets; stays with the caller, who clears it
}

// NewTPM is what a new TPM vault needs besides its passphrase.
type NewTPM struct {
	TPM

	// Officers is the approval key of P-256: it approves the platform that runs
	// now, and later ones.
	Officers crypto.Signer
	// Lockout is the lockout authorisation of [hsm.NewLockoutAuth], on paper by now.
	// Nil leaves that of the TPM as it is, for one that has one from before.
	Lockout []byte
}

// keys make and open the vault of one authority.
type keys interface {
	create(path string, rand io.Reader) (*hsm.Vault, error)
	open(v *hsm.Vault) error
	abandon() error // undoes create as far as it reached beyond the vault's file
}

type passphraseKeys []byte

func (p passphraseKeys) create(path string, rand io.Reader) (*hsm.Vault, error) {
	return hsm.CreatePassphrase(path, p, rand)
}
func (p passphraseKeys) open(v *hsm.Vault) error { return v.Unlock(p) }
func (passphraseKeys) abandon() error            { return nil }

type tpmKeys struct {
	tpm         *hsm.TPM
	credentials hsm.Credentials
	officers    crypto.Signer
	made        *hsm.Vault // by create
}

// openTPM returns keys that hold the TPM, for the caller to close. The clock says
// when a lockout ends.
func openTPM(t TPM, passphrase []byte, clock func() time.Time) (*tpmKeys, error) {
	opened, err := hsm.OpenTPM(t.Path, clock)
	if err != nil {
		return nil, err
	}
	return &tpmKeys{tpm: opened, credentials: hsm.Credentials{PIN: t.PIN, Passphrase: passphrase}}, nil
}

func (k *tpmKeys) create(path string, rand io.Reader) (v *hsm.Vault, err error) {
	k.made, err = hsm.CreateTPM(path, hsm.TPMOptions{
		TPM: k.tpm, Credentials: k.credentials, Officers: k.officers, Cost: hsm.DefaultCost(), Rand: rand,
	})
	return k.made, err
}

func (k *tpmKeys) open(v *hsm.Vault) error { return v.UnlockTPM(k.tpm, k.credentials) }

func (k *tpmKeys) abandon() error {
	if k.made == nil {
		return nil
	}
	return k.made.Discard(k.tpm)
}

// close lets go of the TPM. Should that fail, what was done with it holds all the
// same; at worst the TPM counts its next start as a wrong PIN.
func (k *tpmKeys) close() { _ = k.tpm.Close() }
