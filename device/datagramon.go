package device

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"marque/device/wire"
)

// AnswerOn answers the list requests that reach a datagram address, such as "udp" and "127.0.0.1:4713", until the context ends: then it
// returns nil. bound, if not nil, hears the address first. Of requests that it does not answer, and why, it says nothing.
func (d *Device) AnswerOn(ctx context.Context, network, address string, bound func(address string)) error {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, network, address)
	if err != nil {
		return fmt.Errorf("answer list requests: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if bound != nil {
		bound(conn.LocalAddr().String())
	}
	for b := make([]byte, wire.MaxListQuery+1); ; {
		n, from, err := conn.ReadFrom(b)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return errors.Join(fmt.Errorf("answer list requests: %w", err), conn.Close())
		}
		answer, err := d.AnswerListRequest(b[:n])
		if errors.Is(err, ErrClosed) {
			return errors.Join(err, conn.Close())
		}
		if err == nil {
			_, _ = conn.WriteTo(answer, from) // who asked asks again
		}
	}
}

// AskAt asks at a datagram address for later lists, by requests of size octets as in ListRequest, and applies what answers until nothing later
// comes. It returns the last that changed something, and ErrUnanswered, or why Apply refused what came, when there was none.
func (d *Device) AskAt(ctx context.Context, network, address string, size int) (*Applied, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("ask for a list: %w", err)
	}
	var last *Applied
	for tries := askTries; tries > 0; tries-- {
		var a *Applied
		if a, err = d.askOnce(ctx, conn, size); err == nil && a.Changed {
			last, tries = a, 2 // there may be another step
		}
	}
	if last == nil && err == nil {
		err = ErrUnanswered // with what is in force already
	}
	if last != nil {
		err = nil
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return last, fmt.Errorf("ask for a list: %w", err)
	}
	return last, nil
}

// askOnce sends one request and applies the first answer to it.
func (d *Device) askOnce(ctx context.Context, conn net.Conn, size int) (*Applied, error) {
	request, err := d.ListRequest(size)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	b := make([]byte, len(request)+1)
	n := 0
	if _, err = conn.Write(request); err == nil {
		n, err = conn.Read(b)
	}
	if err != nil {
		<-ctx.Done() // nobody may be there yet
		return nil, fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return d.ApplyAnswer(b[:n])
}
