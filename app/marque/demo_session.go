package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"marque/device"
)

// recordOverhead is what a session adds to each line: length, number, type and tag (PROTOCOL.md, section 10).
const recordOverhead = 2 + 8 + 1 + 16

// questions are what bus-4711 says in the session; bus-4712 answers each.
var questions = []string{"how long is the queue at the bridge?", "is lane 2 open?", "thank you, out"}

// accept lets a party accept one session on a loopback port and answer every line in it. stop waits for its end.
func accept(p *party) (at string, stop func() error, err error) {
	l, err := p.device.ListenOn(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ended := make(chan error, 1)
	go func() {
		s, err := l.AcceptSession()
		if err == nil {
			err = answer(s)
		}
		ended <- err
	}()
	return l.Addr().String(), func() error { return errors.Join(<-ended, l.Close()) }, nil
}

func answer(s *device.Session) error {
	r := bufio.NewReader(s)
	for {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return s.Close()
		}
		if err == nil {
			_, err = fmt.Fprintf(s, "heard: %s", line)
		}
		if err != nil {
			return errors.Join(err, s.Close())
		}
	}
}

// session lets two strangers connect over TCP and exchange messages.
func (d *demo) session() (string, error) {
	at, stop, err := accept(d.busB)
	if err != nil {
		return "", err
	}
	var s *device.Session
	err = d.timed(fmt.Sprintf("%s and %s shake hands", d.busA.name, d.busB.name), func() (n int, err error) {
		if s, err = d.busA.device.Dial(context.Background(), "tcp", at, d.busB.address); err != nil {
			return 0, err
		}
		return s.HandshakeBytes(), nil
	})
	if err != nil {
		return "", err
	}
	err = d.timed(fmt.Sprintf("they exchange %d messages", 2*len(questions)), func() (int, error) { return converse(s) })
	if err := errors.Join(err, s.Close(), stop()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s and %s, who never met, shook hands in %d octets over TCP, exchanged %d messages, and hung up",
		d.busA.name, d.busB.name, s.HandshakeBytes(), 2*len(questions)), nil
}

// converse asks every question and checks every answer.
func converse(s *device.Session) (octets int, err error) {
	r := bufio.NewReader(s)
	for _, q := range questions {
		if _, err := fmt.Fprintln(s, q); err != nil {
			return 0, err
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if line != "heard: "+q+"\n" {
			return 0, errPayload
		}
		octets += len(q) + 1 + len(line) + 2*recordOverhead
	}
	return octets, nil
}

// refusedSession lets the revoked vehicle call one that knows of it.
func (d *demo) refusedSession() (string, error) {
	l, err := d.busA.device.ListenOn(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s, err := d.busB.device.Dial(context.Background(), "tcp", l.Addr().String(), d.busA.address)
	if err == nil { // the caller's part of the handshake ends before the other side has looked at it
		err = errors.Join(hungUp(s), s.Close())
	}
	err = errors.Join(err, d.turnedAwayFor(device.ErrRevoked), l.Close())
	return fmt.Sprintf("%s called %s and was turned away, because it is revoked", d.busB.name, d.busA.name), err
}

// patience is how long a refusal on the same machine may take.
const patience = 10 * time.Second

// hungUp checks that the other side cut the session off.
func hungUp(s *device.Session) error {
	if err := s.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := s.Read(make([]byte, 1))
	return refused(err, device.ErrTruncated)
}

// turnedAwayFor checks why bus-4711 refused a connection.
func (d *demo) turnedAwayFor(reason error) error {
	select {
	case err := <-d.turnedAway:
		return refused(err, reason)
	case <-time.After(patience):
		return errAccepted
	}
}

// tell makes a device report whom it turns away. It is generic in the type of a network address so that nothing here needs package net.
func tell[A any](refused *func(A, error), to chan<- error) {
	*refused = func(_ A, err error) { to <- err }
}
