package console

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

const passphrase = "correct horse battery staple"

// States of the window, by points that differ between them; the window is 1280 by 800.
var (
	accent     = color.RGBA{0x21, 0x51, 0xB5, 0xFF}
	onFounding = mark{246, 600, color.RGBA{0xE9, 0xED, 0xF2, 0xFF}}  // the column of steps is wider than the rail
	onReasons  = mark{640, 754, color.RGBA{0xA8, 0x41, 0x3C, 0xFF}}  // the lower edge of the frame around the commit bar
	onRevoke   = mark{1240, 730, color.RGBA{0xB4, 0x23, 0x1C, 0xFF}} // its button
	onOpen     = mark{246, 600, color.RGBA{0xF4, 0xF6, 0xF8, 0xFF}}  // beside the rail
	onLock     = mark{400, 560, color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}}  // on the card in the middle
	onNext     = mark{1256, 730, accent}                             // the primary button of a commit bar
	onSelected = mark{870, 228, color.RGBA{0xE1, 0xEA, 0xFB, 0xFF}}  // the first row of the list
	onDark     = mark{700, 70, color.RGBA{0x12, 0x17, 0x1E, 0xFF}}   // the ground
	onDone     = mark{1000, 115, color.RGBA{0xE1, 0xEA, 0xFB, 0xFF}} // the banner that asks for the receipt
	onGone     = mark{925, 340, color.RGBA{0xFC, 0xE8, 0xE6, 0xFF}}  // the banner of the loss
	onPresent  = mark{986, 266, color.RGBA{0xDF, 0xF2, 0xE6, 0xFF}}  // beside the first officer
	onWrongPIN = mark{1056, 470, color.RGBA{0xFC, 0xE8, 0xE6, 0xFF}} // the banner below the PIN
	onForeign  = mark{900, 100, color.RGBA{0xFC, 0xE8, 0xE6, 0xFF}}  // the banner of a problem
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

// TestTheThreeTasks founds a realm, enrols a vehicle from the picture of its request and finds it in the list, revokes it and publishes the
// list, all by typing; then the vehicle installs the package that the console wrote, and applies the list that was read off the window.
func TestTheThreeTasks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	bus, request := vehicle(t, "bus-4711", wire.KindVehicle)
	foreign := picture(t, filepath.Join(t.TempDir(), "menu.png"), "https://example.org/menu")
	var pkg, list []byte

	t.Run("in the window", func(t *testing.T) {
		d := start(t, dir)
		d.found()
		d.typed(foreign)
		d.key("Return")
		d.until("the refusal of a foreign code", onForeign, nil)
		d.copied(request)
		d.key("ctrl+2", "ctrl+v")
		d.until("the request card of the copied picture", onNext, nil)
		d.key("Escape", "ctrl+1")
		d.typed(request)
		d.key("Return")
		d.until("the request card", onNext, nil)
		d.shoot("enrol-review")
		d.key("Return")
		d.until("the written package", onDone, nil)
		d.shoot("enrol-done")
		pkg = d.readCodes()

		d.key("ctrl+3")
		d.typed("bus-47")
		d.until("the vehicle in the list", onSelected, func() { d.key("Down") })
		d.shoot("identities-one")
		list = d.revokeAndPublish(dir, "bus-4711")
		d.key("Escape", "ctrl+d")
		d.until("the dark look", onDark, nil)
		d.shoot("published-dark")
		d.key("ctrl+l", "ctrl+d")
		d.until("the lock", onLock, nil)
		d.shoot("lock")
	})
	if written := wait(t, filepath.Join(filepath.Dir(request), "bus-4711~0.mqp")); !bytes.Equal(written, pkg) {
		t.Error("the codes in the window are another package than the written one")
	}
	install(t, dir, bus, filepath.Join(filepath.Dir(request), "bus-4711~0.mqp"), filepath.Join(filepath.Dir(request), "list-1.mql"))
	if a, err := bus.Apply(list); err != nil || !a.Revoked || a.Order.Sequence != 2 {
		t.Errorf("the list off the window: %+v, %v", a, err)
	}
}

