package main

import (
	"errors"
	"time"

	"marque/app/terminal"
	"marque/device"
)

// folder is the device folder that a command works on, as the command line names it.
type folder struct {
	dir            string
	passphraseFile string
	ask            bool
	refused        bool // print who is turned away
}

var errNoDir = errors.New("no device folder was named; add --dir FOLDER")

// options reads the passphrase, if there is one. A new one is asked for twice.
func (f *folder) options(fresh bool) (device.Options, error) {
	o := device.Options{Clock: time.Now, Key: device.FileKey()}
	if f.dir == "" {
		return o, errNoDir
	}
	if f.refused {
		o.Refused = printRefused
	}
	if f.passphraseFile == "" && !f.ask {
		return o, nil
	}
	p, err := terminal.Passphrase(f.passphraseFile, "Passphrase of the device folder", fresh)
	if err != nil {
		return o, err
	}
	o.Key = device.Passphrase(p)
	clear(p)
	return o, nil
}

// use opens the device, runs do, and closes it again.
func (f *folder) use(do func(d *device.Device) error) error {
	o, err := f.options(false)
	if err != nil {
		return terminal.Wrap("the device folder was not opened", err)
	}
	d, err := device.Load(f.dir, o)
	if err != nil {
		return terminal.Wrap("the device folder was not opened", err)
	}
	err = do(d)
	if cerr := d.Close(); err == nil {
		err = terminal.Wrap("the device folder was not closed properly", cerr)
	}
	return err
}
