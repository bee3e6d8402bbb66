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
	s, err := d.sealing(payload, o)
	if err != nil {
		return nil, 0, err
	}
	defer clear(s.random[:])
	p, err := d.reader(s, to, o)
	if err != nil {
		return nil, 0, err
	}
	if p.key != nil && !o.RequireCold {
		s.name(p.knowsMe && !o.Full)
		msg, err := s.warm(p)
		return msg, ModeWarm, err
	}
	msg, err := s.cold(p, d.recipients.get(p.side.params, p.id))
	return msg, ModeCold, err
}

// sealing is one message on its way out.
type sealing struct {
	realm   *realm
	key     *ibc.PrivateKey
	from    wire.Sender // how the message names this device
	time    time.Time
	payload []byte
	random  [32]byte // drawn once, for the ephemeral secret and for the signature's nonce (PROTOCOL.md, section 5.3)
}

// sealing begins a message, for the caller to clear its randomness. The caller holds mu.
func (d *Device) sealing(payload []byte, o SealOptions) (*sealing, error) {
	if o.RequireWarm && o.RequireCold {
		return nil, fmt.Errorf("%w: warm and cold exclude each other", ErrOptions)
	}
	r, key, now, err := d.sender(payload)
	if err != nil {
		return nil, err
	}
	s := &sealing{realm: r, key: key, time: now, payload: payload}
	s.name(false)
	if _, err := io.ReadFull(d.o.Rand, s.random[:]); err != nil {
		return nil, fmt.Errorf("draw randomness: %w", err)
	}
	return s, nil
}

// name says how the message names this device: by a reference to whoever knows its key, else in full.
func (s *sealing) name(known bool) {
	if known {
		s.from = wire.Sender{Known: true, KeyRef: s.key.Public().Reference()}
	} else {
		s.from = wire.Sender{Address: s.realm.address, R: s.key.R()}
	}
}

// reader is somebody that a message is sealed to.
type reader struct {
	side    side
	id      ibc.Identity
	key     *ibc.PublicKey // nil when it is not known
	knowsMe bool           // it showed in this epoch that it knows this device's key
}

// reader says whether an address may be sealed to, and what is known of it. The caller holds mu.
func (d *Device) reader(s *sealing, to wire.Address, o SealOptions) (p reader, err error) {
	if p.side, err = d.sideOf(s.realm, to, s.time); err != nil {
		return p, err
	}
	epoch, err := p.side.epoch(s.time)
	if err != nil {
		return p, err
	}
	if p.id, err = p.side.identity(to, epoch); err != nil {
		return p, err
	}
	if s.realm.own(to) {
		return p, ErrOwnIdentity
	}
	if _, err := d.peerStatus(p.side, to, epoch, s.time); err != nil {
		return p, err
	}
	known, knowsMe, ok := d.peers.find(p.side.hash, to, epoch, s.key.Identity().Epoch)
	switch {
	case ok:
		p.key, p.knowsMe = known.key, knowsMe
	case o.RequireWarm:
		return p, fmt.Errorf("%s: %w", to, ErrWarmUnknown)
	}
	return p, nil
}

func (s *sealing) cold(to reader, prepared *ibc.Recipient) ([]byte, error) {
	u, key, err := s.key.EncapsulateCold(s.rand(), prepared, s.params(wire.ModeCold, contextSealed))
	if err != nil {
		return nil, err
	}
	return s.finish(wire.ModeCold, to, u[:], key)
}

func (s *sealing) warm(to reader) ([]byte, error) {
	e, key, err := s.key.EncapsulateWarm(s.rand(), to.key, s.params(wire.ModeWarm, contextSealed))
	if err != nil {
		return nil, err
	}
	return s.finish(wire.ModeWarm, to, e[:], key)
}

func (s *sealing) rand() io.Reader { return bytes.NewReader(s.random[:]) }

// params binds the ephemeral secret to sender, time and payload: LP(sender) ‖ u64(time) ‖ SHA-512(payload).
func (s *sealing) params(mode byte, context string) ibc.Seal {
	digest := sha512.Sum512(s.payload)
	bind := binary.BigEndian.AppendUint64(ibc.AppendLP(nil, s.from.Encode()), uint64(s.time.UnixMilli()))
	return ibc.Seal{Mode: mode, Context: context, Bind: append(bind, digest[:]...)}
}

// finish signs, and encrypts under the key, which encrypts nothing else.
func (s *sealing) finish(mode byte, to reader, ephemeral []byte, key [32]byte) ([]byte, error) {
	defer clear(key[:])
	out := &wire.Sealed{Mode: mode, Ref: to.side.ref, Epoch: to.id.Epoch, Ephemeral: ephemeral}
	var err error
	m := wire.SealedSigned(mode, to.id, ephemeral, s.time, s.payload)
	if out.Ciphertext, err = s.inside(contextSealed, m, key[:], out.Header()); err != nil {
		return nil, err
	}
	return out.Marshal()
}

// inside signs m and encrypts sender, time, signature and payload.
func (s *sealing) inside(context string, m, key, aad []byte) ([]byte, error) {
	sig, err := s.key.Sign(s.rand(), context, m)
	if err != nil {
		return nil, err
	}
	plain, err := (&wire.Plain{Sender: s.from, Time: s.time, Sig: sig, Payload: s.payload}).Marshal()
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, make([]byte, nonceSize), plain, aad), nil
}

