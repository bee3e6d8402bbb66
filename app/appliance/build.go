package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// builder makes the files of an authority in a site and moves them to their place.
type builder struct {
	founding *Founding
	options  Options
	tpm      *hsm.TPM // nil for a passphrase vault, and once the appliance has it

	dir      string // where the authority will live
	site     *site
	seed     *hsm.Seed
	officers *hsm.Officers
	quorum   *hsm.QuorumSecret
	vault    *hsm.Vault
	sets     [2]*hsm.Commitments // backup and next
	result   Founded
}

// prepareTPM opens the TPM and protects it against guessed PINs. From then on erase is called.
func (b *builder) prepareTPM() (err error) {
	t := b.founding.TPM
	if err := hsm.CheckPIN(t.PIN, b.founding.Officers); err != nil {
		return err
	}
	if t.Lockout != nil {
		if err := checkLockout(t.Lockout); err != nil {
			return err
		}
	}
	if b.tpm, err = hsm.OpenTPM(b.options.TPM, b.options.Clock); err != nil {
		return err
	}
	if t.Lockout != nil {
		err = b.tpm.Protect(t.Lockout)
	}
	if err != nil {
		b.erase()
	}
	return err
}

// build makes the authority, or nothing.
func (b *builder) build() (*Founded, error) {
	defer b.forget()
	var err error
	if b.site, err = openSite(b.dir, founding, b.discard); err != nil {
		return nil, err
	}
	a, err := b.fill()
	if err != nil {
		return nil, errors.Join(err, b.abandon())
	}
	b.options.reached("checked")
	if err := b.site.move(b.dir); err != nil {
		err = errors.Join(err, b.release(a))
		return nil, errors.Join(err, b.abandon())
	}
	b.options.reached("moved")
	if err := b.settle(a); err != nil {
		err = errors.Join(err, b.release(a), b.site.retreat(b.dir))
		return nil, errors.Join(err, b.abandon())
	}
	b.tpm = nil // the appliance has it
	b.result.Appliance = a
	return &b.result, b.site.close()
}

// fill writes the files into the site and opens them as every later start will.
func (b *builder) fill() (*Appliance, error) {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"begun", b.drawSeed},
		{"officers", b.writeOfficers},
		{"vault", b.writeVault},
		{"split", b.splitSeeds},
		{"database", b.writeDatabase},
		{"cards", b.writeCards},
	} {
		b.options.reached(step.name)
		if err := step.do(); err != nil {
			return nil, err
		}
	}
	b.vault.Lock()
	b.options.reached("written")
	a, err := Open(b.site.path, b.options)
	if err != nil {
		return nil, fmt.Errorf("check what was written: %w", err)
	}
	if err := b.check(a); err != nil {
		return nil, errors.Join(fmt.Errorf("check what was written: %w", err), b.release(a))
	}
	return a, nil
}

func (b *builder) drawSeed() (err error) {
	b.seed = b.founding.Seed
	if b.seed == nil {
		b.seed, err = hsm.NewSeed(b.options.rand())
	}
	return err
}

func (b *builder) writeOfficers() (err error) {
	f := b.founding
	if f.TPM == nil {
		return nil
	}
	if b.officers, b.quorum, err = hsm.Appoint(f.Needed, f.Officers, b.options.Cost, b.options.rand()); err != nil {
		return err
	}
	return writeFile(b.path(officersFile), b.officers.Marshal())
}

func (b *builder) writeVault() (err error) {
	f, path := b.founding, b.path(vaultFile)
	if f.TPM == nil {
		b.vault, err = b.seed.CreatePassphrase(path, f.Passphrase, b.options.Cost, b.options.rand())
		return err
	}
	b.vault, err = hsm.CreateTPM(path, hsm.TPMOptions{
		TPM: b.tpm, Credentials: hsm.Credentials{PIN: f.TPM.PIN, Quorum: b.quorum}, Officers: f.TPM.ApprovalKey, Unified: f.TPM.Unified,
		Cost: b.options.Cost, Seed: b.seed, Rand: b.options.rand(),
	})
	return err
}

// splitSeeds makes the cards. The seed of the next core never was anywhere else, and is nowhere else afterwards.
func (b *builder) splitSeeds() (err error) {
	f := b.founding
	if f.Backup != (Cards{}) {
		if b.sets[0], b.result.Cards, err = split(b.seed, hsm.PurposeBackup, f.Backup); err != nil {
			return err
		}
	}
	if f.Next == (Cards{}) {
		return nil
	}
	next, err := hsm.NewSeed(b.options.rand())
	if err != nil {
		return err
	}
	defer next.Erase()
	params, err := next.Params()
	if err != nil {
		return err
	}
	if f.Realm.Epoch0.IsZero() { // it is part of the next core, too
		f.Realm.Epoch0 = b.options.Clock().UTC().Truncate(24 * time.Hour)
	}
	hash := authority.NextCore(f.Realm, params, next.StatementKey(), nil).Hash()
	f.Realm.Next = hash[:]
	b.sets[1], b.result.Next, err = split(next, hsm.PurposeNext, f.Next)
	return err
}

func split(seed *hsm.Seed, p hsm.Purpose, n Cards) (*hsm.Commitments, [][]byte, error) {
	commitments, shares, err := hsm.Split(seed, p, n.Needed, n.Total)
	if err != nil {
		return nil, nil, err
	}
	texts := make([][]byte, len(shares))
	for i, s := range shares {
		texts[i] = s.Text()
		s.Erase()
	}
	return commitments, texts, nil
}

