package main

import (
	"bytes"
	"errors"
	"fmt"

	"marque/app/terminal"
	"marque/device"
)

var (
	errPayload  = errors.New("the payload is not what was sent")
	errSender   = errors.New("the sender is not who sent it")
	errMode     = errors.New("the message was sealed in another mode")
	errAccepted = errors.New("accepted, although it had to be refused")
)

// send writes a message to a file, as it would go over the air, and reads it back at the other side.
func (d *demo) send(file string, message []byte) ([]byte, error) {
	if err := makeFolder(d.path("messages")); err != nil {
		return nil, err
	}
	if err := terminal.WriteNew(d.path("messages", file), message); err != nil {
		return nil, err
	}
	return terminal.Read(nil, d.path("messages", file), device.MaxPayload+1024)
}

// check says whether m is what from sent.
func check(m *device.Message, from *party, payload string) error {
	switch {
	case m.Sender != from.address:
		return errSender
	case !bytes.Equal(m.Payload, []byte(payload)):
		return errPayload
	}
	return nil
}

// refused checks that an operation failed, and failed for the right reason.
func refused(err, reason error) error {
	switch {
	case err == nil:
		return errAccepted
	case !errors.Is(err, reason):
		return fmt.Errorf("refused for another reason: %w", err)
	}
	return nil
}

const beacon = "bus-4711 northbound, lane 2 blocked"

// beacon lets a party sign a broadcast.
func (d *demo) beacon(from *party, payload, file string) (message []byte, err error) {
	err = d.timed(from.name+" signs a beacon", func() (int, error) {
		message, err = from.device.Sign([]byte(payload), device.SignOptions{})
		return len(message), err
	})
	if err != nil {
		return nil, err
	}
	return d.send(file, message)
}

func (d *demo) broadcast() (string, error) {
	message, err := d.beacon(d.busA, beacon, "beacon-a.mqm")
	if err != nil {
		return "", err
	}
	err = d.timed(d.busB.name+" verifies the stranger's beacon", func() (int, error) {
		m, err := d.busB.device.Verify(message)
		if err != nil {
			return 0, err
		}
		return 0, check(m, d.busA, beacon)
	})
	return fmt.Sprintf("%s signed a beacon of %d octets; %s, a stranger to it, verified it", d.busA.name, len(message), d.busB.name), err
}

// altered shows that a changed beacon and a repeated one are refused.
func (d *demo) altered() (string, error) {
	message, err := d.busA.device.Sign([]byte(beacon), device.SignOptions{})
	if err != nil {
		return "", err
	}
	forged := bytes.Clone(message)
	forged[len(forged)-1] ^= 1
	if forged, err = d.send("beacon-altered.mqm", forged); err != nil {
		return "", err
	}
	_, err = d.busB.device.Verify(forged)
	if err := refused(err, device.ErrTampered); err != nil {
		return "", err
	}
	if _, err := d.busB.device.Verify(message); err != nil {
		return "", err
	}
	_, err = d.busB.device.Verify(message)
	if err := refused(err, device.ErrReplay); err != nil {
		return "", err
	}
	return "a beacon with one bit changed was refused, and a good one when it came a second time", nil
}

// sealed sends one sealed message and opens it at the other side.
func (d *demo) sealed(from, to *party, payload, file string, want device.Mode, o device.SealOptions) (octets int, err error) {
	var message []byte
	err = d.timed(fmt.Sprintf("%s seals a message to %s, %s", from.name, to.name, want), func() (int, error) {
		var mode device.Mode
		message, mode, err = from.device.Seal(to.address, []byte(payload), o)
		if err == nil && mode != want {
			err = errMode
		}
		return len(message), err
	})
	if err != nil {
		return 0, err
	}
	if message, err = d.send(file, message); err != nil {
		return 0, err
	}
	return len(message), d.timed(fmt.Sprintf("%s opens it", to.name), func() (int, error) {
		m, err := to.device.Open(message)
		if err != nil {
			return 0, err
		}
		if m.Mode != want {
			return 0, errMode
		}
		return 0, check(m, from, payload)
	})
}

func (d *demo) cold() (string, error) {
	n, err := d.sealed(d.busA, d.parking, "a space for 12 m, 20 minutes?", "question-cold.mqm", device.ModeCold, device.SealOptions{})
	return fmt.Sprintf("%s sealed %d octets to %s, knowing its address and nothing else; %s opened them", d.busA.name, n, d.parking.address, d.parking.name), err
}

func (d *demo) warm() (string, error) {
	n, err := d.sealed(d.parking, d.busA, "bay 7, gate code 0417", "answer-warm.mqm", device.ModeWarm, device.SealOptions{RequireWarm: true})
	return fmt.Sprintf("%s answered warm with %d octets, which the authority cannot read either; %s opened them", d.parking.name, n, d.busA.name), err
}
