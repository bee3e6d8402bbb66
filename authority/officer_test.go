package authority_test

import (
	"errors"
	"strings"
	"testing"

	"marque/authority"
	"marque/hsm"
)

func TestRosterRefuses(t *testing.T) {
	key := func(b byte) [32]byte { return [32]byte{b} }
	anna := authority.Officer{Name: "Anna", Role: authority.SecurityOfficer, Key: key(1)}
	crowd := make([]authority.Officer, 65)
	for name, officers := range map[string][]authority.Officer{
		"nobody":                nil,
		"too many":              crowd,
		"no security officer":   {{Name: "Dee", Role: authority.DepotOperator, Key: key(2)}},
		"no name":               {anna, {Role: authority.DepotOperator, Key: key(2)}},
		"long name":             {anna, {Name: strings.Repeat("a", 65), Role: authority.DepotOperator, Key: key(2)}},
		"no role":               {anna, {Name: "Dee", Key: key(2)}},
		"unknown role":          {anna, {Name: "Dee", Role: 8, Key: key(2)}},
		"auditor who approves":  {anna, {Name: "Eli", Role: authority.Auditor | authority.SecurityOfficer, Key: key(2)}},
		"auditor who enrols":    {anna, {Name: "Eli", Role: authority.Auditor | authority.DepotOperator, Key: key(2)}},
		"no key":                {anna, {Name: "Dee", Role: authority.DepotOperator}},
		"same key":              {anna, {Name: "Dee", Role: authority.DepotOperator, Key: key(1)}},
		"same name":             {anna, {Name: "ANNA", Role: authority.DepotOperator, Key: key(2)}},
		"everything and nobody": {anna, {Name: "Eli", Role: 7, Key: key(2)}},
	} {
		if _, err := authority.NewRoster(officers); !errors.Is(err, authority.ErrRoster) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRosterIsNotItsCallers(t *testing.T) {
	officers := []authority.Officer{{Name: "Anna", Role: authority.SecurityOfficer, Key: [32]byte{1}}}
	r, err := authority.NewRoster(officers)
	if err != nil {
		t.Fatal(err)
	}
	officers[0].Key = [32]byte{2}
	r.Officers()[0].Role = authority.Auditor
	if got, err := r.Find([32]byte{1}); err != nil || got.Name != "Anna" || got.Role != authority.SecurityOfficer {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := r.Find([32]byte{2}); !errors.Is(err, authority.ErrNotOfficer) {
		t.Errorf("a key of nobody: %v", err)
	}
}

// The two packages may not import each other, and the programs convert one role into the other.
func TestRolesAreThoseOfTheVault(t *testing.T) {
	for want, role := range map[string]hsm.Role{
		"security officer": hsm.SecurityOfficer, "depot operator": hsm.DepotOperator, "auditor": hsm.Auditor,
		"security officer and depot operator": hsm.SecurityOfficer | hsm.DepotOperator,
	} {
		if got := authority.Role(role).String(); got != want {
			t.Errorf("%s became %s", want, got)
		}
	}
}