// Open decrypts and verifies a sealed message. What it returns is accepted once only. What costs least is checked first: a cold message gets
// its pairing only when its epoch fits, its id is new, and not too many arrive at once (ErrBusy). A message that does not decrypt was
// altered or is for somebody else, which nobody can tell apart: it is ErrTampered and ErrNotForMe. Other errors are as for Verify.
func (d *Device) Open(msg []byte) (*Message, error) {
	m, err := d.openAs(parseOutside, msg)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return m, nil
}

// openAs is Open of what parse takes apart.
func (d *Device) openAs(parse func([]byte) (*outside, error), msg []byte) (*Message, error) {
	d.mu.RLock()
	m, err := d.open(parse, msg)
	d.mu.RUnlock()
	if err != nil {
		d.noteTwoKeys(err)
		return nil, err
	}
	d.settle()
	return m, nil
}

func (d *Device) open(parse func([]byte) (*outside, error), msg []byte) (*Message, error) {
	now := d.now()
	r, err := d.ready()
	if err != nil {
		return nil, err
	}
	s, err := parse(msg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if s.ref != r.ref {
		return nil, d.foreign(r, s.ref)
	}
	if !r.current(&r.public, s.epoch, now) {
		return nil, fmt.Errorf("sealed for epoch %d, which is not now: %w", s.epoch, ErrEpoch)
	}
	key, err := r.keys.key(s.epoch)
	if err != nil {
		return nil, err
	}
	id := wire.MessageID(byte(s.mode), s.ephemeral)
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
	proof := signed{s.context, s.signed(key.Identity(), p), p.Sig}
	of, err := d.sideOfSender(r, p.Sender, now)
	if err != nil {
		return nil, err
	}
	epoch, err := of.epoch(p.Time)
	if err != nil {
		return nil, err
	}
	from, v, err := d.verifySender(r, of, p.Sender, epoch, now, proof)
	if err != nil {
		return nil, err
	}
	s.by = of.hash
	out := &Message{Sender: from.address, Time: p.Time, Payload: p.Payload, Mode: s.mode, Stale: v.stale, NewerThanList: v.newer}
	if err := d.accept(r, out, from.key, id, proof); err != nil {
		return nil, err
	}
	return out, nil
}

// outside is what a sealed message shows, and how it is opened: one to a single recipient, or to several.
type outside struct {
	mode      Mode
	ref       [4]byte
	epoch     uint32
	ephemeral []byte
	context   string
	open      func(key []byte) ([]byte, error) // by the key that the ephemeral gives
	signed    func(me ibc.Identity, p *wire.Plain) []byte
	by        [32]byte // the hash of the sender's core, once that is verified
}

func parseOutside(msg []byte) (*outside, error) {
	if len(msg) > 0 && (msg[0] == wire.ModeColdSeveral || msg[0] == wire.ModeWarmSeveral) {
		return parseSeveral(msg)
	}
	s, err := wire.ParseSealed(msg)
	if err != nil {
		return nil, err
	}
	return &outside{
		mode: Mode(s.Mode), ref: s.Ref, epoch: s.Epoch, ephemeral: s.Ephemeral, context: contextSealed,
		open: func(key []byte) ([]byte, error) { return unlock(key, s.Ciphertext, s.Header()) },
		signed: func(me ibc.Identity, p *wire.Plain) []byte {
			return wire.SealedSigned(s.Mode, me, s.Ephemeral, p.Time, p.Payload)
		},
	}, nil
}

// unlock decrypts what a key encrypted that encrypts nothing else.
func unlock(key, ciphertext, aad []byte) ([]byte, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	b, err := aead.Open(nil, make([]byte, nonceSize), ciphertext, aad)
	if err != nil {
		return nil, errSealed
	}
	return b, nil
}

// errSealed is all that can be said when a key does not open something.
var errSealed = fmt.Errorf("%w; or %w", ErrNotForMe, ErrTampered)

// decrypt opens the outside of a sealed message.
func (d *Device) decrypt(s *outside, key *ibc.PrivateKey, now time.Time) (*wire.Plain, error) {
	var k [32]byte
	var err error
	if s.mode.warm() {
		k, err = key.DecapsulateWarm([32]byte(s.ephemeral), s.context)
	} else {
		if !d.cold.take(now) {
			return nil, ErrBusy
		}
		k, err = key.DecapsulateCold([48]byte(s.ephemeral), s.context)
	}
	defer clear(k[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	b, err := s.open(k[:])
	if err != nil {
		return nil, err
	}
	p, err := wire.ParsePlain(b)
	if err != nil {
		return nil, fmt.Errorf("inside: %w: %w", ErrMalformed, err)
	}
	return p, nil
}

// checkPlain checks what the inside of a sealed message says, before its signature.
func (d *Device) checkPlain(r *realm, s *outside, p *wire.Plain, id [16]byte, now time.Time) error {
	if p.Sender.Known && !s.mode.warm() {
		return fmt.Errorf("a cold message must name its sender in full: %w", ErrMalformed)
	}
	if err := d.admissible(r, id, p.Time, now); err != nil {
		return err
	}
	if e, err := r.epoch(p.Time); err != nil || e != s.epoch {
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
