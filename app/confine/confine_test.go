package confine_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/confine"
)

// The test binary runs itself: Confine is for good.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "confined" {
		if err := confined(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inherited is the descriptor that is left open in the confined process.
const inherited = 3

var errUnexpected = errors.New("it is not as it should be")

// confined tries everything and returns what is not as it should be.
func confined(folder string) error {
	threads() // that were there before
	if err := errors.Join(confine.Hide(), hidden()); err != nil {
		return err
	}
	done, exposed, err := confine.Confine()
	if err != nil {
		return err
	}
	fmt.Printf("done %q exposed %q\n", done, exposed)
	var wrong []error
	fails := func(what string, err error) {
		if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EACCES) {
			wrong = append(wrong, fmt.Errorf("%s: %w", what, errors.Join(errUnexpected, err)))
		}
	}
	works := func(what string, err error) {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", what, err))
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 16 { // on whichever threads
		all.Go(func() {
			_, err := net.Dial("tcp", "127.0.0.1:1")
			_, err6 := net.Dial("udp", "[::1]:53")
			mu.Lock()
			defer mu.Unlock()
			fails("dial", err)
			fails("dial IPv6", err6)
		})
	}
	all.Wait()
	_, err = net.Listen("tcp", "127.0.0.1:0")
	fails("listen", err)
	_, err = net.ListenPacket("udp", "127.0.0.1:0")
	fails("listen for datagrams", err)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	fails("raw socket", err)
	_, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	fails("packet socket", err)
	_, err = unix.Socketpair(unix.AF_INET, unix.SOCK_STREAM, 0)
	fails("pair of sockets", err)
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 8, 0, 0)
	fails("io_uring", errno)
	_, _, errno = unix.Syscall(unix.SYS_PIDFD_GETFD, ^uintptr(0), 0, 0)
	fails("a descriptor of another process", errno)
	_, _, errno = unix.Syscall(unix.SYS_PTRACE, unix.PTRACE_ATTACH, uintptr(os.Getppid()), 0)
	fails("tracing", errno)
	if _, err := unix.GetsockoptInt(inherited, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil {
		wrong = append(wrong, fmt.Errorf("a socket that was open before: %w", errUnexpected))
	}

	l, err := net.Listen("unix", filepath.Join(folder, "socket"))
	works("listen on a Unix socket", err)
	if err == nil {
		_, err = net.Dial("unix", l.Addr().String())
		works("dial a Unix socket", err)
	}
	works("write a file", os.WriteFile(filepath.Join(folder, "file"), []byte("x"), 0o600))
	_, err = os.Open("/dev/null")
	works("open a device", err)
	_, err = os.ReadDir("/proc/self/fd")
	works("look at its own descriptors", err)

	wrong = append(wrong, hidden(), memory(exposed), exec.Command("/bin/true").Run())
	return errors.Join(wrong...)
}

func hidden() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		return fmt.Errorf("core files may have %d octets: %w", limit.Max, errors.Join(errUnexpected, err))
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); n != 0 || err != nil {
		return fmt.Errorf("dumpable is %d: %w", n, errors.Join(errUnexpected, err))
	}
	return nil
}

// memory takes more than any finite limit of locked memory allows by default.
func memory(exposed []string) error {
	b := make([]byte, 96<<20)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	if os.Geteuid() != 0 && !slices.ContainsFunc(exposed, func(s string) bool { return strings.HasPrefix(s, "memory") }) {
		return fmt.Errorf("nothing is said about memory: %q", exposed)
	}
	return nil
}

// threads makes the runtime start some.
func threads() {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			t := unix.Timespec{Nsec: 20e6}
			_ = unix.Nanosleep(&t, nil)
		})
	}
	all.Wait()
}

func run(t *testing.T, as *syscall.Credential) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "confine") //nolint:usetesting // the folders above t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "program")
	if err := errors.Join(os.WriteFile(program, b, 0o755), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "confined", folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cmd.ExtraFiles = []*os.File{socket}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

func TestConfined(t *testing.T) {
	out := run(t, nil)
	for _, want := range []string{"no network", "no core dumps", "no new privileges"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
}

func TestConfinedAccount(t *testing.T) {
	if os.Geteuid() != 0 {
		return // TestConfined was it
	}
	if out := run(t, &syscall.Credential{Uid: 65534, Gid: 65534}); !strings.Contains(out, "no network") {
		t.Error(out)
	}
}
