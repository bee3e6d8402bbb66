package main

// #include "thread.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

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
		if err := only(flags, C.MARQUE_SHORT|C.MARQUE_MIXED); err != nil {
			return nil, err
		}
		payload, err := octets(p, size)
		if err != nil {
			return nil, err
		}
		return d.Sign(payload, device.SignOptions{Short: flags&C.MARQUE_SHORT != 0, Mixed: flags&C.MARQUE_MIXED != 0})
	}))
}

//export marque_seal
func marque_seal(h C.marque_device, address *C.marque_text, p *C.marque_in, size C.size_t, flags C.uint32_t, to *C.marque_bytes, mode *C.int32_t) C.int32_t {
	return done(seal(h, (*C.marque_texts)(unsafe.Pointer(&address)), 1, p, size, flags, to, mode))
}

//export marque_seal_all
func marque_seal_all(h C.marque_device, all *C.marque_texts, count C.size_t, p *C.marque_in, size C.size_t, flags C.uint32_t, to *C.marque_bytes, mode *C.int32_t) C.int32_t {
	return done(seal(h, all, count, p, size, flags, to, mode))
}

// seal gives C a message to one address or to several.
func seal(h C.marque_device, all *C.marque_texts, count C.size_t, p *C.marque_in, size C.size_t, flags C.uint32_t, to *C.marque_bytes, mode *C.int32_t) error {
	if mode != nil {
		*mode = 0
	}
	return produce(h, to, func(d *device.Device) ([]byte, error) {
		if err := only(flags, C.MARQUE_REQUIRE_WARM|C.MARQUE_REQUIRE_COLD|C.MARQUE_FULL); err != nil {
			return nil, err
		}
		recipients, err := addresses(all, count)
		if err != nil {
			return nil, err
		}
		payload, err := octets(p, size)
		if err != nil {
			return nil, err
		}
		message, m, err := d.SealAll(recipients, payload, device.SealOptions{
			RequireWarm: flags&C.MARQUE_REQUIRE_WARM != 0, RequireCold: flags&C.MARQUE_REQUIRE_COLD != 0, Full: flags&C.MARQUE_FULL != 0,
		})
		if err == nil && mode != nil {
			*mode = C.int32_t(m)
		}
		return message, err
	})
}

// addresses reads whom a message goes to.
func addresses(all *C.marque_texts, count C.size_t) (to []wire.Address, err error) {
	lines, err := texts(all, count, wire.MaxRecipients)
	if err != nil {
		return nil, err
	}
	for _, s := range lines {
		a, err := wire.ParseAddress(s)
		if err != nil {
			return nil, err
		}
		to = append(to, a)
	}
	return to, nil
}

//export marque_verify
func marque_verify(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message) C.int32_t {
	return receive(h, p, size, to, (*device.Device).Verify)
}

//export marque_open
func marque_open(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message) C.int32_t {
	return receive(h, p, size, to, (*device.Device).Open)
}

//export marque_verify_asking
func marque_verify_asking(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_message, request *C.marque_bytes) C.int32_t {
	if request != nil {
		*request = C.marque_bytes{}
	}
	return receive(h, p, size, to, func(d *device.Device, b []byte) (*device.Message, error) {
		m, err := d.Verify(b)
		if unknown := new(device.UnknownSenderError); errors.As(err, &unknown) && request != nil {
			give(request, unknown.Request)
		}
		return m, err
	})
}

//export marque_full_wanted
func marque_full_wanted(h C.marque_device, p *C.marque_in, size C.size_t) C.int32_t {
	return done(consume(h, p, size, (*device.Device).FullWanted))
}

//export marque_verify_all
func marque_verify_all(h C.marque_device, messages *C.marque_views, count C.size_t, to *C.marque_verified) C.int32_t {
	return done(verifyAll(h, messages, count, to))
}

func verifyAll(h C.marque_device, messages *C.marque_views, count C.size_t, to *C.marque_verified) error {
	d, err := lookup(uint64(h))
	if count == 0 {
		return err
	}
	if to == nil || count > maxBatch {
		return fmt.Errorf("%w: a NULL pointer to what is to be filled in, or more than %d messages", errUsage, maxBatch)
	}
	out := unsafe.Slice(to, int(count))
	clear(out)
	if err != nil {
		return err
	}
	all, err := views(messages, count)
	if err != nil {
		return err
	}
	for i, v := range d.VerifyAll(all) {
		if out[i].code = code(v.Err); v.Err == nil {
			fill(&out[i].message, v.Message)
		}
	}
	return nil
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
		fill(to, m)
		return nil
	}))
}

// fill gives C a message, and clears its payload here.
func fill(to *C.marque_message, m *device.Message) {
	writeText(to.sender[:], m.Sender.String())
	to.time, to.mode = millis(m.Time), C.int32_t(m.Mode)
	to.stale, to.newer_than_list = C.bool(m.Stale), C.bool(m.NewerThanList)
	give(&to.payload, m.Payload)
	clear(m.Payload)
}
