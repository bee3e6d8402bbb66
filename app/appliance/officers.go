package appliance

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

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

var errLater = errors.New("not built yet")

func (a *Appliance) changeOfficers(present []*hsm.Credential, r *Reappointment) error {
	_, _ = present, r
	return errLater
}

// settleOfficers reads the officers that the vault opens for.
func (a *Appliance) settleOfficers() (*hsm.Officers, error) {
	if a.Kind() != KindTPM {
		return nil, nil //nolint:nilnil // there are none
	}
	return readOfficers(a.path(officersFile))
}

// appoint tells the authority who its officers are.
func (a *Appliance) appoint() error { return nil }
