package device

import (
	"bufio"
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/flynn/noise"

	"marque/device/ibc"
	"marque/device/wire"
)

const (
	contextInitiator = "marque/v1/session/initiator"
	contextResponder = "marque/v1/session/responder"

	noiseMessage1 = 32           // e
	noiseMessage2 = 32 + tagSize // e, empty payload
	helloSize     = 1 + 4 + 4
	minAuth       = 1 + 4 + 4 + 32 + 64 + tagSize
	maxAuth       = wire.MaxAuth + tagSize
)

// handshake is one session handshake on a stream (PROTOCOL.md, section 10).
type handshake struct {
	d     *Device
	realm *realm
	conn  net.Conn
	r     *bufio.Reader
	noise *noise.HandshakeState

	secret      []byte      // k1 ‖ k2, from Split
	toResponder cipher.AEAD // under a1, for AuthI alone
	toInitiator cipher.AEAD // under a2, for AuthR alone
	auths       [][32]byte  // hashes of AuthR and AuthI
	peer        wire.Address
	epoch       uint32 // of the peer's key
	list        uint32 // sequence of the peer's list
	initiator   bool
	bytes       int // sent and received
}

// Client makes a session with the device called to, over a connection that leads there, and owns the connection from then on: it is closed
// when the handshake fails. The context bounds the handshake, HandshakeTimeout does in any case. The peer must prove that it is to before
// this device says who it is. Errors: as for Seal, and ErrHandshake, ErrTampered, ErrNotForMe, ErrEpoch, ErrHybrid.
func (d *Device) Client(ctx context.Context, conn net.Conn, to wire.Address) (*Session, error) {
	s, err := d.shake(ctx, conn, func(h *handshake) error { return h.initiate(to) })
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	return s, nil
}

// Server answers a Client on a connection, under the same rules.
func (d *Device) Server(ctx context.Context, conn net.Conn) (*Session, error) {
	s, err := d.shake(ctx, conn, (*handshake).respond)
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", remote(conn), err)
	}
	return s, nil
}

// Dial connects to a network address and makes a session with the device called to.
func (d *Device) Dial(ctx context.Context, network, address string, to wire.Address) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	return d.Client(ctx, conn, to)
}

// shake runs one side of a handshake within its time, and makes a session of it.
func (d *Device) shake(ctx context.Context, conn net.Conn, side func(*handshake) error) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	s, err := d.session(conn, side)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", err, cause)
		}
		if s != nil {
			d.sessions.drop(s)
		}
		_ = conn.Close() // the handshake's error says more
		return nil, err
	}
	return s, nil
}

func (d *Device) session(conn net.Conn, side func(*handshake) error) (*Session, error) {
	d.mu.RLock()
	r, err := d.ready()
	if err == nil {
		err = d.ownRevoked(r)
	}
	d.mu.RUnlock()
	switch {
	case err != nil:
		return nil, err
	case r.policy.Hybrid:
		return nil, ErrHybrid
	}
	h := &handshake{d: d, realm: r, conn: conn, r: bufio.NewReaderSize(conn, recordBuffer)}
	if err := side(h); err != nil {
		return nil, err
	}
	return h.finish()
}

