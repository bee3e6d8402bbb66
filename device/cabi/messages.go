package main

// #include "thread.h"
import "C"

import (
	"fmt"

	"marque/device"
	"marque/device/wire"
)

// only reports flags that nobody knows.
func only(flags, known C.uint32_t) error {
	if flags&^known != 0 {
		return fmt.Errorf("%w: unknown flags %#x", errUsage, uint32(flags&^known))
	}
	return nil
}

//export marque_sign
func marque_sign(h C.marque_device, p *C.marque_in, size C.size_t, flags C.uint32_t, to *C.marque_bytes) C.int32_t {
	return done(produce(h, to, func(d *device.Device) ([]byte, error) {
		if err := only(flags, C.MARQUE_SHORT); err != nil {
			return nil, err
		}
		payload, err := octets(p, size)
		if err != nil {
			return nil, err
		}
		return d.Sign(payload, device.SignOptions{Short: flags&C.MARQUE_SHORT != 0})
	}))
}

//export marque_seal
func marque_seal(h C.marque_device, address *C.marque_text, p *C.marque_in, size C.size_t, flags C.uint32_t, to *C.marque_bytes, mode *C.int32_t) C.int32_t {
	if mode != nil {
		*mode = 0
	}
	return done(produce(h, to, func(d *device.Device) ([]byte, error) {
		if err := only(flags, C.MARQUE_REQUIRE_WARM|C.MARQUE_REQUIRE_COLD|C.MARQUE_FULL); err != nil {
			return nil, err
		}
		s, err := text(address)
		if err != nil {
			return nil, err
		}
		recipient, err := wire.ParseAddress(s)
		if err != nil {
			return nil, err
		}
		payload, err := octets(p, size)
		if err != nil {
			return nil, err
		}
		message, m, err := d.Seal(recipient, payload, device.SealOptions{
			RequireWarm: flags&C.MARQUE_REQUIRE_WARM != 0, RequireCold: flags&C.MARQUE_REQUIRE_COLD != 0, Full: flags&C.MARQUE_FULL != 0,
		})
		if err == nil && mode != nil {
			*mode = C.int32_t(m)
		}
		return message, err
	}))
}

//export marque_verify
func marque_verify(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message) C.int32_t {
	return receive(h, p, size, to, (*device.Device).Verify)
}

//export marque_open
func marque_open(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message) C.int32_t {
	return receive(h, p, size, to, (*device.Device).Open)
}

// receive gives C what is made of a message.
func receive(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message, accept func(d *device.Device, b []byte) (*device.Message, error)) C.int32_t {
	if err := empty(to); err != nil {
		return done(err)
	}
	return done(consume(h, p, size, func(d *device.Device, b []byte) error {
		m, err := accept(d, b)
		if err != nil {
			return err
		}
		writeText(to.sender[:], m.Sender.String())
		to.time, to.mode = millis(m.Time), C.int32_t(m.Mode)
		to.stale, to.newer_than_list = C.bool(m.Stale), C.bool(m.NewerThanList)
		give(&to.payload, m.Payload)
		clear(m.Payload)
		return nil
	}))
}
