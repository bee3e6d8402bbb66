package main

// #include "thread.h"
import "C"

import (
	"fmt"
	"unsafe"

	"marque/device"
)

//export marque_apply
func marque_apply(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_applied) C.int32_t {
	return done(apply(h, p, size, to, (*device.Device).Apply))
}

//export marque_apply_trust
func marque_apply_trust(h C.marque_device, p *C.marque_in, size C.size_t) C.int32_t {
	return done(consume(h, p, size, func(d *device.Device, b []byte) error {
		_, err := d.ApplyTrust(b)
		return err
	}))
}

//export marque_apply_regions
func marque_apply_regions(h C.marque_device, p *C.marque_in, size C.size_t, regions *C.marque_views, count C.size_t, to *C.marque_applied) C.int32_t {
	all, err := views(regions, count)
	return done(apply(h, p, size, to, func(d *device.Device, list []byte) (*device.Applied, error) {
		if err != nil {
			return nil, err
		}
		return d.ApplyRegions(list, all...)
	}))
}

// apply gives a device a list of C, and C what became of it.
func apply(h C.marque_device, p *C.marque_in, size C.size_t, to *C.marque_applied, take func(d *device.Device, list []byte) (*device.Applied, error)) error {
	var ignored C.marque_applied
	if to == nil {
		to = &ignored
	}
	*to = C.marque_applied{}
	return consume(h, p, size, func(d *device.Device, b []byte) error {
		a, err := take(d, b)
		if a == nil {
			return err
		}
		*to = C.marque_applied{
			generation: C.uint32_t(a.Order.Generation), base: C.uint32_t(a.Order.Base), sequence: C.uint32_t(a.Order.Sequence),
			issued: millis(a.Issued), next_update: millis(a.NextUpdate), hard_expiry: millis(a.HardExpiry),
			below: C.uint64_t(a.N), revoked: C.uint32_t(a.Count),
			changed: C.bool(a.Changed), forked: C.bool(a.Forked), self_revoked: C.bool(a.Revoked),
		}
		return err
	})
}

//export marque_get_status
func marque_get_status(h C.marque_device, to *C.marque_status) C.int32_t {
	if err := empty(to); err != nil {
		return done(err)
	}
	d, err := lookup(uint64(h))
	if err != nil {
		return done(err)
	}
	s := d.Status()
	writeText(to.name[:], s.Name)
	to.kind, to.now, to.set_back = C.int32_t(s.Kind), millis(s.Now), C.bool(s.SetBack)
	writeHash(to.request[:], s.Request)
	writeText(to.realm[:], s.Realm)
	writeHash(to.core[:], s.CoreHash)
	to.generation, to.rotating = C.uint32_t(s.Generation), C.bool(s.Rotating)
	if s.Installed {
		writeText(to.address[:], s.Address.String())
		to.installed, to.revoked, to.key_now = true, C.bool(s.Revoked), C.bool(s.KeyNow)
		to.first_epoch, to.last_epoch, to.epoch = C.uint32_t(s.FirstEpoch), C.uint32_t(s.LastEpoch), C.uint32_t(s.Epoch)
		to.keys_until = millis(s.KeysUntil)
	}
	writeList(to, s.List)
	to.alarms, to.peers, to.seen = C.uint32_t(len(s.Alarms)), C.uint32_t(s.Peers), C.uint32_t(s.Seen)
	return done(nil)
}

func writeList(to *C.marque_status, l device.ListStatus) {
	if !l.Known {
		return
	}
	to.list_known, to.list_stale, to.list_expired, to.list_forked = true, C.bool(l.Stale), C.bool(l.Expired), C.bool(l.Forked)
	to.list_regional, to.list_until = C.bool(l.Regional), millis(l.Until)
	to.list_generation, to.list_base, to.list_sequence = C.uint32_t(l.Order.Generation), C.uint32_t(l.Order.Base), C.uint32_t(l.Order.Sequence)
	to.list_revoked, to.list_below = C.uint32_t(l.Count), C.uint64_t(l.N)
	to.list_issued, to.list_next_update, to.list_hard_expiry = millis(l.Issued), millis(l.NextUpdate), millis(l.HardExpiry)
}

//export marque_alarm
func marque_alarm(h C.marque_device, index C.uint32_t, when *C.int64_t, to *C.char) C.int32_t {
	if to == nil {
		return done(fmt.Errorf("%w: a NULL pointer to what is to be filled in", errUsage))
	}
	line := unsafe.Slice(to, C.MARQUE_TEXT_SIZE)
	clear(line)
	if when != nil {
		*when = 0
	}
	d, err := lookup(uint64(h))
	if err != nil {
		return done(err)
	}
	alarms := d.Alarms()
	if uint64(index) >= uint64(len(alarms)) {
		return done(fmt.Errorf("%w: there are %d alarms", errUsage, len(alarms)))
	}
	if when != nil {
		*when = millis(alarms[index].Time)
	}
	writeText(line, alarms[index].Text)
	return done(nil)
}
