package hsm_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"marque/hsm"
)

// FuzzFile checks that whatever is accepted as a vault file has one encoding.
func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "vault")
	if _, err := hsm.CreatePassphraseCost(path, passphrase, cheap, rand.Reader); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	if b, err = os.ReadFile(filepath.Join("testdata", "vault-tpm.json")); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(begun(f))
	f.Add([]byte(`{"format":"marque/v2/vault"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := hsm.Reparse(b)
		if err == nil && !bytes.Equal(b, again) {
			t.Errorf("accepted %q, wrote %q", b, again)
		}
	})
}
