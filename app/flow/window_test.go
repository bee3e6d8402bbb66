package flow_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/flow/remote"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
)

const secret = "correct horse battery staple"

// cheap is a cost of guesses that tests can wait for.
var cheap = hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}

// window stands for the goroutine of the window: work runs in goroutines of its own, results come back here. The service is a real
// one, on a Unix socket.
type window struct {
	t       *testing.T
	results chan func()
	now     time.Time
	mu      sync.Mutex // of now
	dir     string
	tpm     string
	idle    time.Duration
	service *remote.Service
	kill    func() // ends the service that runs
	console *flow.Console
	port    *port
	saveErr error
	saved   chan string
	tools   flow.Ceremony
	printed chan string // names of pages
	seen    []string    // pictures in the place of a camera; none for no camera
	labels  []flow.Label
}

func newWindow(t *testing.T) *window {
	t.Helper()
	w := &window{
		t: t, results: make(chan func(), 100), now: time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC),
		dir: filepath.Join(t.TempDir(), "authority"), saved: make(chan string, 100), idle: 100 * 365 * 24 * time.Hour,
	}
	w.port, w.printed = newPort(t), make(chan string, 10)
	w.service = remote.New(t.Context(), localapi.Options{Dir: w.dir})
	w.open()
	return w
}

// open makes a console.
func (w *window) open() {
	w.console = flow.NewConsole(flow.Parts{
		Loop: flow.Loop{
			Run: func(work func()) { go work() }, Post: func(result func()) { w.results <- result },
			After: func(d time.Duration, f func()) { time.AfterFunc(d, func() { w.results <- f }) },
		},
		Clock:   w.clock,
		Service: w.service, Dir: w.dir, Scanner: w, Save: w.save, Packages: filepath.Join(w.t.TempDir(), "packages"), Ceremony: w.tools,
		Papers: files{}, ReadKey: readKey,
		Drives: w.port, Camera: w.camera, Label: w.print,
	})
}

// serve starts the service.
func (w *window) serve() {
	w.t.Helper()
	ready, started := io.Pipe()
	s, err := localapi.New(localapi.ServerOptions{Dir: w.dir, TPM: w.tpm, Cost: cheap, Clock: w.clock, Idle: w.idle, Ready: started})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	w.kill = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the service: %v", err)
		}
	})
	w.t.Cleanup(w.kill)
	if line, err := bufio.NewReader(ready).ReadString('\n'); err != nil || line != "ready\n" {
		w.t.Fatalf("the service says %q, %v", line, err)
	}
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

// other is another program that has opened the authority.
func (w *window) other() *localapi.Client {
	w.t.Helper()
	c, err := localapi.Dial(w.t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Unlock(localapi.Unlock{Passphrase: []byte(secret)}); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *window) File(path string) ([]byte, error) {
	text, err := qr.DecodeFile(path)
	if err != nil {
		return nil, flow.ErrNoCode
	}
	return w.Text(text)
}

func (*window) Text(code string) ([]byte, error) {
	if wire.Sniff([]byte(code)) == wire.FoundReceiptText {
		return wire.ParseReceiptText(code)
	}
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

// found founds a realm under a cheap vault, serves it, and unlocks it.
func (w *window) found() {
	w.t.Helper()
	f, err := appliance.Found(w.dir, appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: []byte(secret), Cost: cheap,
	}, appliance.Options{Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := f.Appliance.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.serve()
	w.start(flow.Locked)
	w.unlock()
}

func (w *window) start(phase flow.Phase) {
	w.t.Helper()
	w.console.Start()
	w.until("the phase", func() bool { return w.console.Phase == phase })
}

func (w *window) unlock() {
	w.t.Helper()
	w.console.Unlock.Enter([]byte(secret))
	w.until("the list of identities", func() bool {
		return w.console.Unlocked() && w.console.Identities.Loaded && !w.console.Identities.Loading
	})
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
