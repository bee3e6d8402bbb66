package depot_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/depot"
	"marque/device/wire"
)

// The authority takes no batch after a later one: whoever carries them late, or not at all, must not keep a device out for good.
func TestRequestsOfABatchThatGotLost(t *testing.T) {
	r := newRealm(t)
	d := must(depot.Create(filepath.Join(t.TempDir(), "south"), "depot-south", r.statement, passphrase, options))(t)
	defer d.Close()
	lost, taken := request(t, "bus-1"), request(t, "bus-2")
	for _, b := range [][]byte{lost, taken} {
		if err := d.Collect(b); err != nil {
			t.Fatal(err)
		}
		must(d.Sign())(t)
	}
	if err := d.Collect(taken); err != nil {
		t.Fatal(err)
	}
	if again := must(d.Sign())(t); !again.Again || again.Sequence != 2 {
		t.Errorf("what is in the newest batch was signed anew: %+v", again)
	}
	if err := d.Collect(lost, lost); err != nil {
		t.Fatal(err)
	}
	third := must(d.Sign())(t)
	batch := must(wire.OpenBatch(third.Statement, r.core))(t)
	if third.Sequence != 3 || len(batch.Requests) != 1 || !bytes.Equal(batch.Requests[0].Request, lost) || !batch.Requests[0].At.Equal(noon) {
		t.Errorf("%+v", batch)
	}
	if items := must(d.Items())(t); len(items) != 2 || items[0].Batch != 3 || items[1].Batch != 2 {
		t.Errorf("%+v", items)
	}
}

// A stick may show other files when it is read a second time.
func TestFolderThatChangesUnderway(t *testing.T) {
	r := newRealm(t)
	d := must(depot.Create(filepath.Join(t.TempDir(), "south"), "depot-south", r.statement, passphrase, options))(t)
	defer d.Close()
	dir := r.folder(t, map[string]string{"a.mql": "first", "b.mql": "second"})
	var kept []string
	out, err := d.Distribute(dir, func(name string, _ []byte) error {
		kept = append(kept, name)
		return os.WriteFile(filepath.Join(dir, "b.mql"), []byte("SECOND"), 0o600)
	})
	wantErr(t, "a file that changed after it was checked", err, depot.ErrManifest)
	if len(kept) != 1 || kept[0] != "a.mql" || len(out.Wrong) != 1 || out.Wrong[0] != "b.mql was changed" {
		t.Errorf("%q, %+v", kept, out)
	}
}

func TestDeepFolderEndsTheLooking(t *testing.T) {
	r := newRealm(t)
	dir := r.folder(t, map[string]string{"a.mql": "first"})
	deep := filepath.Join(dir, strings.Repeat("deep/", 400))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, deep, "buried", "x")
	write(t, filepath.Join(dir, "deep"), "shallow", "x")
	checked := must(depot.CheckFolder(dir, r.core, nil))(t)
	if strings.Join(checked.Extra, "; ") != "a folder that is too deep, or has a name that cannot be shown; deep/shallow" {
		t.Errorf("%q", checked.Extra)
	}
}
