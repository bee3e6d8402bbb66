package device_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// following makes the next package of a device for its receipt: for the address, with the sequence and the epochs that come next, unless e says
// otherwise.
func (f *fleet) following(t testing.TB, d *device.Device, e edit) []byte {
	t.Helper()
	_, _, request := f.receipt(t, d)
	s := d.Status()
	if e.address == "" {
		e.address = s.Address.String()
	}
	if e.seq == 0 {
		e.seq = s.Sequence + 1
	}
	if e.first == 0 {
		e.first = s.LastEpoch + 1
	}
	f.next-- // nobody gets a new serial
	return f.issue(must(request.Marshal()), e)
}

// renew installs the next package of a device.
func (f *fleet) renew(t testing.TB, d *device.Device) *device.Installed {
	t.Helper()
	pkg := f.following(t, d, edit{})
	if offer := must(d.Inspect(pkg)); !offer.Renews || !offer.ForThisRequest || !offer.Pinned {
		t.Errorf("offer %+v", offer)
	}
	in, err := d.Install(pkg, f.hash())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestRenewal(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.tram)
	before := f.bus.Status()
	_, old, _ := f.receipt(t, f.bus)
	secrets := f.bus.NextSecrets()
	in := f.renew(t, f.bus)
	if in.FirstEpoch != 13 || in.LastEpoch != 15 || in.Sequence != 2 || in.Address != before.Address || !in.Until.Equal(epoch0.Add(64*week)) {
		t.Errorf("installed %+v", in)
	}
	s := f.bus.Status()
	if s.FirstEpoch != 10 || s.LastEpoch != 15 || s.Sequence != 2 || s.Address != before.Address || !s.KeyNow || s.List != before.List || s.Peers != before.Peers {
		t.Errorf("status %+v", s)
	}
	if n := f.bus.LiveKeys(); n != 6 {
		t.Errorf("%d keys", n)
	}
	for i, secret := range secrets {
		for slot := range 2 {
			if bytes.Contains(must(f.bus.StateOnDisk(slot)), secret) {
				t.Errorf("secret %d is still in copy %d", i, slot)
			}
		}
	}
	if _, mode, err := f.bus.Seal(address(f.tram), nil, device.SealOptions{RequireWarm: true}); err != nil || mode != device.ModeWarm {
		t.Errorf("a peer from before: %v, %v", mode, err)
	}
	_, receipt, next := f.receipt(t, f.bus) // signed with a key of the first package, for the request of the second
	if receipt.Sequence != 2 || receipt.SameNext(old) || next.Name != "bus-4711" || next.Nonce != [16]byte(s.Request[:16]) {
		t.Errorf("receipt %+v", receipt)
	}

	f.clock.add(13 * week) // the last key of the first package is over
	f.bus = f.reload(t, f.bus, f.options())
	f.renewAll(t, f.tram, f.park)
	f.apply(t, f.publish())
	f.meet(t, f.bus, f.tram)
	if n := f.bus.LiveKeys(); n != 3 {
		t.Errorf("%d keys after those of the first package", n)
	}
	f.renew(t, f.bus)
	if s := f.bus.Status(); s.FirstEpoch != 13 || s.LastEpoch != 18 || s.Sequence != 3 {
		t.Errorf("status %+v", s)
	}
	if a := f.bus.Alarms(); len(a) != 0 {
		t.Errorf("alarms %v", a)
	}
}

// renewAll brings those on whose keys are over: they made receipts before.
func (f *fleet) renewAll(t testing.TB, all ...*device.Device) {
	t.Helper()
	for _, d := range all {
		now := f.clock.now()
		f.clock.add(-13 * week)
		_, _, _ = f.receipt(t, d)
		f.clock.add(now.Sub(f.clock.now()))
		f.renew(t, d)
	}
}

