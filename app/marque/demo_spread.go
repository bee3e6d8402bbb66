package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marque/device"
	"marque/device/wire"
)

var (
	errNotLearned = errors.New("the list did not come over the session")
	errNotTold    = errors.New("another list came than the newest")
)

// learning is what a device of the demonstration reports of lists that peers brought.
type learning struct {
	peer wire.Address
	list *device.Applied
	err  error
}

// spread lets the parking application, which was given no list, learn of the revocation from the bus that it talks with.
func (d *demo) spread() (string, error) {
	at, stop, err := accept(d.busA)
	if err != nil {
		return "", err
	}
	err = d.timed(fmt.Sprintf("%s learns the list from %s, handshake included", d.parking.name, d.busA.name), func() (int, error) {
		s, err := d.parking.device.Dial(context.Background(), "tcp", at, d.busA.address)
		if err != nil {
			return 0, err
		}
		go func() { _, _ = s.Read(make([]byte, 1)) }() // hears of the list meanwhile, until the session is closed
		return 0, errors.Join(d.learn(1), s.Close())
	})
	if err := errors.Join(err, stop()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s called %s and got list %d from it, signed by the authority; no network and no stick reached it",
		d.parking.name, d.busA.name, d.parking.device.Status().List.Order.Sequence), nil
}

// learn waits until a list with so many revoked came to parking from bus-4711.
func (d *demo) learn(revoked int) error {
	select {
	case l := <-d.learned:
		if l.err == nil && (l.peer != d.busA.address || l.list.Count != revoked) {
			return errNotTold
		}
		return l.err
	case <-time.After(patience):
		return errNotLearned
	}
}
