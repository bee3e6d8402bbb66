package authority

import "fmt"

// Action is something that officers decide about.
type Action string

// The actions. What their payloads look like is defined where they are carried out.
const (
	ActionRevoke   Action = "revoke"   // one identity
	ActionBatch    Action = "batch"    // more than one identity at once
	ActionRelease  Action = "release"  // from suspension
	ActionPolicy   Action = "policy"   // lists' lifetimes, windows, session mode
	ActionClock    Action = "clock"    // set against the log
	ActionRestore  Action = "restore"  // a backup of the database
	ActionOfficers Action = "officers" // appoint, dismiss, how many unlock
	ActionRecovery Action = "recovery" // the seed from its cards
	ActionRotation Action = "rotation" // to the next core
)

func (a Action) known() bool {
	switch a {
	case ActionRevoke, ActionBatch, ActionRelease, ActionPolicy, ActionClock, ActionRestore, ActionOfficers, ActionRecovery, ActionRotation:
		return true
	}
	return false
}

type rule struct {
	role  Role
	count int // officers of that role
}

// Table says how many officers decide about what. It is immutable.
type Table struct{ rules map[Action]rule }

// Requirement is how many security officers an action takes in a realm with given officers.
type Requirement struct {
	Officers int // to approve
	Rule     int // what the table says; more than Officers where the realm has fewer of them
}

// Reduced reports that the realm has too few officers for the rule, so that all of them suffice. It is to be shown: a realm of one
// officer works, but nobody looks over that officer's shoulder.
func (r Requirement) Reduced() bool { return r.Officers < r.Rule }

// NewTable returns the table: one security officer revokes an identity; two decide about a batch, a release, policy, clock, restore
// and officers; m, 1 to 64, about recovery and rotation. m is how many cards the seed's backup takes. Error: [ErrRoster].
func NewTable(m int) (*Table, error) {
	if m < 1 || m > maxOfficers {
		return nil, fmt.Errorf("%w: recovery takes 1 to %d of them", ErrRoster, maxOfficers)
	}
	one, two, many := rule{SecurityOfficer, 1}, rule{SecurityOfficer, 2}, rule{SecurityOfficer, m}
	return &Table{rules: map[Action]rule{
		ActionRevoke:   one,
		ActionBatch:    two,
		ActionRelease:  two,
		ActionPolicy:   two,
		ActionClock:    two,
		ActionRestore:  two,
		ActionOfficers: two,
		ActionRecovery: many,
		ActionRotation: many,
	}}, nil
}

// Needs returns how many security officers of a roster an action takes, or [ErrAction].
func (t *Table) Needs(a Action, r *Roster) (Requirement, error) {
	rule, ok := t.rules[a]
	if !ok {
		return Requirement{}, ErrAction
	}
	return Requirement{Officers: min(rule.count, r.count(rule.role)), Rule: rule.count}, nil
}
