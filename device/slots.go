package device

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// slots are the two copies of the state. Every save writes both, the older one first: at every moment one of them is whole, and after a save
// either one is all of the state, so that a damaged one costs nothing. Nothing that was erased stays behind in the other one.
var slots = [2]string{"state-a", "state-b"}

// oneState held the state before there were two copies of it.
const oneState = "state"

// writeState writes an encoded state into both slots and clears it. After an error it may be in force at the next start, unless a later save
// works: then that one is. The caller holds saving.
func (d *Device) writeState(b []byte) error {
	defer clear(b)
	generation := d.generation + 1
	for range slots {
		older := 1 - d.newest
		if err := d.folder.save(slots[older], whatState, generation, b); err != nil {
			return err
		}
		d.newest, d.generation = older, generation
	}
	return nil
}

// slot is a copy of the state as it was read.
type slot struct {
	b          []byte
	generation uint64
	err        error
}

func (f *folder) loadSlot(name string) (s slot) {
	s.b, s.generation, s.err = f.load(name, whatState, maxStateFile)
	return s
}

// loadState reads the newer copy of the state into a new Device; an alarm says if the other one is not what a crash explains.
func (d *Device) loadState() error {
	var copies [len(slots)]slot
	for i, name := range slots {
		copies[i] = d.folder.loadSlot(name)
		defer clear(copies[i].b)
	}
	single := d.folder.has(oneState) // no slots yet, or a crash came before it was removed
	if single && errors.Is(copies[0].err, fs.ErrNotExist) && errors.Is(copies[1].err, fs.ErrNotExist) {
		copies[0] = d.folder.loadSlot(oneState)
		defer clear(copies[0].b)
	}
	d.newest = newer(copies)
	s, other := copies[d.newest], copies[1-d.newest]
	if s.err != nil {
		return s.err
	}
	d.generation = s.generation
	if err := d.decodeState(s.b); err != nil {
		return err
	}
	missing := errors.Is(other.err, fs.ErrNotExist)
	if other.err != nil && !(missing && single) || other.err == nil && s.generation-other.generation > 1 {
		d.alarm(d.now(), fmt.Sprintf("the copy of the device's state in %s was lost, damaged or set back, and %s was used; check the disk", slots[1-d.newest], slots[d.newest]))
	}
	return nil
}

// newer says which copy is the newer one of those that could be read; if none could, the one with an error that says more than that it is
// missing.
func newer(c [len(slots)]slot) int {
	switch a, b := c[0], c[1]; {
	case a.err == nil && b.err == nil && b.generation > a.generation,
		a.err != nil && b.err == nil,
		errors.Is(a.err, fs.ErrNotExist) && b.err != nil:
		return 1
	}
	return 0
}

// forgetSingle takes away what was the state before there were two copies, once they are written. The caller holds saving.
func (d *Device) forgetSingle() error {
	if !d.folder.has(oneState) {
		return nil
	}
	return d.folder.remove(oneState)
}

func (f *folder) has(name string) bool {
	_, err := os.Lstat(filepath.Join(f.dir, name))
	return err == nil
}

// rootHead is what a file of the folder says in the clear of the root key.
type rootHead struct {
	source byte
	salt   [16]byte
	check  [16]byte
}

// heads returns what the copies of the state say of the root key: the same, unless one is damaged.
func (f *folder) heads() (heads []rootHead, err error) {
	var reasons []error
	for _, name := range append(slots[:], oneState) {
		h, err := f.head(name)
		switch {
		case err != nil:
			reasons = append(reasons, err)
		case len(heads) == 0 || heads[0] != h:
			heads = append(heads, h)
		}
	}
	if len(heads) > 0 {
		return heads, nil
	}
	for _, err := range reasons {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, reasons[0]
}

func (f *folder) head(name string) (h rootHead, err error) {
	r, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		return h, fmt.Errorf("read the device folder: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var b [headerSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil || string(b[:4]) != fileMagic || b[4] != fileVersion {
		return h, fmt.Errorf("file %s: %w", name, ErrCorrupt)
	}
	return rootHead{source: b[6], salt: [16]byte(b[7:23]), check: [16]byte(b[23:39])}, nil
}
