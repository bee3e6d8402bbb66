package authority_test

import (
	"testing"
	"time"
)

// TestDeviceFollowsAReopening: a device that has the newest list of before takes the one after, and nothing of it comes back.
func TestDeviceFollowsAReopening(t *testing.T) {
	r, c := counted(t)
	d := r.bus(t, "bus-0")
	backup := r.copy(t)
	r.later(time.Hour)
	thief := r.enrol(t, "bus-1").Address
	r.revoke(t, thief)
	r.publish(t)
	newest := r.publish(t).Bundle
	if _, err := d.Apply(newest); err != nil {
		t.Fatal(err)
	}
	r.restored(t, backup)
	r.later(time.Hour)
	if err := r.SetCounter(c); err == nil {
		t.Fatal("the old database was not noticed")
	}
	r.mustReopen(t, [][]byte{newest}, nil)
	applied, err := d.Apply(r.newest(t))
	if err != nil || !applied.Changed || applied.Forked || applied.Order.Generation != 2 || applied.Count != 1 {
		t.Fatalf("%+v, %v", applied, err)
	}
	if alarms := d.Status().Alarms; len(alarms) != 0 {
		t.Errorf("%+v", alarms)
	}
	if _, err := d.Apply(newest); err == nil {
		t.Error("the list of before was applied again")
	}
	if _, err := d.Apply(r.publish(t).Bundle); err != nil {
		t.Error(err)
	}
}
