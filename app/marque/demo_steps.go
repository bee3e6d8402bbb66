package main

import "marque/app/ceremony"

// steps is the demonstration from beginning to end.
func (d *demo) steps() []step {
	steps := append([]step{{"Found", (*demo).found}, {"Request", (*demo).request}}, d.custody(
		step{"Cards", (*demo).cards}, step{"Drill", (*demo).drill}, step{"Officers", (*demo).quorum},
	)...)
	steps = append(steps, []step{
		{"Enrol", (*demo).enrol},
		{"Install", (*demo).install},
		{"Apply", (*demo).applyFirst},
		{"Broadcast", (*demo).broadcast},
		{"Altered broadcast", (*demo).altered},
		{"Cold message", (*demo).cold},
		{"Warm answer", (*demo).warm},
		{"Session", (*demo).session},
		{"Revoke", (*demo).revoke},
		{"Publish", (*demo).publish},
		{"Apply again", (*demo).applyRevocation},
		{"Spread", (*demo).spread},
		{"Revoked beacon", (*demo).refusedBroadcast},
		{"Revoked sealed message", (*demo).refusedSealed},
		{"Revoked session", (*demo).refusedSession},
	}...)
	steps = append(steps, d.custody(step{"Two officers", (*demo).together})...)
	if d.softTPM != nil { // a real one keeps what it measured until the next start
		steps = append(steps, step{"Firmware update", (*demo).update})
	}
	steps = append(steps, d.custody(step{"Old database", (*demo).rollback}, step{"Next core", (*demo).rotate})...)
	return append(steps, step{"Audit", (*demo).audit})
}

// custody returns the steps for a TPM vault, and none for another.
func (d *demo) custody(steps ...step) []step {
	if d.vault.kind != ceremony.VaultTPM {
		return nil
	}
	return steps
}
