package console

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/qr"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

const passphrase = "correct horse battery staple"

// States of the window, by points that differ between them; the window is 1280 by 800.
var (
	accent     = color.RGBA{0x21, 0x51, 0xB5, 0xFF}
	onFounding = mark{246, 600, color.RGBA{0xE9, 0xED, 0xF2, 0xFF}} // the column of steps is wider than the rail
	onOpen     = mark{246, 600, color.RGBA{0xF4, 0xF6, 0xF8, 0xFF}} // beside the rail
	onLock     = mark{400, 560, color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}} // on the card in the middle
	onNext     = mark{1256, 730, accent}                            // the primary button of a commit bar
	onSelected = mark{700, 176, color.RGBA{0xE1, 0xEA, 0xFB, 0xFF}} // the first row of the list
	onDark     = mark{700, 70, color.RGBA{0x12, 0x17, 0x1E, 0xFF}}  // the ground
	onDone     = mark{900, 100, color.RGBA{0xDF, 0xF2, 0xE6, 0xFF}} // the banner of success
	onForeign  = mark{900, 100, color.RGBA{0xFC, 0xE8, 0xE6, 0xFF}} // the banner of a problem
)

// vehicle is a device in a folder and the picture of its request.
func vehicle(t *testing.T, name string, kind wire.Kind) (*device.Device, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := device.Create(filepath.Join(dir, "device"), device.Wanted{Name: name, Kind: kind}, device.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	request, err := d.Request()
	if err != nil {
		t.Fatal(err)
	}
	return d, picture(t, filepath.Join(dir, name+".png"), wire.RequestText(request))
}

func picture(t *testing.T, path, text string) string {
	t.Helper()
	b, err := qr.EncodePNG(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wait polls for a file.
func wait(t *testing.T, path string) []byte {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil {
			return b
		}
	}
	t.Fatalf("%s was not written", path)
	return nil
}

// TestFoundEnrolList founds a realm, enrols a vehicle from the picture of its request and finds it in the list, all by typing; then
// the vehicle installs the package that the console wrote.
func TestFoundEnrolList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	bus, request := vehicle(t, "bus-4711", wire.KindVehicle)
	foreign := picture(t, filepath.Join(t.TempDir(), "menu.png"), "https://example.org/menu")

	t.Run("in the window", func(t *testing.T) {
		d := start(t, dir)
		d.until("the founding", onFounding, nil)
		d.typed("fleet.example")
		d.until("a name that will do", onNext, nil)
		d.key("Return")
		d.typed(passphrase)
		d.key("Tab")
		d.typed(passphrase)
		d.until("passphrases that will do", onNext, nil)
		d.shoot("founding")
		d.key("Return")
		wait(t, filepath.Join(dir, "vault"))
		d.until("the open realm", onOpen, func() { d.key("Return") })

		d.typed(foreign)
		d.key("Return")
		d.until("the refusal of a foreign code", onForeign, nil)
		d.typed(request)
		d.key("Return")
		d.until("the request card", onNext, nil)
		d.shoot("enrol-review")
		d.key("Return")
		d.until("the written package", onDone, nil)
		d.shoot("enrol-done")

		d.key("ctrl+2")
		d.typed("bus-47")
		d.until("the vehicle in the list", onSelected, func() { d.key("Down") })
		d.key("ctrl+d")
		d.until("the dark look", onDark, nil)
		d.shoot("identities-one")
		d.key("ctrl+l", "ctrl+d")
		d.until("the lock", onLock, nil)
		d.shoot("lock")
	})
	install(t, dir, bus, filepath.Join(filepath.Dir(request), "bus-4711~0.mqp"), filepath.Join(filepath.Dir(request), "list-1.mql"))
}

// install checks what the console left behind: the identity in the authority, and a package and a list that the vehicle takes.
func install(t *testing.T, dir string, bus *device.Device, pkg, list string) {
	t.Helper()
	a, err := appliance.Open(dir, appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Unlock([]byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	ids, err := a.Authority().Identities(0, 10)
	if err != nil || len(ids) != 1 || ids[0].Address.String() != "//fleet.example/Sbus-4711~0" {
		t.Errorf("the authority lists %v, %v", ids, err)
	}
	if _, err := bus.Install(wait(t, pkg), a.Authority().Core().Hash()); err != nil {
		t.Errorf("the vehicle does not take the package: %v", err)
	}
	if _, err := bus.Apply(wait(t, list)); err != nil {
		t.Errorf("the vehicle does not take the list: %v", err)
	}
}

// TestScreenshots unlocks an authority that has some identities, and takes the pictures of the README.
func TestScreenshots(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "authority")
	fleet(t, dir)
	_, request := vehicle(t, "bus-4720", wire.KindVehicle)
	stick := filepath.Join(parent, "NORD-03")
	if err := os.Mkdir(stick, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(request, filepath.Join(stick, "request.png")); err != nil {
		t.Fatal(err)
	}
	request = filepath.Join(stick, "request.png")

	d := start(t, dir)
	d.until("the lock", onLock, nil)
	d.typed("wrong " + passphrase)
	d.key("Return")
	d.until("the refusal", mark{1056, 360, color.RGBA{0xFC, 0xE8, 0xE6, 0xFF}}, nil)
	d.typed(passphrase)
	d.key("Return")
	d.until("the open realm", onOpen, nil)
	d.typed(request)
	d.key("Return")
	d.until("the request card", onNext, nil)
	d.shoot("enrol")
	d.key("Escape", "ctrl+2")
	d.typed("bus")
	d.until("the list", onSelected, func() { d.key("Down", "Up") }) // however often: the first row
	d.key("Down", "Down")
	d.key("ctrl+d")
	d.until("the dark look", onDark, nil)
	d.shoot("identities")
}

// fleet founds an authority with some identities, one of them revoked.
func fleet(t *testing.T, dir string) {
	t.Helper()
	a, err := appliance.Found(dir, authority.Founding{Realm: "fleet.example"}, []byte(passphrase), appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for i := range 15 {
		name, kind := fmt.Sprintf("bus-%d", 4701+i), wire.KindVehicle
		if i == 7 {
			name, kind = "park-hafen", wire.KindApplication
		}
		_, path := vehicle(t, name, kind)
		text, err := qr.DecodeFile(path)
		if err != nil {
			t.Fatal(err)
		}
		request, err := wire.ParseRequestText(text)
		if err != nil {
			t.Fatal(err)
		}
		issued, err := a.Authority().Enrol(request)
		if err != nil {
			t.Fatal(err)
		}
		if i == 11 {
			if err := a.Authority().Revoke(issued.Address, wire.ReasonStolen, time.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Authority().Publish(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
