package appliance

import (
	"bytes"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"marque/authority"
	"marque/hsm"
)

func (a *Appliance) drill(texts [][]byte) (err error) {
	if a.Locked() {
		return hsm.ErrLocked
	}
	set := a.cards.of(hsm.PurposeBackup)
	if set == nil {
		return ErrNoCards
	}
	seed, err := a.combine(set, texts)
	if err != nil {
		return err
	}
	defer seed.Erase()
	// Not in the authority's folder: should the program be killed now, there must be nothing in it that nobody knows.
	dir, err := os.MkdirTemp("", "marque-drill-")
	if err != nil {
		return fmt.Errorf("make a folder for the second vault: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := a.rehearse(filepath.Join(dir, vaultFile), seed); err != nil {
		return err
	}
	return a.authority.RecordDrill(authority.DrillPassed)
}

// combine verifies every card by itself, so that the one that is wrong can be named, and gives back the seed.
func (a *Appliance) combine(set *cardSet, texts [][]byte) (*hsm.Seed, error) {
	var shares []*hsm.Share
	defer func() {
		for _, s := range shares {
			s.Erase()
		}
	}()
	for i, text := range texts {
		s, err := hsm.ParseShare(text)
		if err != nil {
			return nil, fmt.Errorf("the card that was entered as number %d: %w", i+1, err)
		}
		shares = append(shares, s)
		if err := set.verify(s); err != nil {
			return nil, fmt.Errorf("the card that was entered as number %d: %w", i+1, err)
		}
	}
	return hsm.Combine(set.commitments, shares)
}

// rehearse makes a second vault at path, opens it from there, and compares it with this authority's.
func (a *Appliance) rehearse(path string, seed *hsm.Seed) error {
	passphrase := make([]byte, 32)
	defer clear(passphrase)
	if _, err := io.ReadFull(a.options.rand(), passphrase); err != nil {
		return fmt.Errorf("draw a passphrase for the second vault: %w", err)
	}
	// Nobody guesses 32 random octets: the lowest price will do.
	made, err := seed.CreatePassphrase(path, passphrase, hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}, a.options.rand())
	if err != nil {
		return err
	}
	made.Lock()
	second, err := hsm.Open(path)
	if err != nil {
		return err
	}
	if err := second.Unlock(passphrase); err != nil {
		return err
	}
	defer second.Lock()
	return a.compare(second)
}

// compare finds out whether another vault has the master secret of this authority.
func (a *Appliance) compare(second *hsm.Vault) error {
	core := a.authority.Core()
	params, err := second.Params()
	if err != nil {
		return err
	}
	statement, ok := second.Public().(ed25519.PublicKey)
	if !ok || !bytes.Equal(statement, core.StatementKey[:]) || params.X() != core.X || params.Z() != core.Z {
		return ErrDrill
	}
	key, err := second.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	ours, err := a.vault.StorageKey()
	defer clear(ours[:])
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(key[:], ours[:]) != 1 {
		return ErrDrill
	}
	return nil
}
