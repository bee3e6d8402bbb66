package device

import (
	"fmt"
	"slices"
	"strings"

	"marque/device/wire"
)

// compareLogs raises the alarm about a list that cannot be of the log that the authority vouched for in this device's package, and about
// one that knows of fewer identities than the one before it. The list is applied all the same, since it may revoke.
func (d *Device) compareLogs(s situation, b *wire.Bundle) error {
	kept, err := wire.OpenCheckpoint(s.realm.checkpoint, s.realm.core)
	if err != nil {
		return fmt.Errorf("kept checkpoint: %w: %w", ErrCorrupt, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.ally == nil && b.LogSize > 0 && contradict(kept, b) { // a change says nothing of the log, and of another realm's log nothing is known
		d.alarmOnce(s.of, otherLog(s.realm, b), fmt.Sprintf(": revocation list %d is of %d entries with root %x, the checkpoint in this device's package of %d with root %x",
			b.Sequence, b.LogSize, b.LogRoot, kept.Size, kept.Root))
	}
	if old := s.old; old != nil && b.N < old.set.N() {
		d.alarmOnce(s.of, fmt.Sprintf("the authority forgot identities in its lists of generation %d", b.Generation),
			fmt.Sprintf(": list %d speaks of serials below %d, the one before it of serials below %d", b.Sequence, b.N, old.set.N()))
	}
	return nil
}

// otherLog is what another log than the package's means. Lists begin with the core's generation, and a later one only follows when the
// authority was restored from a backup; then its log may lack what was added since. One alarm for each generation is enough.
func otherLog(r *realm, b *wire.Bundle) string {
	if b.Generation > r.core.Generation {
		return fmt.Sprintf("the authority was restored, as its lists of generation %d say, to a log without this device's keys", b.Generation)
	}
	return "the authority keeps two logs"
}

// alarmOnce keeps an alarm unless there is one with that beginning. The caller holds mu.
func (d *Device) alarmOnce(of *public, beginning, detail string) {
	if !slices.ContainsFunc(d.alarms, func(a Alarm) bool { return a.Core == of.hash && strings.HasPrefix(a.Text, beginning) }) {
		d.alarmOf(of.hash, d.now(), beginning+detail)
	}
}

// contradict says whether a checkpoint and a list cannot be of one log: it only grows, and has one root at every size.
func contradict(c *wire.Checkpoint, b *wire.Bundle) bool {
	switch {
	case b.LogSize < c.Size:
		return b.Issued.After(c.Time)
	case b.LogSize > c.Size:
		return b.Issued.Before(c.Time)
	}
	return b.LogRoot != c.Root
}