func (h *handshake) initiate(to wire.Address) error {
	if err := h.d.mayTalk(h.realm, to); err != nil {
		return err
	}
	hello, err := (&wire.Hello{Ref: h.realm.ref, Callee: wire.Callee(h.realm.hash, to)}).Marshal()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := h.start(true, to); err != nil {
		return err
	}
	msg, _, _, err := h.noise.WriteMessage(hello, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	if err := h.write(msg); err != nil {
		return err
	}
	if msg, err = h.read(noiseMessage2, noiseMessage2); err != nil {
		return err
	}
	_, k1, k2, err := h.noise.ReadMessage(nil, msg)
	if err != nil {
		return fmt.Errorf("the peer answered for another address or realm: %w: %w", ErrHandshake, err)
	}
	if err := h.split(k1, k2); err != nil {
		return err
	}
	if err := h.readAuth(h.toInitiator, contextResponder, to); err != nil {
		return err
	}
	auth, err := h.auth(h.toResponder, contextInitiator)
	if err != nil {
		return err
	}
	return h.write(auth)
}

func (h *handshake) respond() error {
	msg, err := h.read(helloSize+noiseMessage1, helloSize+noiseMessage1)
	if err != nil {
		return err
	}
	hello, first, err := wire.ParseHello(msg)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case hello.Ref != h.realm.ref:
		return h.d.foreignPeer(h.realm, hello.Ref)
	case hello.Callee != wire.Callee(h.realm.hash, h.realm.address):
		return ErrNotForMe
	}
	if err := h.start(false, h.realm.address); err != nil {
		return err
	}
	if _, _, _, err := h.noise.ReadMessage(nil, first); err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	msg, k1, k2, err := h.noise.WriteMessage(nil, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	if err := h.split(k1, k2); err != nil {
		return err
	}
	auth, err := h.auth(h.toInitiator, contextResponder)
	if err != nil {
		return err
	}
	if err := h.write(msg, auth); err != nil {
		return err
	}
	return h.readAuth(h.toResponder, contextInitiator, wire.Address{})
}

// start begins Noise NN; the prologue binds mode, realm and the responder that is meant.
func (h *handshake) start(initiator bool, responder wire.Address) (err error) {
	h.initiator = initiator
	prologue := append(ibc.AppendLPString(nil, "marque/v1/session"), 0x00)
	prologue = append(prologue, h.realm.hash[:]...)
	h.noise, err = noise.NewHandshakeState(noise.Config{
		CipherSuite: noise.NewCipherSuite(curve25519{}, noise.CipherAESGCM, noise.HashSHA256),
		Random:      h.d.o.Rand,
		Pattern:     noise.HandshakeNN,
		Initiator:   initiator,
		Prologue:    ibc.AppendLPString(prologue, responder.String()),
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return nil
}

// split keeps the keys that Noise ends with, and derives those that encrypt one Auth each.
func (h *handshake) split(k1, k2 *noise.CipherState) error {
	a, b := k1.UnsafeKey(), k2.UnsafeKey()
	h.secret = append(a[:], b[:]...)
	keys, err := h.derive("marque/v1/session-auth", 2*keySize)
	if err != nil {
		return err
	}
	defer clear(keys)
	if h.toResponder, err = newGCM(keys[:keySize]); err != nil {
		return err
	}
	h.toInitiator, err = newGCM(keys[keySize:])
	return err
}

// derive is HKDF(k1 ‖ k2, LP(label) ‖ h ‖ hashes of the Auths so far, n).
func (h *handshake) derive(label string, n int) ([]byte, error) {
	info := append(ibc.AppendLPString(nil, label), h.noise.ChannelBinding()...)
	for _, a := range h.auths {
		info = append(info, a[:]...)
	}
	b, err := hkdf.Key(sha512.New, h.secret, nil, string(info), n)
	if err != nil {
		return nil, fmt.Errorf("session keys: %w", err)
	}
	return b, nil
}

// transcript is what an Auth signs: h ‖ u32(list sequence), and for the initiator the hash of AuthR.
func (h *handshake) transcript(sequence uint32) []byte {
	m := binary.BigEndian.AppendUint32(append([]byte(nil), h.noise.ChannelBinding()...), sequence)
	for _, a := range h.auths {
		m = append(m, a[:]...)
	}
	return m
}

// auth signs the transcript as this device and encrypts the result.
func (h *handshake) auth(to cipher.AEAD, context string) ([]byte, error) {
	b, err := h.d.signAuth(h.realm, h.initiator, context, h.transcript)
	if err != nil {
		return nil, err
	}
	h.auths = append(h.auths, sha256.Sum256(b))
	return to.Seal(nil, make([]byte, nonceSize), b, nil), nil
}

// readAuth reads and checks who the peer is: the responder is whom this device called, and does not say its name; an initiator does.
func (h *handshake) readAuth(from cipher.AEAD, context string, called wire.Address) error {
	msg, err := h.read(minAuth, maxAuth)
	if err != nil {
		return err
	}
	b, err := from.Open(nil, make([]byte, nonceSize), msg, nil)
	if err != nil {
		return fmt.Errorf("the peer's proof was altered: %w: %w", ErrHandshake, ErrTampered)
	}
	a, err := wire.ParseAuth(b)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case a.Address.IsZero() != h.initiator:
		return fmt.Errorf("the peer says who it is in another way than its part does: %w", ErrMalformed)
	case h.initiator:
		a.Address = called
	case a.Address.Serial() == h.realm.address.Serial(): // never accepted, but it may prove that this device's key was issued twice
		if err := h.d.checkAuth(h.realm, context, a, h.transcript(a.List)); err != nil {
			return err
		}
		return ErrOwnIdentity
	}
	if err := h.d.checkAuth(h.realm, context, a, h.transcript(a.List)); err != nil {
		return err
	}
	h.auths = append(h.auths, sha256.Sum256(b))
	h.peer, h.epoch, h.list = a.Address, a.Epoch, a.List
	return nil
}

// finish derives the keys of the session. Nothing was given to the program yet, on either side.
func (h *handshake) finish() (*Session, error) {
	defer clear(h.secret)
	okm, err := h.derive("marque/v1/session-keys", sessionSecret)
	if err != nil {
		return nil, err
	}
	defer clear(okm)
	return newSession(h, okm)
}

func (h *handshake) write(messages ...[]byte) error {
	var b []byte
	for _, m := range messages {
		b = appendFrame(b, m)
	}
	h.bytes += len(b)
	if _, err := h.conn.Write(b); err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return nil
}

func (h *handshake) read(least, most int) ([]byte, error) {
	b, err := readFrame(h.r, least, most)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("the peer closed the connection; it may be another device, or refuse this one: %w", ErrHandshake)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	h.bytes += 2 + len(b)
	return b, nil
}

// mayTalk checks whom a session is to be with before anything is sent.
func (d *Device) mayTalk(r *realm, to wire.Address) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.outlived(r); err != nil {
		return err
	}
	now := d.now()
	epoch, err := r.epoch(now)
	if err != nil {
		return err
	}
	if _, err := r.identity(to, epoch); err != nil {
		return err
	}
	if to.Serial() == r.address.Serial() {
		return ErrOwnIdentity
	}
	_, err = d.peerStatus(to, epoch, now)
	return err
}

func remote(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil {
		return a.String()
	}
	return "an unnamed peer"
}
