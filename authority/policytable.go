package authority

import "fmt"

// Action is something that officers decide about.
type Action string

// The actions. Their payloads are [RevokePayload], [UndoPayload], [ReleasePayload], [PolicyPayload], [PaddingPayload], [TrustPayload], [ClockPayload], [ReopenPayload], [OfficersPayload], [PlatformPayload],
// [SeedPayload], [DepotPayload] and [DepotRevokePayload].
const (
	ActionRevoke   Action = "revoke"    // one identity
	ActionBatch    Action = "batch"     // more than one identity at once
	ActionUndo     Action = "undo"      // of the revocation of one identity, which no list has yet
	ActionUndoMany Action = "undobatch" // of what more than one officer decided, or of more than one
	ActionRelease  Action = "release"   // from suspension
	ActionPolicy   Action = "policy"    // lists' lifetimes, windows, session mode
	ActionPadding  Action = "padding"   // how lists hide how many are revoked
	ActionTrust    Action = "trust"     // whose vehicles, of other realms, are talked to
	ActionClock    Action = "clock"     // set against the log
	ActionRestore  Action = "restore"   // a backup of the database
	ActionOfficers Action = "officers"  // appoint, dismiss, how many unlock
	ActionRecovery Action = "recovery"  // the seed from its cards
	ActionRotation Action = "rotation"  // to the next core
	ActionPlatform Action = "platform"  // what the vault opens on

	ActionDepot       Action = "depot"       // register one
	ActionDepotRevoke Action = "depotrevoke" // for ever
)

func (a Action) known() bool {
	switch a {
	case ActionRevoke, ActionBatch, ActionUndo, ActionUndoMany, ActionRelease, ActionPolicy, ActionPadding, ActionTrust, ActionClock, ActionRestore, ActionOfficers,
		ActionRecovery, ActionRotation, ActionPlatform, ActionDepot, ActionDepotRevoke:
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

// NewTable returns the table: one security officer revokes an identity or a depot, and takes that back; two decide about a batch, taking one back, a release, policy, padding, trust,
// clock, restore, officers, platform and the registration of a depot; m, 1 to 64, about recovery and rotation. m is how many cards the seed's backup takes. Error: [ErrRoster].
func NewTable(m int) (*Table, error) {
	if m < 1 || m > maxOfficers {
		return nil, fmt.Errorf("%w: recovery takes 1 to %d of them", ErrRoster, maxOfficers)
	}
	return tableOf(m), nil
}

func tableOf(m int) *Table {
	one, two, many := rule{SecurityOfficer, 1}, rule{SecurityOfficer, 2}, rule{SecurityOfficer, m}
	return &Table{rules: map[Action]rule{
		ActionRevoke:   one,
		ActionBatch:    two,
		ActionUndo:     one,
		ActionUndoMany: two,
		ActionRelease:  two,
		ActionPolicy:   two,
		ActionPadding:  two,
		ActionTrust:    two,
		ActionClock:    two,
		ActionRestore:  two,
		ActionOfficers: two,
		ActionPlatform: two,
		ActionRecovery: many,
		ActionRotation: many,

		ActionDepot:       two,
		ActionDepotRevoke: one,
	}}
}

// Needs returns how many security officers of a roster an action takes, or [ErrAction]. A change of officers takes more where too few
// would be left: see [Table.Open].
func (t *Table) Needs(a Action, r *Roster) (Requirement, error) {
	rule, ok := t.rules[a]
	if !ok {
		return Requirement{}, ErrAction
	}
	return Requirement{Officers: min(rule.count, r.count(rule.role)), Rule: rule.count}, nil
}

// strictest returns the m of [NewTable].
func (t *Table) strictest() int { return t.rules[ActionRecovery].count }

// needs is Needs for a payload. The roster is what makes a rule a lesser one, so that it must not become smaller by less than the rule
// takes: m officers decide about a change after which m of them, or as many as there are now, are not left. Where two decide, two have
// to remain, whoever approves: nobody would look over the shoulder of the last one ever again.
func (t *Table) needs(a Action, r *Roster, payload []byte) (Requirement, error) {
	need, err := t.Needs(a, r)
	if err != nil || a != ActionOfficers {
		return need, err
	}
	p, err := ParseOfficersPayload(payload)
	if err != nil {
		return Requirement{}, err
	}
	if err := p.against(r); err != nil {
		return Requirement{}, err
	}
	left := p.remaining()
	if left < need.Officers {
		return Requirement{}, fmt.Errorf("%w: two security officers decide here, so that two have to remain", ErrRoster)
	}
	if m := t.strictest(); left < min(m, r.count(SecurityOfficer)) && m > need.Rule {
		return t.Needs(ActionRecovery, r)
	}
	return need, nil
}
