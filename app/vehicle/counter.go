package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"marque/app/terminal"
	"marque/device"
	"marque/device/tpm"
)

// counterFile, in a device folder, names the counter that the folder was made with.
const counterFile = "counter"

const maxCounterFile = 4096 // octets

// findCounter returns the counter of a device folder, nil for a folder without one.
func findCounter(dir string) (*tpm.Counter, error) {
	path := filepath.Join(dir, counterFile)
	text, err := terminal.Read(nil, path, maxCounterFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which counter protects the folder: %w", err)
	}
	c, err := tpm.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// createCounted makes a device folder with a new counter of the TPM at path, and with its key sealed to that TPM unless a passphrase opens it.
// The counter goes again if the folder is not made.
func createCounted(dir, path string, w device.Wanted, o device.Options, phrase bool) (*device.Device, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	c, err := tpm.New(path, rand.Reader)
	if err != nil {
		return nil, err
	}
	o.Counter = c
	if !phrase {
		o.Key = device.SealedKey(c.Sealer())
	}
	d, err := device.Create(dir, w, o)
	if err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	text, err := c.MarshalText()
	if err == nil {
		err = terminal.WriteNewPrivate(filepath.Join(dir, counterFile), text)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write which counter protects the folder, without which it does not open; delete it and try again: %w", err), d.Close(), c.Remove())
	}
	return d, nil
}
