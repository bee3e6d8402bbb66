package localapi_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"marque/app/localapi"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

func TestDepotsAndReceipts(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	by := wire.HandOver{Core: c.Core().Hash(), Name: "south", Key: [32]byte(key.Public().(ed25519.PublicKey)), Sequence: 1, Time: time.Now().Truncate(time.Second)}
	registration, err := wire.SignRegistration(key, c.Core().Realm, &wire.Registration{Core: by.Core, Name: by.Name, Key: by.Key, Time: by.Time})
	if err != nil {
		t.Fatal(err)
	}
	other := dial(t, dir)
	for name, do := range map[string]func() error{
		"register": func() error { _, err := other.AddDepot(registration); return err },
		"revoke":   func() error { _, err := other.RevokeDepot("south", "lost"); return err },
		"take":     func() error { _, err := other.TakeBatch(nil); return err },
		"accept":   func() error { _, err := other.AcceptReceipts(nil); return err },
		"receipts": func() error { _, err := other.Receipts(0, 1); return err },
		"manifest": func() error { _, err := other.SignManifest(nil); return err },
	} {
		if err := do(); !errors.Is(err, localapi.ErrSignOn) {
			t.Errorf("%s without a session: %v", name, err)
		}
	}
	if out, err := c.AddDepot(registration); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, err := c.AddDepot(registration); !errors.Is(err, authority.ErrDepotKnown) {
		t.Errorf("twice: %v", err)
	}
	d := handOver(t, c, key, by)
	acceptAll(t, c, key, by, d)
	all, err := other.Depots()
	if err != nil || len(all) != 1 || all[0].Registration != wire.RegistrationHash(registration) || all[0].Taken.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	if out, err := c.RevokeDepot("south", "lost"); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	if all, err := other.Depots(); err != nil || len(all) != 1 || all[0].Revoked == nil || all[0].Sequence != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := c.RevokeDepot("north", "lost"); !errors.Is(err, authority.ErrNoDepot) {
		t.Errorf("an unknown one: %v", err)
	}
	files := make([]wire.File, 3_000)
	for i := range files {
		files[i].Path = filepath.Join("out", string(rune('a'+i%26)), time.Unix(int64(i), 0).UTC().Format("150405"))
	}
	b, err := c.SignManifest(files)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := wire.OpenManifest(b, c.Core()); err != nil || len(m.Files) != len(files) {
		t.Error(err)
	}
}

// handOver enrols a vehicle by a depot's batch.
func handOver(t *testing.T, c *localapi.Client, key ed25519.PrivateKey, by wire.HandOver) *device.Device {
	t.Helper()
	d, err := device.Create(filepath.Join(t.TempDir(), "bus"), device.Wanted{Name: "bus-1", Kind: wire.KindVehicle}, device.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	request, err := d.Request()
	if err != nil {
		t.Fatal(err)
	}
	batch, err := wire.SignBatch(key, c.Core().Realm, &wire.Batch{HandOver: by, Requests: []wire.Confirmed{{Request: request, At: by.Time}}})
	if err != nil {
		t.Fatal(err)
	}
	taken, err := c.TakeBatch(batch)
	if err != nil || taken.Again || taken.Depot.Name != "south" || len(taken.Batch.Requests) != 1 {
		t.Fatalf("%+v, %v", taken, err)
	}
	if taken, err = c.TakeBatch(batch); err != nil || !taken.Again {
		t.Fatalf("%+v, %v", taken, err)
	}
	issued, err := c.Enrol(taken.Batch.Requests[0].Request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Install(issued.Package, by.Core); err != nil {
		t.Fatal(err)
	}
	return d
}

// acceptAll hands a receipt over, by itself and by the depot, with garbage beside it.
func acceptAll(t *testing.T, c *localapi.Client, key ed25519.PrivateKey, by wire.HandOver, d *device.Device) {
	t.Helper()
	b, err := d.Receipt()
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Receipts(0, 10)
	if err != nil || len(list) != 1 || list[0].Got {
		t.Fatalf("%+v, %v", list, err)
	}
	together, err := wire.SignReceipts(key, c.Core().Realm, &wire.Receipts{HandOver: by, Receipts: [][]byte{{0x8e}, b}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.AcceptReceipts(together)
	if err != nil || got.Depot != "south" || len(got.Each) != 2 || !errors.Is(got.Each[0].Err, wire.ErrEncoding) || got.Each[1].Err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err = c.AcceptReceipts(b); err != nil || got.Depot != "" || len(got.Each) != 1 || !got.Each[0].Accepted.Again {
		t.Errorf("%+v, %v", got, err)
	}
	if list, err = c.Receipts(0, 10); err != nil || !list[0].Got || list[0].Address != d.Status().Address {
		t.Errorf("%+v, %v", list, err)
	}
}

// After a reopening a name may be that of a depot that lapsed and of one that is registered: revoking must end the one whose batches
// are taken.
func TestRevokingTheDepotThatIsRegistered(t *testing.T) {
	revoked := authority.Depot{Name: "south", Key: [32]byte{1}, Revoked: &authority.DepotRevocation{}}
	lapsed := authority.Depot{Name: "south", Key: [32]byte{2}, Lapsed: true}
	active := authority.Depot{Name: "south", Key: [32]byte{3}}
	north := authority.Depot{Name: "north", Key: [32]byte{4}}
	for _, c := range []struct {
		all  []authority.Depot
		want byte
		err  error
	}{
		{[]authority.Depot{revoked, lapsed, active, north}, 3, nil},
		{[]authority.Depot{active, lapsed, revoked, north}, 3, nil},
		{[]authority.Depot{lapsed, revoked, north}, 2, nil},
		{[]authority.Depot{revoked, lapsed, north}, 2, nil},
		{[]authority.Depot{revoked, north}, 1, nil},
		{[]authority.Depot{north}, 0, authority.ErrNoDepot},
	} {
		if key, err := localapi.DepotKey(c.all, "south"); !errors.Is(err, c.err) || key != [32]byte{c.want} {
			t.Errorf("%+v: key %d, %v", c.all, key[0], err)
		}
	}
}
