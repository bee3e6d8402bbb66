package localapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What a child says on its standard output, one line each. A line that is neither is why it did not start: JSON of a problem.
const (
	lineReady = "ready"
	lineStays = "stays" // the parent let go, and others did not
)

// tell tells the parent that the service answers, or why not, and returns the error.
func (s *Server) tell(err error) error {
	if err != nil {
		return Refuse(s.o.Ready, err)
	}
	return s.say(lineReady)
}

// Refuse tells the parent that waits for an attached service why there is none, and returns the error. w is the one of
// ServerOptions.Ready; nil is nobody.
func Refuse(w io.Writer, err error) error {
	if w != nil {
		_, _ = w.Write(append(newProblem(err).encode(), '\n')) // a parent that is gone needs no answer
	}
	return err
}

func (s *Server) say(line string) error {
	if s.o.Ready == nil {
		return nil
	}
	if _, err := io.WriteString(s.o.Ready, line+"\n"); err != nil {
		return fmt.Errorf("tell the parent: %w", err)
	}
	return nil
}

// child is a service that this client started.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *tail
}

// Dial connects to the service of an authority. When nobody answers it starts one as a child, which ends with this client unless
// others use it then. The context ends all calls of the client; cancelling it does not undo what a call has done. Errors: [ErrPeer],
// [ErrNoService], [ErrChild], and what kept the child from serving: storage.ErrBusy, hsm.ErrVaultCorrupt and so on.
func Dial(ctx context.Context, o Options) (*Client, error) {
	p, err := openPlace(o.Dir, o.Socket)
	if err != nil {
		return nil, err
	}
	c := newClient(ctx, p)
	closeIdle := c.end
	c.end = func() {
		closeIdle()
		_ = p.close() // it was only looked at
	}
	if err := c.reach(o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// reach makes sure that a service answers.
func (c *Client) reach(o Options) error {
	ctx, cancel := context.WithTimeout(c.ctx, startWait)
	defer cancel()
	for hungUp := 0; ; {
		err := c.probe(ctx)
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w (%w)", ErrPeer, err)
		}
		if err == nil || ctx.Err() != nil || !nobody(err) && !errors.Is(err, ErrGone) {
			return err
		}
		if !nobody(err) { // it ends just now, or does not want us
			if hungUp++; hungUp == maxHungUp {
				return fmt.Errorf("the service hangs up at once: %w", ErrPeer)
			}
		}
		if nobody(err) {
			if o.Program == "" {
				return ErrNoService
			}
			if c.kid, err = start(ctx, o); err == nil {
				continue
			}
			if !errors.Is(err, ErrServed) { // somebody else was faster
				return err
			}
		}
		select { // a service ends, or another one starts
		case <-ctx.Done():
		case <-time.After(lockPause):
		}
	}
}

// probe asks for something small.
func (c *Client) probe(ctx context.Context) error {
	r, err := c.send(ctx, status.path(), jsonType, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	_, err = readReply[Status](r)
	if _, answered := errors.AsType[*Error](err); answered {
		return nil // whatever is wrong with the authority, the service is there
	}
	return err
}

// start starts a child and waits until it answers.
func start(ctx context.Context, o Options) (*child, error) {
	args := []string{"authority", "serve", "--dir", o.Dir, "--attached"}
	if o.Socket != "" {
		args = append(args, "--socket", o.Socket)
	}
	if o.TPM != "" {
		args = append(args, "--tpm", o.TPM)
	}
	cmd := exec.Command(o.Program, args...)              //nolint:gosec,noctx // the program is the caller's choice, and the child outlives the context
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is for the client
	kid := &child{cmd: cmd, stderr: new(tail)}
	cmd.Stderr = kid.stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	kid.stdin, kid.stdout = stdin, bufio.NewReaderSize(io.LimitReader(stdout, 4*maxProblem), maxProblem)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })()
	line, err := kid.stdout.ReadString('\n')
	if err == nil && line == lineReady+"\n" {
		return kid, nil
	}
	return nil, kid.failed(ctx, line)
}

// failed says why a child did not start, once it is gone.
func (k *child) failed(ctx context.Context, line string) error {
	_ = k.stdin.Close()
	ended := k.cmd.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if strings.HasPrefix(line, "{") {
		if err := parseProblem([]byte(line)); !errors.Is(err, ErrReply) {
			return err
		}
	}
	if said := k.stderr.String(); said != "" {
		return fmt.Errorf("%w: it said: %s", ErrChild, said)
	}
	return fmt.Errorf("%w (%w)", ErrChild, ended)
}

// release lets the child go, and waits until it has ended, or has said that others keep it. The error says what it said if it
// ended badly.
func (k *child) release() error {
	if err := k.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("let go of the service: %w", err)
	}
	if line, err := k.stdout.ReadString('\n'); err == nil && line == lineStays+"\n" {
		return k.cmd.Process.Release()
	}
	if err := k.cmd.Wait(); err != nil {
		return fmt.Errorf("the service ended badly (%w): %s", err, k.stderr.String())
	}
	return nil
}

// tail keeps the end of what a child says on its standard error. It is safe for concurrent use.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if over := len(t.b) - maxStderr; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

// String returns it in one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.Join(bytes.Fields(bytes.ToValidUTF8(t.b, nil)), []byte(" ")))
}