// After years in a shed a device has keys again, and none of those that it had.
func TestRenewalAfterTheEnd(t *testing.T) {
	f := newFleet(t)
	pkg := f.following(t, f.bus, edit{})
	_, _, request := f.receipt(t, f.bus)
	f.clock.add(300 * week)
	f.next--
	late := f.issue(must(request.Marshal()), edit{address: address(f.bus).String(), seq: 2})
	in := must(f.bus.Install(late, f.hash()))
	if s := f.bus.Status(); s.FirstEpoch != in.FirstEpoch || s.LastEpoch != in.LastEpoch || in.FirstEpoch != 85 || f.bus.LiveKeys() != 3 {
		t.Errorf("%+v, %d keys", s, f.bus.LiveKeys())
	}
	_, err := f.bus.Install(pkg, f.hash())
	wantErr(t, err, device.ErrOldPackage, "another package for the same receipt")
}

// What is wrong with the next package is refused, and leaves everything as it was.
func TestRenewalRefuses(t *testing.T) {
	a := newAuthority(1)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	request := must(d.Request())
	first := a.issue(request, edit{})
	must(d.Install(first, a.hash()))
	f := &fleet{authority: a, bus: d, dirs: map[*device.Device]string{d: dir}}
	a.policy = a.signPolicy(func(p *wire.Policy) { p.Sequence = 2 })
	f.renew(t, d)
	second := f.following(t, d, edit{})
	other, _ := a.create(t, "bus-4711", wire.KindVehicle)
	must(other.Install(a.issue(must(other.Request()), edit{}), a.hash()))
	must(d.Receipt())
	before := readState(dir)
	for name, test := range map[string]struct {
		pkg  []byte
		want error
	}{
		"the first package again":     {first, device.ErrOtherDevice},
		"another for its request":     {a.issue(request, edit{seq: 9, first: 30}), device.ErrOtherDevice},
		"another device's":            {f.following(t, other, edit{}), device.ErrOtherDevice},
		"a sequence of before":        {f.following(t, d, edit{seq: 2}), device.ErrOldPackage},
		"a sequence long before":      {f.following(t, d, edit{seq: 1}), device.ErrOldPackage},
		"epochs that have keys":       {f.following(t, d, edit{first: 15}), device.ErrBadPackage},
		"epochs of the first":         {f.following(t, d, edit{first: 10}), device.ErrBadPackage},
		"epochs from long before":     {f.following(t, d, edit{first: 1}), device.ErrBadPackage},
		"epochs far ahead":            {f.following(t, d, edit{first: 300}), device.ErrBadPackage},
		"epochs at the end of all":    {f.following(t, d, edit{first: 1<<32 - 3}), device.ErrBadPackage},
		"another serial":              {f.following(t, d, edit{address: "//fleet.example/Sbus-4711~7"}), device.ErrBadPackage},
		"another domain":              {f.following(t, d, edit{address: "//depot.fleet.example/Sbus-4711~0"}), device.ErrBadPackage},
		"an older policy":             {f.following(t, d, edit{policy: a.signPolicy(func(*wire.Policy) {})}), device.ErrBadPackage},
		"another policy, same number": {f.following(t, d, edit{policy: a.signPolicy(func(p *wire.Policy) { p.Sequence, p.Past = 2, time.Second })}), device.ErrBadPackage},
		"sequence altered":            {f.following(t, d, edit{pkg: func(p *wire.Package) { p.Sequence++ }}), device.ErrBadPackage},
		"entry of another sequence":   {f.following(t, d, edit{entry: func(e *wire.IssueEntry) { e.Sequence++ }}), device.ErrBadPackage},
		"keys swapped":                {f.following(t, d, edit{content: func(c *wire.Content) { slices.Reverse(c.Keys) }}), device.ErrBadPackage},
	} {
		_, err := d.Install(test.pkg, a.hash())
		wantErr(t, err, test.want, name)
		if s := d.Status(); readState(dir) != before || s.Sequence != 2 || s.LastEpoch != 15 || d.LiveKeys() != 6 {
			t.Fatalf("%s: it changed something: %+v", name, s)
		}
	}
	must(d.Install(second, a.hash()))
	later := f.following(t, d, edit{seq: 1000}) // gaps are the authority's business
	if in := must(d.Install(later, a.hash())); in.Sequence != 1000 {
		t.Errorf("%+v", in)
	}
}

