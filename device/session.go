package device

import (
	"bufio"
	"crypto/hkdf"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// Session is an authenticated, forward-secret connection with one peer. It is a net.Conn: safe for concurrent use, one reader and one writer
// at a time. Reads end with io.EOF when the peer closed it, and with ErrTruncated when the stream ended otherwise. It ends by itself, with
// ErrRevoked, ErrListExpired, ErrNoList or ErrSessionEnded, once the peer may no longer be trusted or after SessionLifetime.
type Session struct {
	d       *Device
	realm   *realm
	conn    net.Conn
	peer    wire.Address
	epoch   uint32 // of the peer's key
	hybrid  bool
	started time.Time
	shaken  int // octets of the handshake

	exporter *[exporterSize]byte

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

	endMu sync.Mutex
	end   error // why it ended, once it did
}

var _ net.Conn = (*Session)(nil)

// newSession takes the 120 octets that the handshake derived. A peer revoked meanwhile does not get one.
func newSession(h *handshake, okm []byte) (*Session, error) {
	first, err := newHalf(okm[:keyMaterial])
	if err != nil {
		return nil, err
	}
	second, err := newHalf(okm[keyMaterial : 2*keyMaterial])
	if err != nil {
		return nil, err
	}
	exporter := [exporterSize]byte(okm[2*keyMaterial:])
	s := &Session{
		d: h.d, realm: h.realm, conn: h.conn, peer: h.peer, epoch: h.epoch, hybrid: h.hybrid, started: h.d.now(), shaken: h.bytes, exporter: &exporter,
		r: h.r, in: first, out: second,
	}
	if h.initiator {
		s.in, s.out = second, first
	}
	s.spread.peer.Sequence = h.list
	h.d.sessions.add(s)
	if err := s.alive(); err != nil {
		return nil, err
	}
	return s, nil
}

// Peer returns who is on the other side.
func (s *Session) Peer() wire.Address { return s.peer }

// PeerList returns the sequence of the list that the peer has, as far as it said: at the handshake, and when it took another one from this
// side or asked for one. 0: none.
func (s *Session) PeerList() uint32 {
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	return s.spread.peer.Sequence
}

// Hybrid says whether ML-KEM-768 took part in the keys, so that who records the session now needs more than to break X25519 one day.
func (s *Session) Hybrid() bool { return s.hybrid }

// HandshakeBytes returns how many octets the handshake took, both ways.
func (s *Session) HandshakeBytes() int { return s.shaken }

// Exporter derives n octets, at most 16,320, that only the two peers know and that differ for every session and label: HKDF-SHA-512 of the
// session's exporter secret, with info LP("marque/v1/exporter") ‖ LP(label).
func (s *Session) Exporter(label string, n int) ([]byte, error) {
	if n < 1 || n > 255*sha512.Size || len(label) > 255 {
		return nil, fmt.Errorf("exporter: %w: 1 to %d octets, a label of at most 255", ErrOptions, 255*sha512.Size)
	}
	info := ibc.AppendLPString(ibc.AppendLPString(nil, "marque/v1/exporter"), label)
	b, err := hkdf.Key(sha512.New, s.exporter[:], nil, string(info), n)
	if err != nil {
		return nil, fmt.Errorf("exporter: %w", err)
	}
	return b, nil
}

// Read gives data that the peer sent, as io.Reader says. A timeout loses nothing: Read can be called again.
func (s *Session) Read(p []byte) (int, error) {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	s.begin()
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
	s.endMu.Lock()
	end := s.end
	s.endMu.Unlock()
	if end != nil {
		return end
	}
	err := s.d.stillTrusted(s)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("session: %w", err)
	if s.finish(err) {
		_ = s.conn.Close() // wakes whoever waits; err says why
	}
	return s.because(err)
}

// finish ends the session for a reason, and reports whether it was the first.
func (s *Session) finish(why error) bool {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	if s.end != nil {
		return false
	}
	s.end = why
	s.d.sessions.drop(s)
	s.release()
	return true
}

// because replaces the error of a connection that was closed under a Read or Write by the reason for it.
func (s *Session) because(err error) error {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	if s.end != nil {
		return s.end
	}
	return err
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

// stillTrusted checks a session against time, list and this device's own state.
func (d *Device) stillTrusted(s *Session) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrClosed
	}
	if err := d.outlived(s.realm); err != nil {
		return err
	}
	now := d.now()
	if now.Sub(s.started) >= SessionLifetime {
		return ErrSessionEnded
	}
	if err := d.ownRevoked(s.realm); err != nil {
		return err
	}
	_, err := d.peerStatus(s.peer, s.epoch, now)
	return err
}

// sessions is the set of live sessions of a device. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	live map[*Session]struct{}
}

func (l *sessions) add(s *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[s] = struct{}{}
}

func (l *sessions) drop(s *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, s)
}

func (l *sessions) all() []*Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]*Session, 0, len(l.live))
	for s := range l.live {
		out = append(out, s)
	}
	return out
}

// recheck ends every session that the list in force forbids, and says how many.
func (l *sessions) recheck() (ended int) {
	for _, s := range l.all() {
		if s.alive() != nil {
			ended++
		}
	}
	return ended
}

// closeAll closes every session, at the same time, so that one stuck peer does not delay the others.
func (l *sessions) closeAll() {
	var wg sync.WaitGroup
	for _, s := range l.all() {
		wg.Go(func() { _ = s.Close() }) // the device is closed all the same
	}
	wg.Wait()
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
