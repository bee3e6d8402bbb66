package storage_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"marque/device/wire"
	"marque/storage"
)

var (
	testKey = [32]byte{1, 2, 3}
	start   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func newStore(t testing.TB) (*storage.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authority.db")
	s, err := storage.Create(path, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, path
}

func address(t testing.TB, serial uint32) wire.Address {
	t.Helper()
	a, err := wire.NewAddress("fleet.example", "", fmt.Sprintf("bus-%d", serial), serial)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func identity(t testing.TB, serial uint32) *storage.Identity {
	t.Helper()
	return &storage.Identity{
		Serial: serial, Address: address(t, serial), Kind: wire.KindVehicle,
		Request: sha256.Sum256(fmt.Append(nil, "request", serial)), EnrolmentKey: sha256.Sum256(fmt.Append(nil, "u", serial)),
		Sequence: 1, FirstEpoch: 3, Epochs: 13, Issued: start.Add(time.Duration(serial) * time.Second),
	}
}

func update(t testing.TB, s *storage.Store, fn func(tx *storage.Tx) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// enrol does what an authority does for one device: record, package, log entry, checkpoint.
func enrol(t testing.TB, tx *storage.Tx) error {
	serial, err := tx.NextSerial()
	if err != nil {
		return err
	}
	if err := tx.AddIdentity(identity(t, serial)); err != nil {
		return err
	}
	if err := tx.AddPackage(serial, 1, pkg(serial)); err != nil {
		return err
	}
	if _, err := tx.AppendLog(entry(serial)); err != nil {
		return err
	}
	return tx.AddCheckpoint(tx.LogSize(), fmt.Appendf(nil, "checkpoint over %d", tx.LogSize()))
}

func pkg(serial uint32) []byte { return bytes.Repeat(fmt.Appendf(nil, "package for %d.", serial), 9) }

func entry(serial uint32) []byte { return fmt.Appendf(nil, "issued %d", serial) }

// fill makes a store with everything in it.
func fill(t testing.TB, s *storage.Store, identities int) {
	t.Helper()
	update(t, s, func(tx *storage.Tx) error {
		return errors.Join(tx.SetCore([]byte("the core statement")), tx.AddPolicy(1, []byte("the policy statement")))
	})
	for range identities {
		update(t, s, func(tx *storage.Tx) error { return enrol(t, tx) })
	}
	update(t, s, func(tx *storage.Tx) error {
		return errors.Join(tx.AddList(1, []byte("list one")), tx.AddList(2, []byte("list two, somewhat longer")))
	})
}

// dump reads everything that a store holds, through every reading method.
func dump(s *storage.Store) (string, error) {
	var out bytes.Buffer
	err := s.View(func(tx *storage.Tx) error {
		if err := dumpPublic(&out, tx); err != nil {
			return err
		}
		if err := dumpPrivate(&out, tx); err != nil {
			return err
		}
		return errors.Join(tx.VerifyLog(), tx.VerifyRegistry())
	})
	return out.String(), err
}

func dumpPublic(out *bytes.Buffer, tx *storage.Tx) error {
	core, err1 := tx.Core()
	policy, err2 := tx.Policy()
	root, err3 := tx.LogRoot()
	newest, err4 := tx.Checkpoint()
	sequence, list, err5 := tx.LatestList()
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	fmt.Fprintf(out, "%q %q %d %x %q %d %q\n", core, policy, tx.LogSize(), root, newest.Statement, sequence, list)
	for i := range sequence {
		list, err := tx.List(i + 1)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "list %d %q\n", i+1, list)
	}
	for c, err := range tx.Checkpoints() {
		if err != nil {
			return err
		}
		old, err := tx.LogRootAt(c.Size)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "checkpoint %d %q %x\n", c.Size, c.Statement, old)
	}
	index := uint64(0)
	for e, err := range tx.LogEntries(0) {
		if err != nil {
			return err
		}
		path, err := tx.ProveLog(index, tx.LogSize())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "entry %q %x\n", e, path)
		index++
	}
	return nil
}

func dumpPrivate(out *bytes.Buffer, tx *storage.Tx) error {
	for id, err := range tx.Identities(0) {
		if err != nil {
			return err
		}
		pkg, err1 := tx.Package(id.Serial)
		named, err2 := tx.IdentityByName(id.Address.Name())
		byRequest, _, err3 := tx.HasRequest(id.Request)
		byKey, _, err4 := tx.HasU(id.EnrolmentKey)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		fmt.Fprintf(out, "%+v %+v %q %d %d %d\n", id, id.Revoked, pkg, named.Serial, byRequest, byKey)
	}
	fmt.Fprintf(out, "%d identities\n", tx.Count())
	return nil
}
