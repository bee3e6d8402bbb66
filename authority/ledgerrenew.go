package authority

import (
	"slices"

	"marque/device/wire"
)

// renewals is what the log says of the packages that identities have: the newest of each, and those before it whose keys may still sign.
type renewals struct {
	sequences []uint32              // by serial: of the newest package
	earlier   map[uint32][]issuance // by serial: the packages before it, as long as their keys may be in use
	swept     uint32                // epoch in which the others were left out of earlier
	uncovered bool                  // no checkpoint covers the newest of them yet

	before uint32    // serials below it are from before the newest reopening: they may have packages that this log lacks
	since  serialSet // of those, who got a package after it
	until  uint32    // the last epoch of any package that was made before it
}

// issuance is what an issue entry says of one package.
type issuance struct {
	sequence uint32
	last     uint32   // epoch of its keys
	keys     [32]byte // hash of their points, of which there are as many as keys
}

func newRenewals() renewals { return renewals{earlier: make(map[uint32][]issuance)} }

// serialSet holds a bit for each serial.
type serialSet []uint64

func (s serialSet) has(serial uint32) bool {
	word := int(serial / 64)
	return word < len(s) && s[word]&(1<<(serial%64)) != 0
}

func (s *serialSet) add(serial uint32) {
	for int(serial/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[serial/64] |= 1 << (serial % 64)
}

// forgotten reports whether an identity may have a package that was made after the newest one of this log, and lost with its tail.
func (l *ledger) forgotten(serial uint32) bool {
	return serial < l.renewals.before && !l.renewals.since.has(serial)
}

// outlast returns the last epoch of any key that a serial has, or may have.
func (l *ledger) outlast(serial uint32) uint32 {
	if l.forgotten(serial) {
		return max(l.lastEpochs[serial], l.renewals.until)
	}
	return l.lastEpochs[serial]
}

// nextSequence returns the number of the next package of an identity. After a reopening it is above that of any package that may have
// been made and lost: one in each history, since the device showed a receipt of the one before. Whoever installs it refuses those.
func (l *ledger) nextSequence(serial uint32) uint32 {
	next := l.renewals.sequences[serial] + 1
	if l.forgotten(serial) {
		next += l.order.Generation - l.core.Generation
	}
	return next
}

// renew reads that an identity gets its next package.
func (l *ledger) renew(e *wire.IssueEntry, epoch uint32, complain func(string, ...any)) {
	serial := e.Address.Serial()
	l.renewals.uncovered = true
	if l.standings[serial] != inOrder {
		complain("it gives keys to serial %d, which is revoked or was never given away", serial)
		return
	}
	if l.reopening {
		complain("it issues keys after a reopening that published no list")
	}
	if want := l.nextSequence(serial); e.Sequence != want {
		complain("it is package %d of serial %d, where %d is next", e.Sequence, serial, want)
	}
	if want := max(uint64(l.lastEpochs[serial])+1, uint64(epoch)); uint64(e.FirstEpoch) != want {
		complain("its keys begin in epoch %d, where those of serial %d go on in epoch %d", e.FirstEpoch, serial, want)
		return
	}
	last := e.FirstEpoch + uint32(e.Count) - 1
	if last < e.FirstEpoch || uint64(last) > lastOf(epoch) {
		complain("its keys last until epoch %d, but it was made in epoch %d", last, epoch)
		return
	}
	l.renewals.sweep(epoch)
	if before := l.newest(serial); before.mayBeUsed(epoch) {
		l.renewals.earlier[serial] = append(l.renewals.earlier[serial], before)
	}
	if serial < l.renewals.before {
		l.renewals.since.add(serial)
	}
	l.renewals.sequences[serial], l.lastEpochs[serial], l.keys[serial] = e.Sequence, last, e.Keys
	l.lastKey = max(l.lastKey, last)
}

// newest returns what the log says of the newest package of a serial.
func (l *ledger) newest(serial uint32) issuance {
	return issuance{l.renewals.sequences[serial], l.lastEpochs[serial], l.keys[serial]}
}

// issuance returns the package that the key of an epoch came with, of those whose keys may be in use.
func (l *ledger) issuance(serial, epoch uint32) (i issuance, known bool) {
	for _, i := range append(slices.Clone(l.renewals.earlier[serial]), l.newest(serial)) {
		if epoch <= i.last {
			return i, true
		}
	}
	return issuance{}, false
}

// mayBeUsed reports whether a receipt that is signed with one of the keys may still come, now that it is some epoch.
func (i *issuance) mayBeUsed(epoch uint32) bool { return uint64(i.last)+receiptEpochs >= uint64(epoch) }

// sweep leaves out, once in each epoch, what is of no use any more.
func (r *renewals) sweep(epoch uint32) {
	if epoch <= r.swept {
		return
	}
	r.swept = epoch
	for serial, all := range r.earlier {
		all = slices.DeleteFunc(all, func(i issuance) bool { return !i.mayBeUsed(epoch) })
		if r.earlier[serial] = all; len(all) == 0 {
			delete(r.earlier, serial)
		}
	}
}
