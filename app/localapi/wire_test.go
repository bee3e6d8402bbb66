package localapi_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"marque/app/localapi"
)

const nobody = 65534

// connect opens a connection without a client.
func connect(t testing.TB, dir string) net.Conn {
	t.Helper()
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// post sends a request and returns the status and the body of the reply.
func post(t testing.TB, dir, path, kind, header, body string) (int, string) {
	t.Helper()
	c := connect(t, dir)
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: marque\r\nContent-Type: %s\r\n%s\r\n%s", path, kind, header, body); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestRequestsAreTakenStrictly(t *testing.T) {
	dir := fleet(t)
	here(t, localapi.ServerOptions{Dir: dir})
	secret := "Tr0ub4dor"
	length := func(b string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(b)) }
	for name, c := range map[string]struct {
		path, kind, header, body string
		code                     int
	}{
		"fine":             {"/v1/status", "application/json", length("{}"), "{}", 200},
		"unknown call":     {"/v1/seed", "application/json", length("{}"), "{}", 400},
		"no call":          {"/", "application/json", length("{}"), "{}", 400},
		"another type":     {"/v1/status", "text/plain", length("{}"), "{}", 400},
		"unknown field":    {"/v1/status", "application/json", length(`{"X":1}`), `{"X":1}`, 400},
		"two values":       {"/v1/status", "application/json", length(`{} {}`), `{} {}`, 400},
		"not JSON":         {"/v1/status", "application/json", length(secret), secret, 400},
		"nothing":          {"/v1/status", "application/json", length(""), "", 400},
		"of another shape": {"/v1/found", "application/json", length(`{"Plan":["` + secret + `"]}`), `{"Plan":["` + secret + `"]}`, 400},
		"too long":         {"/v1/found", "application/json", "Content-Length: 262145\r\n", "", 400},
		"endless":          {"/v1/found", "application/json", "Transfer-Encoding: chunked\r\n", "50000\r\n" + strings.Repeat(" ", 0x50000) + "\r\n", 400},
		"a session":        {"/v1/publish", "application/json", "Marque-Session: " + strings.Repeat("ab", 32) + "\r\n" + length("{}"), "{}", 409},
		"no session":       {"/v1/status", "application/json", "Marque-Session: \x7f\r\n" + length("{}"), "{}", 400},
		"long header":      {"/v1/status", "application/json", "X: " + strings.Repeat("x", 64<<10) + "\r\n", "", 431},
	} {
		code, body := post(t, dir, c.path, c.kind, c.header, c.body)
		if code != c.code {
			t.Errorf("%s: %d, want %d: %s", name, code, c.code, body)
		}
		if strings.Contains(body, secret) {
			t.Errorf("%s: the reply quotes the request: %s", name, body)
		}
	}
	phase(t, dial(t, dir), localapi.Absent)
}

func TestGarbageDoesNotStopTheService(t *testing.T) {
	dir := fleet(t)
	log := here(t, localapi.ServerOptions{Dir: dir})
	for i := range 40 {
		c := connect(t, dir)
		b := make([]byte, 1+i*97)
		_, _ = rand.Read(b)
		_, _ = c.Write(b)
		if i%2 == 0 {
			_, _ = c.Write([]byte("\r\n\r\n"))
		}
		_ = c.Close()
	}
	many := make([]net.Conn, 100) // more than the service takes; the others it closes
	for i := range many {
		many[i] = connect(t, dir)
	}
	for _, c := range many {
		_ = c.Close()
	}
	phase(t, dial(t, dir), localapi.Absent)
	if log.String() != "" {
		t.Errorf("the log says %s", log)
	}
}

