// Package tests holds what concerns several packages at once: the import table, the path from end to end, the protocol's vectors,
// the benchmarks. Tests of one package stand beside it.
package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// table says what each package may import besides the standard library. A row names only rows above it.
// An entry that ends in "/" also covers what lies below that path.
var table = []struct {
	pkg   string
	allow []string
}{
	{"device/ibc", []string{"github.com/cloudflare/circl/", "github.com/bwesterb/go-ristretto/"}},
	{"device/revocation", nil},
	{"assets", nil},
	{"app/words", []string{"github.com/tyler-smith/go-bip39/"}},
	{"app/qr", []string{"github.com/klauspost/reedsolomon", "github.com/makiuchi-d/gozxing/", "github.com/skip2/go-qrcode", "golang.org/x/image/"}},
	{"app/qr/camera", []string{"github.com/blackjack/webcam", "golang.org/x/sys/"}},
	{"app/scan", []string{"golang.org/x/sys/"}},
	{"app/label", []string{"marque/app/qr", "codeberg.org/go-pdf/fpdf"}},
	{"app/usb", []string{"golang.org/x/sys/"}},
	{"app/usb/usbtest", []string{"golang.org/x/sys/"}},
	{"app/terminal", []string{"github.com/spf13/cobra", "golang.org/x/term"}},
	{"device/wire", []string{
		"marque/device/ibc",
		"github.com/fxamacker/cbor/", "github.com/veraison/go-cose", "golang.org/x/mod/sumdb/tlog",
	}},
	{"app/depot", []string{"marque/device/wire", "golang.org/x/crypto/argon2"}},
	{"device", []string{
		"marque/device/ibc", "marque/device/wire", "marque/device/revocation",
		"github.com/cloudflare/circl/dh/x25519", "github.com/fxamacker/cbor/", "github.com/flynn/noise", "golang.org/x/crypto/argon2", "golang.org/x/sys/",
	}},
	{"device/cabi", []string{"marque/device", "marque/device/wire", "marque/app/words"}},
	{"device/tpm", []string{"github.com/google/go-tpm/tpm2/"}},
	{"storage", []string{
		"marque/device/wire",
		"github.com/fxamacker/cbor/", "go.etcd.io/bbolt/", "golang.org/x/mod/sumdb/tlog",
	}},
	{"hsm", []string{
		"marque/device/ibc",
		"github.com/cloudflare/circl/", "github.com/fxamacker/cbor/", "github.com/google/go-tpm/tpm2/", "golang.org/x/crypto/argon2", "golang.org/x/sys/",
	}},
	{"hsm/hsmtest", []string{"github.com/google/go-tpm/tpm2/"}},
	{"authority", []string{
		"marque/device/ibc", "marque/device/wire", "marque/device/revocation", "marque/storage",
		"github.com/fxamacker/cbor/", "golang.org/x/mod/sumdb/tlog",
	}},
	{"app/inspect", []string{"marque/authority", "marque/device/revocation", "marque/device/wire"}},
	{"app/batch", []string{"marque/app/qr", "marque/app/words", "marque/authority", "marque/device/wire"}},
	{"app/ceremony", []string{"marque/authority", "marque/device/wire", "github.com/BurntSushi/toml"}},
	{"app/selftest", []string{
		"marque/device/ibc", "marque/device/revocation",
		"github.com/cloudflare/circl/", "golang.org/x/crypto/argon2",
	}},
	{"app/backup", []string{"github.com/fxamacker/cbor/"}},
	{"app/appliance", []string{
		"marque/authority", "marque/storage", "marque/hsm", "marque/device/ibc", "marque/device/wire", "marque/app/backup",
	}},
	{"app/confine", []string{"golang.org/x/sys/"}},
	{"app/carry", []string{
		"marque/app/qr", "marque/app/terminal", "marque/app/usb", "marque/app/words", "marque/device/wire",
		"github.com/spf13/cobra", "golang.org/x/sys/", "golang.org/x/term",
	}},
	{"app/localapi", []string{
		"marque/app/appliance", "marque/app/backup", "marque/app/ceremony", "marque/app/selftest", "marque/app/words",
		"marque/authority", "marque/storage", "marque/hsm", "marque/device/ibc", "marque/device/revocation", "marque/device/wire",
		"golang.org/x/sys/",
	}},
	{"app/papers", []string{
		"marque/app/ceremony", "marque/app/label", "marque/app/qr", "marque/app/terminal", "marque/device/wire", "marque/hsm",
	}},
	{"app/flow", []string{"marque/app/batch", "marque/app/ceremony", "marque/app/qr", "marque/authority", "marque/device/wire", "marque/app/depot", "marque/app/scan", "marque/app/usb", "marque/app/words"}},
	{"app/flow/remote", []string{
		"marque/app/flow", "marque/app/localapi", "marque/app/appliance", "marque/app/ceremony", "marque/app/selftest", "marque/app/usb",
		"marque/authority", "marque/storage", "marque/hsm", "marque/device/wire",
	}},
	{"app/flow/sheets", []string{"marque/app/ceremony", "marque/app/flow", "marque/app/flow/remote", "marque/app/papers", "marque/app/terminal"}},
	{"app/screen", []string{"marque/app/flow", "marque/app/depot", "marque/app/qr", "marque/app/scan", "marque/app/words", "marque/assets", "fyne.io/fyne/"}},
	{"app/onem2m", []string{"github.com/eclipse/paho.mqtt.golang/packets"}},
	{"app/vehicle", []string{
		"marque/device", "marque/device/tpm", "marque/device/wire", "marque/app/onem2m", "marque/app/carry", "marque/app/qr", "marque/app/usb", "marque/app/words", "marque/app/terminal",
		"github.com/spf13/cobra", "golang.org/x/term",
	}},
	{"app/marque", []string{
		"marque/app/appliance", "marque/app/batch", "marque/app/ceremony", "marque/app/confine", "marque/app/localapi", "marque/app/selftest",
		"marque/app/qr", "marque/app/words", "marque/app/terminal", "marque/authority", "marque/hsm",
		"marque/app/carry", "marque/app/depot", "marque/app/inspect", "marque/app/label", "marque/app/papers", "marque/app/qr/camera", "marque/app/scan", "marque/app/usb", "golang.org/x/term",
		"marque/device", "marque/device/wire",
		"github.com/google/go-tpm/tpm2/", // the demonstration starts another boot loader on its software TPM
		"github.com/spf13/cobra",
	}},
	{"app/console", []string{"marque/", "fyne.io/fyne/"}},
}

