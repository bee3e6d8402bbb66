// Package onem2m plays a CSE that does everything it can to the messages that it carries, over HTTP and through a real MQTT broker, and runs
// marque-vehicle against it.
package onem2m

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// program is marque-vehicle, and home the folder that everything is in.
var program, home string

func TestMain(m *testing.M) {
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func prepare(m *testing.M) (code int, err error) {
	if home, err = os.MkdirTemp("", "marque-onem2m-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	program = filepath.Join(home, "marque-vehicle")
	build := exec.Command("go", "build", "-tags", "gles", "-buildvcs=false", "-o", program, "marque/app/vehicle")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	return m.Run(), nil
}

// fleet is a bus that posts and a parking that fetches, both real and on the system's clock.
type fleet struct {
	bus, park string // folders
	posted    int
}

const (
	busAddress  = "//fleet.example/Sbus-4711~0"
	parkAddress = "//fleet.example/Sparking~1"
)

// founded is the fleet of all tests; each posts messages of its own.
var founded *fleet

func newFleet(t *testing.T) *fleet {
	t.Helper()
	if founded != nil {
		return founded
	}
	dir := filepath.Join(home, "fleet")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
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
	defer store.Close()
	a, err := authority.Found(store, vault, params, authority.Founding{Realm: "fleet.example"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	founded = &fleet{bus: filepath.Join(dir, "bus"), park: filepath.Join(dir, "parking")}
	bus, park := enrol(t, a, founded.bus, "bus-4711"), enrol(t, a, founded.park, "parking")
	list, err := a.Publish()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*device.Device{bus, park} {
		if _, err := d.Apply(list.Bundle); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return founded
}

func enrol(t *testing.T, a *authority.Authority, dir, name string) *device.Device {
	t.Helper()
	d, err := device.Create(dir, device.Wanted{Name: name, Kind: wire.KindVehicle}, device.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	request, err := d.Request()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := a.Enrol(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Install(issued.Package, a.Core().Hash()); err != nil {
		t.Fatal(err)
	}
	return d
}

// vehicle runs marque-vehicle and returns what it printed.
func vehicle(t *testing.T, in string, args ...string) (out, problems string, err error) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// post posts a payload of the bus, sealed to the parking or, where to is empty, as a broadcast.
func (f *fleet) post(t *testing.T, at, to, payload string) {
	t.Helper()
	args := []string{"post", "--dir", f.bus, "--at", at, "--as", "Cbus"}
	if to == "" {
		args = append(args, "--broadcast")
	} else {
		args = append(args, "--to", to)
	}
	if _, problems, err := vehicle(t, payload, args...); err != nil {
		t.Fatalf("post: %v\n%s", err, problems)
	}
}

// got is one line that fetch prints.
type got struct {
	Sender  string `json:"sender"`
	Payload []byte `json:"payload"`
}

// fetch returns what the parking accepts, as "sender: payload", and what it says about the rest.
func (f *fleet) fetch(t *testing.T, at string, more ...string) (accepted []string, problems string, err error) {
	t.Helper()
	args := append([]string{"fetch", "--dir", f.park, "--at", at, "--as", "Cparking", "--json"}, more...)
	out, problems, err := vehicle(t, "", args...)
	for s := bufio.NewScanner(strings.NewReader(out)); s.Scan(); {
		var g got
		if err := json.Unmarshal(s.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, g.Sender+": "+string(g.Payload))
	}
	return accepted, problems, err
}
