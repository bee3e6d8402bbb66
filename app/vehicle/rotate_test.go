package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/terminal"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// master is a master secret in memory.
type master struct {
	ed25519.PrivateKey
	secret *ibc.Master
}

func newMaster(t *testing.T, seed byte) *master {
	t.Helper()
	secret, err := ibc.NewMaster(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &master{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), secret}
}

// Extract is for authority.Master.
func (m *master) Extract(id ibc.Identity, u [32]byte) (*ibc.PartialKey, error) {
	return m.secret.Extract(nil, id, u)
}

// reveal is the statement of a core that this master signs under.
func (m *master) reveal(t *testing.T, core *wire.Core) []byte {
	t.Helper()
	b, err := core.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	statement, err := wire.SignStatement(m.PrivateKey, wire.TypeCore, core.Realm, b)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

// realms are an authority and the one that takes over after it, with the folder that a test works in.
type realms struct {
	t             *testing.T
	dir           string
	present, next *authority.Authority
	core          []byte // statement of the next core
	stray         []byte // statement of a core that nobody committed to
}

func newRealms(t *testing.T) *realms {
	t.Helper()
	r := &realms{t: t, dir: t.TempDir()}
	first, second, thief := newMaster(t, 1), newMaster(t, 2), newMaster(t, 3)
	f := authority.Founding{Realm: "fleet.example", Epoch0: time.Now().UTC().Truncate(24 * time.Hour)}
	next := authority.NextCore(f, second.secret.Params(), [32]byte(second.Public().(ed25519.PublicKey)), nil)
	r.core = second.reveal(t, next)
	r.stray = thief.reveal(t, authority.NextCore(f, thief.secret.Params(), [32]byte(thief.Public().(ed25519.PublicKey)), nil))
	hash := next.Hash()
	g := f
	f.Next, g.Generation = hash[:], 2
	r.present, r.next = r.found(first, f), r.found(second, g)
	if r.next.Core().Hash() != hash {
		t.Fatal("the next authority has another core")
	}
	r.write("next.mqs", r.core)
	r.write("stray.mqs", r.stray)
	return r
}

func (r *realms) found(m *master, f authority.Founding) *authority.Authority {
	r.t.Helper()
	store, err := storage.Create(filepath.Join(r.t.TempDir(), "authority.db"), [32]byte{1})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = store.Close() })
	a, err := authority.Found(store, m, m.secret.Params(), f, time.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *realms) path(name string) string { return filepath.Join(r.dir, name) }

