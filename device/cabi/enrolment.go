package main

// #include "thread.h"
import "C"

import (
	"fmt"

	"marque/app/words"
	"marque/device"
)

// produce gives C the octets that a device makes.
func produce(h C.marque_device, to *C.marque_bytes, octets func(d *device.Device) ([]byte, error)) error {
	if err := empty(to); err != nil {
		return err
	}
	d, err := lookup(uint64(h))
	if err != nil {
		return err
	}
	b, err := octets(d)
	if err == nil {
		give(to, b)
	}
	return err
}

// consume gives a device the octets of C.
func consume(h C.marque_device, p *C.marque_in, size C.size_t, use func(d *device.Device, b []byte) error) error {
	d, err := lookup(uint64(h))
	if err != nil {
		return err
	}
	b, err := octets(p, size)
	if err != nil {
		return err
	}
	return use(d, b)
}

//export marque_request
func marque_request(h C.marque_device, to *C.marque_bytes) C.int32_t {
	return done(produce(h, to, (*device.Device).Request))
}

//export marque_receipt
func marque_receipt(h C.marque_device, to *C.marque_bytes) C.int32_t {
	return done(produce(h, to, (*device.Device).Receipt))
}

//export marque_inspect
func marque_inspect(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_offer) C.int32_t {
	if err := empty(to); err != nil {
		return done(err)
	}
	return done(consume(h, p, size, func(d *device.Device, b []byte) error {
		offer, err := d.Inspect(b)
		if err != nil {
			return err
		}
		writeText(to.realm[:], offer.Core.Realm)
		writeHash(to.core[:], offer.CoreHash)
		writeText(to.words[:], words.Text(offer.CoreHash[:]))
		to.sequence = C.uint32_t(offer.Sequence)
		to.for_this_request, to.pinned = C.bool(offer.ForThisRequest), C.bool(offer.Pinned)
		return nil
	}))
}

//export marque_install
func marque_install(h C.marque_device, p *C.marque_in, size C.size_t, pin *C.marque_in) C.int32_t {
	return done(consume(h, p, size, func(d *device.Device, b []byte) error {
		confirmed, err := octets(pin, C.MARQUE_HASH_SIZE)
		if err != nil {
			return fmt.Errorf("the pin: %w", err)
		}
		_, err = d.Install(b, [32]byte(confirmed))
		return err
	}))
}

//export marque_rotate
func marque_rotate(h C.marque_device, p *C.marque_in, size C.size_t) C.int32_t {
	return done(consume(h, p, size, func(d *device.Device, b []byte) error {
		_, err := d.Rotate(b)
		return err
	}))
}
