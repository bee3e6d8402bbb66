package device

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"net"

	"marque/device/ibc"
	"marque/device/wire"
)

// A session that begins with data (PROTOCOL.md, section 10.4): the call is a cold message, so that it can be answered at once.

const (
	contextOpening      = "marque/v1/session-open"
	labelOpeningContent = "marque/v1/open-content"
	labelOpeningKey     = "marque/v1/open-psk"
)

// DialEarly is Dial with data that goes along with the call, at most MaxEarly octets, maybe none: the one who is called has it one way of the
// network after the connection is there, where Write is two ways later. For that it gives up what a session has. Such data
//
//   - can be read by whoever holds the authority's master secret, and by whoever gets the key of the one who is called before its epoch has
//     passed: it is sealed as cold messages are, whereas all that follows is forward secret;
//   - may be done by the other side without this one ever learning of it, and so be sent again by the program: it MUST NOT matter whether it
//     is done once or twice. What opens a gate or charges an account is for Write;
//   - may be held back by the carrier, for as long as the realm's policy lets messages be old.
//
// The other side gives it to its program once at most, and apart from what the session brings (Session.Early). It takes it only if Options.Early is
// set there. When DialEarly returns, it has it. Nothing is tried again in another way: after an error dial, and Write.
// Errors: as for Client, ErrEarly and ErrHybrid where sessions must be hybrid, and ErrOptions for too much data.
func (d *Device) DialEarly(ctx context.Context, network, address string, to wire.Address, data []byte) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	return d.ClientEarly(ctx, conn, to, data)
}

// ClientEarly is Client with data that goes along with the call: see DialEarly for what may be sent so.
func (d *Device) ClientEarly(ctx context.Context, conn net.Conn, to wire.Address, data []byte) (*Session, error) {
	s, err := d.shake(ctx, conn, func(h *handshake) error { return h.initiateEarly(to, data) })
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	return s, nil
}

// Early returns what the peer said with its call, which Read does not give, and whether it called so (DialEarly): then it may be empty. It is the
// peer's, was not there before, and no older than the realm's policy lets messages be; but who holds the authority's master secret can read it, the
// peer may send the same anew when it does not hear from here, and it may no longer be there: what it may do is what may be done twice.
func (s *Session) Early() (data []byte, ok bool) { return s.early, s.opened }

// errEarlyHybrid is of early data where sessions must be hybrid: it would be protected by no ML-KEM.
var errEarlyHybrid = fmt.Errorf("%w: %w", ErrEarly, ErrHybrid)

// initiateEarly plays the one who calls with data.
func (h *handshake) initiateEarly(to wire.Address, data []byte) error {
	if len(data) > MaxEarly {
		return fmt.Errorf("%w: %d octets go with the call, at most %d may", ErrOptions, len(data), MaxEarly)
	}
	if h.d.wantsHybrid(h.realm) {
		return errEarlyHybrid
	}
	if err := h.call(to); err != nil {
		return err
	}
	if h.hybrid { // the peer's realm demands it
		return errEarlyHybrid
	}
	call, err := h.open(to, data)
	defer h.forget()
	if err != nil {
		return err
	}
	if err := h.write(call); err != nil {
		return err
	}
	h.bytes -= len(data)
	second, err := h.read(noiseMessage2, noiseMessage2)
	if err != nil {
		return err
	}
	auth, err := h.read(minAuthR, minAuthR)
	if err != nil {
		return err
	}
	if err := h.preshare(nil, nil, nil); err != nil {
		return err
	}
	if err := h.meet(second); err != nil {
		return err
	}
	return h.checkAuth(auth, h.toInitiator, contextResponder, to)
}

// open makes the opening.
func (h *handshake) open(to wire.Address, data []byte) ([]byte, error) {
	h.opening = true
	if err := h.start(true, to); err != nil {
		return nil, err
	}
	first, err := h.write1(nil)
	if err != nil {
		return nil, err
	}
	msg, secret, err := h.d.sealOpening(h.realm, to, first, data)
	h.bind(msg, secret)
	return msg, err
}

