package flow_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/qr"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
)

const secret = "correct horse battery staple"

// window stands for the goroutine of the window: work runs in goroutines of its own, results come back here.
type window struct {
	t       *testing.T
	results chan func()
	now     time.Time
	mu      sync.Mutex // of now
	dir     string
	open    *appliance.Appliance
	console *flow.Console
	saveErr error
	saved   chan string
}

func newWindow(t *testing.T) *window {
	t.Helper()
	w := &window{
		t: t, results: make(chan func(), 100), now: time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC),
		dir: filepath.Join(t.TempDir(), "authority"), saved: make(chan string, 100),
	}
	w.console = flow.NewConsole(flow.Parts{
		Loop:    flow.Loop{Run: func(work func()) { go work() }, Post: func(result func()) { w.results <- result }},
		Clock:   w.clock,
		Founder: w, Safe: w, Scanner: w, Save: w.save, Packages: filepath.Join(t.TempDir(), "packages"),
	})
	t.Cleanup(func() {
		if w.open != nil {
			w.open.Close()
		}
	})
	return w
}

// until takes results until something is so.
func (w *window) until(what string, so func() bool) {
	w.t.Helper()
	for !so() {
		select {
		case result := <-w.results:
			result()
		case <-time.After(time.Minute):
			w.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (w *window) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *window) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *window) Open() (flow.Authority, error) {
	a, err := appliance.Open(w.dir, appliance.Options{Clock: w.clock})
	switch {
	case errors.Is(err, authority.ErrNotFounded):
		return nil, nil
	case err != nil:
		return nil, flow.ErrDamaged
	}
	w.open = a
	return a.Authority(), nil
}

func (w *window) Found(f authority.Founding, passphrase []byte) (flow.Authority, error) {
	a, err := appliance.Found(w.dir, f, passphrase, appliance.Options{Clock: w.clock})
	if err != nil {
		return nil, flow.ErrOccupied
	}
	w.open = a
	return a.Authority(), nil
}

func (w *window) Unlock(passphrase []byte) (flow.Authority, error) {
	if err := w.open.Unlock(passphrase); err != nil {
		return nil, flow.ErrPassphrase
	}
	return w.open.Authority(), nil
}

func (w *window) Lock() error { w.open.Lock(); return nil }

func (w *window) File(path string) ([]byte, error) {
	text, err := qr.DecodeFile(path)
	if err != nil {
		return nil, flow.ErrNoCode
	}
	return w.Text(text)
}

func (*window) Text(code string) ([]byte, error) {
	b, err := wire.ParseRequestText(code)
	if err != nil {
		return nil, &flow.ForeignError{Seems: qr.Describe(code)}
	}
	return b, nil
}

func (w *window) save(path string, contents []byte) error {
	if w.saveErr != nil && filepath.Base(filepath.Dir(path)) != "good" {
		return w.saveErr
	}
	w.saved <- path
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, contents, 0o600)
}

// found founds a realm and opens it.
func (w *window) found() {
	w.t.Helper()
	w.console.Start()
	w.until("an absent authority", func() bool { return w.console.Phase == flow.Absent })
	f := w.console.Founding
	f.SetRealm("fleet.example")
	f.Found([]byte(secret))
	w.until("the words", func() bool { return f.Step == flow.FoundingWords })
	f.Finish()
	w.until("the list of identities", func() bool { return w.console.Identities.Loaded && w.console.Status.Known })
}

func request(t *testing.T, name string, at time.Time) []byte {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &wire.Request{Kind: wire.KindVehicle, Name: name, U: u.Public(), Time: at}
	rand.Read(r.Nonce[:])
	rand.Read(r.HPKEKey[:])
	body, err := r.Body()
	if err != nil {
		t.Fatal(err)
	}
	if r.Proof, err = u.Prove(rand.Reader, body); err != nil {
		t.Fatal(err)
	}
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// picture writes the code of a request to a folder.
func (w *window) picture(name string) string {
	w.t.Helper()
	b, err := qr.EncodePNG(wire.RequestText(request(w.t, name, w.clock())))
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.t.TempDir(), name+".png")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// enrol enrols a name from a picture.
func (w *window) enrol(name string) {
	w.t.Helper()
	e := w.console.Enrol
	e.Choose(w.picture(name))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
}
