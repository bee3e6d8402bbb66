package appliance_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

// foundIn makes the test binary a program that founds an authority there and
// stops in the middle, for ever.
const foundIn = "APPLIANCE_TEST_FOUND_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(foundIn); dir != "" {
		_, err := appliance.Found(dir, founding, appliance.Options{Cost: cheap, Clock: func() time.Time {
			fmt.Println("vault and database are there")
			for {
				time.Sleep(time.Hour)
			}
		}})
		fmt.Println(err)
		os.Exit(1)
	}
	if dir := os.Getenv(victimIn); dir != "" {
		fmt.Println(victim(dir))
		os.Exit(1)
	}
	var err error
	if scratch, err = os.MkdirTemp("", "appliance-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

func TestKilledFoundingIsTakenOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet")
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), foundIn+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "are there") {
		t.Fatalf("the child says %q, %v", line, err)
	}

	_, err = appliance.Found(dir, founding, options)
	wantErr(t, err, appliance.ErrFoundingElsewhere)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	site := filepath.Join(filepath.Dir(dir), ".fleet.founding")
	if entries, err := os.ReadDir(site); err != nil || len(entries) != 2 {
		t.Fatalf("left behind: %v, %v", entries, err)
	}
	_, err = appliance.Open(dir, options)
	wantErr(t, err, appliance.ErrInterrupted)

	f, err := appliance.Found(dir, founding, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir, "authority.db vault")
	open(t, dir)
}

func TestFoundTakesAnEmptyFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "fleet")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	f, err := appliance.Found(link+"/", founding, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, folder, "authority.db vault")
	open(t, link)
}

func TestFoundTouchesNoFolderInUse(t *testing.T) {
	for name, test := range map[string]struct {
		file string // in the folder
		want error
	}{
		"another authority": {"fleet/vault", authority.ErrFounded},
		"something else":    {"fleet/photo.png", appliance.ErrOccupied},
		"a file":            {"fleet", appliance.ErrOccupied},
		"foreign site":      {".fleet.founding/photo.png", appliance.ErrOccupied},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			path := filepath.Join(parent, test.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := appliance.Found(filepath.Join(parent, "fleet"), founding, options)
			wantErr(t, err, test.want)
			if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
				t.Fatalf("now %q, %v", b, err)
			}
		})
	}
}

func TestFailedFoundingLeavesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*appliance.Founding)
		want  error
	}{
		"weak passphrase":       {func(f *appliance.Founding) { f.Passphrase = []byte("short") }, hsm.ErrWeakPassphrase},
		"no domain name":        {func(f *appliance.Founding) { f.Realm.Realm = "Fleet Example" }, wire.ErrSPID},
		"officers without TPM":  {func(f *appliance.Founding) { f.Needed = 1 }, appliance.ErrFounding},
		"core without a seed":   {func(f *appliance.Founding) { f.Core = new(wire.Core) }, appliance.ErrFounding},
		"too many cards needed": {func(f *appliance.Founding) { f.Backup = appliance.Cards{Needed: 3, Total: 2} }, hsm.ErrShareNumbers},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			f := founding
			test.spoil(&f)
			_, err := appliance.Found(filepath.Join(parent, "fleet"), f, options)
			wantErr(t, err, test.want)
			if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
				t.Fatalf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestFoundNeedsTheFolderAbove(t *testing.T) {
	_, err := appliance.Found(filepath.Join(t.TempDir(), "missing", "fleet"), founding, options)
	wantErr(t, err, appliance.ErrNoFolder)
}

// A site that stood there already may have been made by somebody who lets everybody in.
func TestFoundClosesTheSiteToOthers(t *testing.T) {
	parent := t.TempDir()
	site, dir := filepath.Join(parent, ".fleet.founding"), filepath.Join(parent, "fleet")
	if err := os.Mkdir(site, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(site, 0o777); err != nil { // not subject to the umask
		t.Fatal(err)
	}
	f, err := appliance.Found(dir, founding, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	checkFolder(t, dir, "authority.db vault")
}