// sealOpening seals Noise message 1 and what the program has to say, cold, and returns the secret of that as well.
func (d *Device) sealOpening(r *realm, to wire.Address, first, data []byte) (msg, secret []byte, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.outlived(r); err != nil {
		return nil, nil, err
	}
	payload, err := (&wire.Early{List: d.list.sequence(), Noise: [noiseOpening1]byte(first), Data: data}).Marshal()
	if err != nil {
		return nil, nil, err
	}
	s, err := d.sealing(payload, SealOptions{RequireCold: true})
	if err != nil {
		return nil, nil, err
	}
	defer clear(s.random[:])
	p, err := d.reader(s, to, SealOptions{RequireCold: true})
	if err != nil {
		return nil, nil, err
	}
	u, key, err := s.key.EncapsulateCold(s.rand(), d.recipients.get(p.side.params, p.id), s.params(wire.ModeOpening, contextOpening))
	defer clear(key[:])
	if err != nil {
		return nil, nil, err
	}
	content, err := openingKey(key[:])
	defer clear(content)
	if err != nil {
		return nil, nil, err
	}
	out := &wire.Opening{Ref: p.side.ref, Epoch: p.id.Epoch, U: u}
	m := wire.SealedSigned(wire.ModeOpening, p.id, u[:], s.time, payload)
	if out.Ciphertext, err = s.inside(contextOpening, m, content, out.Header()); err != nil {
		return nil, nil, err
	}
	msg, err = out.Marshal()
	return msg, bytes.Clone(key[:]), err
}

// isOpening says whether the peer calls with data. It waits for what any call has.
func (h *handshake) isOpening() bool {
	b, err := h.r.Peek(2)
	if err != nil || int(binary.BigEndian.Uint16(b)) < wire.MinOpening {
		return false
	}
	b, err = h.r.Peek(3) // u16(length) ‖ mode
	return err == nil && b[2] == wire.ModeOpening
}

// respondEarly plays the one who is called with data.
func (h *handshake) respondEarly() error {
	switch {
	case h.d.wantsHybrid(h.realm):
		return errEarlyHybrid
	case !h.d.o.Early:
		return ErrEarly
	}
	msg, err := h.read(wire.MinOpening, wire.MaxOpening)
	if err != nil {
		return err
	}
	first, err := h.opened(msg)
	defer h.forget()
	if err != nil {
		return err
	}
	second, auth, err := h.answer(first[:])
	if err != nil {
		return err
	}
	return h.write(second, auth)
}

// opened verifies an opening, under all rules for sealed messages: from then on it is recorded, and no second one like it is taken. It returns
// Noise message 1.
func (h *handshake) opened(msg []byte) (first [noiseOpening1]byte, err error) {
	secret := make([]byte, keySize)
	var from *outside
	m, err := h.d.openAs(func(msg []byte) (*outside, error) {
		s, err := wire.ParseOpening(msg)
		if err != nil {
			return nil, err
		}
		from = &outside{
			mode: modeOpening, ref: s.Ref, epoch: s.Epoch, ephemeral: s.U[:], context: contextOpening,
			open: func(key []byte) ([]byte, error) {
				copy(secret, key)
				return unlockOpening(s, key)
			},
			signed: func(me ibc.Identity, p *wire.Plain) []byte {
				return wire.SealedSigned(wire.ModeOpening, me, s.U[:], p.Time, p.Payload)
			},
		}
		return from, nil
	}, msg)
	h.bind(msg, secret)
	if err != nil {
		return first, err
	}
	e, err := wire.ParseEarly(m.Payload)
	if err != nil {
		return first, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if h.of, h.epoch, err = h.d.sideAt(h.realm, m.Sender, m.Time); err != nil {
		return first, err
	}
	if h.of.hash != from.by { // its realm went on to another core meanwhile
		return first, fmt.Errorf("%w: %w", ErrHandshake, ErrUnknownRealm)
	}
	h.opening, h.early = true, bytes.Clone(e.Data)
	h.bytes -= len(e.Data)
	h.peer, h.list = m.Sender, e.List
	return e.Noise, nil
}

// bind makes an opening a part of the session: its secret enters the keys, and what the responder signs covers every octet of it.
func (h *handshake) bind(msg, secret []byte) {
	h.auths = append(h.auths, sha256.Sum256(msg))
	h.before = secret
}

// forget erases the secret of the opening.
func (h *handshake) forget() { clear(h.before) }

// unlockOpening decrypts an opening by the key that U gives.
func unlockOpening(s *wire.Opening, key []byte) ([]byte, error) {
	content, err := openingKey(key)
	defer clear(content)
	if err != nil {
		return nil, err
	}
	return unlock(content, s.Ciphertext, s.Header())
}

// openingKey derives from the key that U gives what encrypts. Noise takes in another one of it: preshare.
func openingKey(key []byte) ([]byte, error) {
	content, err := hkdf.Key(sha512.New, key, nil, string(ibc.AppendLPString(nil, labelOpeningContent)), keySize)
	if err != nil {
		return nil, fmt.Errorf("keys of the opening: %w", err)
	}
	return content, nil
}
