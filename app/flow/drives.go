package flow

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"
	"unicode"

	"marque/app/usb"
)

// Drive is a removable drive, or a folder in the place of one.
type Drive struct {
	usb.Drive

	Free int64 // octets that may still be written, as of when it was found; -1 when that is not known
}

// Ready reports whether it can be written to.
func (d *Drive) Ready() bool { return d.Mount != "" && !d.ReadOnly }

// IsFolder reports whether it is a folder in the place of a drive.
func (d *Drive) IsFolder() bool { return d.Device == "" }

// Name is what people call it: a folder's path, or of a drive its label, which the system mounts it under, else its model or device.
func (d *Drive) Name() string {
	switch {
	case d.IsFolder():
		return d.Mount
	case d.Mount != "":
		return legible(filepath.Base(d.Mount))
	}
	return cmp.Or(d.Model, d.Device)
}

// legible makes a label fit to be shown: whoever made the stick has chosen it, and could turn the text around it.
func legible(label string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, label)
}

// is reports whether two drives are one, as it was inserted; where the system does not count that, mounted at the same place.
func (d *Drive) is(other *Drive) bool {
	return d.Drive == other.Drive || d.Sequence != 0 && d.Sequence == other.Sequence && d.Device == other.Device
}

// same reports whether two drives could be one that was inserted again.
func (d *Drive) same(other *Drive) bool {
	if d.IsFolder() || other.IsFolder() {
		return d.Drive == other.Drive
	}
	return d.Model == other.Model && d.Size == other.Size
}

// DriveFinder tells which removable drives there are. Watch calls changed, in any goroutine, with all that there are, and again whenever that
// changes, until it is stopped, or with an error, after which nothing more comes. Folder makes a folder stand for a drive. Errors: those of
// package usb.
type DriveFinder interface {
	Watch(changed func([]Drive, error)) (stop func())
	Folder(path string) (Drive, error)
}

// Carrier moves files to and from the mailbox of a drive. Write returns once they were flushed and read back: see usb.Write, and
// usb.Examine, usb.ReadSome for the others. Errors: those of package usb.
type Carrier interface {
	Write(ctx context.Context, d Drive, files []usb.File, progress func(usb.Progress)) ([]usb.Written, error)
	Examine(d Drive, files []usb.File) ([]usb.State, error)
	Read(d Drive, wanted func(name string) bool) ([]usb.File, error)
}

// Ejecter makes the system let go of a drive: see usb.Eject.
type Ejecter interface {
	Eject(d Drive) error
}

// Drives are the removable drives of this machine. They are safe for concurrent use.
type Drives interface {
	DriveFinder
	Carrier
	Ejecter
}

// Sticks is the view-model of the removable drives that are inserted. All screens that write to one share it.
//
//	watch──▶ unknown ──▶ known ──▶ known
type Sticks struct {
	model
	finder DriveFinder
	stop   func()

	Known   bool
	Found   []Drive // in the order of their devices; not to be changed
	Problem *Problem
}

func newSticks(loop Loop, finder DriveFinder) *Sticks {
	return &Sticks{model: model{loop: loop}, finder: finder}
}

// watch begins to look, unless that was done before.
func (s *Sticks) watch() {
	if s.finder == nil || s.stop != nil {
		return
	}
	s.stop = s.finder.Watch(func(found []Drive, err error) {
		s.loop.Post(func() {
			s.Known, s.Found, s.Problem = true, found, explain(err, "publish.drives.failed")
			s.changed()
		})
	})
}
