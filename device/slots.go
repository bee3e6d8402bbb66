package device

import (
	"errors"
	"fmt"
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
	if other.err != nil && (!missing || !single) || other.err == nil && s.generation-other.generation > 1 {
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
