package remote

import (
	"strings"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

var phases = map[localapi.Phase]flow.Phase{
	localapi.Absent: flow.Absent, localapi.Locked: flow.Locked, localapi.ReadOnly: flow.ReadOnly, localapi.Open: flow.Open,
}

func stateOf(in *localapi.Status) flow.State {
	out := flow.State{Phase: phases[in.Phase], Dir: in.Dir, Idle: in.Idle}
	if in.Authority != nil {
		out.Authority = *in.Authority
	}
	if in.Custody != nil {
		out.Custody = custodyOf(in.Custody)
	}
	return out
}

var drills = map[localapi.Drill]flow.Drill{
	localapi.DrillNone: flow.DrillNone, localapi.DrillPending: flow.DrillPending,
	localapi.DrillPassed: flow.DrillPassed, localapi.DrillWaived: flow.DrillWaived,
}

// The words of localapi.Custody.
const (
	vaultTPM        = "tpm"
	gradeProduction = "production"
)

func custodyOf(in *localapi.Custody) flow.Custody {
	out := flow.Custody{
		TPM: in.Vault == vaultTPM, Production: in.Grade == gradeProduction, Reasons: in.Reasons,
		Needed: in.Needed, Present: in.Present, Drill: drills[in.Drill], ReadOnly: readOnlyOf(in.Reason), Counter: in.Counter,
		Backup: cardsOf(in.Backup), Next: cardsOf(in.Next),
	}
	for _, o := range in.Officers {
		out.Officers = append(out.Officers, flow.Officer{Name: o.Name, Role: roleOf(o.Role), Key: o.Key})
	}
	out.LastBackup = backupOf(in.LastBackup)
	if t := in.TPM; t != nil {
		out.Chip = &flow.Chip{TriesLeft: t.TriesLeft, LockedOut: t.LockedOut, Until: t.Until, Counter: t.Counter, Changed: t.Changed}
	}
	return out
}

func cardsOf(in *localapi.Cards) flow.Cards {
	if in == nil {
		return flow.Cards{}
	}
	return flow.Cards{Needed: in.Needed, Total: in.Total, Seen: in.Seen}
}

// roleOf reads a role as localapi.Officer has it.
func roleOf(text string) flow.Role {
	switch text {
	case authority.SecurityOfficer.String():
		return flow.SecurityOfficer
	case authority.DepotOperator.String():
		return flow.DepotOperator
	case (authority.SecurityOfficer | authority.DepotOperator).String():
		return flow.BothRoles
	}
	return flow.Auditor // who may do least
}

// readOnlyOf finds the sentinel in the text of an error, which is all that a status has of it.
func readOnlyOf(reason string) flow.ReadOnlyReason {
	says := func(err error) bool { return strings.Contains(reason, err.Error()) }
	switch {
	case reason == "":
		return flow.Changeable
	case says(authority.ErrRolledBack):
		return flow.RolledBack
	case says(authority.ErrRestored):
		return flow.Restored
	}
	return flow.CounterLost
}

func backupOf(in *localapi.BackupInfo) *flow.BackupInfo {
	if in == nil {
		return nil
	}
	return &flow.BackupInfo{Size: in.Size, Hash: in.Hash, LogSize: in.LogSize, List: in.List, Time: in.Time}
}
