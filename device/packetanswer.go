package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"marque/device/wire"
)

// answering is the responder's side of a handshake in the datagram form, whose caller showed that it hears.
type answering struct {
	l        *PacketListener
	key      string
	from     net.Addr
	id, peer sessionID
	call     []byte // the first message, with its hello
	inbox    chan *wire.Datagram
}

func (a *answering) take(g *wire.Datagram) { enqueue(a.inbox, g) }

// enqueue keeps a copy of a datagram, unless too many wait already.
func enqueue(inbox chan<- *wire.Datagram, g *wire.Datagram) {
	c := *g
	c.Body = bytes.Clone(g.Body)
	select {
	case inbox <- &c:
	default:
	}
}

// serve runs the handshake, and waits until its session is accepted.
func (a *answering) serve() {
	defer a.forget()
	s, err := a.shake()
	a.l.crowd.leave(host(a.from))
	if err != nil {
		if a.l.d.o.Refused != nil && a.l.ctx.Err() == nil {
			a.l.d.o.Refused(a.from, err)
		}
		return
	}
	s.confirm()
	select {
	case a.l.ready <- s:
	case <-s.done: // the peer may not be trusted any more, or went
	case <-a.l.ctx.Done():
		_ = s.Close() // nobody will accept it
	}
}

func (a *answering) forget() {
	a.l.reroute(a.id, a, nil)
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	delete(a.l.calls, a.key)
}

func (a *answering) shake() (*PacketSession, error) {
	ctx, cancel := context.WithTimeout(a.l.ctx, HandshakeTimeout)
	defer cancel()
	h, err := a.l.d.handshake()
	if err != nil {
		return nil, err
	}
	h.numbers = slices.Concat(a.peer[:], a.id[:])
	second, auth, err := h.second(a.call)
	if err != nil {
		return nil, err
	}
	answer := &wire.Datagram{Mode: wire.ModeAnswer, To: a.peer, From: a.id, Body: slices.Concat(second, auth)}
	h.bytes = callOverhead + len(a.call) + a.l.send(answer, a.from)
	for answers := 1; ; {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the caller did not say who it is: %w: %w", ErrHandshake, ctx.Err())
		case g := <-a.inbox:
			switch {
			case g.Mode == wire.ModeCall && answers < maxAnswers && bytes.Equal(g.Body, a.call):
				answers++
				h.bytes += callOverhead + len(g.Body) + a.l.send(answer, a.from)
			case g.Mode == wire.ModeProof && len(g.Body) >= minAuthI && len(g.Body) <= maxAuth:
				err := h.last(g.Body)
				if errors.Is(err, errSeal) {
					continue // from somebody who took no part
				}
				if err != nil {
					return nil, err
				}
				h.bytes += 9 + len(g.Body)
				return newPacketSession(h, a.l, a, a.id, a.peer, a.from, g.Body)
			}
		}
	}
}