// found founds a realm under a passphrase and opens it.
func (d *display) found() {
	d.t.Helper()
	d.until("the founding", onFounding, nil)
	d.typed("fleet.example")
	d.until("a name that will do", onNext, nil)
	d.key("Return")
	time.Sleep(pause)
	d.typed(passphrase)
	d.key("Tab")
	d.typed(passphrase)
	d.until("passphrases that will do", onNext, nil)
	d.shoot("founding")
	d.key("Return")
	d.until("the open realm", onOpen, func() { d.key("Return") })
}

// revokeAndPublish revokes an identity by its name, signs the next list and reads it off the codes in the window, as a camera would.
func (d *display) revokeAndPublish(dir, name string) []byte {
	d.t.Helper()
	d.key("ctrl+4")
	time.Sleep(pause)
	d.typed(name)
	d.key("Return")
	d.until("the reasons", onReasons, nil)
	d.until("a reason that will do", onRevoke, func() { d.key("Down") })
	d.shoot("revoke")
	d.key("ctrl+Return")
	d.stands(dir, "the revocation", func(s *authority.Status) bool { return s.Unpublished == 1 })
	d.shoot("revoked")
	d.key("ctrl+5")
	time.Sleep(pause)
	d.key("Return")
	d.stands(dir, "the list", func(s *authority.Status) bool { return s.Unpublished == 0 && s.List.Count == 1 })
	d.shoot("publish")
	d.key("F8")
	return d.readCodes()
}

// stands waits until the authority stands so.
func (d *display) stands(dir, what string, so func(*authority.Status) bool) {
	d.t.Helper()
	c, err := localapi.Dial(d.t.Context(), localapi.Options{Dir: dir})
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		s, err := c.Status()
		if err != nil {
			d.t.Fatal(err)
		}
		if so(s.Authority) {
			return
		}
	}
	d.t.Fatalf("waited in vain for %s; the window is in %s", what, d.save(d.look(), "not-there"))
}

// readCodes reads the codes that the window shows with zbarimg, until they are whole.
func (d *display) readCodes() []byte {
	d.t.Helper()
	var joiner qr.Joiner
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(70 * time.Millisecond) {
		for _, text := range d.zbar(d.save(d.look(), "codes")) {
			if !qr.IsPart(text) {
				continue // the code of a label
			}
			joined, _, err := joiner.Add(text)
			if err != nil {
				d.t.Fatal(err)
			}
			if joined != nil {
				return joined.Payload
			}
		}
	}
	d.t.Fatal("the codes were not whole in time")
	return nil
}

// zbar reads the codes in a picture.
func (d *display) zbar(picture string) []string {
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	out, err := d.command(ctx, "zbarimg", "--quiet", "--raw", picture).Output()
	if err != nil {
		return nil // none is shown yet
	}
	return strings.Fields(string(out))
}

// install checks what the console left behind: the identity in the authority, and a package and a list that the vehicle takes.
func install(t *testing.T, dir string, bus *device.Device, pkg, list string) {
	t.Helper()
	a := service(t, dir)
	ids, err := a.Identities(0, 10)
	if err != nil || len(ids) != 1 || ids[0].Address.String() != "//fleet.example/Sbus-4711~0" {
		t.Errorf("the authority lists %v, %v", ids, err)
	}
	if _, err := bus.Install(wait(t, pkg), a.Core().Hash()); err != nil {
		t.Errorf("the vehicle does not take the package: %v", err)
	}
	if _, err := bus.Apply(wait(t, list)); err != nil {
		t.Errorf("the vehicle does not take the list: %v", err)
	}
}

