package appliance

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"marque/authority"
	"marque/hsm"
)

// changeOfficers does three things, each of which stands once it is on the disk: it writes the new officers beside the present ones,
// seals the vault anew for them, and puts them in the place of the present ones. Before that it makes sure, as far as possible, that
// nothing will stand in the way, and has it decided. The caller holds a.mu.
func (a *Appliance) changeOfficers(present []*hsm.Credential, r *Reappointment) error {
	if a.Locked() {
		return hsm.ErrLocked
	}
	o, err := a.reappointment(r)
	if err != nil {
		return err
	}
	secret, err := a.officers.Rebuild(present)
	if err != nil {
		return err
	}
	defer secret.Erase()
	old := hsm.Credentials{PIN: r.PIN, Quorum: secret}
	if err := a.vault.UnlockTPM(a.tpm, old); err != nil {
		return err
	}
	officers, fresh, err := a.officers.Reappoint(secret, r.Needed, r.People, a.options.cost(), a.options.rand())
	if err != nil {
		return err
	}
	defer fresh.Erase()
	o.Credentials.Quorum = fresh
	if err := a.decide(present, r); err != nil {
		return err
	}
	if err := a.announce(officers); err != nil {
		return err
	}
	a.options.reached("announced")
	return a.rekey(old, o)
}

// rekey seals the vault anew and settles who the officers are, also after an error: the vault says what became of it.
func (a *Appliance) rekey(old hsm.Credentials, o *hsm.TPMOptions) error {
	rekeyed := a.vault.Rekey(old, *o)
	a.options.reached("rekeyed")
	officers, err := a.settleOfficers()
	if err != nil {
		return errors.Join(rekeyed, err, a.lock())
	}
	a.officers = officers
	return errors.Join(rekeyed, a.appoint())
}

// reappointment returns what the vault is sealed anew with, but for the officers' secret.
func (a *Appliance) reappointment(r *Reappointment) (*hsm.TPMOptions, error) {
	if r.ApprovalKey == nil {
		return nil, fmt.Errorf("%w: the vault is sealed anew, which takes an approval key", hsm.ErrApproval)
	}
	pin := r.PIN
	if r.NewPIN != nil {
		pin = r.NewPIN
	}
	if err := hsm.CheckPIN(pin, r.People); err != nil {
		return nil, err
	}
	return &hsm.TPMOptions{
		TPM: a.tpm, Credentials: hsm.Credentials{PIN: pin}, Officers: r.ApprovalKey, Cost: a.options.cost(), Rand: a.options.rand(),
	}, nil
}

// decide puts the decision of those who are present into the log.
func (a *Appliance) decide(present []*hsm.Credential, r *Reappointment) error {
	payload, err := a.officersPayload(r)
	if err != nil {
		return err
	}
	signers := make([]crypto.Signer, len(present))
	for i, c := range present {
		signers[i] = c
	}
	_, err = a.authority.Decide(signers, authority.ActionOfficers, payload)
	return err
}

func (a *Appliance) officersPayload(r *Reappointment) ([]byte, error) {
	roster, err := rosterOf(a.officers)
	if err != nil {
		return nil, err
	}
	var people []authority.Appointed
	for _, p := range r.People {
		people = append(people, authority.Appointed{Name: p.Name, Role: authority.Role(p.Role), New: p.Passphrase != nil})
	}
	p, err := authority.NewOfficersPayload(roster, a.officers.Needed(), r.Needed, people)
	if err != nil {
		return nil, err
	}
	return p.Marshal()
}

// announce writes officers who are to come into "officers.next", under the hash of the vault that does not open for them yet.
func (a *Appliance) announce(officers *hsm.Officers) error {
	hash, err := a.vaultHash()
	if err != nil {
		return err
	}
	return replaceFile(a.path(announcedFile), append([]byte(hash+"\n"), officers.Marshal()...))
}

func (a *Appliance) vaultHash() (string, error) {
	b, err := readFile(a.path(vaultFile), maxVaultFile)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// settleOfficers returns the officers that the vault opens for, nil for a passphrase vault. If a change of officers was cut off, the
// vault says whether it was sealed anew by then: the change is undone if it is still the vault of the announcement, and completed if
// not.
func (a *Appliance) settleOfficers() (*hsm.Officers, error) {
	if a.Kind() != KindTPM {
		return nil, nil //nolint:nilnil // there are none
	}
	announced := a.path(announcedFile)
	b, err := readFile(announced, maxOfficersFile+hashLine)
	if errors.Is(err, fs.ErrNotExist) {
		return readOfficers(a.path(officersFile))
	}
	if err != nil {
		return nil, err
	}
	before, rest, found := bytes.Cut(b, []byte("\n"))
	if !found || len(before) != hashLine-1 {
		return nil, fmt.Errorf("officers who are to come: %w", hsm.ErrOfficersCorrupt)
	}
	now, err := a.vaultHash()
	if err != nil {
		return nil, err
	}
	if now != string(before) {
		if _, err := hsm.ParseOfficers(rest); err != nil {
			return nil, fmt.Errorf("officers who are to come: %w", err)
		}
		if err := replaceFile(a.path(officersFile), rest); err != nil {
			return nil, err
		}
		a.options.reached("settled")
	}
	if err := errors.Join(remove(announced), syncFolder(a.dir)); err != nil {
		return nil, err
	}
	return readOfficers(a.path(officersFile))
}
