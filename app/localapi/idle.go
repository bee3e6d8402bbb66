package localapi

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// watchIdle looks from time to time whether everybody has gone away.
func (s *Server) watchIdle(ctx context.Context) {
	t := time.NewTicker(idleLook)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.lockWhenIdle()
		}
	}
}

// lockWhenIdle ends sessions that nobody used for long, and locks the vault when nobody did anything that takes an open one. The sessions
// that are left then are those of auditors.
func (s *Server) lockWhenIdle() {
	a := s.authority() // first: a founding under way counts once it is done
	if !s.desk.expire(s.o.Clock(), s.o.Idle) || a == nil || a.Locked() {
		return
	}
	if err := a.Lock(); err != nil {
		s.log.Printf("lock when idle: %v", err)
	}
}

// presence counts connections.
type presence struct {
	mu      sync.Mutex
	open    map[net.Conn]struct{}
	changed chan struct{} // something is there when the last one went
}

func (p *presence) note(c net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = make(map[net.Conn]struct{})
	}
	switch state {
	case http.StateNew:
		p.open[c] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(p.open, c)
	case http.StateActive, http.StateIdle:
		return
	}
	if len(p.open) == 0 {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

func (p *presence) none() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) == 0
}

// watchParent ends an attached service when the parent closed its pipe and the last client is gone. To a parent that waits it says so
// when others keep the service.
func (s *Server) watchParent(ctx context.Context) {
	if s.o.Attached == nil {
		return
	}
	_, _ = io.Copy(io.Discard, s.o.Attached) // the pipe ends with the parent, however that ended
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	for !s.present.none() {
		select {
		case <-ctx.Done():
			return
		case <-s.present.changed:
		case <-grace.C:
			_ = s.say(lineStays) // nobody may listen any more
		}
	}
	s.ended()
}
