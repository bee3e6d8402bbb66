package device

import (
	"fmt"

	"marque/device/wire"
)

// compareLogs raises the alarm about a list that cannot be of the log that the authority vouched for in this device's package. The list is
// applied all the same, since it may revoke.
func (d *Device) compareLogs(r *realm, b *wire.Bundle) error {
	kept, err := wire.OpenCheckpoint(r.checkpoint, r.core)
	if err != nil {
		return fmt.Errorf("kept checkpoint: %w: %w", ErrCorrupt, err)
	}
	if !contradict(kept, b) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.alarm(d.now(), fmt.Sprintf("the authority keeps two logs: revocation list %d is of one of %d entries with root %x, the checkpoint in this device's package of %d with root %x",
		b.Sequence, b.LogSize, b.LogRoot, kept.Size, kept.Root))
	return nil
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
