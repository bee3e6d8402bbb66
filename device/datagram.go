package device

import (
	"errors"
	"fmt"

	"marque/device/wire"
)

// ListRequest returns a datagram that asks whoever hears it for a later list than the one in force, or for any if there is none. It says
// neither who asks nor proves anything, and is padded to size octets, since no answer is longer: wire.MinListQuery to wire.MaxListQuery, or 0
// for DefaultListRequest. A device that holds its list in regions does not ask: ErrListGap.
func (d *Device) ListRequest(size int) ([]byte, error) {
	if size == 0 {
		size = DefaultListRequest
	}
	d.mu.RLock()
	r, err := d.ready()
	if err == nil && d.list.regional() {
		err = fmt.Errorf("list %d is held in regions, and is followed by the next one in regions: %w", d.list.order.Sequence, ErrListGap)
	}
	d.mu.RUnlock()
	var b []byte
	if err == nil {
		b, err = (&wire.ListQuery{Ref: r.ref, Order: d.listOrder(), Size: size}).Marshal()
	}
	switch {
	case errors.Is(err, wire.ErrValue):
		return nil, fmt.Errorf("list request: %w: %w", ErrOptions, err)
	case err != nil:
		return nil, fmt.Errorf("list request: %w", err)
	}
	return b, nil
}

// AnswerListRequest returns the datagram that answers another device's ListRequest: what brings its list to a later one, never longer than the
// request, so that nobody can have a third party flooded. It fails with ErrNoAnswer when there is nothing to say, and with ErrBusy when
// Options.Share.Hourly was reached; then stay silent.
func (d *Device) AnswerListRequest(request []byte) ([]byte, error) {
	b, err := d.answerListRequest(request)
	if err != nil {
		return nil, fmt.Errorf("answer list request: %w", err)
	}
	return b, nil
}

func (d *Device) answerListRequest(request []byte) ([]byte, error) {
	q, err := wire.ParseListQuery(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d.mu.RLock()
	r, err := d.ready()
	if err == nil && q.Ref != r.ref {
		err = d.foreign(r, q.Ref)
	}
	d.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	statement, err := d.handOn(q.Order, len(request)-wire.ListAnswerOverhead, d.sharing.datagrams)
	if err != nil {
		return nil, err
	}
	b, err := (&wire.ListAnswer{Ref: r.ref, Statement: statement}).Marshal()
	if err != nil {
		return nil, err
	}
	d.sharing.given.Add(1)
	return b, nil
}

// ApplyAnswer is Apply of what an answer to a ListRequest carries, whoever sent it. A list that is in force already changes nothing.
func (d *Device) ApplyAnswer(answer []byte) (*Applied, error) {
	a, err := wire.ParseListAnswer(answer)
	if err != nil {
		return nil, fmt.Errorf("apply answer: %w: %w", ErrMalformed, err)
	}
	d.mu.RLock()
	r, err := d.ready()
	if err == nil && a.Ref != r.ref {
		err = d.foreign(r, a.Ref)
	}
	d.mu.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("apply answer: %w", err)
	}
	return d.Apply(a.Statement)
}