func (r *realms) write(name string, b []byte) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), b, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *realms) read(name string) []byte {
	r.t.Helper()
	b, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// enrol answers the request in the device folder bus with the package keys.mqp.
func (r *realms) enrol(a *authority.Authority) {
	r.t.Helper()
	issued, err := a.Enrol(r.read("bus/request.mqr"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.write("keys.mqp", issued.Package)
}

// run gives what a command prints, on whichever output, as a person sees it.
func (r *realms) run(args ...string) (out string, ok bool) {
	r.t.Helper()
	var b bytes.Buffer
	root := newRoot()
	root.SetOut(&b)
	root.SetErr(&b)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(append(args, "--dir", r.path("bus")))
	err := root.Execute()
	if err != nil {
		terminal.Explain(&b, "marque-vehicle", err)
	}
	return b.String(), err == nil
}

// does wants a command to do something and to print these texts; refuses wants the opposite.
func (r *realms) does(args []string, texts ...string) { r.t.Helper(); r.expect(true, args, texts) }

func (r *realms) refuses(args []string, texts ...string) { r.t.Helper(); r.expect(false, args, texts) }

func (r *realms) expect(done bool, args, texts []string) {
	r.t.Helper()
	out, ok := r.run(args...)
	if ok != done {
		r.t.Fatalf("%v: done %v\n%s", args, ok, out)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			r.t.Errorf("%v: no %q in\n%s", args, text, out)
		}
	}
}

// A vehicle is rotated after its authority was compromised, as its operator does it.
func TestRotateByHand(t *testing.T) {
	r := newRealms(t)
	r.does([]string{"new", "--name", "bus-4711"})
	r.refuses([]string{"rotate", r.path("next.mqs")}, "the device was not rotated", "no keys are installed", "next: show the request")
	r.enrol(r.present)
	r.write("present.mqs", newMaster(t, 1).reveal(t, r.present.Core()))
	r.does([]string{"install", "--core", r.path("present.mqs"), r.path("keys.mqp")})
	r.does([]string{"status"}, "fleet.example, generation 1")
	old, oldPicture := r.read("bus/request.mqr"), r.read("bus/request.png")

	for name, text := range map[string]string{
		"stray.mqs": "not the next core that the realm committed to", "keys.mqp": "malformed", "none.mqc": "no such file",
		"bus/request.png": "malformed",
	} {
		r.refuses([]string{"rotate", r.path(name)}, "the device was not rotated", text, "next:")
	}
	r.refuses([]string{"rotate"}, "accepts 1 arg")
	if !bytes.Equal(old, r.read("bus/request.mqr")) {
		t.Fatal("a refused core replaced the request")
	}

	r.does([]string{"rotate", r.path("next.mqs")}, "fleet.example, generation 2", "the old keys are erased", "vehicle bus-4711", "request.png", "install --dir")
	if bytes.Equal(old, r.read("bus/request.mqr")) || bytes.Equal(oldPicture, r.read("bus/request.png")) {
		t.Fatal("the request was not replaced")
	}
	r.does([]string{"status"}, "was rotated and has no keys yet", "generation 2")
	r.refuses([]string{"sign", "--in", r.path("next.mqs")}, "rotated to its next core", "show the request")

	if err := os.Remove(r.path("bus/request.mqr")); err != nil { // as after a crash before it was written
		t.Fatal(err)
	}
	r.does([]string{"rotate", r.path("next.mqs")}, "nothing changed", "request.mqr")
	r.enrol(r.next)
	r.does([]string{"install", r.path("keys.mqp")}, "has keys for epochs") // nobody is asked
	r.does([]string{"status"}, "generation 2", "list     none")
	r.does([]string{"rotate", r.path("next.mqs")}, "nothing changed: this core is in force")
	r.refuses([]string{"rotate", r.path("present.mqs")}, "given up")
}

// The package of the next core comes first: the vehicle says what to do.
func TestInstallBeforeRotate(t *testing.T) {
	r := newRealms(t)
	r.does([]string{"new", "--name", "bus-4711"})
	r.enrol(r.present)
	r.write("present.mqs", newMaster(t, 1).reveal(t, r.present.Core()))
	r.does([]string{"install", "--core", r.path("present.mqs"), r.path("keys.mqp")})
	r.enrol(r.next)
	r.refuses([]string{"install", r.path("keys.mqp")}, "next core, which this device does not have yet", "next: rotate first")
}

func TestRotateJSON(t *testing.T) {
	r := newRealms(t)
	r.does([]string{"new", "--name", "bus-4711", "--kind", "application"})
	r.enrol(r.present)
	r.write("present.mqs", newMaster(t, 1).reveal(t, r.present.Core()))
	r.does([]string{"install", "--core", r.path("present.mqs"), r.path("keys.mqp")})
	out, _ := r.run("rotate", "--json", r.path("next.mqs"))
	var got rotated
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Generation != 2 || got.Again || got.Request == nil || got.Request.Kind != "application" ||
		len(strings.Fields(got.Words)) != 8 || len(strings.Fields(got.Request.Words)) != 8 {
		t.Errorf("%v\n%s", err, out)
	}
	out, _ = r.run("status", "--json")
	var s status
	if err := json.Unmarshal([]byte(out), &s); err != nil || !s.Rotating || s.Installed || s.HasNext || s.Core != 2 || s.Words != got.Words || s.Request != got.Request.Words {
		t.Errorf("%v\n%s", err, out)
	}
}
