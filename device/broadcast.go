package device

import (
	"fmt"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

const contextBroadcast = "marque/v1/broadcast"

// SignOptions says how Sign signs.
type SignOptions struct {
	// Short sends an 8-octet reference in place of address and key. Only receivers that verified a message of this device in this epoch can
	// verify it: send the full form from time to time.
	Short bool
}

// Sign returns a signed broadcast of at most 65,536 octets of payload, which anyone who knows the realm's public parameters can verify.
// It adds 110 octets and the address, or 85 in the short form. It needs no revocation list, and fails with ErrRevoked when this device is
// on the one that it has.
func (d *Device) Sign(payload []byte, o SignOptions) ([]byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	msg, err := d.sign(payload, o)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return msg, nil
}

func (d *Device) sign(payload []byte, o SignOptions) ([]byte, error) {
	r, key, now, err := d.sender(payload)
	if err != nil {
		return nil, err
	}
	b := &wire.Broadcast{Ref: r.ref, Time: now, Short: o.Short, Payload: payload}
	if o.Short {
		b.KeyRef = key.Public().Reference()
	} else {
		b.Sender, b.R = r.address, key.R()
	}
	if b.Sig, err = key.Sign(d.o.Rand, contextBroadcast, b.Signed()); err != nil {
		return nil, err
	}
	return b.Marshal()
}

// sender returns what is needed to send something now. The caller holds mu.
func (d *Device) sender(payload []byte) (*realm, *ibc.PrivateKey, time.Time, error) {
	now := d.now()
	r, err := d.ready()
	if err != nil {
		return nil, nil, now, err
	}
	if len(payload) > MaxPayload {
		return nil, nil, now, ErrTooLong
	}
	if err := d.ownRevoked(r); err != nil {
		return nil, nil, now, err
	}
	epoch, err := r.epoch(now)
	if err != nil {
		return nil, nil, now, err
	}
	key, err := r.keys.key(epoch)
	return r, key, now, err
}

// Verify checks a signed broadcast, full or short: form, realm, time, replay, revocation, signature. What it returns is accepted once only.
// Errors: ErrMalformed, ErrUnknownRealm, ErrStaleTime, ErrReplay, ErrEpoch, ErrNoList, ErrListExpired, ErrRevoked,
// ErrUnknownSender, ErrOwnIdentity, ErrTwoKeys, ErrTampered.
func (d *Device) Verify(msg []byte) (*Message, error) {
	m, err := d.verifyLocked(msg)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	d.settle()
	return m, nil
}

func (d *Device) verifyLocked(msg []byte) (*Message, error) {
	d.mu.RLock()
	m, err := d.verify(msg)
	d.mu.RUnlock()
	d.noteTwoKeys(err)
	return m, err
}

func (d *Device) verify(msg []byte) (*Message, error) {
	now := d.now()
	r, err := d.ready()
	if err != nil {
		return nil, err
	}
	b, err := wire.ParseBroadcast(msg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if b.Ref != r.ref {
		return nil, d.foreign(r, b.Ref)
	}
	id := b.ID()
	if err := d.admissible(r, id, b.Time, now); err != nil {
		return nil, err
	}
	epoch, err := r.epoch(b.Time)
	if err != nil {
		return nil, err
	}
	from := wire.Sender{Known: b.Short, KeyRef: b.KeyRef, Address: b.Sender, R: b.R}
	s := signed{contextBroadcast, b.Signed(), b.Sig}
	p, v, err := d.verifySender(r, from, epoch, now, s)
	if err != nil {
		return nil, err
	}
	mode := ModeBroadcast
	if b.Short {
		mode = ModeBroadcastShort
	}
	return d.accept(r, &Message{Sender: p.address, Time: b.Time, Payload: b.Payload, Mode: mode, Stale: v.stale, NewerThanList: v.newer}, p.key, id, s)
}

// admissible says whether a message of this id and time can be accepted at all.
func (d *Device) admissible(r *realm, id [16]byte, t, now time.Time) error {
	if err := r.fresh(t, now); err != nil {
		return err
	}
	return d.seen.check(id, t)
}

// signed is something with a signature A ‖ t.
type signed struct {
	context string
	m       []byte
	sig     [64]byte
}

// verifySender finds the key that a message names, checks its owner against the list, and then the signature. The caller holds mu.
func (d *Device) verifySender(r *realm, from wire.Sender, epoch uint32, now time.Time, s signed) (*peer, verdict, error) {
	if !from.Known && from.Address.Serial() == r.address.Serial() && r.core.Lists(from.Address.SPID()) {
		return nil, verdict{}, d.own(r, from, epoch, s)
	}
	candidates, err := d.candidates(r, from, epoch)
	if err != nil {
		return nil, verdict{}, err
	}
	for _, p := range candidates {
		v, err := d.peerStatus(p.address, epoch, now)
		if err != nil && !from.Known {
			return nil, v, err // a reference only hints at a name, so there the signature comes first
		}
		if p.key.Verify(s.context, s.m, s.sig) == nil {
			return p, v, err
		}
	}
	return nil, verdict{}, fmt.Errorf("the signature does not hold: %w", ErrTampered)
}

// candidates returns the keys that a sender's name may mean.
func (d *Device) candidates(r *realm, from wire.Sender, epoch uint32) ([]*peer, error) {
	if from.Known {
		if ps := d.peers.byReference(from.KeyRef, epoch); len(ps) > 0 {
			return ps, nil
		}
		return nil, ErrUnknownSender
	}
	if key, _, ok := d.peers.find(from.Address, epoch); ok && key.R() == from.R {
		return []*peer{{address: from.Address, key: key}}, nil
	}
	key, err := r.publicKey(from.Address, epoch, from.R)
	if err != nil {
		return nil, err
	}
	return []*peer{{address: from.Address, key: key}}, nil
}

// accept records a message whose signature s verified, and its sender's key. The caller holds mu.
func (d *Device) accept(r *realm, m *Message, key *ibc.PublicKey, id [16]byte, s signed) (*Message, error) {
	oldest := r.oldest(d.now())
	if err := d.seen.accept(m.Sender.Serial(), seenMessage{id, m.Time}, oldest); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Sender, err)
	}
	if err := d.peers.learn(m.Sender, key, m.Mode.warm(), s); err != nil {
		return nil, err
	}
	return m, nil
}

// own judges a message or Auth that carries this device's own serial. It is never accepted: it was sent back to its author, or somebody
// has a second key of this device, which the authority must have issued.
func (d *Device) own(r *realm, from wire.Sender, epoch uint32, s signed) error {
	mine, err := r.keys.key(epoch)
	if err != nil || from.Address == r.address && mine.R() == from.R {
		return ErrOwnIdentity
	}
	key, err := r.publicKey(from.Address, epoch, from.R)
	if err != nil || key.Verify(s.context, s.m, s.sig) != nil {
		return ErrOwnIdentity
	}
	return twoKeys(from.Address, mine.R(), key, s)
}
