package carry

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"marque/app/usb"
	"marque/app/words"
)

// Delivered is a file that is on a stick, as JSON shows it.
type Delivered struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"` // of what was read back
	Words  string `json:"words"`  // the first 88 bits of it, to be read aloud
}

// Deliver writes files into the stick's mailbox, the folder that other computers read, and returns when the stick may be pulled. Somebody
// at the desk sees how far it is. When it fails, what the stick holds of each file is told, file by file; where somebody is at the desk
// and the stick was pulled, after it was inserted again, and it may then be written once more. Errors: usb.Write's.
func (d *Desk) Deliver(ctx context.Context, s usb.Drive, files []usb.File) ([]Delivered, error) {
	for {
		done, err := usb.Write(ctx, s, usb.InboxFolder, files, d.progress(len(files)))
		d.endProgress()
		if err == nil {
			return delivered(done), nil
		}
		again := d.account(ctx, &s, files, done, err)
		if !again {
			return nil, err
		}
	}
}

func delivered(done []usb.Written) (out []Delivered) {
	for _, w := range done {
		out = append(out, Delivered{Name: w.Name, Bytes: w.Size, SHA256: hex.EncodeToString(w.Hash[:]), Words: words.Text(w.Hash[:])})
	}
	return out
}

// Print shows what is on a stick, and that it may be pulled.
func Print(w io.Writer, s *usb.Drive, files []Delivered) {
	for _, f := range files {
		fmt.Fprintf(w, "%s (%d octets), read back\n  sha256  %s\n  words   %s\n", f.Name, f.Bytes, f.SHA256, f.Words)
	}
	fmt.Fprintf(w, "%s: safe to remove\n", place(s))
}

// place names a stick.
func place(s *usb.Drive) string {
	if s.Device != "" {
		return s.Device
	}
	return s.Mount
}

// progress shows how far a write is where somebody watches.
func (d *Desk) progress(files int) func(usb.Progress) {
	if !d.Watching {
		return nil
	}
	return func(p usb.Progress) {
		step := "writing"
		if p.Reading {
			step = "reading back"
		}
		percent := int64(100)
		if p.Total > 0 {
			percent = p.Done * 100 / p.Total
		}
		fmt.Fprintf(d.Err, "\r\x1b[K%3d %%  %s %s (%d files)", percent, step, p.Name, files)
	}
}

func (d *Desk) endProgress() {
	if d.Watching {
		fmt.Fprint(d.Err, "\r\x1b[K")
	}
}

// account tells what the stick holds after a write failed, and reports whether to write once more: when it was pulled, is back, and
// somebody says so.
func (d *Desk) account(ctx context.Context, s *usb.Drive, files []usb.File, done []usb.Written, failed error) (again bool) {
	states, err := usb.Examine(*s, usb.InboxFolder, files)
	pulled := errors.Is(failed, usb.ErrGone)
	if err != nil && pulled && d.Watching {
		fmt.Fprintln(d.Err, "the stick was pulled too early: insert it again, to learn what it holds (Ctrl-C ends the waiting)")
		states, err = d.examineAgain(ctx, s, files)
	}
	if err != nil {
		d.accountUnseen(files, done)
		return false
	}
	for i, f := range files {
		fmt.Fprintf(d.Err, "%s %s\n", f.Name, states[i])
	}
	if !pulled || !d.Watching {
		return false
	}
	if !slices.ContainsFunc(states, func(s usb.State) bool { return s != usb.StateWritten }) {
		return true // all of it is there; writing it again shows that it was kept
	}
	answer, err := d.Ask("Write again what is missing? [y/N] ")
	return err == nil && (answer == "y" || answer == "yes")
}

// accountUnseen tells what is known without the stick.
func (d *Desk) accountUnseen(files []usb.File, done []usb.Written) {
	for _, f := range files {
		if slices.ContainsFunc(done, func(w usb.Written) bool { return w.Name == f.Name }) {
			fmt.Fprintf(d.Err, "%s is on the stick: it was read back\n", f.Name)
		} else {
			fmt.Fprintf(d.Err, "%s: the stick holds it or what was there before, whole; insert it again and run this again\n", f.Name)
		}
	}
}

// examineAgain waits until a stick is there that can be examined.
func (d *Desk) examineAgain(ctx context.Context, s *usb.Drive, files []usb.File) (states []usb.State, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = usb.Watch(ctx, d.System, func(drives []usb.Drive) {
		for _, back := range usable(drives, true) {
			if back == *s || back.Model != s.Model || back.Size != s.Size {
				continue // the pulled one may still be listed, and another one is none of this
			}
			if found, err := usb.Examine(back, usb.InboxFolder, files); err == nil {
				states, *s = found, back
				cancel()
				return
			}
		}
	})
	if err == nil && states == nil {
		err = fmt.Errorf("wait for the stick: %w", ctx.Err())
	}
	return states, err
}