// listed is what `go list -json` says about one package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// module returns the packages of this module, without the ones below tests.
func module(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "gles", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != "marque/tests" && !strings.HasPrefix(p.ImportPath, "marque/tests/") {
			packages = append(packages, p)
		}
	}
	return packages
}

// root returns the module's folder. It looks at every folder in it, so that go test's cache knows that the result depends on them.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func allowed(path string, allow []string) bool {
	return slices.ContainsFunc(allow, func(a string) bool {
		folder, below := strings.CutSuffix(a, "/")
		return path == folder || below && strings.HasPrefix(path, a)
	})
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "marque"
}

func TestImports(t *testing.T) {
	rows := map[string][]string{}
	for _, row := range table {
		for _, a := range row.allow {
			local, is := strings.CutPrefix(strings.TrimSuffix(a, "/"), "marque/")
			if _, above := rows[local]; is && !above && row.pkg != "app/console" {
				t.Errorf("the row of %s names %s, which does not stand above it", row.pkg, a)
			}
		}
		rows[row.pkg] = row.allow
	}
	for _, p := range module(t) {
		allow, ok := rows[strings.TrimPrefix(p.ImportPath, "marque/")]
		if !ok {
			t.Errorf("%s has no row in the import table", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if imported != "C" && !standard(imported) && !allowed(imported, allow) {
				t.Errorf("%s imports %s; allowed are %v", p.ImportPath, imported, allow)
			}
		}
	}
}

func TestOnlySessionsReachTheNetwork(t *testing.T) {
	for _, p := range module(t) {
		for _, imported := range p.Imports {
			network := imported == "net" || imported == "net/http" || imported == "net/rpc" || imported == "net/smtp"
			local := p.ImportPath == "marque/app/localapi" && (imported == "net" || imported == "net/http")  // on a Unix socket
			carriage := p.ImportPath == "marque/app/onem2m" && (imported == "net" || imported == "net/http") // messages that protect themselves, to a CSE
			if network && !local && !carriage && p.ImportPath != "marque/device" && p.ImportPath != "marque/hsm/hsmtest" {
				t.Errorf("%s imports %s; only marque/device may", p.ImportPath, imported)
			}
		}
		if slices.Contains(p.Deps, "marque/app/onem2m") && p.ImportPath != "marque/app/vehicle" {
			t.Errorf("%s depends on marque/app/onem2m; only vehicles and applications carry messages", p.ImportPath)
		}
		for _, double := range []string{"marque/hsm/hsmtest", "marque/app/usb/usbtest"} {
			if slices.Contains(p.Imports, double) {
				t.Errorf("%s imports %s; only tests may", p.ImportPath, double)
			}
		}
	}
}

func TestFyneStaysInViews(t *testing.T) {
	for _, p := range module(t) {
		for _, dep := range p.Deps {
			switch fyne := strings.HasPrefix(dep, "fyne.io/"); {
			case fyne && p.ImportPath != "marque/app/screen" && p.ImportPath != "marque/app/console":
				t.Errorf("%s depends on %s; only views may", p.ImportPath, dep)
			case dep == "fyne.io/fyne/v2/app" && p.ImportPath != "marque/app/console":
				t.Errorf("%s depends on %s; only the console opens windows", p.ImportPath, dep)
			}
		}
	}
}

// The programs are built without cgo, and the one for vehicles stays small: what is linked into it has to be worth its octets.
func TestProgramsBuildWithoutCgo(t *testing.T) {
	const mostVehicle = 12_000_000
	for _, program := range []string{"marque", "vehicle"} {
		file := filepath.Join(t.TempDir(), program)
		cmd := exec.Command("go", "build", "-tags", "gles", "-buildvcs=false", "-ldflags", "-s -w", "-o", file, "./app/"+program)
		cmd.Dir = root(t)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", program, err, out)
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s has %d octets", program, info.Size())
		if program == "vehicle" && info.Size() > mostVehicle {
			t.Errorf("the program for vehicles has %d octets, which is more than %d", info.Size(), mostVehicle)
		}
	}
}

func TestTopLevel(t *testing.T) {
	agreed := []string{
		"CHANGELOG.md", "CONTRIBUTING.md", "FyneApp.toml", "LICENSE", "Makefile", "README.md", "SECURITY.md", "go.mod", "go.sum",
		"app", "assets", "authority", "device", "hsm", "packaging", "storage", "tests",
		"bin", // made by make
	}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if hidden := strings.HasPrefix(e.Name(), "."); !hidden && !slices.Contains(agreed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
