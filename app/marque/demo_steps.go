package main

// demoSteps is the demonstration from beginning to end.
var demoSteps = []step{
	{"Found", (*demo).found},
	{"Request", (*demo).request},
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
	{"Revoked beacon", (*demo).refusedBroadcast},
	{"Revoked sealed message", (*demo).refusedSealed},
	{"Revoked session", (*demo).refusedSession},
	{"Audit", (*demo).audit},
}
