package bench

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// talkers is how many devices talk to the one that is measured.
const talkers = 8

// cheap opens the vault at once; guessing its passphrase is not what is measured.
var cheap = hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}

// fleet is a realm with devices that were enrolled and know its first list: folders, of which copies are used, so that devices can be
// strangers to each other again and again.
type fleet struct {
	now     atomic.Int64 // Unix milliseconds
	folders []string     // the first is that of the device that listens, the others are the talkers'
	copies  int
	hybrid  bool // what strangers demand of their sessions
}

// home is where the fleet's folders are; TestMain makes and removes it.
var home string

// founded is the fleet, the same for all comparisons.
var founded = sync.OnceValues(func() (*fleet, error) {
	f := &fleet{}
	f.now.Store(noon.UnixMilli())
	return f, f.found(home)
})

func newFleet(tb testing.TB) *fleet {
	tb.Helper()
	f, err := founded()
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// clock goes on by 10 ms whenever it is read, so that devices do not find themselves overwhelmed.
func (f *fleet) clock() time.Time { return time.UnixMilli(f.now.Add(10)).UTC() }

func (f *fleet) options() device.Options {
	const remembered = 1 << 20 // messages; none is forgotten during a run
	return device.Options{Clock: f.clock, Replay: remembered, Tables: device.MaxPeers, Early: true}
}

// found makes the authority, enrols the devices and gives them the list.
func (f *fleet) found(dir string) (err error) {
	a, _, store, err := foundIn(dir, f.clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var devices []*device.Device
	for i := range 1 + talkers {
		folder := filepath.Join(dir, fmt.Sprintf("device-%d", i))
		d, err := f.enrol(a, folder, fmt.Sprintf("bus-%d", i))
		if err != nil {
			return err
		}
		f.folders, devices = append(f.folders, folder), append(devices, d)
	}
	list, err := a.Publish()
	if err != nil {
		return err
	}
	for _, d := range devices {
		if _, err := d.Apply(list.Bundle); err != nil {
			return err
		}
	}
	return closeAll(devices)
}

// foundIn founds an authority in a folder.
func foundIn(dir string, clock func() time.Time) (*authority.Authority, *hsm.Vault, *storage.Store, error) {
	vault, err := hsm.CreatePassphraseCost(filepath.Join(dir, "vault"), []byte("a fleet to measure"), cheap, rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	key, err := vault.StorageKey()
	if err != nil {
		return nil, nil, nil, err
	}
	params, err := vault.Params()
	if err != nil {
		return nil, nil, nil, err
	}
	store, err := storage.Create(filepath.Join(dir, "authority.db"), key)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := authority.Found(store, vault, params, authority.Founding{Realm: "fleet.example"}, clock)
	return a, vault, store, err
}

func (f *fleet) enrol(a *authority.Authority, folder, name string) (*device.Device, error) {
	d, err := device.Create(folder, device.Wanted{Name: name, Kind: wire.KindVehicle}, f.options())
	if err != nil {
		return nil, err
	}
	request, err := d.Request()
	if err != nil {
		return nil, err
	}
	issued, err := a.Enrol(request)
	if err != nil {
		return nil, err
	}
	_, err = d.Install(issued.Package, a.Core().Hash())
	return d, err
}

// strangers returns new devices that never met: the listener and count talkers.
func (f *fleet) strangers(count int) ([]*device.Device, error) {
	var devices []*device.Device
	for _, folder := range f.folders[:1+count] {
		f.copies++
		fresh := filepath.Join(home, fmt.Sprintf("copy-%d", f.copies))
		if err := os.CopyFS(fresh, os.DirFS(folder)); err != nil {
			return nil, err
		}
		o := f.options()
		o.Hybrid = f.hybrid
		d, err := device.Load(fresh, o)
		if err != nil {
			return nil, err
		}
		devices = append(devices, d)
		if _, err := d.Sign(nil, device.SignOptions{}); err != nil { // it reads its key of this epoch now, once and for all
			return nil, err
		}
	}
	return devices, nil
}

func closeAll(devices []*device.Device) error {
	var errs []error
	for _, d := range devices {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

func address(d *device.Device) wire.Address { return d.Status().Address }
