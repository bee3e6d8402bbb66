package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"marque/device/wire"
)

// sessionID is the number that one side gives a session in the datagram form.
type sessionID [8]byte

// route is what the datagrams with one number are for: a handshake or a session. take is called by the one goroutine that reads the socket, and
// must not keep the body.
type route interface{ take(g *wire.Datagram) }

// PacketListener holds sessions over one net.PacketConn, with as many peers as there are, called and calling (PROTOCOL.md, section 10.2). It is
// safe for concurrent use.
type PacketListener struct {
	d     *Device
	conn  net.PacketConn
	deaf  bool // takes no calls
	ready chan *PacketSession
	ctx   context.Context // ends with the listener
	stop  context.CancelFunc
	crowd crowd
	jar   cookies
	wg    sync.WaitGroup

	mu     sync.Mutex
	routes map[sessionID]route
	calls  map[string]*answering             // by address and number of who calls
	peers  map[wire.Address][]*PacketSession // that they called for, the older ones first
}

// ListenPacket accepts and makes sessions over a socket, which it owns from then on. Nobody costs it more than a hash before it showed that it
// hears what is sent to its address, by a cookie that is shorter than what asked for it. From then on the bounds of Listen hold: 256 handshakes at
// a time, 64 with one host, HandshakeTimeout each. What does not belong to a session or is not authentic is dropped silently; Options.Refused
// hears of callers that the handshake turned away. One listener has 65,536 sessions at most, and 16 that one peer called for: nothing tells that a peer is gone
// for good, so one more ends the oldest.
func (d *Device) ListenPacket(conn net.PacketConn) *PacketListener {
	return d.listenPacket(conn, false)
}

func (d *Device) listenPacket(conn net.PacketConn, deaf bool) *PacketListener {
	ctx, stop := context.WithCancel(context.Background())
	l := &PacketListener{
		d: d, conn: conn, deaf: deaf, ready: make(chan *PacketSession), ctx: ctx, stop: stop,
		routes: map[sessionID]route{}, calls: map[string]*answering{}, peers: map[wire.Address][]*PacketSession{},
	}
	l.crowd.hosts = map[netip.Addr]int{}
	l.wg.Go(l.run)
	return l
}

// Accept waits for the next session; the connection is a *PacketSession. After Close it fails with net.ErrClosed.
func (l *PacketListener) Accept() (net.Conn, error) {
	s, err := l.AcceptSession()
	if err != nil {
		return nil, err // not a nil *PacketSession in an interface
	}
	return s, nil
}

// AcceptSession is Accept with the type that it returns.
func (l *PacketListener) AcceptSession() (*PacketSession, error) {
	select {
	case s := <-l.ready:
		return s, nil
	case <-l.ctx.Done():
		return nil, fmt.Errorf("accept: %w", net.ErrClosed)
	}
}

