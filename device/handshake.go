package device

import (
	"bufio"
	"context"
	"crypto/cipher"
	"crypto/mlkem"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/flynn/noise"

	"marque/device/wire"
)

const (
	contextInitiator = "marque/v1/session/initiator"
	contextResponder = "marque/v1/session/responder"

	noiseMessage1 = 32           // e
	noiseMessage2 = 32 + tagSize // e, empty payload
	noiseOpening1 = 32 + tagSize // the same, since there is a key to come
	noiseHybrid1  = 32 + mlkem.EncapsulationKeySize768 + tagSize
	noiseHybrid2  = mlkem.CiphertextSize768 + noiseMessage2
	helloSize     = 1 + 4 + 4
	minAuthR      = 1 + 4 + 4 + 32 + 64 + tagSize // and no longer: it has no name
	minAuthI      = minAuthR + 1
	maxAuth       = wire.MaxAuth + tagSize
)

// handshake is one session handshake on a stream (PROTOCOL.md, section 10).
type handshake struct {
	d     *Device
	realm *realm
	to    *public // the responder's realm: an initiator may call one of another
	conn  net.Conn
	r     *bufio.Reader

	rand   io.Reader // of the ephemeral keys
	noise  *noise.HandshakeState
	hybrid bool
	before []byte                     // secret of the handshake that this one follows, or of the opening; nil otherwise
	kem    *mlkem.DecapsulationKey768 // of a hybrid initiator

	opening bool   // the call was an opening
	early   []byte // what it said, at the responder

	secret      []byte      // k1 ‖ k2, from Split
	toResponder cipher.AEAD // under a1, for AuthI alone
	toInitiator cipher.AEAD // under a2, for AuthR alone
	auths       [][32]byte  // hashes of AuthR and AuthI, or of the opening and AuthR
	peer        wire.Address
	of          side   // the peer's realm
	epoch       uint32 // of the peer's key
	list        uint32 // sequence of the peer's list
	initiator   bool
	numbers     []byte // in the datagram form: the initiator's of the session ‖ the responder's
	bytes       int    // sent and received
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
	h, err := d.handshake()
	if err != nil {
		return nil, err
	}
	h.conn, h.r = conn, bufio.NewReaderSize(conn, recordBuffer)
	if err := side(h); err != nil {
		return nil, err
	}
	return h.finish()
}

// handshake begins one, if this device may have sessions.
func (d *Device) handshake() (*handshake, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	r, err := d.ready()
	if err == nil {
		err = d.ownRevoked(r)
	}
	if err != nil {
		return nil, err
	}
	return &handshake{d: d, realm: r, to: &r.public, rand: d.o.Rand}, nil
}

// initiate plays the one who calls, on a stream.
func (h *handshake) initiate(to wire.Address) error {
	if err := h.call(to); err != nil {
		return err
	}
	first, err := h.first(to)
	if err != nil {
		return err
	}
	if err := h.write(first); err != nil {
		return err
	}
	size := h.secondSize()
	second, err := h.read(size, size)
	if err != nil {
		return err
	}
	auth, err := h.read(minAuthR, minAuthR)
	if err != nil {
		return err
	}
	if auth, err = h.third(to, second, auth); err != nil {
		return err
	}
	return h.write(auth)
}

// call checks whom a session is to be with, before anything is sent, and prepares for the peer's realm.
func (h *handshake) call(to wire.Address) error {
	of, err := h.d.mayTalk(h.realm, to)
	if err != nil {
		return err
	}
	h.to, h.hybrid = of.public, h.d.wantsHybrid(h.realm) || of.hybrid()
	return nil
}

// respond plays the one who is called, on a stream.
func (h *handshake) respond() error {
	if h.isOpening() {
		return h.respondEarly()
	}
	first, err := h.read(helloSize+noiseMessage1, helloSize+noiseHybrid1)
	if err != nil {
		return err
	}
	second, auth, err := h.second(first)
	if err != nil {
		return err
	}
	if err := h.write(second, auth); err != nil {
		return err
	}
	if auth, err = h.read(minAuthI, maxAuth); err != nil {
		return err
	}
	return h.last(auth)
}

// finish derives the keys of the session. Nothing was given to the program yet, on either side.
func (h *handshake) finish() (*Session, error) {
	okm, err := h.keys()
	if err != nil {
		return nil, err
	}
	defer clear(okm)
	return newSession(h, okm)
}

// keys derives the 120 octets that a session has.
func (h *handshake) keys() ([]byte, error) {
	defer clear(h.secret)
	return h.derive("marque/v1/session-keys", sessionSecret)
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

// mayTalk checks whom a session is to be with, and returns the realm of that peer.
func (d *Device) mayTalk(r *realm, to wire.Address) (of side, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if err := d.outlived(r); err != nil {
		return of, err
	}
	now := d.now()
	if of, err = d.sideOf(r, to, now); err != nil {
		return of, err
	}
	epoch, err := of.epoch(now)
	if err != nil {
		return of, err
	}
	if r.own(to) {
		return of, ErrOwnIdentity
	}
	_, err = d.peerStatus(of, to, epoch, now)
	return of, err
}

func remote(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil {
		return a.String()
	}
	return "an unnamed peer"
}
