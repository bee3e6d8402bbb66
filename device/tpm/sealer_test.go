package tpm_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"

	"marque/device"
	"marque/device/tpm"
	"marque/device/wire"
	"marque/hsm/hsmtest"
)

var _ device.Sealer = (*tpm.Sealer)(nil)

// What one TPM sealed it opens again, through power cuts too, and no other does. Nothing stays loaded in it.
func TestSealer(t *testing.T) {
	e, other := hsmtest.Start(t), hsmtest.Start(t)
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	wires := &recorder{path: e.Path()}
	s := tpm.NewSealerOver(wires.open)
	sealed, err := s.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 { // more often than it has room for objects
		if i == 3 {
			e.Restart()
		}
		again, err := s.Unseal(sealed)
		if err != nil || !bytes.Equal(again, secret) {
			t.Fatalf("time %d: %x, %v", i, again, err)
		}
	}
	if bytes.Contains(wires.seen, secret) || bytes.Contains(sealed, secret) {
		t.Error("the secret shows on the wires, or in what is kept")
	}
	if _, err := tpm.NewSealer(other.Path()).Unseal(sealed); !errors.Is(err, tpm.ErrOtherTPM) {
		t.Errorf("another TPM: %v", err)
	}
	for bit := 0; bit < 8*len(sealed); bit += 97 {
		bad := bytes.Clone(sealed)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := s.Unseal(bad); !errors.Is(err, tpm.ErrUnsealed) && !errors.Is(err, tpm.ErrOtherTPM) {
			t.Errorf("bit %d: %v", bit, err)
		}
	}
	for _, n := range []int{0, 129} {
		if _, err := s.Seal(make([]byte, n)); err == nil {
			t.Errorf("sealed %d octets", n)
		}
	}
	e.Kill()
	if _, err := s.Unseal(sealed); !errors.Is(err, tpm.ErrNoTPM) {
		t.Error(err)
	}
	if _, err := tpm.NewSealer(filepath.Join(t.TempDir(), "none")).Seal(secret); !errors.Is(err, tpm.ErrNoTPM) {
		t.Error(err)
	}
}

// recorder keeps what goes to a TPM and comes from it.
type recorder struct {
	path string
	seen []byte
	transport.TPMCloser
}

func (r *recorder) open() (transport.TPMCloser, error) {
	link, err := linuxudstpm.Open(r.path)
	r.TPMCloser = link
	return r, err
}

func (r *recorder) Send(command []byte) ([]byte, error) {
	response, err := r.TPMCloser.Send(command)
	r.seen = append(append(r.seen, command...), response...)
	return response, err
}

// What a damaged key file holds does no harm, and does not get to the TPM.
func FuzzUnseal(f *testing.F) {
	f.Add([]byte("MQTK\x01\x00\x22abcdefghijklmnopqrstuvwxyzabcdefgh\x00\x01a\x00\x01b"))
	f.Add([]byte("MQTK\x01\x00\x01a\x00\x01a\x00\x01b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		again, err := tpm.Normal(sealed)
		if err != nil && !errors.Is(err, tpm.ErrUnsealed) {
			t.Errorf("an error without a name: %v", err)
		}
		if err == nil && !bytes.Equal(again, sealed) {
			t.Errorf("%x was %x", again, sealed)
		}
	})
}

// A device folder whose key is sealed opens with its TPM, and nowhere else: the key file alone is worth nothing.
func TestSealedFolder(t *testing.T) {
	e, other := hsmtest.Start(t), hsmtest.Start(t)
	dir := filepath.Join(t.TempDir(), "bus")
	options := func(k device.KeySource) device.Options { return device.Options{Clock: time.Now, Key: k} }
	sealed := options(device.SealedKey(tpm.NewSealer(e.Path())))
	d, err := device.Create(dir, device.Wanted{Name: "bus-4711", Kind: wire.KindVehicle}, sealed)
	if err != nil {
		t.Fatal(err)
	}
	request, err := d.Request()
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	e.Restart()
	if d, err = device.Load(dir, sealed); err != nil {
		t.Fatal(err)
	}
	again, err := d.Request()
	if s := d.Status(); err != nil || !bytes.Equal(again, request) || s.Key != "sealed key file" || !device.IsSealed(dir) {
		t.Errorf("%+v, %v", s, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		key  device.KeySource
		want error
	}{
		"another TPM":  {device.SealedKey(tpm.NewSealer(other.Path())), device.ErrSealed},
		"no TPM":       {device.SealedKey(tpm.NewSealer(filepath.Join(t.TempDir(), "none"))), device.ErrSealed},
		"the key file": {device.FileKey(), device.ErrLocked},
		"a passphrase": {device.Passphrase([]byte("correct horse")), device.ErrLocked},
	} {
		if _, err := device.Load(dir, options(test.key)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	stranger, err := tpm.NewSealer(e.Path()).Seal(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), stranger, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := device.Load(dir, sealed); !errors.Is(err, device.ErrLocked) {
		t.Errorf("another sealed key: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := device.Create(filepath.Join(filepath.Dir(dir), "tram"), device.Wanted{Name: "tram", Kind: wire.KindVehicle},
		options(device.SealedKey(tpm.NewSealer("/dev/null")))); !errors.Is(err, device.ErrSealed) {
		t.Errorf("created without a TPM: %v", err)
	}
}
