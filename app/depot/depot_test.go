package depot_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/depot"
	"marque/device/ibc"
	"marque/device/wire"
)

var (
	passphrase = []byte("a depot in the south")
	noon       = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	options    = depot.Options{Clock: func() time.Time { return noon }}
)

// realm signs what an authority would.
type realm struct {
	key       ed25519.PrivateKey
	core      *wire.Core
	statement []byte
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	m := must(ibc.NewMaster(bytes.Repeat([]byte{1}, 32)))(t)
	r := &realm{key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))}
	r.core = &wire.Core{
		Realm: "fleet.example", Generation: 1, SPIDs: []string{"fleet.example"}, Epoch0: noon.Add(-time.Hour), EpochLength: 24 * time.Hour,
		X: m.Params().X(), Z: m.Params().Z(), StatementKey: [32]byte(r.key.Public().(ed25519.PublicKey)),
	}
	r.statement = r.sign(t, wire.TypeCore, must(r.core.Marshal())(t))
	return r
}

func (r *realm) sign(t *testing.T, typ wire.Type, payload []byte) []byte {
	t.Helper()
	return must(wire.SignStatement(r.key, typ, r.core.Realm, payload))(t)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func request(t *testing.T, name string) []byte {
	t.Helper()
	u := must(ibc.NewEnrolmentKey(rand.Reader))(t)
	r := &wire.Request{Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte{1}, Time: noon}
	r.Proof = must(u.Prove(rand.Reader, must(r.Body())(t)))(t)
	return must(r.Marshal())(t)
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, not %v", what, err, want)
	}
}

func TestCollectAndSign(t *testing.T) {
	r := newRealm(t)
	dir := filepath.Join(t.TempDir(), "south")
	d := must(depot.Create(dir, "depot-south", r.statement, passphrase, options))(t)
	_, err := depot.Open(dir, passphrase, options)
	wantErr(t, "opened twice", err, depot.ErrInUse)
	if _, err = depot.Create(dir+"-weak", "depot-south", r.statement, passphrase[:7], options); !errors.Is(err, depot.ErrWeakPassphrase) {
		t.Errorf("a passphrase of seven octets: %v", err)
	}
	_, err = depot.Create(dir, "depot-south", r.statement, passphrase, options)
	wantErr(t, "made twice", err, fs.ErrExist)
	_, err = d.Sign()
	wantErr(t, "nothing to sign", err, depot.ErrNothing)
	one, two := request(t, "bus-1"), request(t, "bus-2")
	if err := d.Collect(one, two, one); err != nil {
		t.Fatal(err)
	}
	if err := d.Collect(request(t, "bus-3"), []byte("no request")); err == nil {
		t.Error("garbage was collected")
	}
	first := must(d.Sign())(t)
	if first.Sequence != 1 || first.Count != 2 || first.Again {
		t.Errorf("%+v", first)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = must(depot.Open(dir, passphrase, options))(t)
	defer d.Close()
	if again := must(d.Sign())(t); !again.Again || !bytes.Equal(again.Statement, first.Statement) {
		t.Errorf("%+v", again)
	}
	batch := must(wire.OpenBatch(first.Statement, r.core))(t)
	registration := must(wire.OpenRegistration(d.Registration(), r.core))(t)
	if batch.Key != registration.Key || batch.Name != "depot-south" || len(batch.Requests) != 2 || !bytes.Equal(batch.Requests[1].Request, two) || !batch.Requests[0].At.Equal(noon) {
		t.Errorf("%+v", batch)
	}
	if err := d.Collect(one, request(t, "bus-4")); err != nil {
		t.Fatal(err)
	}
	if second := must(d.Sign())(t); second.Sequence != 2 || second.Count != 1 {
		t.Errorf("%+v", second)
	}
	if items := must(d.Items())(t); len(items) != 3 || items[0].Batch != 1 || items[2].Batch != 2 {
		t.Errorf("%+v", items)
	}
}

func TestFolderIsSealed(t *testing.T) {
	r := newRealm(t)
	dir := filepath.Join(t.TempDir(), "south")
	if err := must(depot.Create(dir, "depot-south", r.statement, passphrase, options))(t).Close(); err != nil {
		t.Fatal(err)
	}
	_, err := depot.Open(dir, []byte("another"), options)
	wantErr(t, "another passphrase", err, depot.ErrPassphrase)
	file := filepath.Join(dir, "depot")
	sealed := must(os.ReadFile(file))(t)
	if bytes.Contains(sealed, []byte("depot-south")) {
		t.Error("the records can be read")
	}
	for _, at := range []int{0, 4, 5, 20, 21, 32, 33, len(sealed) / 2, len(sealed) - 1} {
		v := bytes.Clone(sealed)
		v[at] ^= 1
		if err := os.WriteFile(file, v, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := depot.Open(dir, passphrase, options); !errors.Is(err, depot.ErrPassphrase) && !errors.Is(err, depot.ErrFile) {
			t.Errorf("octet %d: %v", at, err)
		}
	}
	for _, n := range []int{0, 10, 40, len(sealed) - 1} {
		if err := os.WriteFile(file, sealed[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := depot.Open(dir, passphrase, options); err == nil {
			t.Errorf("cut to %d octets, and opened", n)
		}
	}
	_, err = depot.Open(t.TempDir(), passphrase, options)
	wantErr(t, "an empty folder", err, depot.ErrFile)
}

// folder writes files and a manifest of them.
func (r *realm) folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	m := &wire.Manifest{Core: r.core.Hash(), Time: noon}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, content)
		m.Files = append(m.Files, wire.File{Path: name, Size: uint64(len(content)), Hash: sha256.Sum256([]byte(content))})
	}
	wire.SortFiles(m.Files)
	write(t, dir, depot.ManifestFile, string(r.sign(t, wire.TypeManifest, must(m.Marshal())(t))))
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckFolder(t *testing.T) {
	r := newRealm(t)
	files := map[string]string{"a.mqp": "first", "lists/list-1.mql": "second"}
	seen := map[string]string{}
	checked := must(depot.CheckFolder(r.folder(t, files), r.core, func(path string, b []byte) error {
		seen[path] = string(b)
		return nil
	}))(t)
	if len(checked.Wrong) != 0 || len(checked.Extra) != 0 || fmt.Sprint(seen) != fmt.Sprint(files) {
		t.Errorf("%+v %v", checked, seen)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, filepath.Dir(outside), "outside", "first")
	for name, c := range map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"missing": {func(dir string) error { return os.Remove(filepath.Join(dir, "a.mqp")) }, "a.mqp is missing"},
		"changed": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.mqp"), []byte("FIRST"), 0o600) }, "a.mqp was changed"},
		"longer":  {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.mqp"), []byte("first!"), 0o600) }, "a.mqp is longer than it was"},
		"cut":     {func(dir string) error { return os.Truncate(filepath.Join(dir, "a.mqp"), 2) }, "a.mqp is cut off"},
		"link": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "a.mqp")), os.Symlink(outside, filepath.Join(dir, "a.mqp")))
		}, "a.mqp cannot be read"},
		"folder": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "a.mqp")), os.Mkdir(filepath.Join(dir, "a.mqp"), 0o700))
		}, "a.mqp cannot be read"},
	} {
		dir := r.folder(t, files)
		if err := c.spoil(dir); err != nil {
			t.Fatal(err)
		}
		checked := must(depot.CheckFolder(dir, r.core, nil))(t)
		if len(checked.Wrong) != 1 || checked.Wrong[0] != c.want {
			t.Errorf("%s: %q", name, checked.Wrong)
		}
	}
	dir := r.folder(t, files)
	write(t, dir, "extra", "x")
	write(t, dir, "bad\nname", "x")
	if checked := must(depot.CheckFolder(dir, r.core, nil))(t); len(checked.Extra) != 2 || strings.Contains(strings.Join(checked.Extra, ""), "\n") {
		t.Errorf("%q", checked.Extra)
	}
	_, err := depot.CheckFolder(t.TempDir(), r.core, nil)
	wantErr(t, "no manifest", err, depot.ErrNoManifest)
	manifest := must(os.ReadFile(filepath.Join(dir, depot.ManifestFile)))(t)
	for i := range 8 * len(manifest) {
		v := bytes.Clone(manifest)
		v[i/8] ^= 1 << (i % 8)
		write(t, dir, depot.ManifestFile, string(v))
		if _, err := depot.CheckFolder(dir, r.core, nil); err == nil {
			t.Fatalf("bit %d of the manifest flipped, and accepted", i)
		}
	}
}

