package main

import (
	"errors"
	"sync"

	"marque/device"
)

// errHandle says that a handle stands for nothing.
var errHandle = errors.New("no open device has this handle; it was closed, or is not what marque_create or marque_load gave")

// handles are the open devices. C holds numbers only: pointers of Go must not stay there, and a number that was closed can be recognised.
var handles = struct {
	sync.RWMutex
	last uint64
	open map[uint64]*device.Device
}{open: map[uint64]*device.Device{}}

// keep gives a device a handle that no other ever had.
func keep(d *device.Device) uint64 {
	handles.Lock()
	defer handles.Unlock()
	handles.last++
	handles.open[handles.last] = d
	return handles.last
}

// lookup returns the device of a handle, or errHandle.
func lookup(h uint64) (*device.Device, error) {
	handles.RLock()
	defer handles.RUnlock()
	d, ok := handles.open[h]
	if !ok {
		return nil, errHandle
	}
	return d, nil
}

// forget takes a handle away and returns its device, which only one of several callers gets.
func forget(h uint64) (*device.Device, error) {
	handles.Lock()
	defer handles.Unlock()
	d, ok := handles.open[h]
	if !ok {
		return nil, errHandle
	}
	delete(handles.open, h)
	return d, nil
}