func TestRenewalNeedsTheDisk(t *testing.T) {
	f := newFleet(t)
	pkg := f.following(t, f.bus, edit{})
	receipt := must(f.bus.Receipt())
	for _, name := range stateFiles {
		blocked := filepath.Join(f.dirs[f.bus], name+".new")
		check(os.Mkdir(blocked, 0o700)) // in the way of the new file
		if _, err := f.bus.Install(pkg, f.hash()); err == nil {
			t.Fatal("installed without a disk")
		}
		if s := f.bus.Status(); s.Sequence != 1 || s.LastEpoch != 12 || f.bus.LiveKeys() != 3 {
			t.Errorf("%+v, %d keys", s, f.bus.LiveKeys())
		}
		if !bytes.Equal(must(f.bus.Receipt()), receipt) {
			t.Error("another receipt")
		}
		check(os.Remove(blocked))
	}
	must(f.bus.Install(pkg, f.hash()))
}

// TestKilledWhileRenewing kills a process at every step that installing the next package takes in the folder: afterwards there are the keys
// of before, with which the package is installed, or those and the new ones.
func TestKilledWhileRenewing(t *testing.T) {
	f := newFleet(t)
	pkg := f.following(t, f.bus, edit{})
	check(f.bus.Close())
	path := filepath.Join(t.TempDir(), "package")
	check(os.WriteFile(path, pkg, 0o600))
	old, renewed := 0, 0
	for step := 1; ; step++ {
		folder, killed, installed := kill(t, f.dirs[f.bus], path, f.clock.now(), step)
		if !killed {
			if step < 10 {
				t.Errorf("%d steps", step-1)
			}
			break
		}
		d := f.load(t, folder, f.options())
		switch s := d.Status(); {
		case !installed && s.Sequence == 1 && d.LiveKeys() == 3:
			must(d.Install(pkg, f.hash()))
			old++
		case s.Sequence == 2 && d.LiveKeys() == 6:
			renewed++
		default:
			t.Errorf("step %d, installed: %v: %+v, %d keys", step, installed, s, d.LiveKeys())
		}
		if s := d.Status(); s.Sequence != 2 || s.FirstEpoch != 10 || s.LastEpoch != 15 {
			t.Errorf("step %d: %+v", step, s)
		}
		must(d.Sign(nil, device.SignOptions{}))
		check(d.Close())
	}
	if old == 0 || renewed == 0 {
		t.Errorf("%d times the old keys, %d times the new ones", old, renewed)
	}
}

// A package from a log that cannot be that of the one before it is installed, and the device says so.
func TestRenewalFromAnotherLog(t *testing.T) {
	f := newFleet(t)
	f.clock.add(time.Hour)
	pkg := f.following(t, f.bus, edit{content: func(c *wire.Content) {
		entry := must(wire.ParseLogEntry(c.Entry))
		f.log, f.size = nil, 0
		f.prove(c, entry.Entry)
		c.Path = nil
	}})
	must(f.bus.Install(pkg, f.hash()))
	if a := f.bus.Alarms(); len(a) != 1 || !strings.Contains(a[0].Text, "two logs") {
		t.Errorf("alarms %v", a)
	}
}

// Keys are used, and receipts made, while others are installed.
func TestRenewalBesideWork(t *testing.T) {
	f := newFleet(t)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				must(f.bus.Sign(nil, device.SignOptions{}))
				_ = f.bus.Status()
			}
		})
	}
	for range 3 {
		f.renew(t, f.bus)
		time.Sleep(time.Millisecond)
	}
	close(stop)
	all.Wait()
	if s := f.bus.Status(); s.LastEpoch != 21 {
		t.Errorf("%+v", s)
	}
}
