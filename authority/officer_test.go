package authority_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"marque/authority"
	"marque/hsm"
)

var (
	orderEight = [32]byte{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	}
	notReduced = [32]byte(append([]byte{0xee}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...)) // 1, written as p + 1
)

func TestRosterRefuses(t *testing.T) {
	key := func(b byte) [32]byte { return [32]byte{b, 1} }
	anna := authority.Officer{Name: "Anna", Role: authority.SecurityOfficer, Key: key(1)}
	crowd := make([]authority.Officer, 65)
	for name, officers := range map[string][]authority.Officer{
		"nobody":                  nil,
		"too many":                crowd,
		"no security officer":     {{Name: "Dee", Role: authority.DepotOperator, Key: key(2)}},
		"no name":                 {anna, {Role: authority.DepotOperator, Key: key(2)}},
		"long name":               {anna, {Name: strings.Repeat("a", 65), Role: authority.DepotOperator, Key: key(2)}},
		"no role":                 {anna, {Name: "Dee", Key: key(2)}},
		"unknown role":            {anna, {Name: "Dee", Role: 8, Key: key(2)}},
		"auditor who approves":    {anna, {Name: "Eli", Role: authority.Auditor | authority.SecurityOfficer, Key: key(2)}},
		"auditor who enrols":      {anna, {Name: "Eli", Role: authority.Auditor | authority.DepotOperator, Key: key(2)}},
		"no key":                  {anna, {Name: "Dee", Role: authority.DepotOperator}},
		"key of order 1":          {anna, {Name: "Dee", Role: authority.DepotOperator, Key: [32]byte{1}}},
		"key of order 8":          {anna, {Name: "Dee", Role: authority.DepotOperator, Key: orderEight}},
		"key with another sign":   {anna, {Name: "Dee", Role: authority.DepotOperator, Key: [32]byte{0: 1, 31: 0x80}}},
		"key that is not reduced": {anna, {Name: "Dee", Role: authority.DepotOperator, Key: notReduced}},
		"line break":              {anna, {Name: "Dee\nEli", Role: authority.DepotOperator, Key: key(2)}},
		"turned around":           {anna, {Name: "Dee\u202eile", Role: authority.DepotOperator, Key: key(2)}},
		"same key":                {anna, {Name: "Dee", Role: authority.DepotOperator, Key: key(1)}},
		"same name":               {anna, {Name: "ANNA", Role: authority.DepotOperator, Key: key(2)}},
		"everything and nobody":   {anna, {Name: "Eli", Role: 7, Key: key(2)}},
	} {
		if _, err := authority.NewRoster(officers); !errors.Is(err, authority.ErrRoster) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRosterIsNotItsCallers(t *testing.T) {
	officers := []authority.Officer{{Name: "Anna", Role: authority.SecurityOfficer, Key: [32]byte{1, 1}}}
	r, err := authority.NewRoster(officers)
	if err != nil {
		t.Fatal(err)
	}
	officers[0].Key = [32]byte{2, 1}
	r.Officers()[0].Role = authority.Auditor
	if got, err := r.Find([32]byte{1, 1}); err != nil || got.Name != "Anna" || got.Role != authority.SecurityOfficer {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := r.Find([32]byte{2, 1}); !errors.Is(err, authority.ErrNotOfficer) {
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
