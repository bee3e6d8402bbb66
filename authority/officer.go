package authority

import (
	"fmt"
	"slices"
	"strings"

	"marque/device/wire"
)

// Role says what an officer may do. One person may be security officer and depot operator; an auditor is nothing else, because
// nobody checks their own work. The numbers are those of hsm.Role.
type Role uint8

const (
	// SecurityOfficer unlocks, approves and revokes.
	SecurityOfficer Role = 1
	// DepotOperator enrols.
	DepotOperator Role = 2
	// Auditor reads.
	Auditor Role = 4
)

// Has reports whether r includes other.
func (r Role) Has(other Role) bool { return r&other == other }

// String names the role, as in "security officer and depot operator".
func (r Role) String() string {
	switch r {
	case SecurityOfficer:
		return "security officer"
	case DepotOperator:
		return "depot operator"
	case SecurityOfficer | DepotOperator:
		return "security officer and depot operator"
	case Auditor:
		return "auditor"
	default:
		return "unknown"
	}
}

func (r Role) check() error {
	switch {
	case r.String() != "unknown":
		return nil
	case r.Has(Auditor):
		return fmt.Errorf("%w: an auditor has no other role", ErrRoster)
	default:
		return fmt.Errorf("%w: an officer is security officer, depot operator or auditor", ErrRoster)
	}
}

// Officer is a person who acts for the realm.
type Officer struct {
	Name string // 1 to 64 octets, printable
	Role Role
	Key  [32]byte // Ed25519, verifies approvals
}

// Roster is the officers of a realm at one time: 1 to 64 of them, no name and no key twice, and at least one security officer.
// It is immutable. It believes what it is given: the keys have to come from an officers' file that has opened the vault.
type Roster struct{ officers []Officer }

// NewRoster returns a roster, or [ErrRoster].
func NewRoster(officers []Officer) (*Roster, error) {
	if len(officers) > maxOfficers {
		return nil, fmt.Errorf("%w: at most %d", ErrRoster, maxOfficers)
	}
	for i, o := range officers {
		if !checkText(o.Name, maxOfficerName) {
			return nil, fmt.Errorf("officer %d: %w: a name has 1 to %d printable octets", i+1, ErrRoster, maxOfficerName)
		}
		if err := o.Role.check(); err != nil {
			return nil, fmt.Errorf("officer %d: %w", i+1, err)
		}
		if wire.CheckKey(o.Key) != nil { // anybody could sign under it
			return nil, fmt.Errorf("officer %d: %w: the key is none, or one of small order", i+1, ErrRoster)
		}
		for j, p := range officers[:i] {
			if strings.EqualFold(p.Name, o.Name) || p.Key == o.Key {
				return nil, fmt.Errorf("%w: officers %d and %d have the same name or key", ErrRoster, j+1, i+1)
			}
		}
	}
	r := &Roster{officers: slices.Clone(officers)}
	if r.count(SecurityOfficer) == 0 {
		return nil, fmt.Errorf("%w: there is no security officer", ErrRoster)
	}
	return r, nil
}

// Officers returns the officers in the order they were given in.
func (r *Roster) Officers() []Officer { return slices.Clone(r.officers) }

// Find returns the officer who has an approval key, or [ErrNotOfficer].
func (r *Roster) Find(key [32]byte) (Officer, error) {
	i := slices.IndexFunc(r.officers, func(o Officer) bool { return o.Key == key })
	if i < 0 {
		return Officer{}, ErrNotOfficer
	}
	return r.officers[i], nil
}

// count returns how many officers have a role.
func (r *Roster) count(role Role) (n int) {
	for _, o := range r.officers {
		if o.Role.Has(role) {
			n++
		}
	}
	return n
}