// Nothing that was typed stands in what the service says to anybody, its log or its errors.
func TestSecretsStayUnsaid(t *testing.T) {
	dir := fleet(t)
	log := here(t, localapi.ServerOptions{Dir: dir})
	c := dial(t, dir)
	var said bytes.Buffer
	note := func(err error) {
		if err == nil {
			t.Error("that should have failed")
			return
		}
		said.WriteString(err.Error() + "\n")
	}
	secrets := []string{"Tr0ub4dor&3", "hunter2hunter2", passphrase}
	_, err := c.Found(localapi.Founding{Plan: []byte(plan), Passphrase: []byte("Tr0ub4")})
	note(err)
	_, err = c.Found(localapi.Founding{Plan: []byte(plan), Passphrase: []byte(passphrase), Cards: [][]byte{[]byte(secrets[0])}})
	note(err)
	founded(t, c)
	_, err = c.CheckCard([]byte(secrets[0]))
	note(err)
	note(c.Drill([][]byte{[]byte(secrets[0])}))
	note(c.ChangePassphrase("Ada", []byte(secrets[0]), []byte(secrets[1])))
	note(c.ApprovePlatform(localapi.Approval{Key: []byte(secrets[0])}))
	note(c.ResetLockout([]byte(secrets[1])))
	note(c.ChangeOfficers(localapi.OfficersChange{PIN: []byte(secrets[0]), Officers: []localapi.Appointment{
		{Name: "Ada", Role: "security officer", Passphrase: []byte(secrets[1])},
	}}))
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	note(c.Unlock(localapi.Unlock{Passphrase: []byte(secrets[0]), PIN: []byte(secrets[1])}))
	for _, secret := range append(secrets, "Tr0ub4") {
		if strings.Contains(said.String(), secret) || strings.Contains(log.String(), secret) {
			t.Errorf("a secret was said:\n%s\n%s", &said, log)
		}
	}
}

// account returns a command that runs this test binary as nobody, from a folder that nobody can read.
func account(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	b, err := os.ReadFile(program(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "program")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Dir = folder
	return cmd
}

// open returns a folder that every account reaches.
func open(t *testing.T, mode os.FileMode) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "marque") //nolint:usetesting // the folders above t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, mode); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestOtherAccountsAreRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can become somebody else")
		return
	}
	dir := filepath.Join(open(t, 0o755), "fleet")
	here(t, localapi.ServerOptions{Dir: dir})
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(socket, 0o666); err != nil { // so that the service has to find out
		t.Fatal(err)
	}
	out, err := account(t, filepath.Dir(dir), "dial", dir, "").CombinedOutput()
	if code := exitCode(err); code != 4 {
		t.Errorf("another account is served: exit %d\n%s", code, out)
	}
	phase(t, dial(t, dir), localapi.Absent)
}

func TestGroupIsServed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can become somebody else")
		return
	}
	dir := filepath.Join(open(t, 0o755), "fleet")
	here(t, localapi.ServerOptions{Dir: dir, Group: nobody})
	if out, err := account(t, filepath.Dir(dir), "dial", dir, "").CombinedOutput(); err != nil {
		t.Errorf("a member of the group is refused: %v\n%s", err, out)
	}
	stranger := account(t, filepath.Dir(dir), "dial", dir, "")
	stranger.SysProcAttr.Credential.Gid = nobody - 1
	if out, err := stranger.CombinedOutput(); exitCode(err) != 4 {
		t.Errorf("no member of the group is served: %v\n%s", err, out)
	}
	member := account(t, filepath.Dir(dir), "dial", dir, "")
	member.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody - 1, Groups: []uint32{nobody}}
	if out, err := member.CombinedOutput(); err != nil {
		t.Errorf("a member by a supplementary group is refused: %v\n%s", err, out)
	}
}

func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return -1
}

// A service of another account could be there to be told a passphrase.
func TestServiceOfAnotherAccountIsNotTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can become somebody else")
		return
	}
	folder := open(t, 0o777)
	dir := filepath.Join(folder, "fleet")
	start(t, account(t, open(t, 0o755), "authority", "serve", "--dir", dir, "--attached"))
	if _, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), localapi.ErrPeer.Error()) {
		t.Errorf("root trusts a service of nobody: %v", err)
	}
	if err := os.Chown(folder, nobody, nobody); err != nil { // now it is nobody's own folder
		t.Fatal(err)
	}
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	phase(t, c, localapi.Absent)
}

// Whoever can read a folder can lock it.
func TestLockedFolderKeepsNoServiceFromStarting(t *testing.T) {
	dir := fleet(t)
	folder, err := os.Open(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	here(t, localapi.ServerOptions{Dir: dir})
	socket, err := localapi.Socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(socket + ".lock")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can lock what services lock: %v %v", info, err)
	}
}

func TestLongPathsAndSecondServices(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "fleet")
	c := dial(t, dir)
	founded(t, c)
	second, err := localapi.New(localapi.ServerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), localapi.ErrServed.Error()) {
		t.Errorf("a second service: %v", err)
	}
	phase(t, c, localapi.Open)
}
