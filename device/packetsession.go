package device

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"marque/device/wire"
)

// PacketSession is a Session whose messages are datagrams: each Write sends one and each Read gives one, unless it got lost; they may come in
// another order, but none twice, and none altered. It is a net.Conn and safe for concurrent use. It gets new keys and ends by itself as a Session does, but whether programs read or not. When the
// peer closed it, Read gives what came before and then io.EOF; when the peer just went, nothing tells, so set deadlines. Lists do not spread
// over it.
type PacketSession struct {
	bond
	l          *PacketListener
	own        atomic.Bool // the listener is for this session alone
	id, peerID sessionID
	remote     net.Addr
	proof      []byte // AuthI, as it was sent

	inMu     sync.Mutex
	in       *lane
	old      *lane // the keys before, while records under them may come late
	coming   *lane // the keys next, from this side's proof to the first record under them
	fading   bool  // old is forgotten soon
	confirms int

	outMu sync.Mutex
	out   *half

	rekey packetRekey

	inbox  chan []byte
	up     chan struct{} // closed by the first record that came
	upOnce sync.Once
	done   chan struct{} // closed by the end
	readBy deadline
}

var _ net.Conn = (*PacketSession)(nil)

// newPacketSession makes a session of a handshake that is over, and has its number lead there.
func newPacketSession(h *handshake, l *PacketListener, old route, id, peer sessionID, remote net.Addr, proof []byte) (*PacketSession, error) {
	okm, err := h.keys()
	if err != nil {
		return nil, err
	}
	defer clear(okm)
	in, out, err := h.halves(okm, 0)
	if err != nil {
		return nil, err
	}
	s := &PacketSession{
		bond: h.bond(okm), l: l, id: id, peerID: peer, remote: remote, proof: proof, out: out,
		in: &lane{half: in, made: h.d.now()}, inbox: make(chan []byte, maxInbox), up: make(chan struct{}), done: make(chan struct{}),
	}
	h.d.sessions.add(s)
	oldest := l.enter(s, old)
	if oldest != nil {
		oldest.finish(fmt.Errorf("session: the peer has %d newer ones: %w", maxPerPeer, ErrSessionEnded))
	}
	if err := s.alive(); err != nil {
		s.leave() // it may have ended before it was entered
		return nil, err
	}
	return s, nil
}

// take takes a datagram with this session's number.
func (s *PacketSession) take(g *wire.Datagram) {
	switch {
	case g.Mode == wire.ModeRecord:
		s.record(g.Body)
	case g.Mode == wire.ModeProof && !s.caller && bytes.Equal(g.Body, s.proof):
		s.confirm() // the one before got lost
	}
}

// confirm tells an initiator that it was believed, a few times only: whoever repeats its proof must not use up the records of a key.
func (s *PacketSession) confirm() {
	s.inMu.Lock()
	s.confirms++
	many := s.confirms > maxAnswers
	s.inMu.Unlock()
	if !many {
		_ = s.send(recordRekey, nil) // it asks again
	}
}

// record takes one record, if it is authentic and new.
func (s *PacketSession) record(b []byte) {
	if len(b) < minRecord || len(b) > maxRecord {
		return
	}
	seq := binary.BigEndian.Uint64(b)
	plain, turn, ok := s.open(seq, b[seqSize:], b[:seqSize])
	if !ok {
		return
	}
	if turn {
		s.confirmed()
	}
	kind, data := plain[0], plain[1:]
	s.upOnce.Do(func() { close(s.up) })
	switch kind {
	case recordData:
		select {
		case s.inbox <- data:
		default: // whoever does not read in time loses the newest
		}
	case recordClose:
		s.finish(io.EOF)
	case recordRekey:
		if len(data) > 0 {
			s.hearRekey(uint32(seq>>32), data)
		}
	}
}

// Read gives one message. When p is too short for it the rest is lost, and the error is io.ErrShortBuffer.
func (s *PacketSession) Read(p []byte) (int, error) {
	if err := s.alive(); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	s.renew()
	if isClosed(s.readBy.wait()) {
		return 0, os.ErrDeadlineExceeded // even if messages keep coming
	}
	var b []byte
	select {
	case b = <-s.inbox: // even if the peer closed the session since
	default:
		select {
		case b = <-s.inbox:
		case <-s.done:
			return 0, s.over()
		case <-s.readBy.wait():
			return 0, os.ErrDeadlineExceeded
		}
	}
	if err := s.alive(); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	n := copy(p, b)
	if n < len(b) {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

// Write sends p as one message, at most MaxRecordData octets: more gives ErrTooLong. Datagrams of more than about 1,200 octets are cut up on the
// way and get lost more often. That it was sent does not mean that it arrives.
func (s *PacketSession) Write(p []byte) (int, error) {
	if len(p) > MaxRecordData {
		return 0, fmt.Errorf("session: a message has at most %d octets: %w", MaxRecordData, ErrTooLong)
	}
	switch err := s.alive(); {
	case errors.Is(err, io.EOF):
		return 0, fmt.Errorf("session: the peer closed it: %w", net.ErrClosed)
	case err != nil:
		return 0, err
	}
	s.renew()
	if err := s.send(recordData, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// worn says whether half of the records under the key for sending were made.
func (s *PacketSession) worn() bool {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	return s.out.left() <= MaxRecords/2
}

// send sends one record. The last one under a key is kept for closing.
func (s *PacketSession) send(kind byte, data []byte) error {
	s.outMu.Lock()
	if left := s.out.left(); left == 0 || left == 1 && kind != recordClose || left <= rekeyReserve && len(data) > 0 && kind == recordRekey {
		s.outMu.Unlock()
		return fmt.Errorf("session: %w", ErrSessionEnded)
	}
	b := s.out.seal(nil, kind, data)[2:] // a datagram says how long it is
	s.outMu.Unlock()
	s.l.send(&wire.Datagram{Mode: wire.ModeRecord, To: s.peerID, Body: b}, s.remote)
	return nil
}

// Close tells the peer, which may not hear it, and ends the session.
func (s *PacketSession) Close() error {
	if s.finish(net.ErrClosed) {
		_ = s.send(recordClose, nil) // a peer that is gone does not miss it
	}
	if s.own.CompareAndSwap(true, false) {
		return s.l.Close()
	}
	return nil
}

// alive says why the session may not go on, and ends it then: it asks the list in force at every use.
func (s *PacketSession) alive() error {
	err := s.trusted()
	if err == nil || s.over() != nil {
		return err
	}
	s.finish(fmt.Errorf("session: %w", err))
	return s.over()
}

// finish ends the session for a reason, and reports whether it was the first.
func (s *PacketSession) finish(why error) bool {
	if !s.conclude(why) {
		return false
	}
	s.leave()
	close(s.done)
	return true
}

// leave has nothing lead to the session any more.
func (s *PacketSession) leave() {
	s.d.sessions.drop(s)
	s.l.leave(s)
}

// LocalAddr returns the socket's local network address.
func (s *PacketSession) LocalAddr() net.Addr { return s.l.conn.LocalAddr() }

// RemoteAddr returns the address that the handshake was with. Everything is sent there.
func (s *PacketSession) RemoteAddr() net.Addr { return s.remote }

// SetDeadline is SetReadDeadline.
func (s *PacketSession) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline sets the deadline of reads, as net.Conn says.
func (s *PacketSession) SetReadDeadline(t time.Time) error {
	s.readBy.set(t)
	return nil
}

// SetWriteDeadline does nothing: a datagram is sent at once or lost.
func (s *PacketSession) SetWriteDeadline(time.Time) error { return nil }
