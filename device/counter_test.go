package device_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// fileCounter is a counter in a file, which nobody sets back here. It survives a process that is killed.
type fileCounter struct {
	path string
	step func(string) // hears of every step, unless it is nil
}

func (c fileCounter) Value() (uint64, error) {
	return strconv.ParseUint(string(must(os.ReadFile(c.path))), 10, 64)
}

func (c fileCounter) Increment() error {
	if c.step != nil {
		c.step("count")
		defer c.step("counted")
	}
	check(os.WriteFile(c.path+".new", strconv.AppendUint(nil, must(c.Value())+1, 10), 0o600))
	return os.Rename(c.path+".new", c.path)
}

// brokenCounter fails from some call on.
type brokenCounter struct {
	device.Counter
	left int
}

var errBroken = errors.New("no answer")

func (c *brokenCounter) Value() (uint64, error) {
	if c.left--; c.left < 0 {
		return 0, errBroken
	}
	return c.Counter.Value()
}

func (c *brokenCounter) Increment() error {
	if c.left--; c.left < 0 {
		return errBroken
	}
	return c.Counter.Increment()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// counted is a fleet whose bus has a counter.
func counted(t *testing.T) (*fleet, device.Options) {
	t.Helper()
	f := newFleet(t)
	o := f.options()
	path := filepath.Join(t.TempDir(), "counter")
	check(os.WriteFile(path, []byte("41"), 0o600))
	o.Counter = fileCounter{path: path}
	dir := filepath.Join(t.TempDir(), "counted")
	f.bus = must(device.Create(dir, device.Wanted{Name: "counted", Kind: wire.KindVehicle}, o))
	f.dirs[f.bus] = dir
	must(f.bus.Install(f.issue(must(f.bus.Request()), edit{}), f.hash()))
	must(f.bus.Apply(f.publish()))
	return f, o
}

// A folder that is set back as a whole to any earlier moment is noticed: the list in it is not used, and what does instead is a list of now.
func TestFolderSetBack(t *testing.T) {
	f, o := counted(t)
	running := crash(t, f.dirs[f.bus])
	check(f.bus.Close())
	closed := crash(t, f.dirs[f.bus])
	f.bus = f.load(t, f.dirs[f.bus], o)
	accepted := must(f.park.Sign([]byte("open the gate"), device.SignOptions{}))
	must(f.bus.Verify(accepted))
	old := f.publish(1)
	f.clock.add(2 * week)
	must(f.bus.Apply(f.publish(1)))
	f.clock.add(-2*week + time.Minute) // whoever sets the folder back sets the clock back, too
	for name, folder := range map[string]string{"while it ran": running, "when it was closed": closed} {
		check(f.bus.Close())
		f.bus = f.load(t, folder, o)
		for range 2 {
			s := f.bus.Status()
			if !s.Counted || !s.SetBack || s.List.Known || len(s.Alarms) != 1 {
				t.Errorf("%s: %+v", name, s)
			}
			_, err := f.bus.Verify(accepted)
			if err == nil {
				t.Errorf("%s: accepted again", name)
			}
			f.bus = f.reload(t, f.bus, o) // it stays noticed
		}
		f.clock.add(week)
		_, err := f.bus.Apply(old)
		wantErr(t, err, device.ErrSetBack, name)
		f.clock.add(-week)
		f.list = 4
		must(f.bus.Apply(f.publish(1)))
		_, err = f.bus.Verify(accepted)
		wantErr(t, err, device.ErrStaleTime, name)
		f.bus = f.reload(t, f.bus, o)
		if s := f.bus.Status(); s.SetBack || !s.List.Known || len(s.Alarms) != 1 {
			t.Errorf("%s: afterwards %+v", name, s)
		}
	}
}

// What was saved later is not set back, and what a crash left between file and counter is made up for.
func TestCounterInOrder(t *testing.T) {
	f, o := counted(t)
	for range 3 {
		f.bus = f.reload(t, f.bus, o)
	}
	f.bus = f.load(t, crash(t, f.dirs[f.bus]), o) // as a crash leaves it
	for left := range 5 {
		broken := o
		broken.Counter = &brokenCounter{o.Counter, left}
		d, err := device.Load(crash(t, f.dirs[f.bus]), broken)
		if err != nil {
			wantErr(t, err, device.ErrCounter, "load")
			wantErr(t, err, errBroken, "load")
			continue
		}
		_, err = d.Apply(f.bundle(uint32(10+left), nil, func(*wire.Bundle) {}))
		wantErr(t, err, device.ErrCounter, "apply")
		_ = d.Close()
	}
	check(f.bus.Close())
	check(o.Counter.Increment())
	check(o.Counter.Increment())
	f.bus = f.load(t, f.dirs[f.bus], o)
	if s := f.bus.Status(); !s.SetBack {
		t.Error("the counter went on without the folder")
	}
}

// A folder is opened with the counter that it was made with, and with no other.
func TestOtherCounter(t *testing.T) {
	f, o := counted(t)
	check(f.bus.Close())
	_, err := device.Load(f.dirs[f.bus], f.options())
	wantErr(t, err, device.ErrCounter, "without its counter")
	_, err = device.Load(f.dirs[f.tram], o)
	if err == nil {
		t.Error("opened twice")
	}
	check(f.tram.Close())
	_, err = device.Load(f.dirs[f.tram], o)
	wantErr(t, err, device.ErrOptions, "a counter for a folder without one")
	path := filepath.Join(t.TempDir(), "other")
	check(os.WriteFile(path, []byte("3"), 0o600))
	o.Counter = fileCounter{path: path}
	f.bus = f.load(t, f.dirs[f.bus], o)
	if s := f.bus.Status(); !s.SetBack || s.List.Known || len(s.Alarms) != 1 {
		t.Errorf("%+v", s)
	}
	must(f.bus.Apply(f.publish()))
	f.bus = f.reload(t, f.bus, o)
	if s := f.bus.Status(); s.SetBack {
		t.Errorf("%+v", s)
	}
}

// A process with a counter is killed at every step of starting, applying a list and closing: the old list is found or the new one, and
// nothing looks as if it had been set back.
func TestKilledWhileCounting(t *testing.T) {
	f, _ := counted(t)
	path := filepath.Join(f.dirs[f.bus], "counter")
	check(f.bus.Close())
	o := f.options()
	check(os.WriteFile(path, []byte("0"), 0o600))
	o.Counter = fileCounter{path: path}
	f.bus = f.load(t, f.dirs[f.bus], o)
	must(f.bus.Apply(f.publish()))
	check(f.bus.Close())
	before := len(f.bus.Alarms()) // of the other counter
	file := filepath.Join(t.TempDir(), "list")
	check(os.WriteFile(file, f.publish(0), 0o600))
	for step := 1; ; step++ {
		folder, killed, applied := kill(t, f.dirs[f.bus], file, f.clock.now(), step)
		if !killed {
			if step < 30 {
				t.Errorf("%d steps", step-1)
			}
			break
		}
		o.Counter = fileCounter{path: filepath.Join(folder, "counter")}
		d := f.load(t, folder, o)
		s := d.Status()
		if s.SetBack || len(s.Alarms) != before || !s.List.Known || applied && s.List.Count != 1 {
			t.Errorf("step %d, applied: %v: %+v", step, applied, s)
		}
		check(d.Close())
	}
}

// What a device has to remember is written though its counter fails: here the proof that a key was issued twice, with the power cut afterwards.
func TestAlarmWithoutCounter(t *testing.T) {
	f, o := counted(t)
	check(f.bus.Close())
	broken := o
	broken.Counter = &brokenCounter{o.Counter, 3} // enough to start with
	f.bus = f.load(t, f.dirs[f.bus], broken)
	must(f.bus.Verify(must(f.tram.Sign([]byte("real"), device.SignOptions{}))))
	_, err := f.bus.Verify(f.beacon(f.key(address(f.tram)), f.clock.now(), "substitute"))
	wantErr(t, err, device.ErrTwoKeys, "the second key")
	d := f.load(t, crash(t, f.dirs[f.bus]), o)
	if alarms := d.Status().Alarms; len(alarms) != 1 {
		t.Errorf("alarms: %v", alarms)
	}
}
