package main

import (
	"io/fs"

	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

// advice is what to do about errors whose text does not say it.
var advice = terminal.Advice{
	{fs.ErrNotExist, "check the name of the file or folder"},
	{fs.ErrPermission, "check who may read and write there"},
	{authority.ErrClockAhead, "compare it with another clock; set it if it is wrong, and if it is right run this again with --clock-is-right"},
	{wire.ErrAddress, "write it as `marque authority list` shows it, such as //fleet.example/Sbus-4711~0"},
	{wire.ErrSPID, "write it like fleet.example: labels of lower-case letters, digits and inner hyphens"},
	{wire.ErrProof, "make a new request on the device"},
	{wire.ErrEncoding, "copy it from the device again"},
	{wire.ErrChecksum, "take the picture again, or copy the .mqr file"},
}
