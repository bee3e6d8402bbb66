package device

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

const contextSealed = "marque/v1/sealed"

// SealOptions says how Seal seals. The zero value seals warm when the peer's key of this epoch is known, and cold otherwise.
type SealOptions struct {
	// RequireWarm fails with ErrWarmUnknown rather than sealing cold.
	RequireWarm bool
	// RequireCold seals cold even when warm is possible.
	RequireCold bool
	// Full names the sender in full even to a peer that seems to know it; for a peer that answered ErrUnknownSender.
	Full bool
}

// Seal signs and encrypts a payload of at most 65,536 octets to one address, and says in which mode. Cold needs nothing from the peer, adds
// 179 octets and the sender's address, and can be read by whoever holds the authority's master secret. Warm needs one verified message of
// the peer in this epoch, adds 163 octets and the address or 138 in all, and can be read by the peer alone. Errors: ErrRevoked and
// ErrNoList for the recipient as well as for this device, ErrListExpired, ErrUnknownRealm, ErrOwnIdentity, ErrWarmUnknown, ErrTooLong.
func (d *Device) Seal(to wire.Address, payload []byte, o SealOptions) (msg []byte, m Mode, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	msg, m, err = d.seal(to, payload, o)
	if err != nil {
		return nil, 0, fmt.Errorf("seal: %w", err)
	}
	return msg, m, nil
}

func (d *Device) seal(to wire.Address, payload []byte, o SealOptions) ([]byte, Mode, error) {
	if o.RequireWarm && o.RequireCold {
		return nil, 0, fmt.Errorf("%w: warm and cold exclude each other", ErrOptions)
	}
	r, key, now, err := d.sender(payload)
	if err != nil {
		return nil, 0, err
	}
	id, err := r.identity(to, key.Identity().Epoch)
	if err != nil {
		return nil, 0, err
	}
	if to.Serial() == r.address.Serial() {
		return nil, 0, ErrOwnIdentity
	}
	if _, err := d.peerStatus(to, id.Epoch, now); err != nil {
		return nil, 0, err
	}
	peerKey, knowsMe, known := d.peers.find(to, id.Epoch)
	if o.RequireWarm && !known {
		return nil, 0, fmt.Errorf("%s: %w", to, ErrWarmUnknown)
	}
	s := &sealing{realm: r, key: key, to: id, time: now, payload: payload, from: wire.Sender{Address: r.address, R: key.R()}}
	if _, err := io.ReadFull(d.o.Rand, s.random[:]); err != nil {
		return nil, 0, fmt.Errorf("draw randomness: %w", err)
	}
	defer clear(s.random[:])
	if known && !o.RequireCold {
		if knowsMe && !o.Full {
			s.from = wire.Sender{Known: true, KeyRef: key.Public().Reference()}
		}
		msg, err := s.warm(peerKey)
		return msg, ModeWarm, err
	}
	msg, err := s.cold(d.recipients.get(r.params, id))
	return msg, ModeCold, err
}

// sealing is one message on its way out.
type sealing struct {
	realm   *realm
	key     *ibc.PrivateKey
	from    wire.Sender // how the message names this device
	to      ibc.Identity
	time    time.Time
	payload []byte
	random  [32]byte // drawn once, for the ephemeral secret and for the signature's nonce (PROTOCOL.md, section 5.3)
}

func (s *sealing) cold(to *ibc.Recipient) ([]byte, error) {
	u, key, err := s.key.EncapsulateCold(s.rand(), to, s.params(wire.ModeCold))
	if err != nil {
		return nil, err
	}
	return s.finish(wire.ModeCold, u[:], key)
}

func (s *sealing) warm(to *ibc.PublicKey) ([]byte, error) {
	e, key, err := s.key.EncapsulateWarm(s.rand(), to, s.params(wire.ModeWarm))
	if err != nil {
		return nil, err
	}
	return s.finish(wire.ModeWarm, e[:], key)
}

func (s *sealing) rand() io.Reader { return bytes.NewReader(s.random[:]) }

// params binds the ephemeral secret to sender, time and payload: LP(sender) ‖ u64(time) ‖ SHA-512(payload).
func (s *sealing) params(mode byte) ibc.Seal {
	var from []byte
	if s.from.Known {
		from = append([]byte{1}, s.from.KeyRef[:]...)
	} else {
		a := s.from.Address.String()
		from = append([]byte{0, byte(len(a))}, a...)
		from = append(from, s.from.R[:]...)
	}
	digest := sha512.Sum512(s.payload)
	bind := binary.BigEndian.AppendUint64(ibc.AppendLP(nil, from), uint64(s.time.UnixMilli()))
	return ibc.Seal{Mode: mode, Context: contextSealed, Bind: append(bind, digest[:]...)}
}

