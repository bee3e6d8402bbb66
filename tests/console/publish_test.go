package console

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/authority"
	"marque/hsm"
)

// TestPublishAndShow signs a list by keys and shows it as codes, which another program reads off the window.
func TestPublishAndShow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	founded, err := appliance.Found(dir, appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: []byte(passphrase), Cost: hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1},
	}, appliance.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := founded.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	d := start(t, dir)
	d.until("the lock", onLock, nil)
	d.typed(passphrase)
	d.key("Return")
	d.until("the open realm", onOpen, nil)
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before, _, err := c.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	d.key("ctrl+5")
	time.Sleep(pause)
	d.shoot("publish")
	d.key("F6") // a fresh list, since nothing changed
	newest, list := before, []byte(nil)
	for end := time.Now().Add(patience); newest == before; time.Sleep(50 * time.Millisecond) {
		if newest, list, err = c.NewestList(); err != nil || time.Now().After(end) {
			t.Fatalf("list %d is still the newest, %v; the console said: %s", newest, err, d.log)
		}
	}
	d.key("F8")
	var joiner qr.Joiner
	for end := time.Now().Add(patience); ; {
		img := d.look()
		for text := range strings.Lines(readCodes(t, img)) {
			joined, _, err := joiner.Add(strings.TrimSpace(text))
			if err != nil {
				t.Fatal(err)
			}
			if joined != nil {
				d.shoot("publish-codes")
				if !bytes.Equal(joined.Payload, list) {
					t.Errorf("the codes hold %d octets, list %d has %d", len(joined.Payload), newest, len(list))
				}
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no codes are read; the window is in %s", d.save(img, "not-codes"))
		}
	}
}

// readCodes returns what zbarimg reads in a picture, a line for each code.
func readCodes(t *testing.T, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "window.png")
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("zbarimg", "--quiet", "--raw", path).Output() // it fails when there is none
	return string(out)
}
