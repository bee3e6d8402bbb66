package device_test

import (
	"testing"
	"time"

	"marque/device/wire"
)

// An authority that shows its devices one log and signs lists over another is caught.
func TestListOfAnotherLog(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*wire.Bundle)
		alarms int
	}{
		"the same log":           {func(*wire.Bundle) {}, 0},
		"a longer log":           {func(b *wire.Bundle) { b.LogSize++; b.LogRoot[0] ^= 1; b.Issued = b.Issued.Add(time.Second) }, 0},
		"longer, at once":        {func(b *wire.Bundle) { b.LogSize++ }, 0},
		"shorter, at once":       {func(b *wire.Bundle) { b.LogSize-- }, 0},
		"shorter, before":        {func(b *wire.Bundle) { b.LogSize--; b.Issued = b.Issued.Add(-time.Second) }, 0},
		"shorter, later":         {func(b *wire.Bundle) { b.LogSize--; b.Issued = b.Issued.Add(time.Second) }, 1},
		"longer, before":         {func(b *wire.Bundle) { b.LogSize++; b.Issued = b.Issued.Add(-time.Second) }, 1},
		"another root":           {func(b *wire.Bundle) { b.LogRoot[0] ^= 1 }, 1},
		"another root, and late": {func(b *wire.Bundle) { b.LogRoot[31] ^= 1; b.Issued = b.Issued.Add(time.Second) }, 1},
	} {
		f := newFleet(t) // the checkpoint of park is of the whole log
		must(f.park.Apply(f.bundle(2, []uint32{1}, test.change)))
		f.park = f.reload(t, f.park, f.options())
		if s := f.park.Status(); len(s.Alarms) != test.alarms || s.List.Order.Sequence != 2 {
			t.Errorf("%s: list %d, alarms %v", name, s.List.Order.Sequence, s.Alarms)
		}
	}
}

// What the authority signed in a package raises the time floor: a clock that stands in the past is not believed.
func TestPackageRaisesFloor(t *testing.T) {
	a := newAuthority(1)
	d, _ := a.create(t, "bus-4711", wire.KindVehicle)
	later := a.clock.now().Add(100 * time.Second).Truncate(time.Second)
	pkg := a.issue(must(d.Request()), edit{content: func(c *wire.Content) {
		c.Checkpoint = a.checkpoint(func(c *wire.Checkpoint) { c.Time = later })
	}})
	must(d.Install(pkg, a.hash()))
	if s := d.Status(); !s.Floor.Equal(later) || !s.Now.Equal(later) {
		t.Errorf("floor %v, now %v", s.Floor, s.Now)
	}
}
