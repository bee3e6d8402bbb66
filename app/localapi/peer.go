package localapi

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// peer is who is at the other end of a connection, as the kernel says (SO_PEERCRED): of a client, whoever connected; of a service,
// whoever listened.
type peer struct {
	pid    int32
	uid    uint32
	groups []uint32 // the primary one, and the others (SO_PEERGROUPS)
}

// peerOf asks the kernel.
func peerOf(conn syscall.Conn) (*peer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("look who is at the other end: %w", err)
	}
	var p *peer
	var asked error
	err = raw.Control(func(fd uintptr) {
		var c *unix.Ucred
		if c, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); asked != nil {
			return
		}
		p = &peer{pid: c.Pid, uid: c.Uid, groups: append([]uint32{c.Gid}, peerGroups(fd)...)}
	})
	if err == nil {
		err = asked
	}
	if err != nil {
		return nil, fmt.Errorf("look who is at the other end: %w", err)
	}
	return p, nil
}

// peerGroups returns the supplementary groups, or none where the kernel does not tell (before Linux 4.13): then the primary one alone
// decides.
func peerGroups(fd uintptr) []uint32 {
	groups := make([]uint32, 1024)
	size := uint32(len(groups) * 4)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0) //nolint:gosec // the kernel writes no more than size octets
	if errno != 0 {
		return nil
	}
	return groups[:size/4]
}

// in reports whether the peer is in a group.
func (p *peer) in(group uint32) bool { return slices.Contains(p.groups, group) }

// listener accepts connections of those who may reach the service, and closes the others'.
type listener struct {
	*net.UnixListener
	serves func(*peer) bool

	mu   sync.Mutex
	open map[uint32]int // connections of each account
	all  int
}

// conn is a connection of somebody known.
type conn struct {
	*net.UnixConn
	peer *peer
	free func() // gives its slot back
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.free()
	return c.UnixConn.Close()
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		p, err := peerOf(c)
		if err == nil && l.serves(p) && l.take(p.uid) {
			return &conn{UnixConn: c, peer: p, free: sync.OnceFunc(func() { l.give(p.uid) })}, nil
		}
		_ = c.Close() // there is nobody to tell
	}
}

// Close makes Accept return. The socket stays, so that nobody else takes its place before the authority is closed: see place.remove.
func (l *listener) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

// take takes a connection in, if there is room: half of it is the most that one account gets, so that it shuts no other out.
func (l *listener) take(uid uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxPeers || l.open[uid] >= maxOwnPeers {
		return false
	}
	l.all++
	l.open[uid]++
	return true
}

// give gives its room back.
func (l *listener) give(uid uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[uid]--; l.open[uid] == 0 {
		delete(l.open, uid)
	}
}
