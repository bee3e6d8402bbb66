package main

import (
	"errors"
	"fmt"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

var (
	errCount    = errors.New("the list does not say what was expected")
	errNotSound = errors.New("the log does not hold")
)

// apply lets parties take a list file into force and checks how many it revokes.
func (d *demo) apply(file string, revoked int, parties ...*party) error {
	for _, p := range parties {
		bundle, err := terminal.Read(nil, file, wire.MaxBundle)
		if err != nil {
			return err
		}
		err = d.timed(p.name+" applies the list", func() (int, error) {
			a, err := p.device.Apply(bundle)
			if err == nil && a.Count != revoked {
				err = errCount
			}
			return len(bundle), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) applyFirst() (string, error) {
	p, err := publish(d.authority, d.path("published"))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("all three applied list %d of %d octets, on which nobody is revoked", p.Sequence, p.Bytes),
		d.apply(p.File, 0, d.parties()...)
}

func (d *demo) revoke() (string, error) {
	err := d.timed("revoke "+d.busB.name, func() (int, error) {
		_, err := revoke(d.authority, localapi.Revoke{Addresses: []string{d.busB.address.String()}, Reason: wire.ReasonStolen.String()})
		return 0, err
	})
	return fmt.Sprintf("%s was reported stolen and is revoked; nobody else knows yet", d.busB.address), err
}

func (d *demo) publish() (string, error) {
	err := d.timed("publish the list", func() (int, error) {
		p, err := publish(d.authority, d.path("published"))
		if err != nil {
			return 0, err
		}
		d.list = p.File
		return p.Bytes, nil
	})
	return fmt.Sprintf("a signed list went to %s", d.list), err
}

func (d *demo) applyRevocation() (string, error) {
	return fmt.Sprintf("%s applied it; %s, which was stolen, did not, and %s did not hear of it yet", d.busA.name, d.busB.name, d.parking.name),
		d.apply(d.list, 1, d.busA)
}

func (d *demo) refusedBroadcast() (string, error) {
	message, err := d.beacon(d.busB, "bus-4712 here, all clear", "beacon-b-revoked.mqm")
	if err != nil {
		return "", err
	}
	for _, p := range []*party{d.busA, d.parking} {
		err := d.timed(p.name+" refuses it", func() (int, error) {
			_, err := p.device.Verify(message)
			return 0, refused(err, device.ErrRevoked)
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s and %s refused a new beacon of %s, because it is revoked", d.busA.name, d.parking.name, d.busB.name), nil
}

func (d *demo) refusedSealed() (string, error) {
	message, mode, err := d.busB.device.Seal(d.busA.address, []byte("let me in"), device.SealOptions{})
	if err != nil {
		return "", err
	}
	if message, err = d.send("sealed-b-revoked.mqm", message); err != nil {
		return "", err
	}
	err = d.timed(d.busA.name+" refuses to open a message of "+d.busB.name, func() (int, error) {
		_, err := d.busA.device.Open(message)
		return 0, refused(err, device.ErrRevoked)
	})
	if err != nil {
		return "", err
	}
	_, _, err = d.busA.device.Seal(d.busB.address, []byte("who are you?"), device.SealOptions{})
	return fmt.Sprintf("%s refused a %s message of %s, and to seal one to it, because it is revoked", d.busA.name, mode, d.busB.name),
		refused(err, device.ErrRevoked)
}

// audit closes the authority and verifies its folder without any secret.
func (d *demo) audit() (string, error) {
	if err := d.leave(); err != nil {
		return "", err
	}
	var line string
	err := d.timed("verify the log", func() (int, error) {
		r, err := appliance.Audit(d.path("authority"))
		if err != nil {
			return 0, err
		}
		if !r.OK() || r.Issued != 3 || r.Revoked != 1 || r.Unpublished != 0 {
			return 0, errNotSound
		}
		line = fmt.Sprintf("without any secret, all %d entries, %d checkpoints and %d lists hold", r.Size, r.Checkpoints, r.Lists)
		return 0, nil
	})
	return line, err
}