// writeCards notes which cards there are. Those of before stay good in a recovery, unless there are new ones of their purpose.
func (b *builder) writeCards() error {
	inherited := b.founding.Commitments
	if b.founding.Database == nil {
		inherited = nil // after a rotation they are of the core that was replaced
	}
	for _, text := range inherited {
		c, err := hsm.ParseCommitments(text)
		if err != nil {
			return err
		}
		set := &b.sets[0]
		if c.Purpose() == hsm.PurposeNext {
			set = &b.sets[1]
		}
		if *set == nil {
			*set = c
		}
	}
	c := newCards(b.sets[:]...)
	if c == nil {
		return nil
	}
	for _, s := range c.Sets {
		b.result.Commitments = append(b.result.Commitments, s.Commitments)
	}
	return writeFile(b.path(cardsFile), c.marshal())
}

func (b *builder) writeDatabase() error {
	if b.founding.Database != nil {
		return b.takeDatabase()
	}
	params, err := b.vault.Params()
	if err != nil {
		return err
	}
	key, err := b.vault.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	store, err := storage.Create(b.path(databaseFile), key)
	if err != nil {
		return err
	}
	r := b.founding.Realm
	if b.founding.Backup != (Cards{}) && r.Drill != authority.DrillWaived {
		r.Drill = authority.DrillPending
	}
	if b.founding.Backup == (Cards{}) {
		r.Drill = authority.NoCards
	}
	if b.tpm != nil {
		r.Counter = counter{b.vault, b.tpm}
	}
	_, err = authority.Found(store, b.vault, params, r, b.options.Clock)
	return errors.Join(err, store.Close())
}

// check unlocks the appliance with what people will unlock it with. Every officer signs on once.
func (b *builder) check(a *Appliance) (err error) {
	if b.founding.TPM == nil {
		return a.Unlock(b.founding.Passphrase)
	}
	var present []*hsm.Credential
	defer func() {
		for _, c := range present {
			c.Erase()
		}
	}()
	for _, p := range b.founding.Officers {
		c, err := a.SignOn(p.Name, p.Passphrase)
		if err != nil {
			return err
		}
		present = append(present, c)
	}
	secret, err := a.officers.Rebuild(present)
	if err != nil {
		return err
	}
	defer secret.Erase()
	return a.unlockWith(b.tpm, b.founding.TPM.PIN, secret)
}

// settle lets the appliance, whose files were moved to their place, know that: the vault is opened anew from there. The database stays open,
// so that nobody else gets hold of it meanwhile.
func (b *builder) settle(a *Appliance) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	vault, err := hsm.Open(filepath.Join(b.dir, vaultFile))
	if err != nil {
		return err
	}
	a.vault.Lock()
	a.dir, a.vault = b.dir, vault
	if a.authority, err = authority.Open(a.store, vault, b.options.Clock); err != nil {
		return err
	}
	if b.founding.TPM == nil {
		if err := vault.Unlock(b.founding.Passphrase); err != nil {
			return err
		}
	} else if err := vault.UnlockTPM(b.tpm, hsm.Credentials{PIN: b.founding.TPM.PIN, Quorum: b.quorum}); err != nil {
		return err
	}
	if err := a.attend(b.tpm); err != nil {
		return err
	}
	b.result.Core, err = a.authority.CoreStatement()
	return err
}

func (b *builder) path(name string) string { return filepath.Join(b.site.path, name) }

// release closes the appliance, and leaves the TPM open.
func (b *builder) release(a *Appliance) error {
	a.mu.Lock()
	a.tpm = nil
	a.mu.Unlock()
	return a.Close()
}

// abandon removes what was built, out of the TPM as well.
func (b *builder) abandon() error {
	if err := b.discard(b.path(vaultFile)); err != nil {
		return errors.Join(err, b.site.close()) // the next founding tries again
	}
	return b.site.abandon()
}

// discard takes the counters out of the TPM that a founding which came to nothing made for its vault.
func (b *builder) discard(vault string) error {
	t := b.tpm
	if t == nil {
		if uses, err := usesTPM(vault); err != nil || !uses {
			return err
		}
		var err error
		if t, err = hsm.OpenTPM(b.options.TPM, b.options.Clock); err != nil {
			return fmt.Errorf("an interrupted founding left counters in a TPM: name that TPM, or move %s away: %w", filepath.Dir(vault), err)
		}
		defer closeTPM(t)
	}
	if err := hsm.DiscardStale(vault, t); err != nil {
		return fmt.Errorf("clean up in the TPM, or move %s away: %w", filepath.Dir(vault), err)
	}
	return nil
}

// usesTPM reports whether a vault that was left behind may have counters in a TPM.
func usesTPM(vault string) (bool, error) {
	info, err := os.Stat(vault)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := hsm.Open(vault)
	if errors.Is(err, hsm.ErrVaultBegun) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return v.Kind() == KindTPM, nil
}

// forget erases what is needed during the founding only.
func (b *builder) forget() {
	if b.seed != nil && b.seed != b.founding.Seed {
		b.seed.Erase()
	}
	if b.quorum != nil {
		b.quorum.Erase()
	}
	if b.vault != nil {
		b.vault.Lock()
	}
}

// erase clears the cards of a founding that failed, and lets go of the TPM.
func (b *builder) erase() {
	for _, text := range slices.Concat(b.result.Cards, b.result.Next) {
		clear(text)
	}
	if b.tpm != nil {
		closeTPM(b.tpm)
		b.tpm = nil
	}
}
