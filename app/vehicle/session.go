package main

import (
	"context"
	"fmt"
	"io"

	"marque/device"
	"marque/device/wire"
)

// session is a device.Session, or a device.PacketSession as if it were a stream.
type session interface {
	io.ReadWriteCloser
	Peer() wire.Address
	HandshakeBytes() int
	Hybrid() bool
}

// introduction says with whom a session is.
func introduction(s session) string {
	line := fmt.Sprintf("session with %s, %d octets of handshake", s.Peer(), s.HandshakeBytes())
	if s.Hybrid() {
		line += ", hybrid"
	}
	return line
}

// messages gives what came in messages as a stream, so that a short buffer loses nothing.
type messages struct {
	*device.PacketSession
	rest []byte
	b    [device.MaxRecordData]byte
}

func (m *messages) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		n, err := m.PacketSession.Read(m.b[:])
		if err != nil {
			return 0, err
		}
		m.rest = m.b[:n]
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// acceptor gives one session after the other.
type acceptor struct {
	accept func() (session, error)
	close  func() error
	at     fmt.Stringer
}

// listenOn listens on TCP, or on UDP.
func listenOn(ctx context.Context, d *device.Device, udp bool, at string) (*acceptor, error) {
	if !udp {
		l, err := d.ListenOn(ctx, "tcp", at)
		if err != nil {
			return nil, err
		}
		return &acceptor{func() (session, error) { return stream(l.AcceptSession()) }, l.Close, l.Addr()}, nil
	}
	l, err := d.ListenPacketOn(ctx, "udp", at)
	if err != nil {
		return nil, err
	}
	return &acceptor{func() (session, error) { return datagrams(l.AcceptSession()) }, l.Close, l.Addr()}, nil
}

// stream and datagrams keep a nil session from becoming one that is not nil.
func stream(s *device.Session, err error) (session, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func datagrams(s *device.PacketSession, err error) (session, error) {
	if err != nil {
		return nil, err
	}
	return &messages{PacketSession: s}, nil
}
