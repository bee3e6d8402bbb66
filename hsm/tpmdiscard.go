package hsm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Discard locks the vault and takes its counters out of the TPM, after which no
// copy of its file opens again: for a vault whose realm never came into being.
// Errors: [ErrCredentials] for a vault without a TPM, [ErrOtherTPM], [ErrCounter]
// where the counters are gone already, [ErrNoTPM].
func (v *Vault) Discard(t *TPM) error {
	v.Lock()
	n, err := t.discard(v.contents().TPM)
	if err == nil && n == 0 {
		err = ErrCounter
	}
	if err != nil {
		return fmt.Errorf("discard the vault: %w", err)
	}
	return nil
}

// DiscardStale takes the counters of a vault out of the TPM that a founding left
// behind which was killed, at whatever point: those that bear the mark of the file
// at vaultPath, be it complete or only begun, and no other vault's. The file stays,
// for the caller to remove. It is for nothing but foundings that were cut off: a
// vault with a realm in it never opens again, in any copy. Called again, it does
// nothing, as for a file that is missing or empty, and for a passphrase vault.
// Errors: [ErrOtherTPM], [ErrNoTPM], [ErrVaultCorrupt].
func DiscardStale(vaultPath string, t *TPM) error {
	if info, err := os.Stat(vaultPath); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil // killed before there was a record, and counters come after it
	}
	f, err := readFile(vaultPath)
	if err == nil && f.TPM != nil {
		_, err = t.discard(f.TPM)
	}
	if err != nil {
		return fmt.Errorf("discard the vault of a founding that was cut off: %w", err)
	}
	return nil
}

// discard returns how many counters it deleted.
func (t *TPM) discard(s *sealedHeader) (n int, err error) {
	err = t.onRoot(s, func(r *root) error {
		n, err = t.removeCounters(r, s.Counters.owner())
		return err
	})
	return n, err
}
