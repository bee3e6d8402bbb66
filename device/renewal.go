package device

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
)

// acceptNext checks what a package must have in common with the one that is installed, and that its keys go on after those.
func (r *realm) acceptNext(next *realm, c *wire.Content) error {
	last := r.keys.last()
	switch {
	case next.address != r.address:
		return fmt.Errorf("the package gives another address than the one before: %w", ErrBadPackage)
	case next.policy.Sequence < r.policy.Sequence:
		return fmt.Errorf("the package brings an older policy than the one before: %w", ErrBadPackage)
	case next.policy.Sequence == r.policy.Sequence && !samePolicy(next.policy, r.policy):
		return fmt.Errorf("the package brings another policy of the same number: %w", ErrBadPackage)
	case c.FirstEpoch <= last:
		return fmt.Errorf("the package brings keys for epoch %d, and there are keys until epoch %d: %w", c.FirstEpoch, last, ErrBadPackage)
	}
	return nil
}

func samePolicy(p, q *wire.Policy) bool {
	a, errA := p.Marshal()
	b, errB := q.Marshal()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// extended is a ring before its keys were extended.
type extended struct {
	first   uint32
	keys    []*epochKey
	dropped []*epochKey // of epochs that are over
}

// extend appends the keys of later epochs, which become its own, and leaves out those of epochs before one. In between there may be epochs
// without a key.
func (k *keyring) extend(more *keyring, before uint32) (extended, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := extended{first: k.first, keys: k.keys}
	over := min(int(max(before, k.first)-k.first), len(k.keys))
	was.dropped = k.keys[:over]
	first := k.first + uint32(over)
	if over == len(k.keys) {
		first = more.first
	}
	if uint64(more.first-first)+uint64(len(more.keys)) > maxRing {
		return was, fmt.Errorf("the package's keys begin in epoch %d, too long after those that are there: %w", more.first, ErrBadPackage)
	}
	all := slices.Clone(k.keys[over:])
	for first+uint32(len(all)) < more.first {
		all = append(all, &epochKey{})
	}
	k.first, k.keys = first, append(all, more.keys...)
	return was, nil
}

// restore takes back what extend did.
func (k *keyring) restore(was extended) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.first, k.keys = was.first, was.keys
}

// goOn puts the keys that are there before those of the next package. The caller holds saving and mu.
func (d *Device) goOn(present, next *realm) (was extended, err error) {
	if err := d.compareHeads(present, next); err != nil {
		return was, err
	}
	before := uint32(0)
	if e, err := present.core.Epoch(present.oldest(time.UnixMilli(d.floor.signed.Load()))); err == nil {
		before = e
	}
	if was, err = present.keys.extend(next.keys, before); err == nil {
		next.keys = present.keys
	}
	return was, err
}

// compareHeads raises the alarm about a package that comes with the head of another log than the one before it. It is installed all the
// same: what it says of the log can be shown to others. After a restoring, which lists tell of, a log may lack what it had. The caller
// holds mu.
func (d *Device) compareHeads(present, next *realm) error {
	kept, err := wire.OpenCheckpoint(present.checkpoint, present.core)
	if err != nil {
		return fmt.Errorf("kept checkpoint: %w: %w", ErrCorrupt, err)
	}
	head, err := wire.OpenCheckpoint(next.checkpoint, next.core)
	if err != nil {
		return fmt.Errorf("checkpoint: %w: %w", ErrBadPackage, err)
	}
	as := &wire.Bundle{LogSize: head.Size, LogRoot: head.Root, Issued: head.Time, Generation: d.mark.order.Generation}
	if contradict(kept, as) {
		d.alarmOnce(&present.public, otherLog(present, as), fmt.Sprintf(": package %d is of a log of %d entries with root %x, package %d of one of %d with root %x",
			next.sequence, head.Size, head.Root, present.sequence, kept.Size, kept.Root))
	}
	return nil
}