// Close ends all sessions of the listener, telling their peers, and closes the socket.
func (l *PacketListener) Close() error {
	l.mu.Lock()
	var open []*PacketSession
	for _, r := range l.routes {
		if s, ok := r.(*PacketSession); ok {
			open = append(open, s)
		}
	}
	l.mu.Unlock()
	l.stop()
	for _, s := range open {
		_ = s.Close() // there is nothing that could fail
	}
	err := l.conn.Close()
	l.wg.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// Addr returns the local network address of the socket.
func (l *PacketListener) Addr() net.Addr { return l.conn.LocalAddr() }

// run reads the socket until it is closed, or fails so often in a row that nothing will come any more.
func (l *PacketListener) run() {
	b := make([]byte, wire.MaxDatagram+1)
	for failed := 0; failed < maxReadErrors && l.ctx.Err() == nil; {
		n, from, err := l.conn.ReadFrom(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			failed = maxReadErrors
		case errors.Is(err, syscall.ECONNREFUSED): // a peer's host says that nobody is there; who restarts comes back, and anybody could say so
		case err != nil:
			failed++
		default:
			failed = 0
			l.take(b[:n], from)
		}
	}
	l.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.routes {
		if s, ok := r.(*PacketSession); ok {
			l.wg.Go(func() { s.finish(fmt.Errorf("session: %w", net.ErrClosed)) })
		}
	}
}

// take hands a datagram to whom it belongs.
func (l *PacketListener) take(b []byte, from net.Addr) {
	g, err := wire.ParseDatagram(b)
	switch {
	case err != nil:
	case g.Mode == wire.ModeCall:
		l.called(g, from)
	default:
		l.mu.Lock()
		r := l.routes[g.To]
		l.mu.Unlock()
		if r != nil {
			r.take(g)
		}
	}
}

// called takes a call: it answers it by a cookie, or begins the handshake when the cookie is there, or hands the call to that handshake.
func (l *PacketListener) called(g *wire.Datagram, from net.Addr) {
	if l.deaf || !l.meant(g.Body) {
		return
	}
	now := l.d.now()
	if !l.jar.check(l.d.o.Rand, now, g, from) {
		if cookie, err := l.jar.bake(l.d.o.Rand, now, g, from); err == nil {
			l.send(&wire.Datagram{Mode: wire.ModeCookie, To: g.From, Cookie: cookie}, from)
		}
		return
	}
	key := from.String() + string(g.From[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.calls[key]; a != nil {
		a.take(g)
		return
	}
	if l.ctx.Err() != nil || len(l.calls) >= maxHandshakes || len(l.routes) >= maxPacketSessions || !l.crowd.enter(host(from)) {
		return // it will call again
	}
	a := &answering{l: l, key: key, from: from, peer: g.From, call: bytes.Clone(g.Body), inbox: make(chan *wire.Datagram, maxInbox)}
	id, err := l.number(a)
	if err != nil {
		l.crowd.leave(host(from))
		return
	}
	a.id, l.calls[key] = id, a
	l.wg.Go(a.serve)
}

// meant says whether a first message is for this device, and as long as it must be.
func (l *PacketListener) meant(first []byte) bool {
	hello, rest, err := wire.ParseHello(first)
	if err != nil || len(rest) != firstSize(hello.Hybrid) {
		return false
	}
	l.d.mu.RLock()
	defer l.d.mu.RUnlock()
	r, err := l.d.ready()
	return err == nil && hello.Ref == r.ref && hello.Callee == wire.Callee(r.hash, r.address)
}

// number draws a number that is free, and has it lead to r. The caller holds mu.
func (l *PacketListener) number(r route) (id sessionID, err error) {
	for {
		if _, err := io.ReadFull(l.d.o.Rand, id[:]); err != nil {
			return id, fmt.Errorf("number of a session: %w", err)
		}
		if l.routes[id] == nil {
			l.routes[id] = r
			return id, nil
		}
	}
}

// reroute has a number lead to another, or to nothing, if it still leads to old.
func (l *PacketListener) reroute(id sessionID, old, r route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.routes[id] != old:
	case r == nil:
		delete(l.routes, id)
	default:
		l.routes[id] = r
	}
}

// enter has a session's number lead to it, and returns the oldest with its peer if there are too many. One that the listener's end came before
// is ended.
func (l *PacketListener) enter(s *PacketSession, old route) (oldest *PacketSession) {
	l.reroute(s.id, old, s)
	l.mu.Lock()
	if !s.caller {
		all := append(l.peers[s.peer], s)
		if l.peers[s.peer] = all; len(all) > maxPerPeer {
			oldest = all[0]
		}
	}
	l.mu.Unlock()
	if l.ctx.Err() != nil { // nobody may look for it any more
		s.finish(fmt.Errorf("session: %w", net.ErrClosed))
	}
	return oldest
}

// leave forgets a session.
func (l *PacketListener) leave(s *PacketSession) {
	l.reroute(s.id, s, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := slices.DeleteFunc(l.peers[s.peer], func(one *PacketSession) bool { return one == s })
	if len(rest) == 0 {
		delete(l.peers, s.peer)
	} else {
		l.peers[s.peer] = rest
	}
}

// send sends a datagram, and says how long it was. What gets lost is sent again by whoever needs it.
func (l *PacketListener) send(g *wire.Datagram, to net.Addr) int {
	b, err := g.Marshal()
	if err != nil {
		return 0
	}
	_, _ = l.conn.WriteTo(b, to)
	return len(b)
}
