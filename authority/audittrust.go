package authority

import (
	"crypto/sha256"
	"slices"

	"marque/device/wire"
)

// trustAudit follows trust lists through the log.
type trustAudit struct {
	realms []wire.TrustedRealm // that are trusted
	due    *TrustPayload       // decided by the entry before; nil for none
}

// checkTrust verifies the trust list that an entry records, and compares whom it trusts with what officers decided: without a decision
// nobody is trusted who was not before, and nobody ceases to be. It is called before the desk and the ledger read the entry.
func (a *audit) checkTrust(e *wire.LogEntry) {
	due := a.trust.due
	a.trust.due = nil
	if _, ok := e.Entry.(*wire.ReopenEntry); ok {
		a.trust.realms = nil
	}
	entry, ok := e.Entry.(*wire.TrustEntry)
	if !ok {
		return
	}
	complain := func(format string, args ...any) { a.find(InTrust, uint64(entry.Sequence), format, args...) }
	t := a.openTrust(entry, complain)
	if t == nil { // decisions lie beside the log
		if due != nil {
			if want, err := due.apply(a.trust.realms); err == nil {
				a.trust.realms = want
			}
		}
		return
	}
	if !t.Issued.Equal(e.Time) {
		complain("it was not issued when the log says")
	}
	if a.policy != nil && t.HardExpiry > a.policy.HardExpiry {
		complain("it is good for longer than the policy says")
	}
	before := a.trust.realms
	a.trust.realms = t.Realms
	switch {
	case due != nil:
		if want, err := due.apply(before); err != nil || !sameRealms(want, t.Realms) {
			complain("it does not trust those whom the officers decided to trust")
		}
	case a.desk.last != nil && !sameRealms(before, t.Realms):
		complain("officers decide about whom the realm trusts here, but nobody did")
	}
}

// openTrust returns nil for a trust list that cannot be read.
func (a *audit) openTrust(entry *wire.TrustEntry, complain func(string, ...any)) *wire.Trust {
	stmt, err := a.tx.Trust(entry.Sequence)
	if err != nil {
		complain("it is in the log, but it cannot be read: %v", err)
		return nil
	}
	if sha256.Sum256(stmt) != entry.Hash {
		complain("it is not the trust list that the log records")
	}
	t, err := wire.OpenTrust(stmt, a.core)
	if err != nil {
		complain("it does not verify: %v", err)
		return nil
	}
	if t.Sequence != entry.Sequence {
		complain("it says that it is trust list %d", t.Sequence)
	}
	return t
}

func sameRealms(x, y []wire.TrustedRealm) bool {
	return slices.EqualFunc(x, y, func(r, s wire.TrustedRealm) bool { return r.Core.Hash() == s.Core.Hash() && r.Hybrid == s.Hybrid })
}

// finishTrust looks for a trust list that the log does not have.
func (a *audit) finishTrust() {
	sequence, err := a.tx.LatestTrust()
	switch {
	case err != nil:
		a.find(InLog, 0, "the trust lists cannot be read: %v", err)
	case sequence > a.ledger.trust.sequence:
		a.find(InTrust, uint64(sequence), "it is not in the log: it was signed in secret, or the end of the log is missing")
	}
}
