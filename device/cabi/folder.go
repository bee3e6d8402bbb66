package main

// #include "thread.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"marque/device"
	"marque/device/wire"
)

// options copies what C says; the clock and its context stay C's.
func options(o *C.marque_opening) (device.Options, error) {
	out := device.Options{Clock: time.Now}
	if o == nil {
		return out, nil
	}
	if o.passphrase != nil {
		p, err := octets(o.passphrase, o.passphrase_size)
		if err != nil {
			return out, err
		}
		out.Key = device.Passphrase(p)
		clear(p)
	}
	if clock, context := o.clock, *(*C.uintptr_t)(unsafe.Pointer(&o.clock_context)); clock != nil {
		out.Clock = func() time.Time { return time.UnixMilli(int64(C.marque_ask(clock, context))) }
	}
	out.Replay, out.ListMemory, out.Tables = int(o.replay), int(o.list_memory), int(o.tables)
	out.FullEvery, out.FullAfter = int(o.full_every), time.Duration(o.full_after)*time.Millisecond
	return out, nil
}

// open makes a handle of what make opens in a folder.
func open(dir *C.marque_text, o *C.marque_opening, to *C.marque_device, open func(dir string, o device.Options) (*device.Device, error)) error {
	if err := empty(to); err != nil {
		return err
	}
	path, err := text(dir)
	if err != nil {
		return err
	}
	opts, err := options(o)
	if err != nil {
		return err
	}
	d, err := open(path, opts)
	if err != nil {
		return err
	}
	*to = C.marque_device(keep(d))
	return nil
}

//export marque_create
func marque_create(dir, name *C.marque_text, kind C.int32_t, o *C.marque_opening, to *C.marque_device) C.int32_t {
	return done(open(dir, o, to, func(dir string, o device.Options) (*device.Device, error) {
		name, err := text(name)
		if err != nil {
			return nil, err
		}
		if kind != C.MARQUE_VEHICLE && kind != C.MARQUE_APPLICATION {
			return nil, fmt.Errorf("%w: %d is no kind of device", errUsage, int(kind))
		}
		return device.Create(dir, device.Wanted{Name: name, Kind: wire.Kind(kind)}, o)
	}))
}

//export marque_load
func marque_load(dir *C.marque_text, o *C.marque_opening, to *C.marque_device) C.int32_t {
	return done(open(dir, o, to, device.Load))
}

//export marque_close
func marque_close(h C.marque_device) C.int32_t {
	d, err := forget(uint64(h))
	if err == nil {
		err = d.Close()
	}
	return done(err)
}
