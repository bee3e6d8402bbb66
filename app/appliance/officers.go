package appliance

import (
	"crypto"
	"fmt"
	"slices"

	"marque/authority"
	"marque/hsm"
)

// Reappointment is a change of officers.
type Reappointment struct {
	Needed      int
	People      []hsm.Appointment // everybody who is an officer afterwards; whoever stays and has no passphrase here keeps theirs
	PIN         []byte
	NewPIN      []byte        // nil keeps the PIN
	ApprovalKey crypto.Signer // of P-256: it approves the platform that runs now, under the vault as sealed anew, and later ones
}

// ChangeOfficers appoints other officers, or changes roles, how many unlock, the PIN or the approval key: present are the security
// officers who decide that, as many as the table of package authority says, and as many as unlock. Their decision goes into the log
// here. What opened the vault before opens neither it nor an old copy of it afterwards. Everybody has to sign on again.
//
// A change that is cut off is completed or undone when the authority is opened again.
//
// Errors: [ErrNoOfficers], authority.ErrApprovalsMissing, and those of hsm.Officers.Reappoint and hsm.Vault.Rekey.
func (a *Appliance) ChangeOfficers(present []*hsm.Credential, r Reappointment) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.officers == nil {
		return fmt.Errorf("change the officers: %w", ErrNoOfficers)
	}
	if err := a.changeOfficers(present, &r); err != nil {
		return fmt.Errorf("change the officers: %w", err)
	}
	return nil
}

// ChangePassphrase gives an officer another passphrase, which the officer alone does; nothing else changes, and the vault may be
// locked. An old copy of the file still opens with the old passphrase: where that is known to somebody, change the officers. Errors:
// [ErrNoOfficers], and those of hsm.Officers.ChangePassphrase.
func (a *Appliance) ChangePassphrase(name string, from, to []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.officers == nil {
		return fmt.Errorf("change a passphrase: %w", ErrNoOfficers)
	}
	o, err := findOfficer(a.officers, name)
	if err != nil {
		return fmt.Errorf("change a passphrase: %w", err)
	}
	changed, err := a.officers.ChangePassphrase(o.Number, from, to, a.options.cost(), a.options.rand())
	if err != nil {
		return fmt.Errorf("change a passphrase: %w", err)
	}
	if err := replaceFile(a.path(officersFile), changed.Marshal()); err != nil {
		return fmt.Errorf("change a passphrase: %w", err)
	}
	a.officers = changed
	return nil
}

func findOfficer(officers *hsm.Officers, name string) (hsm.Officer, error) {
	list := officers.List()
	i := slices.IndexFunc(list, func(o hsm.Officer) bool { return o.Name == name })
	if i < 0 {
		return hsm.Officer{}, hsm.ErrNoOfficer
	}
	return list[i], nil
}

// SufficeForPlatform makes sure that as many security officers are present as decide about a platform: for while the vault is locked,
// so that nobody can put the decision into the log. Errors: [ErrNoOfficers], authority.ErrApprovalsMissing.
func (a *Appliance) SufficeForPlatform(present []*hsm.Credential) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.officers == nil {
		return ErrNoOfficers
	}
	roster, err := rosterOf(a.officers)
	if err != nil {
		return err
	}
	table, err := authority.NewTable(1) // what the cards take plays no part here
	if err != nil {
		return err
	}
	need, err := table.Needs(authority.ActionPlatform, roster)
	if err != nil {
		return err
	}
	officers, here := a.officers.List(), make(map[int]bool)
	for _, c := range present {
		if o := c.Officer(); o.Role.Has(hsm.SecurityOfficer) && slices.Contains(officers, o) {
			here[o.Number] = true
		}
	}
	if len(here) < need.Officers {
		return fmt.Errorf("%d of %d security officers are here: %w", len(here), need.Officers, authority.ErrApprovalsMissing)
	}
	return nil
}

// appoint tells the authority who its officers are, and how many decide. The caller holds a.mu.
func (a *Appliance) appoint() error {
	if a.officers == nil {
		a.authority.SetOfficers(nil, nil)
		return nil
	}
	roster, err := rosterOf(a.officers)
	if err != nil {
		return err
	}
	var table *authority.Table // nil is the strictest
	if s := a.cards.of(hsm.PurposeBackup); s != nil {
		if table, err = authority.NewTable(s.commitments.Needed()); err != nil {
			return err
		}
	}
	a.authority.SetOfficers(roster, table)
	return nil
}

// rosterOf returns the officers as package authority knows them. Roles have the same numbers in both packages.
func rosterOf(officers *hsm.Officers) (*authority.Roster, error) {
	var list []authority.Officer
	for _, o := range officers.List() {
		list = append(list, authority.Officer{Name: o.Name, Role: authority.Role(o.Role), Key: o.Key})
	}
	return authority.NewRoster(list)
}
