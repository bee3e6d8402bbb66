package device_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// receipt returns a device's receipt, verified as an authority would.
func (f *fleet) receipt(t testing.TB, d *device.Device) ([]byte, *wire.Receipt, *wire.Request) {
	t.Helper()
	b, err := d.Receipt()
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.ParseReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	s := d.Status()
	next, err := r.Verify(f.core, s.Kind, s.Request)
	if err != nil {
		t.Fatal(err)
	}
	return b, r, next
}

func TestReceiptSaysWhatIsHeld(t *testing.T) {
	f := newFleet(t)
	first, r, next := f.receipt(t, f.bus)
	list := f.bus.Status().List.Order
	if r.Address != address(f.bus) || r.Sequence != 1 || r.List != list || !r.Installed.Equal(f.clock.now().Truncate(time.Second)) {
		t.Errorf("%+v", r)
	}
	if next.Name != "bus-4711" || len(first) > 300 {
		t.Errorf("%d octets for %s", len(first), next.Name)
	}
	f.clock.add(time.Hour)
	if again, _, _ := f.receipt(t, f.bus); !bytes.Equal(again, first) {
		t.Error("nothing changed, but the receipt did")
	}
	bus := f.reload(t, f.bus, f.options())
	if again, _, _ := f.receipt(t, bus); !bytes.Equal(again, first) {
		t.Error("another receipt after a restart")
	}
	if _, err := bus.Apply(f.publish()); err != nil {
		t.Fatal(err)
	}
	second, newer, _ := f.receipt(t, bus)
	if bytes.Equal(second, first) || newer.List == list || newer.List != bus.Status().List.Order || !newer.Time.Equal(f.clock.now().Truncate(time.Second)) {
		t.Errorf("the receipt does not speak of the newest list: %+v", newer)
	}
	if !newer.SameNext(r) {
		t.Error("a new list made new keys")
	}
	if _, other, _ := f.receipt(t, f.tram); other.U == r.U || other.HPKEKey == r.HPKEKey {
		t.Error("two devices have the same next keys")
	}
}

func TestReceiptNeedsKeys(t *testing.T) {
	f := newFleet(t)
	fresh, _ := f.create(t, "ferry-1", wire.KindVehicle)
	_, err := fresh.Receipt()
	wantErr(t, err, device.ErrNotInstalled, "before a package")
	f.clock.add(2 * 365 * 24 * time.Hour)
	_, err = f.bus.Receipt()
	wantErr(t, err, device.ErrEpoch, "after all keys")
	if err := f.tram.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = f.tram.Receipt()
	wantErr(t, err, device.ErrClosed, "closed")
}

func TestReceiptOfARevokedDevice(t *testing.T) {
	f := newFleet(t)
	list := f.publish(address(f.bus).Serial())
	if _, err := f.bus.Apply(list); err != nil {
		t.Fatal(err)
	}
	if _, r, _ := f.receipt(t, f.bus); r.List != f.bus.Status().List.Order {
		t.Errorf("%+v", r)
	}
}

func TestReceiptWithoutAList(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "ferry-1", wire.KindVehicle)
	if _, r, _ := f.receipt(t, d); r.List != (wire.Order{}) {
		t.Errorf("%+v", r)
	}
}

func TestFolderFromBeforeReceipts(t *testing.T) {
	f := newFleet(t)
	if err := f.bus.SaveWithoutReceipts(); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "bus") // closing would write the receipt again
	if err := os.CopyFS(copied, os.DirFS(f.dirs[f.bus])); err != nil {
		t.Fatal(err)
	}
	f.clock.add(time.Hour)
	bus := f.load(t, copied, f.options())
	first, r, _ := f.receipt(t, bus)
	if !r.Installed.Equal(f.clock.now().Truncate(time.Second)) {
		t.Errorf("installed %v", r.Installed)
	}
	bus = f.reload(t, bus, f.options())
	if again, _, _ := f.receipt(t, bus); !bytes.Equal(again, first) {
		t.Error("another receipt after a restart")
	}
}

func TestReceiptsAtOnce(t *testing.T) {
	f := newFleet(t)
	got := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i], _ = f.bus.Receipt() })
	}
	all.Wait()
	for _, b := range got {
		if b == nil || !bytes.Equal(b, got[0]) {
			t.Fatal("receipts that were asked for at once differ")
		}
	}
}
