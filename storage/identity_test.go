package storage_test

import (
	"reflect"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/device/wire"
	"marque/storage"
)

func TestIdentityComesBackAsItWas(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	want := identity(t, 1)
	want.Revoked = &storage.Revocation{Reason: wire.ReasonStolen, Effective: start, At: start.Add(time.Hour), ListedIn: 7, Expired: true}
	update(t, s, func(tx *storage.Tx) error { return tx.UpdateIdentity(want) })
	err := s.View(func(tx *storage.Tx) error {
		got, err := tx.Identity(1)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		_, err = tx.Identity(2)
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.IdentityByName("bus-2")
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIdentityMustBeNew(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	same, err := wire.NewAddress("fleet.example", "cse", "bus-0", 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*storage.Identity)
		want   error
	}{
		"name":            {func(id *storage.Identity) { id.Address = same }, storage.ErrExists},
		"request":         {func(id *storage.Identity) { id.Request = identity(t, 0).Request }, storage.ErrSeen},
		"enrolment key":   {func(id *storage.Identity) { id.EnrolmentKey = identity(t, 1).EnrolmentKey }, storage.ErrSeen},
		"serial too low":  {func(id *storage.Identity) { *id = *identity(t, 1) }, storage.ErrOrder},
		"serial too high": {func(id *storage.Identity) { *id = *identity(t, 3) }, storage.ErrOrder},
		"another serial":  {func(id *storage.Identity) { id.Address = address(t, 3) }, storage.ErrInvalid},
		"no address":      {func(id *storage.Identity) { id.Address = wire.Address{} }, storage.ErrInvalid},
		"no kind":         {func(id *storage.Identity) { id.Kind = 0 }, storage.ErrInvalid},
		"no epochs":       {func(id *storage.Identity) { id.Epochs = 0 }, storage.ErrInvalid},
		"epochs overflow": {func(id *storage.Identity) { id.FirstEpoch = 1<<32 - 5 }, storage.ErrInvalid},
		"before 1970":     {func(id *storage.Identity) { id.Issued = time.Unix(-1, 0) }, storage.ErrInvalid},
		"no reason":       {func(id *storage.Identity) { id.Revoked = &storage.Revocation{At: start, Effective: start} }, storage.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			id := identity(t, 2)
			test.change(id)
			wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddIdentity(id) }), test.want)
		})
	}
	update(t, s, func(tx *storage.Tx) error { return enrol(t, tx) })
}

func TestRenewalKeepsWhatWasSeen(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	renewed := identity(t, 0)
	renewed.Sequence, renewed.Request, renewed.EnrolmentKey = 2, [32]byte{8}, [32]byte{9}
	update(t, s, func(tx *storage.Tx) error {
		if err := tx.UpdateIdentity(renewed); err != nil {
			return err
		}
		_, err := tx.Package(0)
		wantErr(t, err, storage.ErrNotFound) // until the new one is there
		return tx.AddPackage(0, 2, []byte("second"))
	})
	err := s.View(func(tx *storage.Tx) error {
		for _, u := range [][32]byte{identity(t, 0).EnrolmentKey, {9}} {
			if serial, seen, err := tx.HasU(u); err != nil || !seen || serial != 0 {
				t.Errorf("key of serial %d, %v, %v", serial, seen, err)
			}
		}
		for _, hash := range [][32]byte{identity(t, 0).Request, {8}} {
			if serial, seen, err := tx.HasRequest(hash); err != nil || !seen || serial != 0 {
				t.Errorf("request of serial %d, %v, %v", serial, seen, err)
			}
		}
		if pkg, err := tx.Package(0); err != nil || string(pkg) != "second" {
			t.Errorf("package %q, %v", pkg, err)
		}
		return tx.VerifyRegistry()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUpdateIdentityRefusesOtherIdentities(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	moved, err := wire.NewAddress("fleet.example", "", "renamed", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*storage.Identity)
		want   error
	}{
		"renamed":       {func(id *storage.Identity) { id.Address = moved }, storage.ErrInvalid},
		"other kind":    {func(id *storage.Identity) { id.Kind = wire.KindApplication }, storage.ErrInvalid},
		"seen request":  {func(id *storage.Identity) { id.Request = identity(t, 1).Request }, storage.ErrSeen},
		"seen key":      {func(id *storage.Identity) { id.EnrolmentKey = identity(t, 1).EnrolmentKey }, storage.ErrSeen},
		"unused serial": {func(id *storage.Identity) { id.Serial = 2 }, storage.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			id := identity(t, 0)
			test.change(id)
			wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.UpdateIdentity(id) }), test.want)
		})
	}
}

func TestPackagesAreBoundedAndNeverReplaced(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 1)
	for name, test := range map[string]struct {
		serial, sequence uint32
		pkg              []byte
		want             error
	}{
		"again":      {0, 1, []byte("other"), storage.ErrExists},
		"next":       {0, 2, []byte("other"), storage.ErrOrder},
		"nobody's":   {1, 1, []byte("other"), storage.ErrNotFound},
		"empty":      {0, 1, nil, storage.ErrLimit},
		"over 64 Ki": {0, 1, make([]byte, 65537), storage.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddPackage(test.serial, test.sequence, test.pkg) }), test.want)
		})
	}
}

func TestSealedValuesCannotBeMoved(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 2)
	_ = s.Close()
	edit(t, path, func(b *bbolt.Tx) error {
		ids := b.Bucket([]byte("identities"))
		return ids.Put([]byte{0, 0, 0, 0}, ids.Get([]byte{0, 0, 0, 1}))
	})
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.Identity(0); return err }), storage.ErrCorrupt)
}