// finish signs, and encrypts under the key, which encrypts nothing else.
func (s *sealing) finish(mode byte, ephemeral []byte, key [32]byte) ([]byte, error) {
	defer clear(key[:])
	sig, err := s.key.Sign(s.rand(), contextSealed, wire.SealedSigned(mode, s.to, ephemeral, s.time, s.payload))
	if err != nil {
		return nil, err
	}
	plain, err := (&wire.Plain{Sender: s.from, Time: s.time, Sig: sig, Payload: s.payload}).Marshal()
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	aead, err := newGCM(key[:])
	if err != nil {
		return nil, err
	}
	out := &wire.Sealed{Mode: mode, Ref: s.realm.ref, Epoch: s.to.Epoch, Ephemeral: ephemeral}
	out.Ciphertext = aead.Seal(nil, make([]byte, nonceSize), plain, out.Header())
	return out.Marshal()
}

// Open decrypts and verifies a sealed message. What it returns is accepted once only. What costs least is checked first: a cold message gets
// its pairing only when its epoch fits, its id is new, and not too many arrive at once (ErrBusy). A message that does not decrypt was
// altered or is for somebody else, which nobody can tell apart: it is ErrTampered and ErrNotForMe. Other errors are as for Verify.
func (d *Device) Open(msg []byte) (*Message, error) {
	d.mu.RLock()
	m, err := d.open(msg)
	d.mu.RUnlock()
	if err != nil {
		d.noteTwoKeys(err)
		return nil, fmt.Errorf("open: %w", err)
	}
	d.settle()
	return m, nil
}

func (d *Device) open(msg []byte) (*Message, error) {
	now := d.now()
	r, err := d.ready()
	if err != nil {
		return nil, err
	}
	s, err := wire.ParseSealed(msg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if s.Ref != r.ref {
		return nil, d.foreign(r, s.Ref)
	}
	if !r.current(s.Epoch, now) {
		return nil, fmt.Errorf("sealed for epoch %d, which is not now: %w", s.Epoch, ErrEpoch)
	}
	key, err := r.keys.key(s.Epoch)
	if err != nil {
		return nil, err
	}
	id := s.ID()
	if err := d.seen.seen(id); err != nil {
		return nil, err
	}
	p, err := d.decrypt(s, key, now)
	if err != nil {
		return nil, err
	}
	if err := d.checkPlain(r, s, p, id, now); err != nil {
		return nil, err
	}
	proof := signed{contextSealed, wire.SealedSigned(s.Mode, key.Identity(), s.Ephemeral, p.Time, p.Payload), p.Sig}
	from, v, err := d.verifySender(r, p.Sender, s.Epoch, now, proof)
	if err != nil {
		return nil, err
	}
	out := &Message{Sender: from.address, Time: p.Time, Payload: p.Payload, Mode: Mode(s.Mode), Stale: v.stale, NewerThanList: v.newer}
	return d.accept(r, out, from.key, id, proof)
}

// decrypt opens the outside of a sealed message.
func (d *Device) decrypt(s *wire.Sealed, key *ibc.PrivateKey, now time.Time) (*wire.Plain, error) {
	var k [32]byte
	var err error
	if s.Mode == wire.ModeCold {
		if !d.cold.take(now) {
			return nil, ErrBusy
		}
		k, err = key.DecapsulateCold([48]byte(s.Ephemeral), contextSealed)
	} else {
		k, err = key.DecapsulateWarm([32]byte(s.Ephemeral), contextSealed)
	}
	defer clear(k[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	aead, err := newGCM(k[:])
	if err != nil {
		return nil, err
	}
	b, err := aead.Open(nil, make([]byte, nonceSize), s.Ciphertext, s.Header())
	if err != nil {
		return nil, fmt.Errorf("%w; or %w", ErrNotForMe, ErrTampered)
	}
	p, err := wire.ParsePlain(b)
	if err != nil {
		return nil, fmt.Errorf("inside: %w: %w", ErrMalformed, err)
	}
	return p, nil
}

// checkPlain checks what the inside of a sealed message says, before its signature.
func (d *Device) checkPlain(r *realm, s *wire.Sealed, p *wire.Plain, id [16]byte, now time.Time) error {
	if p.Sender.Known && s.Mode != wire.ModeWarm {
		return fmt.Errorf("a cold message must name its sender in full: %w", ErrMalformed)
	}
	if err := d.admissible(r, id, p.Time, now); err != nil {
		return err
	}
	if e, err := r.epoch(p.Time); err != nil || e != s.Epoch {
		return fmt.Errorf("the header's epoch is not that of the message's time: %w", errors.Join(ErrEpoch, err))
	}
	return nil
}

// recipients caches what cold sealing needs to know of an address. It is safe for concurrent use.
type recipients struct {
	mu  sync.Mutex
	lru *lru[ibc.Identity, *ibc.Recipient]
}

// forget drops all, since they are of a core that was given up.
func (c *recipients) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru = newLRU[ibc.Identity, *ibc.Recipient](maxRecipients)
}

func (c *recipients) get(p *ibc.Params, id ibc.Identity) *ibc.Recipient {
	c.mu.Lock()
	r, ok := c.lru.get(id)
	c.mu.Unlock()
	if ok {
		return r
	}
	r = ibc.NewRecipient(p, id) // half a millisecond, outside the lock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.put(id, r)
	return r
}
