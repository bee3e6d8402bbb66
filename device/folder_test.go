package device_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/device"
	"marque/device/wire"
)

func TestCreateRefuses(t *testing.T) {
	a := newAuthority(1)
	parent := t.TempDir()
	wanted := device.Wanted{Name: "bus-4711", Kind: wire.KindVehicle}
	for name, test := range map[string]struct {
		dir  string
		w    device.Wanted
		o    device.Options
		want error
	}{
		"a folder that exists": {t.TempDir(), wanted, a.options(), fs.ErrExist},
		"no parent":            {filepath.Join(parent, "x", "y"), wanted, a.options(), fs.ErrNotExist},
		"a bad name":           {filepath.Join(parent, "d"), device.Wanted{Name: "bus~4711", Kind: wire.KindVehicle}, a.options(), device.ErrOptions},
		"no name":              {filepath.Join(parent, "d"), device.Wanted{Kind: wire.KindVehicle}, a.options(), device.ErrOptions},
		"no kind":              {filepath.Join(parent, "d"), device.Wanted{Name: "bus-4711"}, a.options(), device.ErrOptions},
		"no clock":             {filepath.Join(parent, "d"), wanted, device.Options{}, device.ErrOptions},
		"a tiny record":        {filepath.Join(parent, "d"), wanted, device.Options{Clock: a.clock.now, Replay: 3}, device.ErrOptions},
		"an empty passphrase":  {filepath.Join(parent, "d"), wanted, device.Options{Clock: a.clock.now, Key: device.Passphrase(nil)}, device.ErrOptions},
		"no randomness":        {filepath.Join(parent, "d"), wanted, device.Options{Clock: a.clock.now, Rand: bytes.NewReader(make([]byte, 40))}, nil},
	} {
		d, err := device.Create(test.dir, test.w, test.o)
		if err == nil || d != nil {
			t.Fatalf("%s: created", name)
		}
		if test.want != nil {
			wantErr(t, err, test.want, name)
		}
	}
	if left := must(os.ReadDir(parent)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOneProcess(t *testing.T) {
	a := newAuthority(1)
	d, dir := a.create(t, "bus-4711", wire.KindVehicle)
	_, err := device.Load(dir, a.options())
	wantErr(t, err, device.ErrInUse, "a second process")
	check(d.Close())
	check(d.Close())
	_, err = d.Request()
	wantErr(t, err, device.ErrClosed, "a closed device")
	d = must(device.Load(dir, a.options()))
	check(d.Close())
	_, err = device.Load(t.TempDir(), a.options())
	wantErr(t, err, fs.ErrNotExist, "an empty folder")
	_, err = device.Load(filepath.Join(dir, "none"), a.options())
	wantErr(t, err, fs.ErrNotExist, "no folder")
}

func TestClosedDevice(t *testing.T) {
	f := newFleet(t)
	msg := must(f.tram.Sign(nil, device.SignOptions{}))
	list := f.publish()
	check(f.bus.Close())
	for name, err := range map[string]error{
		"sign":    second(f.bus.Sign(nil, device.SignOptions{})),
		"verify":  second(f.bus.Verify(msg)),
		"seal":    third(f.bus.Seal(address(f.tram), nil, device.SealOptions{})),
		"open":    second(f.bus.Open(msg)),
		"apply":   second(f.bus.Apply(list)),
		"install": second(f.bus.Install(nil, [32]byte{})),
		"inspect": second(f.bus.Inspect(nil)),
	} {
		wantErr(t, err, device.ErrClosed, name)
	}
}

func second[A any](_ A, err error) error      { return err }
func third[A, B any](_ A, _ B, e error) error { return e }

// The key opens the folder, and nothing else does.
func TestFolderKeys(t *testing.T) {
	a := newAuthority(1)
	base := t.TempDir()
	withFile, withPhrase := filepath.Join(base, "file"), filepath.Join(base, "phrase")
	phrase := device.Options{Clock: a.clock.now, Key: device.Passphrase([]byte("correct horse"))}
	wanted := device.Wanted{Name: "bus-4711", Kind: wire.KindVehicle}
	check(must(device.Create(withFile, wanted, a.options())).Close())
	check(must(device.Create(withPhrase, wanted, phrase)).Close())
	check(must(device.Load(withPhrase, phrase)).Close())
	_, err := device.Load(withPhrase, device.Options{Clock: a.clock.now, Key: device.Passphrase([]byte("battery staple"))})
	wantErr(t, err, device.ErrLocked, "wrong passphrase")
	_, err = device.Load(withPhrase, a.options())
	wantErr(t, err, device.ErrLocked, "key file for a passphrase")
	_, err = device.Load(withFile, phrase)
	wantErr(t, err, device.ErrLocked, "passphrase for a key file")
	if _, err := os.Stat(filepath.Join(withPhrase, "key")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key file beside a passphrase")
	}
	for _, name := range []string{"key", "state-a", "state-b", "replay", "lock"} {
		if mode := must(os.Stat(filepath.Join(withFile, name))).Mode(); mode != 0o600 {
			t.Errorf("%s has mode %v", name, mode)
		}
	}
	key := filepath.Join(withFile, "key")
	b := must(os.ReadFile(key))
	b[0] ^= 1
	check(os.WriteFile(key, b, 0o600))
	_, err = device.Load(withFile, a.options())
	wantErr(t, err, device.ErrLocked, "another key file")
	check(os.Remove(key))
	_, err = device.Load(withFile, a.options())
	wantErr(t, err, device.ErrLocked, "no key file")
}

// Names, addresses and keys are not in the clear on disk, and a passphrase is in nothing that is printed.
func TestNothingShows(t *testing.T) {
	f := newFleet(t)
	check(f.bus.Close())
	for _, name := range []string{"state-a", "state-b", "list", "replay"} {
		if b := must(os.ReadFile(filepath.Join(f.dirs[f.bus], name))); bytes.Contains(b, []byte("bus-4711")) || bytes.Contains(b, []byte("fleet.example")) {
			t.Errorf("%s is readable", name)
		}
	}
	o := f.options()
	o.Key = device.Passphrase([]byte("correct horse"))
	text := fmt.Sprintf("%v %+v %#v %s %x", o.Key, o.Key, o.Key, o.Key, o.Key) + string(must(json.Marshal(o.Key))) + o.Key.LogValue().String()
	if strings.Contains(text, "correct") || strings.Contains(text, fmt.Sprintf("%x", "correct")) {
		t.Error(text)
	}
}