// service opens the authority in a folder as the command line does.
func service(t *testing.T, dir string) *localapi.Client {
	t.Helper()
	console, err := build()
	if err != nil {
		t.Fatal(err)
	}
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir, Program: filepath.Join(filepath.Dir(console), "marque")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.Unlock(localapi.Unlock{Passphrase: []byte(passphrase)}); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServiceCrashes kills the service while something is typed: the console starts it again, and keeps what was typed.
func TestServiceCrashes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	fleet(t, dir)
	bus, request := vehicle(t, "bus-4799", wire.KindVehicle)
	d := start(t, dir)
	d.until("the lock", onLock, nil)
	d.typed(passphrase)
	d.key("Return")
	d.until("the open realm", onOpen, nil)
	d.typed(request)
	d.killService()
	d.key("Return")
	d.until("the loss", onGone, nil)
	d.shoot("gone")
	d.key("Return")
	d.until("the lock", onLock, nil)
	d.typed(passphrase)
	d.key("Return")
	d.until("the request card of before", onNext, nil)
	d.key("Return")
	wait(t, filepath.Join(filepath.Dir(request), "list-2.mql"))
	pkg := wait(t, filepath.Join(filepath.Dir(request), "bus-4799~15.mqp"))
	if _, err := bus.Install(pkg, service(t, dir).Core().Hash()); err != nil {
		t.Errorf("the vehicle does not take the package: %v", err)
	}
}

// TestOfficersUnlock opens a vault under a TPM: two officers sign on, and one of them gives the PIN.
func TestOfficersUnlock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	tpm := hsmtest.Start(t).Path()
	names := guarded(t, dir, tpm)
	d := start(t, dir, "--tpm", tpm)
	d.until("the lock", onLock, nil)
	d.typed(passphrase + names[0])
	d.key("Return")
	d.until("the first officer", onPresent, nil)
	d.key("F3") // not the second, but the third
	d.typed(passphrase + names[2])
	d.shoot("lock-officers")
	d.key("Return")
	d.until("the third officer", mark{onPresent.x, onPresent.y + 88, onPresent.colour}, nil)
	d.typed("wrong PIN")
	d.key("Return")
	d.until("the refusal", onWrongPIN, nil)
	d.typed(pin)
	d.key("Return")
	d.until("the open realm", onOpen, nil)
	d.key("ctrl+i")
	d.shoot("custody")
}

const pin = "271828"

// guarded founds an authority under a TPM, which two of three officers open, and returns their names. Their passphrases end in them.
func guarded(t *testing.T, dir, tpm string) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lockout, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Needed: 2,
		TPM:    &appliance.NewTPM{Path: tpm, PIN: []byte(pin), Lockout: lockout, ApprovalKey: key},
		Backup: appliance.Cards{Needed: 3, Total: 5}, Next: appliance.Cards{Needed: 2, Total: 3},
	}
	names := []string{"Ada Byron", "Ben Okri", "Cem Yilmaz"}
	for _, name := range names {
		f.Officers = append(f.Officers, hsm.Appointment{Name: name, Role: hsm.SecurityOfficer, Passphrase: []byte(passphrase + name)})
	}
	founded, err := appliance.Found(dir, f, appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := founded.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	return names
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
	d.shoot("home")
	d.typed(request)
	d.key("Return")
	d.until("the request card", onNext, nil)
	d.key("Return")
	d.until("the written package", onDone, nil)
	d.shoot("enrol")
	d.key("ctrl+3")
	d.typed("bus")
	d.until("the list", onSelected, func() { d.key("Down", "Up") }) // however often: the first row
	d.key("Down", "Down")
	d.key("ctrl+d")
	d.until("the dark look", onDark, nil)
	d.shoot("identities")
	d.key("ctrl+d", "ctrl+4")
	time.Sleep(pause)
	d.typed("bus-4703")
	d.key("Return")
	d.until("the reasons", onReasons, nil)
	d.until("a reason that will do", onRevoke, func() { d.key("Down") })
	d.key("Down")
	d.shoot("revoke")
	d.key("Escape", "ctrl+5")
	time.Sleep(pause)
	d.shoot("publish")
}

// fleet founds an authority with some identities, one of them revoked and published, another revoked since.
func fleet(t *testing.T, dir string) {
	t.Helper()
	founded, err := appliance.Found(dir, appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: []byte(passphrase),
	}, appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	a := founded.Appliance
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
		if i != 11 && i != 13 {
			continue
		}
		if err := a.Authority().Revoke(issued.Address, wire.ReasonStolen, time.Now()); err != nil {
			t.Fatal(err)
		}
		if i == 13 {
			continue // on no list yet
		}
		if _, err := a.Authority().Publish(); err != nil {
			t.Fatal(err)
		}
	}
}
