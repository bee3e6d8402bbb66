package authority

import (
	"maps"
	"slices"
)

// PolicyStatement returns the policy in force as it was signed: a statement of type policy. It works while the authority is locked.
func (a *Authority) PolicyStatement() []byte { return slices.Clone(a.terms.Load().stmt) }

// Needs returns how many security officers each action takes, among today's officers; nil where there are none.
func (a *Authority) Needs() map[Action]Requirement {
	c := a.desk.council.Load()
	if c == nil {
		return nil
	}
	needs := make(map[Action]Requirement)
	for action := range maps.Keys(c.table.rules) {
		if n, err := c.table.Needs(action, c.roster); err == nil {
			needs[action] = n
		}
	}
	return needs
}
