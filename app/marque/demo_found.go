package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/words"
	"marque/authority"
)

// demoOfficers are who opens the demonstration's TPM vault, two of them together.
var demoOfficers = []string{"Ada Byron", "Ben Okri", "Cem Yılmaz"}

// demoCards is how many cards there are of either kind, and how many give the secret back.
var demoCards = ceremony.Cards{Needed: 2, Total: 3}

// found founds the authority under random secrets, which are kept in files, since this is a demonstration.
func (d *demo) found() (string, error) {
	if err := d.draw(append([]string{"pin", "passphrase"}, secretFiles(demoOfficers)...)); err != nil {
		return "", err
	}
	plan, err := checked(d.plan(demoCards))
	if err != nil {
		return "", err
	}
	var made *founded
	err = d.timed("found the authority", func() (_ int, err error) {
		made, err = d.home.found(plan, &foundOptions{papers: d.path("papers")}, localapi.Founding{})
		return 0, err
	})
	if err != nil {
		return "", err
	}
	d.words = made.Words
	line := fmt.Sprintf("the authority of %s has a %s vault (%s grade) and the words %q", made.Realm, made.Vault, made.Grade, made.Words)
	return line, d.arrive(demoOfficers[:2]...)
}

// plan is the ceremony, with that many cards of the next core.
func (d *demo) plan(next ceremony.Cards) *ceremony.Plan {
	p := &ceremony.Plan{
		Realm: demoRealm, Vault: ceremony.Vault{Kind: d.vault.kind},
		EpochLength: authority.DefaultEpochLength, NextUpdate: authority.DefaultNextUpdate, HardExpiry: authority.DefaultHardExpiry,
		Past: authority.DefaultPast, Future: authority.DefaultFuture,
	}
	if d.vault.kind == ceremony.VaultPassphrase {
		return p
	}
	p.Vault.TPM, p.Unlock, p.Backup, p.Next = d.vault.tpm, 2, demoCards, next
	for _, name := range demoOfficers {
		p.Officers = append(p.Officers, ceremony.Officer{Name: name, Role: authority.SecurityOfficer})
	}
	return p
}

func secretFiles(officers []string) (names []string) {
	for _, name := range officers {
		names = append(names, name+".passphrase")
	}
	return names
}

// draw draws secrets and keeps each in a file.
func (d *demo) draw(names []string) error {
	if err := os.Mkdir(d.path("secrets"), 0o700); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.WriteFile(d.path("secrets", name), []byte(rand.Text()+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// arrive connects to the service, which is started for it, and opens the vault with these officers.
func (d *demo) arrive(officers ...string) error {
	c, err := d.connect()
	if err != nil {
		return err
	}
	d.authority, d.home.officers = c, officers
	s, err := c.Status()
	if err != nil {
		return err
	}
	return d.home.unlock(c, &s)
}

func (d *demo) connect() (*localapi.Client, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return localapi.Dial(context.Background(), localapi.Options{Dir: d.home.dir, Program: program, TPM: d.vault.tpm})
}

// leave closes the connection, with which the service ends and the vault is locked.
func (d *demo) leave() error {
	c := d.authority
	d.authority = nil
	if c == nil {
		return nil
	}
	return c.Close()
}

// found anew under the next core, with cards of the old ceremony.
func (d *demo) foundNext(cards [][]byte) (*founded, error) {
	core, err := os.ReadFile(d.path("papers", papers.CoreFile))
	if err != nil {
		return nil, err
	}
	plan, err := checked(d.plan(ceremony.Cards{}))
	if err != nil {
		return nil, err
	}
	next := home{dir: d.path("authority-2"), tpm: d.vault.tpm, secrets: d.home.secrets}
	return next.found(plan, &foundOptions{papers: d.path("papers-2")}, localapi.Founding{Cards: cards, OldCore: core})
}

// statusIs checks in which phase the authority is.
func (d *demo) statusIs(want localapi.Phase) (*localapi.Status, error) {
	s, err := d.authority.Status()
	if err == nil && s.Phase != want {
		err = fmt.Errorf("%w: it is %s, not %s", errPhase, s.Phase, want)
	}
	return &s, err
}

var errPhase = errors.New("the authority is not in the state that it should be in")

// demoWords is the fingerprint of a hash.
func demoWords(hash [32]byte) string { return words.Text(hash[:]) }
