package device

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Listener accepts sessions. It is a net.Listener whose connections are *Session. It is safe for concurrent use.
type Listener struct {
	d     *Device
	inner net.Listener
	ready chan *Session
	errs  chan error
	ctx   context.Context // ends the handshakes that run when the listener is closed
	stop  context.CancelFunc
	room  chan struct{} // one token for every handshake that runs or waits to be accepted
	crowd crowd
	wg    sync.WaitGroup
}

var _ net.Listener = (*Listener)(nil)

// Listen accepts sessions on a listener, which it owns from then on. Up to 256 handshakes run at the same time, each within
// HandshakeTimeout, and up to 64 with one host (an IPv4 address, or the first 64 bits of an IPv6 address), so that a slow or hostile peer
// holds up nobody; connections that fail are closed, and Options.Refused is told why. What many hosts do together, a firewall must bound.
func (d *Device) Listen(l net.Listener) *Listener {
	ctx, stop := context.WithCancel(context.Background())
	s := &Listener{d: d, inner: l, ready: make(chan *Session), errs: make(chan error), ctx: ctx, stop: stop, room: make(chan struct{}, maxHandshakes)}
	s.crowd.hosts = map[netip.Addr]int{}
	s.wg.Go(s.run)
	return s
}

// Accept waits for the next session; the connection is a *Session. After Close it fails with net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	s, err := l.AcceptSession()
	if err != nil {
		return nil, err // not a nil *Session in an interface
	}
	return s, nil
}

// AcceptSession is Accept with the type that it returns.
func (l *Listener) AcceptSession() (*Session, error) {
	if l.ctx.Err() != nil {
		return nil, fmt.Errorf("accept: %w", net.ErrClosed)
	}
	select {
	case s := <-l.ready:
		return s, nil
	case err := <-l.errs:
		return nil, fmt.Errorf("accept: %w", err)
	case <-l.ctx.Done():
		return nil, fmt.Errorf("accept: %w", net.ErrClosed)
	}
}

// Close stops listening and ends the handshakes that run. Sessions that were accepted live on.
func (l *Listener) Close() error {
	l.stop()
	err := l.inner.Close()
	l.wg.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// Addr returns the listener's network address.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// run accepts connections while there is room. An error of the inner listener is handed to Accept before the next try.
func (l *Listener) run() {
	for {
		select {
		case l.room <- struct{}{}:
		case <-l.ctx.Done():
			return
		}
		conn, err := l.inner.Accept()
		if err == nil {
			l.wg.Go(func() { l.serve(conn) })
			continue
		}
		<-l.room
		select {
		case l.errs <- err:
		case <-l.ctx.Done():
			return
		}
	}
}

// serve runs one handshake and waits until its session is accepted.
func (l *Listener) serve(conn net.Conn) {
	defer func() { <-l.room }()
	s, err := l.shake(conn)
	if err != nil {
		if l.d.o.Refused != nil && l.ctx.Err() == nil {
			l.d.o.Refused(conn.RemoteAddr(), err)
		}
		return
	}
	select {
	case l.ready <- s:
	case <-l.ctx.Done():
		_ = s.Close() // nobody will accept it
	}
}

// shake runs one handshake, unless its host has too many under way.
func (l *Listener) shake(conn net.Conn) (*Session, error) {
	from := host(conn.RemoteAddr())
	if !l.crowd.enter(from) {
		_ = conn.Close() // nothing was said yet
		return nil, ErrCrowded
	}
	defer l.crowd.leave(from)
	return l.d.Server(l.ctx, conn)
}
