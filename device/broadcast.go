package device

import (
	"errors"
	"fmt"
	"sync"
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
	// Mixed is short but for the first in an epoch and after a start, one of Options.FullEvery, when Options.FullAfter has passed since the last
	// full one, and when somebody asked (FullWanted): for beacons. It cannot stand beside Short.
	Mixed bool
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
	if o.Short && o.Mixed {
		return nil, fmt.Errorf("%w: Short and Mixed exclude each other", ErrOptions)
	}
	r, key, now, err := d.sender(payload)
	if err != nil {
		return nil, err
	}
	if o.Mixed {
		o.Short = d.beacons.next(key.Public().Reference(), now)
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
// Its payload is part of msg. Errors: ErrMalformed, ErrUnknownRealm, ErrStaleTime, ErrReplay, ErrEpoch, ErrNoList, ErrListExpired, ErrRevoked,
// ErrUnknownSender as an UnknownSenderError, ErrOwnIdentity, ErrTwoKeys, ErrTampered.
func (d *Device) Verify(msg []byte) (*Message, error) {
	m := &Message{}
	if err := d.VerifyInto(m, msg); err != nil {
		return nil, err
	}
	return m, nil
}

// VerifyInto is Verify into a Message of the caller's, which it leaves alone when it fails. It allocates no memory for broadcasts of peers that
// were heard twice in this epoch, but for what the record of accepted messages needs to grow.
func (d *Device) VerifyInto(m *Message, msg []byte) error {
	d.mu.RLock()
	err := d.verify(m, msg)
	d.mu.RUnlock()
	if err != nil {
		d.noteTwoKeys(err)
		return fmt.Errorf("verify: %w", err)
	}
	d.settle()
	return nil
}

// signedOctets are buffers for what signatures are over.
var signedOctets = sync.Pool{New: func() any { return new([]byte) }}

func (d *Device) verify(m *Message, msg []byte) error {
	var h heard
	if err := d.hear(&h, msg); err != nil {
		return err
	}
	buffer := signedOctets.Get().(*[]byte) // the pool holds nothing else
	defer signedOctets.Put(buffer)
	s := h.signed((*buffer)[:0])
	*buffer = s.m
	p, v, err := d.verifySender(h.realm, h.side, h.from(), h.epoch, h.now, s)
	switch {
	case errors.Is(err, ErrUnknownSender):
		return d.unknownSender(&h)
	case err != nil:
		return err
	}
	return d.acceptHeard(m, &h, p, v, s)
}

// heard is a broadcast that could be accepted, if its sender signed it.
type heard struct {
	wire.Broadcast
	realm *realm
	side  side // the sender's
	id    [16]byte
	epoch uint32
	now   time.Time
}

// hear takes a broadcast apart and checks all that needs neither its sender nor its signature.
func (d *Device) hear(h *heard, msg []byte) (err error) {
	h.now = d.now()
	if h.realm, err = d.ready(); err != nil {
		return err
	}
	if err := h.Parse(msg, d.peers.named); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if h.side, err = d.sideBy(h.realm, h.Ref, h.now); err != nil {
		return err
	}
	h.id = h.ID()
	if err := d.admissible(h.realm, h.id, h.Time, h.now); err != nil {
		return err
	}
	h.epoch, err = h.side.epoch(h.Time)
	return err
}

func (h *heard) from() wire.Sender {
	return wire.Sender{Known: h.Short, KeyRef: h.KeyRef, Address: h.Sender, R: h.R}
}

// signed returns the signature with what it is over, which is appended to b.
func (h *heard) signed(b []byte) signed { return signed{contextBroadcast, h.AppendSigned(b), h.Sig} }

// acceptHeard records a broadcast that p signed, and fills in m.
func (d *Device) acceptHeard(m *Message, h *heard, p *peer, v verdict, s signed) error {
	mode := ModeBroadcast
	if h.Short {
		mode = ModeBroadcastShort
	}
	out := Message{Sender: p.address, Time: h.Time, Payload: h.Payload, Mode: mode, Stale: v.stale, NewerThanList: v.newer}
	if err := d.accept(h.realm, &out, p.key, h.id, s); err != nil {
		return err
	}
	*m = out
	return nil
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
func (d *Device) verifySender(r *realm, of side, from wire.Sender, epoch uint32, now time.Time, s signed) (*peer, verdict, error) {
	if !from.Known && r.own(from.Address) {
		return nil, verdict{}, d.own(r, from, epoch, s)
	}
	candidates, err := d.candidates(of, from, epoch)
	if err != nil {
		return nil, verdict{}, err
	}
	for _, p := range candidates.keys[:candidates.n] {
		v, err := d.peerStatus(of, p.address, epoch, now)
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
func (d *Device) candidates(of side, from wire.Sender, epoch uint32) (c candidates, err error) {
	if from.Known {
		if c = d.peers.byReference(from.KeyRef, of.hash, epoch); c.n == 0 {
			return c, ErrUnknownSender
		}
		return c, nil
	}
	c.n = 1
	if p, _, ok := d.peers.find(of.hash, from.Address, epoch, 0); ok && p.key.R() == from.R {
		c.keys[0] = p
		return c, nil
	}
	key, err := of.publicKey(from.Address, epoch, from.R)
	c.keys[0] = &peer{address: from.Address, key: key}
	return c, err
}

// accept records a message whose signature s verified, and its sender's key. The caller holds mu.
func (d *Device) accept(r *realm, m *Message, key *ibc.PublicKey, id [16]byte, s signed) error {
	oldest := r.oldest(d.now())
	if err := d.seen.accept(r.senderID(m.Sender, key.Identity().Core), seenMessage{id, m.Time}, oldest); err != nil {
		return fmt.Errorf("%s: %w", m.Sender, err)
	}
	var knows shown
	if m.Mode.warm() { // to this device's key of that time
		mine, err := r.epoch(m.Time)
		knows = shown{err == nil, mine}
	}
	return d.peers.learn(m.Sender, key, knows, s)
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
