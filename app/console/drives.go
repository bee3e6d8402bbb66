package main

import (
	"context"

	"marque/app/flow"
	"marque/app/usb"
)

// drives implements flow.Drives for those of this machine.
type drives struct{ system usb.System }

// Watch implements flow.DriveFinder.
func (s drives) Watch(changed func([]flow.Drive, error)) (stop func()) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		err := usb.Watch(ctx, s.system, func(found []usb.Drive) {
			all := make([]flow.Drive, len(found))
			for i, d := range found {
				all[i] = measured(d)
			}
			changed(all, nil)
		})
		if err != nil {
			changed(nil, err)
		}
	}()
	return stop
}

// measured adds how much room a drive has.
func measured(d usb.Drive) flow.Drive {
	free, err := usb.Space(d)
	if err != nil {
		free = -1
	}
	return flow.Drive{Drive: d, Free: free}
}

// Folder implements flow.DriveFinder.
func (drives) Folder(path string) (flow.Drive, error) {
	d, err := usb.Folder(path)
	if err != nil {
		return flow.Drive{}, err
	}
	return measured(d), nil
}

// Write implements flow.Carrier.
func (drives) Write(ctx context.Context, d flow.Drive, files []usb.File, progress func(usb.Progress)) ([]usb.Written, error) {
	return usb.Write(ctx, d.Drive, usb.InboxFolder, files, progress)
}

// Examine implements flow.Carrier.
func (drives) Examine(d flow.Drive, files []usb.File) ([]usb.State, error) {
	return usb.Examine(d.Drive, usb.InboxFolder, files)
}

// Read implements flow.Carrier.
func (drives) Read(d flow.Drive, wanted func(name string) bool) ([]usb.File, error) {
	in, err := usb.ReadSome(d.Drive, wanted)
	if err != nil {
		return nil, err
	}
	return in.Files, nil
}

// Eject implements flow.Ejecter.
func (drives) Eject(d flow.Drive) error { return usb.Eject(context.Background(), d.Drive) }
