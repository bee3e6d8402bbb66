package appliance_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

var (
	passphrase = []byte("correct horse battery staple")
	founding   = appliance.Founding{Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: passphrase}
	now        = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cheap      = hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}
	options    = appliance.Options{Clock: func() time.Time { return now }, Cost: cheap}
)

// model is a founded folder that tests copy.
var model = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "model")
	f, err := appliance.Found(dir, founding, options)
	if err != nil {
		return "", err
	}
	return dir, f.Appliance.Close()
})

var scratch string // of the whole run

// founded returns a copy of the model.
func founded(t *testing.T) string {
	t.Helper()
	from, err := model()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "fleet")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string) *appliance.Appliance {
	t.Helper()
	a, err := appliance.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func request(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &wire.Request{Kind: wire.KindVehicle, Name: name, U: key.Public(), HPKEKey: [32]byte{9}, Time: now}
	body, err := r.Body()
	if err != nil {
		t.Fatal(err)
	}
	if r.Proof, err = key.Prove(rand.Reader, body); err != nil {
		t.Fatal(err)
	}
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFoundedApplianceWorksAndComesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet")
	f, err := appliance.Found(dir, founding, options)
	if err != nil {
		t.Fatal(err)
	}
	a := f.Appliance
	if a.Locked() {
		t.Fatal("locked after founding")
	}
	issued, err := a.Authority().Enrol(request(t, "bus-1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir, "authority.db vault")

	again := open(t, dir)
	if core := again.Authority().Core(); core.Realm != "fleet.example" || core.Hash() != a.Authority().Core().Hash() {
		t.Fatalf("another realm came back: %s", core.Realm)
	}
	if err := again.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	id, err := again.Authority().Identity(issued.Address)
	if err != nil || id.Address != issued.Address {
		t.Fatalf("got %+v, %v", id, err)
	}
}

// checkFolder makes sure that dir holds these files, private, and nothing stands beside it.
func checkFolder(t *testing.T, dir, files string) {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == filepath.Dir(dir) {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		names = append(names, d.Name())
		return err
	})
	if got := strings.Join(names, " "); err != nil || got != "fleet "+files {
		t.Fatalf("found %q, %v", got, err)
	}
}

func TestLockedApplianceShowsPublicStateOnly(t *testing.T) {
	a := open(t, founded(t))
	c, err := a.Custody()
	if err != nil || !a.Locked() || c.Grade != appliance.GradeEvaluation || c.Vault != appliance.KindPassphrase {
		t.Fatalf("locked %v, custody %+v, %v", a.Locked(), c, err)
	}
	s, err := a.Authority().Status()
	if err != nil {
		t.Fatal(err)
	}
	if !s.Locked || s.LogSize == 0 || s.List.Sequence != 1 || s.CoreHash != a.Authority().Core().Hash() {
		t.Fatalf("status %+v", s)
	}
	for _, unlocked := range []bool{false, true, false} {
		if unlocked {
			if err := a.Unlock(passphrase); err != nil {
				t.Fatal(err)
			}
		} else if err := a.Lock(); err != nil {
			t.Fatal(err)
		}
		_, err := a.Authority().Enrol(request(t, "bus-1"))
		if unlocked != (err == nil) || !unlocked && !errors.Is(err, authority.ErrLocked) {
			t.Fatalf("unlocked %v: enrolling gives %v", unlocked, err)
		}
	}
}

func TestWrongPassphraseChangesNothing(t *testing.T) {
	a := open(t, founded(t))
	wantErr(t, a.Unlock([]byte("wrong horse")), hsm.ErrPassphrase)
	if !a.Locked() {
		t.Fatal("a wrong passphrase unlocked it")
	}
	if err := a.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	wantErr(t, a.Unlock([]byte("wrong horse")), hsm.ErrPassphrase)
	if a.Locked() {
		t.Fatal("a wrong passphrase locked what was unlocked")
	}
}

func TestSecondProgramIsToldThatTheFolderIsInUse(t *testing.T) {
	dir := founded(t)
	a := open(t, dir)
	_, err := appliance.Open(dir, options)
	wantErr(t, err, storage.ErrBusy)
	_, err = appliance.Audit(dir)
	wantErr(t, err, storage.ErrBusy)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestVaultOfAnotherAuthorityIsRefused(t *testing.T) {
	dir := founded(t)
	vault := filepath.Join(dir, "vault")
	if err := os.Remove(vault); err != nil {
		t.Fatal(err)
	}
	if _, err := hsm.CreatePassphraseCost(vault, passphrase, cheap, rand.Reader); err != nil {
		t.Fatal(err)
	}
	a := open(t, dir)
	wantErr(t, a.Unlock(passphrase), authority.ErrOtherMaster)
	if !a.Locked() {
		t.Fatal("it stayed unlocked")
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		missing string
		want    error
	}{
		{"vault", appliance.ErrIncomplete},
		{"authority.db", appliance.ErrIncomplete},
		{"", authority.ErrNotFounded}, // all of it
	} {
		t.Run(test.missing, func(t *testing.T) {
			dir := founded(t)
			if err := os.RemoveAll(filepath.Join(dir, test.missing)); err != nil {
				t.Fatal(err)
			}
			_, err := appliance.Open(dir, options)
			wantErr(t, err, test.want)
		})
	}
}

func TestDamageIsRefusedBeforeAnythingIsIssued(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(dir string) error
		want   error
	}{
		"vault":    {func(dir string) error { return overwrite(filepath.Join(dir, "vault"), 60) }, hsm.ErrVaultCorrupt},
		"database": {func(dir string) error { return os.Truncate(filepath.Join(dir, "authority.db"), 9000) }, storage.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			dir := founded(t)
			if err := test.damage(dir); err != nil {
				t.Fatal(err)
			}
			_, err := appliance.Open(dir, options)
			wantErr(t, err, test.want)
		})
	}
}

func overwrite(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte{'#'}, at)
	return errors.Join(err, f.Close())
}

func TestAuditNeedsNeitherVaultNorRightToWrite(t *testing.T) {
	dir := founded(t)
	if err := errors.Join(os.Remove(filepath.Join(dir, "vault")), os.Chmod(filepath.Join(dir, "authority.db"), 0o400)); err != nil {
		t.Fatal(err)
	}
	report, err := appliance.Audit(dir)
	if err != nil || !report.OK() || report.Size == 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	_, err = appliance.Audit(t.TempDir())
	wantErr(t, err, authority.ErrNotFounded)
}

func TestMessagesShowNoPassphrase(t *testing.T) {
	a := open(t, founded(t))
	err := a.Unlock([]byte("hunter2 hunter2"))
	if text := fmt.Sprintf("%v %+v", err, a); strings.Contains(text, "hunter2") {
		t.Fatalf("shown: %s", text)
	}
}
