package main

import (
	"errors"
	"io/fs"

	"marque/app/terminal"
	"marque/device/wire"
)

// advice is what to do about errors whose text does not say it.
var advice = []struct {
	is   error
	next string
}{
	{fs.ErrNotExist, "check the name of the file or folder"},
	{fs.ErrPermission, "check who may read and write there"},
	{wire.ErrAddress, "write it as `marque authority list` shows it, such as //fleet.example/Sbus-4711~0"},
	{wire.ErrSPID, "write it like fleet.example: labels of lower-case letters, digits and inner hyphens"},
	{wire.ErrProof, "make a new request on the device"},
	{wire.ErrEncoding, "copy it from the device again"},
	{wire.ErrChecksum, "take the picture again, or copy the .mqr file"},
}

// explained is terminal.Wrap with advice.
func explained(what string, err error) error {
	for _, a := range advice {
		if errors.Is(err, a.is) {
			return terminal.Advise(what, err, a.next)
		}
	}
	return terminal.Wrap(what, err)
}
