package device

import (
	"context"
	"fmt"
	"net"
)

// ListenOn listens on a network address and accepts sessions there: Listen for those who do not bring a net.Listener. The context bounds
// only the look-up of the address.
func (d *Device) ListenOn(ctx context.Context, network, address string) (*Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return d.Listen(l), nil
}

// ListenPacketOn is ListenOn for sessions over datagrams: ListenPacket for those who do not bring a net.PacketConn.
func (d *Device) ListenPacketOn(ctx context.Context, network, address string) (*PacketListener, error) {
	var c net.ListenConfig
	conn, err := c.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return d.ListenPacket(conn), nil
}
