package device

import (
	"net"
	"net/netip"
	"sync"
)

// crowd counts the handshakes that run with each host, so that one that opens connections and says nothing takes a part of a Listener's
// room only. It is safe for concurrent use.
type crowd struct {
	mu    sync.Mutex
	hosts map[netip.Addr]int
}

// enter counts one more handshake with a host, unless that has as many as it may. One that entered must leave.
func (c *crowd) enter(host netip.Addr) bool {
	if !host.IsValid() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[host] >= maxPerHost {
		return false
	}
	c.hosts[host]++
	return true
}

func (c *crowd) leave(host netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts[host]--; c.hosts[host] <= 0 {
		delete(c.hosts, host)
	}
}

// host is what the addresses of one machine have in common: of IPv6 the first 64 bits, within which a machine chooses freely. Networks
// without IP addresses, such as Unix sockets, tell no hosts apart; there it is the zero value, which is not counted.
func host(a net.Addr) netip.Addr {
	t, ok := a.(interface{ AddrPort() netip.AddrPort }) // of TCP and UDP
	if !ok {
		return netip.Addr{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	if ip.Is4() || !ip.IsValid() {
		return ip
	}
	p, _ := ip.Prefix(64) // cannot fail for IPv6
	return p.Addr()
}
