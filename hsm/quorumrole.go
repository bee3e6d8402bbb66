package hsm

import "fmt"

// Role says what an officer may do. One person may be security officer and depot operator; an auditor is nothing else, because
// nobody checks their own work. The numbers are those of authority.Role.
type Role uint8

const (
	// SecurityOfficer holds an unlock share.
	SecurityOfficer Role = 1
	// DepotOperator enrols.
	DepotOperator Role = 2
	// Auditor reads.
	Auditor Role = 4
)

// Has reports whether r includes other.
func (r Role) Has(other Role) bool { return r&other == other }

func (r Role) check() error {
	switch r {
	case SecurityOfficer, DepotOperator, SecurityOfficer | DepotOperator, Auditor:
		return nil
	}
	if r.Has(Auditor) {
		return fmt.Errorf("%w: an auditor has no other role", ErrAppointment)
	}
	return fmt.Errorf("%w: an officer is security officer, depot operator or auditor", ErrAppointment)
}
