package carry

import (
	"fmt"

	"marque/app/usb"
	"marque/device/wire"
)

// Collect reads the stick's mailbox. What was left out of it is told. Errors: usb.ReadInbox's.
func (d *Desk) Collect(s usb.Drive) ([]usb.File, error) {
	in, err := usb.ReadInbox(s)
	if err != nil {
		return nil, err
	}
	for _, left := range in.Skipped {
		fmt.Fprintf(d.Err, "left out %q: %s\n", left.Name, left.Why)
	}
	if in.More > 0 {
		fmt.Fprintf(d.Err, "left out %d more\n", in.More)
	}
	return in.Files, nil
}

// Kind says what a file of a stick seems to be.
func Kind(f *usb.File) string {
	found := wire.Sniff(f.Content)
	switch {
	case found != wire.FoundUnknown:
		return string(found)
	case Picture(f.Content):
		return "picture"
	}
	return "unknown"
}
