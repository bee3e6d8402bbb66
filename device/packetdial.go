package device

import (
	"bytes"
	"context"
	"crypto/mlkem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"marque/device/wire"
)

// calling is the initiator's side of a handshake in the datagram form. It keeps what its ephemeral keys were drawn from and tries every answer
// on a state made anew, so that a forged one costs time only: nothing is settled before the peer's signature.
type calling struct {
	l       *PacketListener
	remote  net.Addr
	to      wire.Address
	id      sessionID
	seed    []byte
	call    *wire.Datagram
	inbox   chan *wire.Datagram
	bytes   int
	cookies int
}

func (c *calling) take(g *wire.Datagram) { enqueue(c.inbox, g) }

// DialPacket makes a session with the device called to, at a network address such as "udp", over a socket of its own. The context bounds the
// handshake, HandshakeTimeout does in any case.
func (d *Device) DialPacket(ctx context.Context, network, address string, to wire.Address) (*PacketSession, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	l := d.listenPacket(oneWay{conn}, true)
	s, err := l.Dial(ctx, conn.RemoteAddr(), to)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s.own.Store(true)
	return s, nil
}

// oneWay is a connected socket as a net.PacketConn.
type oneWay struct{ net.Conn }

func (c oneWay) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.Read(b)
	return n, c.RemoteAddr(), err
}

func (c oneWay) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

// Dial makes a session with the device called to, at the address remote, over the listener's socket. What gets lost is sent again. Errors: those
// of Client; as long as no answer is right it waits for another.
func (l *PacketListener) Dial(ctx context.Context, remote net.Addr, to wire.Address) (*PacketSession, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	s, err := l.dial(ctx, remote, to)
	if err != nil {
		return nil, fmt.Errorf("session with %s: %w", to, err)
	}
	return s, nil
}

func (l *PacketListener) dial(ctx context.Context, remote net.Addr, to wire.Address) (*PacketSession, error) {
	c := &calling{l: l, remote: remote, to: to, seed: make([]byte, 32+mlkem.SeedSize), inbox: make(chan *wire.Datagram, maxInbox)}
	defer clear(c.seed)
	if _, err := io.ReadFull(l.d.o.Rand, c.seed); err != nil {
		return nil, fmt.Errorf("ephemeral key: %w", err)
	}
	_, first, err := c.begin()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	c.id, err = l.number(c)
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	defer l.reroute(c.id, c, nil)
	c.call = &wire.Datagram{Mode: wire.ModeCall, From: c.id, Body: first}
	return c.shake(ctx)
}

// begin makes the state before any answer, the same every time, and the first message.
func (c *calling) begin() (*handshake, []byte, error) {
	h, err := c.l.d.handshake()
	if err != nil {
		return nil, nil, err
	}
	if err := h.call(c.to); err != nil {
		return nil, nil, err
	}
	h.rand = bytes.NewReader(c.seed)
	first, err := h.first(c.to)
	return h, first, err
}

// shake calls until an answer is right, and then says who calls until that is confirmed.
func (c *calling) shake(ctx context.Context) (*PacketSession, error) {
	wrong := ErrHandshake // what was wrong with the last answer
	next, inbox := c.call, c.inbox
	var s *PacketSession
	var up <-chan struct{}
	patience := retryFirst
	again := time.NewTimer(patience)
	defer again.Stop()
	for due := true; ; {
		if due {
			c.bytes += c.l.send(next, c.remote)
		}
		due = false
		select {
		case <-ctx.Done():
			return nil, c.giveUp(s, fmt.Errorf("no answer that is right: %w: %w", wrong, ctx.Err()))
		case <-c.l.ctx.Done():
			return nil, c.giveUp(s, net.ErrClosed)
		case <-up:
			s.shaken = c.bytes
			return s, s.alive()
		case <-again.C:
			patience = min(2*patience, retryMost)
			again.Reset(patience)
			due = true
		case g := <-inbox:
			if g.Mode == wire.ModeCookie {
				due = c.eat(g)
				continue
			}
			made, err := c.hear(g)
			if err != nil {
				wrong = err
				continue
			}
			patience = retryFirst
			again.Reset(patience)
			s, up, inbox, due = made, made.up, nil, true // what else came is of the same handshake, or forged
			next = &wire.Datagram{Mode: wire.ModeProof, To: s.peerID, Body: s.proof}
		}
	}
}

// eat takes a cookie, and so often only: whoever forges some must neither have this device send without end nor keep it from the right one.
func (c *calling) eat(g *wire.Datagram) bool {
	if c.cookies++; c.cookies > maxCookies || g.Cookie == c.call.Cookie {
		return false
	}
	c.call.Cookie = g.Cookie
	c.bytes += 25
	return true
}

func (c *calling) giveUp(s *PacketSession, err error) error {
	if s != nil && s.finish(err) {
		_ = s.send(recordClose, nil) // the peer may have one already, or have it once a proof that is late arrives
	}
	return err
}

// hear tries an answer.
func (c *calling) hear(g *wire.Datagram) (*PacketSession, error) {
	h, _, err := c.begin()
	if err != nil {
		return nil, err
	}
	if g.Mode != wire.ModeAnswer || len(g.Body) != h.secondSize()+minAuthR {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, ErrMalformed)
	}
	h.numbers = slices.Concat(c.id[:], g.From[:])
	proof, err := h.third(c.to, g.Body[:h.secondSize()], g.Body[h.secondSize():])
	if err != nil {
		return nil, err
	}
	c.bytes += 17 + len(g.Body)
	return newPacketSession(h, c.l, c, c.id, g.From, c.remote, proof)
}
