package authority

import (
	"math"
	"time"

	"marque/device/wire"
)

// keep reads the entries about how the authority itself is kept.
func (l *ledger) keep(e *wire.LogEntry, epoch uint32, complain func(string, ...any)) {
	switch entry := e.Entry.(type) {
	case *wire.DrillEntry:
		l.tryCards(outcomeOf(entry), e.Time, complain)
	case *wire.PolicyEntry:
		if entry.Sequence != l.policy+1 {
			complain("it sets policy %d where %d is next", entry.Sequence, l.policy+1)
		}
		l.policy, l.policyHash = max(l.policy, entry.Sequence), entry.Hash
	case *wire.DecideEntry:
		l.decided[entry.Proposal] = entry.Approvals
		if entry.Action == string(ActionTrust) {
			l.trust.decided = e.Time
		}
	case *wire.ReopenEntry:
		l.reopen(entry, epoch, complain)
		l.depots.lapse()
		l.trust.lapsed = true
		l.forks = append(l.forks, fork{l.size, e.Time})
	case *wire.PaddingEntry:
		l.reserves.padding = Padding{Step: entry.Step, Share: entry.Share}
	case *wire.TrustEntry:
		l.trust.follow(entry, complain)
	case *wire.ReserveEntry:
		l.reserve(entry, epoch, complain)
	case *wire.LostEntry:
		if uint64(entry.NextSerial) != l.n()+advanceEvery {
			complain("it goes on with serial %d where %d is next after a loss", entry.NextSerial, l.n()+advanceEvery)
			return
		}
		l.skip(entry.NextSerial, epoch)
		l.forks = append(l.forks, fork{l.size, e.Time})
	default:
		l.keepDepot(e, complain)
	}
}

func (l *ledger) tryCards(o Outcome, at time.Time, complain func(string, ...any)) {
	if !l.drill.mayFollow(o) {
		complain("it records the outcome %q of a drill that stood at %q", o, l.drill)
		return
	}
	if l.drill == DrillPending {
		l.drill = o
	}
	if o == DrillPassed {
		l.drilled = at
	}
}

func (l *ledger) reopen(e *wire.ReopenEntry, epoch uint32, complain func(string, ...any)) {
	known := wire.Order{Generation: e.Generation - 1, Base: e.Base, Sequence: e.Sequence}
	if e.Generation == 0 || known.Compare(l.order) < 0 || e.Base < l.order.Base || e.Sequence < l.order.Sequence {
		complain("it reopens with lists that are not above %v, the newest one", l.order)
	}
	if uint64(e.NextSerial) < l.n()+serialJump {
		complain("it goes on with serial %d, which is not far enough from %d", e.NextSerial, l.n())
	} else {
		l.skip(e.NextSerial, epoch)
	}
	l.renewals.before, l.renewals.since, l.renewals.until = uint32(l.n()), nil, uint32(min(lastOf(epoch), math.MaxUint32))
	l.order, l.state = wire.Order{Generation: e.Generation, Base: e.Base, Sequence: e.Sequence}, e.List
	l.left, l.reopening = true, true
}

// skip leaves serials out. Whatever was given away of them was so before now, and has keys for no more epochs than fit a package.
func (l *ledger) skip(next uint32, epoch uint32) {
	l.gap(next)
	for l.n() < uint64(next) {
		l.give(lostUntil(epoch))
		l.keys = append(l.keys, [32]byte{})
		l.standings = append(l.standings, skipped)
		l.lost++
	}
}

// lostUntil returns the last epoch that a serial could have a key of which was
// given away before epoch, nobody knows by which version of this program, or by
// which clock.
func lostUntil(epoch uint32) uint32 {
	return uint32(min(uint64(epoch)+wire.MaxKeys, math.MaxUint32))
}
