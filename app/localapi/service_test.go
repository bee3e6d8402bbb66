package localapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"marque/app/confine"
	"marque/app/localapi"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
)

const (
	realm      = "fleet.example"
	plan       = "realm = 'fleet.example'\nvault.kind = 'passphrase'\n"
	passphrase = "correct horse battery"
)

// cheap is what guesses cost in tests.
var cheap = hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}

// The test binary is the program of the service as well, so that a child is a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "authority" && os.Args[2] == "serve" {
		if err := serve(os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 3 && os.Args[1] == "dial" {
		os.Exit(dialAs(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

func serve(args []string) error {
	o := localapi.ServerOptions{Clock: time.Now, Log: os.Stderr, Cost: cheap, Version: "test"}
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.StringVar(&o.Dir, "dir", "", "")
	f.StringVar(&o.Socket, "socket", "", "")
	f.StringVar(&o.TPM, "tpm", "", "")
	attached := f.Bool("attached", false, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *attached {
		o.Attached, o.Ready = os.Stdin, os.Stdout
	}
	var err error
	if o.Confined, o.Exposed, err = confine.Confine(); err != nil {
		return localapi.Refuse(o.Ready, err)
	}
	s, err := localapi.New(o)
	if err != nil {
		return localapi.Refuse(o.Ready, err)
	}
	return s.Serve(context.Background())
}

// dialAs is another account's attempt: it exits with 0 when the service answers, with 4 when it is not for that account.
func dialAs(dir, socket string) int {
	c, err := localapi.Dial(context.Background(), localapi.Options{Dir: dir, Socket: socket})
	switch {
	case err == nil:
		_ = c.Close()
		return 0
	case errors.Is(err, localapi.ErrPeer):
		return 4
	default:
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
}

func program(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// dial returns a client that starts a child if nobody answers.
func dial(t testing.TB, dir string) *localapi.Client {
	t.Helper()
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir, Program: program(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Log(err)
		}
	})
	return c
}

// founded returns a client of a new authority under a passphrase.
func founded(t testing.TB, c *localapi.Client) *localapi.Founded {
	t.Helper()
	made, err := c.Found(localapi.Founding{Plan: []byte(plan), Passphrase: []byte(passphrase)})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// request is one for enrolment, as a device makes it.
func request(t testing.TB, name string) []byte {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	r := &wire.Request{Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte(key), Time: time.Now().UTC().Truncate(time.Second)}
	_, _ = rand.Read(r.Nonce[:])
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

// safeBuffer is a log that several goroutines write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// here runs a service inside the test, until its end.
func here(t testing.TB, o localapi.ServerOptions) *safeBuffer {
	t.Helper()
	log := new(safeBuffer)
	r, w := io.Pipe()
	o.Log, o.Ready = log, w
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Cost = cheap
	s, err := localapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	line := make([]byte, 5)
	if _, err := io.ReadFull(r, line); err != nil || string(line) != "ready" {
		t.Fatalf("the service says %q: %v", line, err)
	}
	go io.Copy(io.Discard, r)
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return log
}

// start runs the service as a process.
func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line := make([]byte, 5)
	if _, err := io.ReadFull(stdout, line); err != nil || string(line) != "ready" {
		t.Fatalf("the service says %q: %v", line, err)
	}
}

func fleet(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "fleet")
	t.Cleanup(func() { gone(t, dir) }) // a service that its last client let go of still tidies up
	return dir
}

// gone waits until no service holds the folder any more.
func gone(t testing.TB, dir string) {
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Error(err)
		return
	}
	f, err := os.Open(socket + ".lock")
	if err != nil {
		return // there never was one
	}
	defer f.Close()
	for range 1000 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("a service stays: %v", err)
}
