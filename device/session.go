package device

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Session is an authenticated, forward-secret connection with one peer. It is a net.Conn: safe for concurrent use, one reader and one writer
// at a time. Reads end with io.EOF when the peer closed it, and with ErrTruncated when the stream ended otherwise. It ends by itself, with
// ErrRevoked, ErrListExpired, ErrNoList or ErrSessionEnded, once the peer may no longer be trusted or its keys are older than SessionLifetime. While
// programs read at both ends it gets new keys in each epoch and every twelve hours, which they do not notice, if one of them reads or writes
// anew after that: two that wait for each other for a whole day lose the session.
type Session struct {
	bond
	conn net.Conn

	readMu sync.Mutex
	in     *half
	r      *bufio.Reader
	rest   []byte // of the last record's data
	readEr error  // sticky

	writeMu sync.Mutex
	out     *half
	unsent  []byte // the rest of a record about lists that a deadline cut
	writeEr error  // sticky

	spread spread
	rekey  rekey
	worn   atomic.Bool // half of the records under a key were sent

	early  []byte // what the peer said with its call
	opened bool   // it called so
}

var _ net.Conn = (*Session)(nil)

// newSession takes the 120 octets that the handshake derived. A peer revoked meanwhile does not get one.
func newSession(h *handshake, okm []byte) (*Session, error) {
	in, out, err := h.halves(okm, 0)
	if err != nil {
		return nil, err
	}
	s := &Session{bond: h.bond(okm), conn: h.conn, r: h.r, in: in, out: out, early: h.early, opened: h.opening && !h.initiator}
	if !s.abroad() { // else it is a number of another realm's lists
		s.spread.peer.Sequence = h.list
	}
	h.d.sessions.add(s)
	if err := s.alive(); err != nil {
		return nil, err
	}
	return s, nil
}

// PeerList returns the sequence of the list that the peer has, as far as it said: at the handshake, and when it took another one from this
// side or asked for one. 0: none, or a list of another realm.
func (s *Session) PeerList() uint32 {
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	return s.spread.peer.Sequence
}

// Read gives data that the peer sent, as io.Reader says. A timeout loses nothing: Read can be called again.
func (s *Session) Read(p []byte) (int, error) {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	s.begin()
	s.renew(false)
	for len(s.rest) == 0 {
		if err := s.alive(); err != nil {
			return 0, err
		}
		if len(p) == 0 {
			return 0, nil
		}
		if s.readEr == nil {
			s.readEr = s.readRecord()
		}
		if err := s.readEr; err != nil {
			if isTimeout(err) {
				s.readEr = nil
			} else {
				s.release() // nothing more will come
			}
			return 0, s.because(err)
		}
	}
	if err := s.alive(); err != nil {
		return 0, err
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// readRecord fills rest. The caller holds readMu.
func (s *Session) readRecord() error {
	kind, data, err := s.in.read(s.r)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%w: %w", ErrTruncated, io.ErrUnexpectedEOF) // a peer that closes before it read everything resets the connection
	case err != nil:
		return err
	case kind == recordClose:
		return io.EOF
	case kind == recordRekey:
		return s.hearRekey(data)
	case kind != recordData:
		s.hear(kind, data)
		return nil
	}
	s.rest = data
	return nil
}

// Write sends p in records of at most MaxRecordData octets. After an error, a timeout included, the session can no longer be written to,
// since a part of a record may have been sent.
func (s *Session) Write(p []byte) (int, error) {
	s.renew(s.worn.Load())
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	sent := 0
	for sent < len(p) {
		if err := s.alive(); err != nil {
			return sent, err
		}
		if s.out.left() <= 1 { // the last record under a key is kept for closing
			return sent, fmt.Errorf("session: %w", ErrSessionEnded)
		}
		n := min(len(p)-sent, MaxRecordData)
		if err := s.writeRecord(recordData, p[sent:sent+n]); err != nil {
			return sent, s.because(err)
		}
		sent += n
		if s.out.left() <= MaxRecords/2 {
			s.worn.Store(true)
		}
	}
	return sent, s.alive()
}

// writeRecord sends one record, unless one before it may be on its way in part. The caller holds writeMu.
func (s *Session) writeRecord(kind byte, data []byte) error {
	if s.writeEr != nil {
		return s.writeEr
	}
	b := s.out.seal(slices.Grow(s.unsent, 2+minRecord+len(data)), kind, data)
	n, err := s.conn.Write(b)
	if s.unsent, s.writeEr = b[n:], err; n == len(b) {
		s.unsent = nil
	}
	return err
}

// Close tells the peer that this was all, and closes the connection. A Write that is stuck is given up after two seconds.
func (s *Session) Close() error {
	if !s.finish(net.ErrClosed) {
		return nil
	}
	giveUp := time.AfterFunc(closeGrace, func() { _ = s.conn.Close() })
	defer giveUp.Stop()
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	_ = s.writeRecord(recordClose, nil) // a peer that is gone does not miss it
	s.drain()
	return s.closed(s.conn.Close())
}

func (s *Session) closed(err error) error {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close session: %w", err)
	}
	return nil
}

// alive says why the session may not go on, and ends it then: it asks the list in force at every use.
func (s *Session) alive() error {
	err := s.trusted()
	if err == nil || s.over() != nil {
		return err
	}
	err = fmt.Errorf("session: %w", err)
	if s.finish(err) {
		_ = s.conn.Close() // wakes whoever waits; err says why
	}
	return s.because(err)
}

// finish ends the session for a reason, and reports whether it was the first.
func (s *Session) finish(why error) bool {
	if !s.conclude(why) {
		return false
	}
	s.d.sessions.drop(s)
	s.release()
	return true
}

// LocalAddr returns the connection's local network address.
func (s *Session) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// RemoteAddr returns the connection's remote network address.
func (s *Session) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

// SetDeadline sets both deadlines, as net.Conn says.
func (s *Session) SetDeadline(t time.Time) error { return s.conn.SetDeadline(t) }

// SetReadDeadline sets the deadline of reads, as net.Conn says.
func (s *Session) SetReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// SetWriteDeadline sets the deadline of writes, as net.Conn says. After a write timed out the session can no longer be written to.
func (s *Session) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
