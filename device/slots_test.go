package device_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"marque/device"
)

// stateFiles are the two copies of the state in a device folder.
var stateFiles = [2]string{"state-a", "state-b"}

// copies is what the two files hold.
type copies [2]string

func readState(dir string) (c copies) {
	for i, name := range stateFiles {
		c[i] = string(must(os.ReadFile(filepath.Join(dir, name))))
	}
	return c
}

func (c copies) put(dir string) {
	for i := range c {
		c.putOne(dir, i)
	}
}

func (c copies) putOne(dir string, i int) {
	check(os.WriteFile(filepath.Join(dir, stateFiles[i]), []byte(c[i]), 0o600))
}

// Whatever happens to one copy of the state is noticed, costs nothing, and is mended; what happens to both is noticed.
func TestStateDamaged(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.bus]
	f.meet(t, f.bus, f.tram)
	before := f.bus.Status()
	check(f.bus.Close())
	folder := crash(t, dir)
	good, list := readState(dir), string(must(os.ReadFile(filepath.Join(dir, "list"))))
	damaged := func(what string, bad copies) {
		t.Helper()
		bad.put(folder)
		replay := must(os.ReadFile(filepath.Join(dir, "replay")))
		check(os.WriteFile(filepath.Join(folder, "replay"), replay, 0o600))
		whole := bad[0] == good[0] || bad[1] == good[1]
		d, err := device.Load(folder, f.options())
		if !whole {
			if !errors.Is(err, device.ErrCorrupt) && !errors.Is(err, device.ErrLocked) {
				t.Fatalf("%s: %v", what, err)
			}
			return
		}
		check(err)
		s := d.Status()
		if len(s.Alarms) != 1 || s.Address != before.Address || s.Peers != before.Peers || s.List != before.List || s.Seen != before.Seen {
			t.Fatalf("%s: %+v", what, s)
		}
		check(d.Close())
		d = must(device.Load(folder, f.options()))
		if len(d.Alarms()) != 1 {
			t.Fatalf("%s: not mended: %v", what, d.Alarms())
		}
		check(d.Close())
	}
	for i := range good {
		flips([]byte(good[i]), 463, func(_ int, altered []byte) {
			bad := good
			bad[i] = string(altered)
			damaged("a bit of one copy", bad)
		})
		for _, n := range []int{0, 10, len(good[i]) - 1} {
			bad := good
			bad[i] = good[i][:n]
			damaged("one copy cut off", bad)
		}
		bad := good
		bad[i] = good[1-i]
		damaged("the other copy", bad)
		bad[i] = list
		damaged("another file of the same folder", bad)
	}
	flips([]byte(good[0]), 61, func(bit int, altered []byte) {
		other := []byte(good[1])
		other[bit/8] ^= 1 << (bit % 8)
		damaged("a bit of both", copies{string(altered), string(other)})
	})
	for _, n := range []int{0, 10, len(good[0]) - 1} {
		damaged("both cut off", copies{good[0][:n], good[1][:n]})
	}
	damaged("swapped", copies{good[1], good[0]})
	good.put(dir)
	must(f.load(t, dir, f.options()).Sign(nil, device.SignOptions{}))
}

// A copy of the state that is missing is noticed, and made again.
func TestStateLost(t *testing.T) {
	f := newFleet(t)
	check(f.bus.Close())
	for _, name := range stateFiles {
		folder := crash(t, f.dirs[f.bus])
		check(os.Remove(filepath.Join(folder, name)))
		d := f.load(t, folder, f.options())
		if s := d.Status(); len(s.Alarms) != 1 || !s.List.Known || !exists(filepath.Join(folder, name)) {
			t.Errorf("%s: %+v", name, s)
		}
		must(d.Sign(nil, device.SignOptions{}))
		check(d.Close())
		check(os.Remove(filepath.Join(folder, stateFiles[0])))
		check(os.Remove(filepath.Join(folder, stateFiles[1])))
		_, err := device.Load(folder, f.options())
		wantErr(t, err, fs.ErrNotExist, "no state")
	}
}

// One copy that is set back to an earlier moment is not used, and noticed. One save behind is what a crash leaves, and no alarm.
func TestOneCopySetBack(t *testing.T) {
	f := newFleet(t)
	old := readState(f.dirs[f.bus])
	must(f.bus.Apply(f.publish(1)))
	last := readState(f.dirs[f.bus])
	must(f.bus.Apply(f.publish(1, 2)))
	for i := range stateFiles {
		for what, test := range map[string]struct {
			put    copies
			alarms int
		}{"two saves behind": {old, 1}, "one save behind": {last, 0}} {
			folder := crash(t, f.dirs[f.bus])
			test.put.putOne(folder, i)
			d := f.load(t, folder, f.options())
			if s := d.Status(); len(s.Alarms) != test.alarms || s.List.Order.Sequence != 3 {
				t.Errorf("%s: %+v", what, s)
			}
		}
	}
}

// With a counter, losing one copy of the state is no reason to mistrust the other one, and setting both back is.
func TestCountedCopies(t *testing.T) {
	f, o := counted(t)
	old := readState(f.dirs[f.bus])
	must(f.bus.Apply(f.publish(1)))
	check(f.bus.Close())
	for i := range stateFiles {
		check(os.WriteFile(filepath.Join(f.dirs[f.bus], stateFiles[i]), nil, 0o600))
		f.bus = f.load(t, f.dirs[f.bus], o)
		if s := f.bus.Status(); s.SetBack || len(s.Alarms) != i+1 || !s.List.Known {
			t.Errorf("%+v", s)
		}
		check(f.bus.Close())
	}
	check(os.WriteFile(filepath.Join(f.dirs[f.bus], stateFiles[1]), nil, 0o600))
	old.putOne(f.dirs[f.bus], 0)
	f.bus = f.load(t, f.dirs[f.bus], o)
	if s := f.bus.Status(); !s.SetBack || s.List.Known || len(s.Alarms) != 2 {
		t.Errorf("the only copy that is left was set back: %+v", s)
	}
}

// A folder that has one copy of its state gets two, whenever it is interrupted.
func TestSingleState(t *testing.T) {
	f := newFleet(t)
	check(f.bus.SaveSingleState())
	dir, file := crash(t, f.dirs[f.bus]), filepath.Join(t.TempDir(), "list")
	check(os.WriteFile(file, f.publish(0), 0o600))
	for step := 1; ; step++ {
		folder, killed, _ := kill(t, dir, file, f.clock.now(), step, victimEarly+"=1")
		d := f.load(t, folder, f.options())
		if s := d.Status(); !s.List.Known || !s.Installed || len(s.Alarms) != 0 {
			t.Errorf("step %d: %+v", step, s)
		}
		check(d.Close())
		readState(folder)
		if exists(filepath.Join(folder, "state")) {
			t.Errorf("step %d: the single state is still there", step)
		}
		if !killed {
			break
		}
	}
}
