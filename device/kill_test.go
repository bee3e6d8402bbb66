package device_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// The environment of a victim: this test binary, as a program that is killed.
const (
	victimIn      = "DEVICE_TEST_VICTIM_IN" // the device's folder
	victimApplies = "DEVICE_TEST_APPLIES"   // a file: a list, or a package
	victimDies    = "DEVICE_TEST_DIES_AT"   // the number of a step, from 1
	victimTime    = "DEVICE_TEST_TIME"      // RFC 3339
	victimCounter = "DEVICE_TEST_COUNTER"   // a file, or nothing
	victimEarly   = "DEVICE_TEST_EARLY"     // dies while starting, too, unless it is nothing
)

// acknowledged is what a victim prints once a list is applied, or a package installed.
const acknowledged = "applied"

func TestMain(m *testing.M) {
	dir := os.Getenv(victimIn)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := victim(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// victim applies a list, or installs a package, and dies by its own hand at a step from there on.
func victim(dir string) error {
	clock := must(time.Parse(time.RFC3339, os.Getenv(victimTime)))
	list, last := must(os.ReadFile(os.Getenv(victimApplies))), must(strconv.Atoi(os.Getenv(victimDies)))
	steps, armed := 0, os.Getenv(victimEarly) != ""
	step := func(string) {
		if !armed {
			return
		}
		if steps++; steps == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	o := device.Options{Clock: func() time.Time { return clock }}
	if path := os.Getenv(victimCounter); path != "" {
		o.Counter = fileCounter{path, step}
		armed = true // from the start: that counts, too
	}
	d, err := device.Load(dir, device.WithStep(o, step))
	if err != nil {
		return err
	}
	armed = true
	if wire.Sniff(list) == wire.FoundPackage {
		if _, err := d.Install(list, d.Status().CoreHash); err != nil {
			return err
		}
	} else if _, err := d.Apply(list); err != nil && !errors.Is(err, device.ErrForked) {
		return err
	}
	fmt.Println(acknowledged)
	return d.Close()
}

// kill runs a victim on a copy of a folder, with more in its environment, and says what is left of it.
func kill(t *testing.T, dir, list string, clock time.Time, step int, env ...string) (folder string, killed, applied bool) {
	t.Helper()
	folder = crash(t, dir)
	c := exec.Command(os.Args[0])
	c.Env = env
	if counter := filepath.Join(folder, "counter"); exists(counter) {
		c.Env = append(c.Env, victimCounter+"="+counter)
	}
	c.Env = append(append(c.Env, os.Environ()...), victimIn+"="+folder, victimApplies+"="+list, victimDies+"="+strconv.Itoa(step), victimTime+"="+clock.Format(time.RFC3339))
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		if killed = ok && status.Signaled() && status.Signal() == syscall.SIGKILL; !killed {
			t.Fatalf("step %d: %v: %s", step, err, exit.Stderr)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return folder, killed, strings.TrimSpace(string(out)) == acknowledged
}

// TestKilledWhileApplying kills a process at every step that applying a list, and closing, takes in the folder. What is found afterwards is
// the old list or the new one, never another; nothing is lost that was acknowledged; and the next list is applied.
func TestKilledWhileApplying(t *testing.T) {
	f := newFleet(t)
	must(f.bus.Apply(f.publish(0)))
	check(f.bus.Close())
	full := f.publish(0, 1)
	for name, test := range map[string]struct {
		list  []byte
		count int
		fork  bool
	}{
		"full":   {full, 2, false},
		"change": {f.change(full, 2, []uint32{1}, asIs), 2, false},
		"fork":   {f.bundle(2, []uint32{2}, func(*wire.Bundle) {}), 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "list")
			check(os.WriteFile(path, test.list, 0o600))
			old, renewed := 0, 0
			for step := 1; ; step++ {
				folder, killed, applied := kill(t, f.dirs[f.bus], path, f.clock.now(), step)
				if !killed {
					if step < 20 {
						t.Errorf("%d steps", step-1)
					}
					break
				}
				d := f.load(t, folder, f.options())
				s := d.Status()
				switch l := s.List; {
				case !applied && l.Order.Sequence == 2 && l.Count == 1 && !l.Forked && len(s.Alarms) == 0:
					old++
				case test.fork && l.Order.Sequence == 2 && l.Count == test.count && l.Forked && len(s.Alarms) == 1,
					!test.fork && l.Order.Sequence == 3 && l.Count == test.count && !l.Forked && len(s.Alarms) == 0:
					renewed++
				default:
					t.Errorf("step %d, applied: %v: %+v, alarms %v", step, applied, l, s.Alarms)
				}
				must(d.Apply(f.bundle(4, nil, func(*wire.Bundle) {})))
				check(d.Close())
			}
			if old == 0 || renewed == 0 {
				t.Errorf("%d times the old list, %d times the new one", old, renewed)
			}
		})
	}
}

// A medium that does not keep what is written to it costs the new list, and the device says so.
func TestMediumThatForgets(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.park]
	var spoil func(path string)
	o := device.WithStep(f.options(), func(step string) {
		if step == "read list" && spoil != nil {
			spoil(filepath.Join(dir, "list.new"))
		}
	})
	f.park = f.reload(t, f.park, o)
	before := f.park.Status().List
	list := f.publish(0)
	for name, bend := range map[string]func(path string){
		"an octet": func(path string) {
			b := must(os.ReadFile(path))
			b[len(b)/2] ^= 1
			check(os.WriteFile(path, b, 0o600))
		},
		"shorter": func(path string) { check(os.Truncate(path, 100)) },
		"longer":  func(path string) { check(os.Truncate(path, 1000)) },
		"nothing": func(path string) { check(os.Truncate(path, 0)) },
	} {
		spoil = bend
		_, err := f.park.Apply(list)
		wantErr(t, err, device.ErrMedium, name)
		if f.park.Status().List != before {
			t.Errorf("%s: the list changed", name)
		}
		d := f.load(t, crash(t, dir), f.options())
		if l := d.Status().List; l != before || len(d.Alarms()) != 0 {
			t.Errorf("%s: after a restart %+v", name, l)
		}
		dir = f.dirs[f.park]
	}
	spoil = nil
	must(f.park.Apply(list))
}
