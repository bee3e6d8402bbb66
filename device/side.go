package device

import (
	"fmt"
	"time"

	"marque/device/wire"
)

// side is the realm of a peer, with what is known of its members at the moment: this device's own, or one that the trust list names. It is
// used while mu is held.
type side struct {
	*public
	list *list // who is revoked there; nil if nothing is known
	ally *ally // nil for this device's own realm
}

// home is this device's own realm. The caller holds mu.
func (d *Device) home(r *realm) side { return side{public: &r.public, list: d.list} }

// sideOf returns the realm that an address is of. Each SP-ID is that of one realm: a trust list with an overlap is never taken. The caller
// holds mu.
func (d *Device) sideOf(r *realm, a wire.Address, now time.Time) (side, error) {
	switch {
	case a.IsZero():
		return side{}, fmt.Errorf("no address: %w", ErrMalformed)
	case r.core.Lists(a.SPID()):
		return d.home(r), nil
	}
	for _, other := range d.trust.allies {
		if other.core.Lists(a.SPID()) {
			return d.abroad(other, now)
		}
	}
	return side{}, fmt.Errorf("%s: %w", a, ErrUnknownRealm)
}

// sideAt returns the realm that an address is of, and the epoch that a time is in there.
func (d *Device) sideAt(r *realm, a wire.Address, t time.Time) (of side, epoch uint32, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if of, err = d.sideOf(r, a, d.now()); err != nil {
		return of, 0, err
	}
	epoch, err = of.epoch(t)
	return of, epoch, err
}

// sideBy returns the realm that a reference is of. A reference authenticates nothing: who uses a realm that it chose must compare the address
// with it, as identity does. The caller holds mu.
func (d *Device) sideBy(r *realm, ref [4]byte, now time.Time) (side, error) {
	if ref == r.ref {
		return d.home(r), nil
	}
	for _, other := range d.trust.allies {
		if other.ref == ref {
			return d.abroad(other, now)
		}
	}
	return side{}, d.foreign(r, ref)
}

// sideOfSender returns the realm of who sealed a message, which names it or a key of it. The caller holds mu.
func (d *Device) sideOfSender(r *realm, from wire.Sender, now time.Time) (side, error) {
	if !from.Known {
		return d.sideOf(r, from.Address, now)
	}
	core, ok := d.peers.realmOf(from.KeyRef)
	if !ok {
		return side{}, ErrUnknownSender
	}
	if core == r.hash {
		return d.home(r), nil
	}
	for _, other := range d.trust.allies {
		if other.hash == core {
			return d.abroad(other, now)
		}
	}
	return side{}, ErrUnknownSender
}

// abroad is the side of another realm, as long as it is trusted. Without a home list in force nobody is, here as at home: what is believed
// of the clock after a crash (boot) rests on it. The caller holds mu.
func (d *Device) abroad(a *ally, now time.Time) (side, error) {
	switch {
	case d.counting.setBack:
		return side{}, ErrSetBack
	case !now.Before(d.trust.expires):
		return side{}, fmt.Errorf("realm %s: %w", a.core.Realm, ErrTrustExpired)
	case d.list == nil:
		return side{}, fmt.Errorf("no list of the device's own realm was ever applied: %w", ErrNoList)
	case !now.Before(d.list.hardExpiry):
		return side{}, ErrListExpired
	}
	return side{public: &a.public, list: a.list, ally: a}, nil
}

// own says whether an address carries this device's own serial, in this realm.
func (r *realm) own(a wire.Address) bool {
	return a.Serial() == r.address.Serial() && r.core.Lists(a.SPID())
}

// hybrid says whether the realm demands hybrid sessions, as far as the trust list says.
func (s side) hybrid() bool { return s.ally != nil && s.ally.hybrid }

// senderID names a sender in the record of messages.
func (r *realm) senderID(a wire.Address, core [32]byte) senderID {
	if core == r.hash {
		return senderID{serial: a.Serial()}
	}
	return senderID{realm: core, serial: a.Serial()}
}
