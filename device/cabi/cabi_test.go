package main

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// library builds the library in one form and returns the file.
func library(t *testing.T, mode, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	run(t, "go", "build", "-buildvcs=false", "-buildmode="+mode, "-ldflags=-s -w", "-o", path, ".")
	return path
}

// compile compiles a program against marque.h, as an integrator would, with all warnings being errors.
func compile(t *testing.T, source string, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), ".c"))
	run(t, "gcc", append([]string{"-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I.", "-o", program, source}, args...)...)
	return program
}

// run runs a command that must succeed, and returns what it printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// realm is a real authority on the system's clock, as the C programs are.
type realm struct{ *authority.Authority }

func newRealm(t *testing.T) realm {
	t.Helper()
	dir := t.TempDir()
	vault, err := hsm.CreatePassphraseCost(filepath.Join(dir, "vault"), []byte("of a test"), hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := vault.StorageKey()
	params, perr := vault.Params()
	store, serr := storage.Create(filepath.Join(dir, "authority.db"), key)
	if err := errors.Join(err, perr, serr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	a, err := authority.Found(store, vault, params, authority.Founding{Realm: "fleet.example"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return realm{a}
}

// list writes the next list to a file.
func (r realm) list(t *testing.T) string {
	t.Helper()
	p, err := r.Publish()
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "list.mql", p.Bundle)
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// enrol has the C program make a device, and install what the authority answers. It returns the device's folder.
func (r realm) enrol(t *testing.T, program, name string) (folder string, finish func(list string) string) {
	t.Helper()
	dir := t.TempDir()
	folder = filepath.Join(dir, name)
	run(t, program, "request", folder, name, filepath.Join(dir, "request"))
	request, err := os.ReadFile(filepath.Join(dir, "request"))
	if err != nil {
		t.Fatal(err)
	}
	issued, err := r.Enrol(request)
	if err != nil {
		t.Fatal(err)
	}
	pkg, hash := write(t, "package", issued.Package), r.Core().Hash()
	return folder, func(list string) string { return run(t, program, "install", folder, pkg, list, words.Text(hash[:])) }
}

const talked = `broadcast //fleet.example/Sbus-4711~0: at stop 7
again: verify: this message was received before
beacon //fleet.example/Sbus-4711~0: braking
short beacon //fleet.example/Sbus-4711~0: stopped
cold //fleet.example/Sbus-4711~0: a place for tonight?
warm //fleet.example/Sparking~1: number 12
`

// The examples are compiled and run with the shared library, and once more with the archive; then a program that does everything wrong.
func TestPrograms(t *testing.T) {
	shared, archive := library(t, "c-shared", "libmarque.so"), library(t, "c-archive", "libmarque.a")
	linked := []string{"-L" + filepath.Dir(shared), "-lmarque", "-Wl,-rpath," + filepath.Dir(shared)}
	enrol := compile(t, "examples/enrol.c", linked...)
	talk := compile(t, "examples/talk.c", linked...)

	r := newRealm(t)
	bus, finishBus := r.enrol(t, enrol, "bus-4711")
	park, finishPark := r.enrol(t, enrol, "parking")
	list := r.list(t)
	if got, want := finishBus(list), "//fleet.example/Sbus-4711~0 of fleet.example, list 2, 0 revoked\n"; got != want {
		t.Errorf("the example printed %q, want %q", got, want)
	}
	finishPark(list)
	tram, finishTram := r.enrol(t, enrol, "tram")
	finishTram(list)
	if got := run(t, talk, bus, park); got != talked {
		t.Errorf("with the shared library the example printed %q", got)
	}
	fresh := strings.Replace(talked, "cold //", "warm //", 1) // they know each other by now, from the folder
	static := compile(t, "examples/talk.c", archive, "-lpthread")
	if got := run(t, static, bus, park); got != talked && got != fresh {
		t.Errorf("with the archive the example printed %q", got)
	}

	address, err := wire.ParseAddress("//fleet.example/Sbus-4711~0")
	if err := errors.Join(err, r.Revoke(address, wire.ReasonStolen, time.Time{})); err != nil {
		t.Fatal(err)
	}
	abuse := compile(t, "testdata/abuse.c", "-g", "-fsanitize=address,undefined", archive, "-lpthread")
	newest := r.list(t)
	regions, err := r.Regions(1)
	if err != nil {
		t.Fatal(err)
	}
	statement, region := write(t, "regions", regions.Statement), write(t, "region", regions.Regions[0].File)
	if out := run(t, abuse, bus, park, newest, statement, region, tram); out != "" {
		t.Errorf("abuse printed %s", out)
	}
}