func TestRemove(t *testing.T) {
	r := newRealm(t)
	d := must(depot.Create(filepath.Join(t.TempDir(), "south"), "south", r.statement, passphrase, options))(t)
	t.Cleanup(func() { _ = d.Close() })
	first, second := request(t, "bus-1"), request(t, "bus-2")
	if err := d.Collect(first, second); err != nil {
		t.Fatal(err)
	}
	all := must(d.Items())(t)
	if err := d.Remove(all[0].Hash); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "removed twice", d.Remove(all[0].Hash), depot.ErrUnknown)
	if signed := must(d.Sign())(t); signed.Count != 1 {
		t.Errorf("%d are signed", signed.Count)
	}
	wantErr(t, "one that was signed", d.Remove(all[1].Hash), depot.ErrSigned)
	if err := d.Collect(first); err != nil || len(must(d.Items())(t)) != 2 {
		t.Errorf("collected again: %v", err)
	}
}

// The newest list of what was handed out is told to the authority: with receipts, or alone.
func TestListsThatAreHandedOut(t *testing.T) {
	r := newRealm(t)
	d := must(depot.Create(filepath.Join(t.TempDir(), "south"), "south", r.statement, passphrase, options))(t)
	t.Cleanup(func() { _ = d.Close() })
	list := func(r *realm, sequence uint32) string {
		t.Helper()
		b := &wire.Bundle{
			Core: r.core.Hash(), Generation: 1, Base: 1, Sequence: sequence, Issued: noon, Codec: 1,
			State: wire.ListState(r.core.Realm, 1, 1, 0, 0, 0, nil),
		}
		return string(r.sign(t, wire.TypeBundle, must(b.Marshal())(t)))
	}
	_, err := d.SignReceipts()
	wantErr(t, "nothing to tell", err, depot.ErrNothing)
	forged := []byte(list(r, 9))
	forged[len(forged)-1] ^= 1
	out := must(d.Distribute(r.folder(t, map[string]string{"list-2.mql": list(r, 2), "list-3.mql": list(r, 3), "list-9.mql": string(forged)}), nil))(t)
	if out.List.Sequence != 3 || d.List() != out.List {
		t.Errorf("%+v, %+v", out.List, d.List())
	}
	signed := must(d.SignReceipts())(t)
	told := must(wire.OpenReceipts(signed.Statement, r.core))(t)
	if signed.Count != 0 || signed.Again || len(told.Receipts) != 0 || told.List != d.List() {
		t.Errorf("%+v, %+v", signed, told)
	}
	if again := must(d.SignReceipts())(t); !again.Again || !bytes.Equal(again.Statement, signed.Statement) {
		t.Errorf("it is told twice: %+v", again)
	}
	must(d.Distribute(r.folder(t, map[string]string{"list-2.mql": list(r, 2)}), nil))(t)
	if d.List().Sequence != 3 {
		t.Errorf("an older folder took list %d", d.List().Sequence)
	}
}
