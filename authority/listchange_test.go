package authority_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/device"
	"marque/device/wire"
)

// bus is a device of the realm with the newest list.
func (r *realm) bus(t *testing.T, name string) *device.Device {
	t.Helper()
	o := device.Options{Clock: r.clock, Key: device.FileKey()}
	d, err := device.Create(filepath.Join(t.TempDir(), "bus"), device.Wanted{Name: name, Kind: wire.KindVehicle}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	request, err := d.Request()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := r.Enrol(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Install(issued.Package, r.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Apply(r.newest(t)); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestChangesOfLists: a device that is any number of lists behind gets to the newest by one file, until serials leave the list.
func TestChangesOfLists(t *testing.T) {
	r := found(t)
	var devices []*device.Device
	for i := range 4 {
		if i > 0 {
			r.later(time.Hour)
			r.revoke(t, r.enrol(t, fmt.Sprintf("thief-%d", i)).Address)
			p := r.publish(t)
			if i == 1 && len(p.Changes) != 1 || i > 1 && len(p.Changes) != 2 {
				t.Fatalf("%d changes to list %d", len(p.Changes), p.Sequence)
			}
		}
		devices = append(devices, r.bus(t, fmt.Sprintf("bus-%d", i)))
	}
	r.later(time.Hour)
	p := r.publish(t)
	step, all := p.Changes[0], p.Changes[1]
	if step.From != p.Sequence-1 || step.Added != 0 || all.From != 1 || all.Added != 3 {
		t.Errorf("changes %+v", p.Changes)
	}
	for i, d := range devices {
		if _, err := d.Apply(step.Statement); (err == nil) != (i == 3) {
			t.Errorf("%d lists behind, by the last step: %v", 4-i, err)
		}
		a, err := d.Apply(all.Statement)
		if err != nil || a.Order.Sequence != p.Sequence || a.Count != 3 {
			t.Errorf("%d lists behind: %+v, %v", 4-i, a, err)
		}
		if a, err := d.Apply(p.Bundle); err != nil || a.Changed || a.Forked {
			t.Errorf("%d lists behind, the full list afterwards: %+v, %v", 4-i, a, err)
		}
	}
	if _, again, err := r.ListChanges(); err != nil || len(again) != 2 || !bytes.Equal(again[1].Statement, all.Statement) {
		t.Errorf("signed again: %v", err)
	}
	fresh := r.bus(t, "fresh")
	p = r.publish(t)
	sequence, compact, err := r.Compact()
	if err != nil || sequence != p.Sequence || compact.From != 0 || compact.Added != 3 || len(compact.Statement) > len(p.Bundle)-70 {
		t.Fatalf("compact: list %d, from %d, %d serials, %v", sequence, compact.From, compact.Added, err)
	}
	for i, d := range append(devices, fresh) {
		if a, err := d.Apply(compact.Statement); err != nil || a.Order.Sequence != p.Sequence || a.Count != 3 || !a.Changed {
			t.Errorf("device %d, by the compact list: %+v, %v", i, a, err)
		}
		if a, err := d.Apply(p.Bundle); err != nil || a.Changed {
			t.Errorf("device %d, the full list afterwards: %+v, %v", i, a, err)
		}
	}
	for p.Left == 0 { // until the keys of those on it have run out
		r.later(28 * 24 * time.Hour)
		p = r.publish(t)
	}
	if len(p.Changes) != 0 {
		t.Errorf("%d changes to the first list of a base", len(p.Changes))
	}
	if p = r.publish(t); len(p.Changes) != 1 {
		t.Errorf("%d changes to the second one", len(p.Changes))
	}
}

// TestDamagedListsKeepNothingBack: what became of old lists on the disk costs changes, and keeps no revocation from being published.
func TestDamagedListsKeepNothingBack(t *testing.T) {
	r := found(t)
	for range 3 {
		r.publish(t)
	}
	for _, c := range []struct{ damaged, steps uint32 }{{2, 1}, {5, 0}, {1, 1}} {
		r.edit(t, func(tx *bbolt.Tx) error {
			lists := tx.Bucket([]byte("lists"))
			return lists.Put(key32(c.damaged), append(bytes.Clone(lists.Get(key32(c.damaged))), 0))
		})
		p := r.publish(t)
		if len(p.Changes) < int(c.steps) || c.steps == 0 && len(p.Changes) > 0 {
			t.Errorf("list %d is damaged: %d changes to list %d", c.damaged, len(p.Changes), p.Sequence)
		}
		for i, change := range p.Changes {
			if i == 0 && change.From != p.Sequence-1 || change.From == c.damaged {
				t.Errorf("list %d is damaged: change %d to list %d is from list %d", c.damaged, i, p.Sequence, change.From)
			}
		}
	}
}
