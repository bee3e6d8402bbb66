package device

import (
	"fmt"
	"sync"
	"time"

	"marque/device/wire"
)

// beacons decides which broadcasts have the full form. It is safe for concurrent use.
type beacons struct {
	every  int           // of so many one is full
	after  time.Duration // one is full when the last that was is as old
	wanted *bucket       // how often somebody may ask for one

	mu     sync.Mutex
	key    [8]byte   // of the last full one; zero before there was one
	full   time.Time // when it was
	short  int       // how many were short since
	asked  bool      // somebody asked for a full one
	asking asking
}

// asking bounds what this device asks others for.
type asking struct {
	rate *bucket
	last *lru[[8]byte, time.Time] // when a key was asked for
}

func newBeacons(every int, after time.Duration) *beacons {
	return &beacons{
		every: every, after: after, wanted: newBucket(1, 1/fullPatience.Seconds()),
		asking: asking{newBucket(fullBurst, fullPerSec), newLRU[[8]byte, time.Time](MaxPeers)},
	}
}

// next says whether the broadcast that is signed now is a short one.
func (b *beacons) next(key [8]byte, now time.Time) (short bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	short = !b.asked && key == b.key && b.short+1 < b.every && now.Sub(b.full) < b.after
	if short {
		b.short++
		return true
	}
	b.asked, b.key, b.full, b.short = false, key, now, 0
	return false
}

// ask makes the next broadcast a full one, at most once in fullPatience.
func (b *beacons) ask(now time.Time) {
	if !b.wanted.take(now) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = true
}

// may says whether a key that is not known may be asked for: not again within fullPatience, and not too many.
func (b *beacons) may(key [8]byte, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if last, ok := b.asking.last.get(key); ok && now.Sub(last) < fullPatience {
		return false
	}
	if !b.asking.rate.take(now) {
		return false
	}
	b.asking.last.put(key, now)
	return true
}

// UnknownSenderError is the error of Verify for a short broadcast of a key that is not remembered here. It matches ErrUnknownSender.
type UnknownSenderError struct {
	// Request, unless nil, asks for the full form: 13 octets to send the way the broadcast came, which the sender gives to FullWanted. It is nil
	// when this key was asked for within the last second, or more than 4 a second were, after 16 at once.
	Request []byte
}

// Error says what to do.
func (e *UnknownSenderError) Error() string { return ErrUnknownSender.Error() }

// Unwrap returns ErrUnknownSender.
func (*UnknownSenderError) Unwrap() error { return ErrUnknownSender }

// unknownSender is the error for a broadcast whose key is not known.
func (d *Device) unknownSender(h *heard) error {
	if !d.beacons.may(h.KeyRef, h.now) {
		return &UnknownSenderError{}
	}
	b, err := (&wire.FullRequest{Ref: h.Ref, KeyRef: h.KeyRef}).Marshal()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknownSender, err)
	}
	return &UnknownSenderError{Request: b}
}

// FullWanted takes what a receiver of this device's short broadcasts asks with, and makes the next one that is signed with Mixed a full one, at
// most once a second whoever asks how often: nobody signs requests. Errors: ErrMalformed, ErrUnknownRealm, ErrNotForMe for another device's key
// or a past one of this device.
func (d *Device) FullWanted(request []byte) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.fullWanted(request); err != nil {
		return fmt.Errorf("full form: %w", err)
	}
	return nil
}

func (d *Device) fullWanted(request []byte) error {
	now := d.now()
	r, err := d.ready()
	if err != nil {
		return err
	}
	q, err := wire.ParseFullRequest(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if q.Ref != r.ref {
		return d.foreign(r, q.Ref)
	}
	epoch, err := r.epoch(now)
	if err != nil {
		return err
	}
	key, err := r.keys.key(epoch)
	if err != nil {
		return err
	}
	if key.Public().Reference() != q.KeyRef {
		return ErrNotForMe
	}
	d.beacons.ask(now)
	return nil
}
