package localapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Socket returns where the service of the authority in dir listens: beside it, under its name between "." and ".socket".
func Socket(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the socket: %w", err)
	}
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".socket"), nil
}

const lockSuffix = ".lock"

// place is the folder and name of a socket. The folder stays open, so that its path may be longer than the 107 octets that a socket's
// address holds.
type place struct {
	folder *os.File
	owner  uint32 // of the folder
	name   string
}

// openPlace finds the socket, which may not exist yet; its folder must.
func openPlace(dir, socket string) (*place, error) {
	if socket == "" {
		var err error
		if socket, err = Socket(dir); err != nil {
			return nil, err
		}
	}
	socket, err := filepath.Abs(socket)
	if err != nil {
		return nil, fmt.Errorf("find the socket: %w", err)
	}
	if len(filepath.Base(socket)) > maxSocketName {
		return nil, fmt.Errorf("its name is longer than %d octets: %w", maxSocketName, ErrSocket)
	}
	folder, err := os.OpenFile(filepath.Dir(socket), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("open the socket's folder: %w", err)
	}
	info, err := folder.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the socket's folder: %w", err), folder.Close())
	}
	p := &place{folder: folder, name: filepath.Base(socket)}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		p.owner = stat.Uid
	}
	return p, nil
}

func (p *place) close() error { return p.folder.Close() }

// path names the socket, briefly.
func (p *place) path() string { return p.below(p.folder.Fd()) }

func (p *place) below(folder uintptr) string {
	return "/proc/self/fd/" + strconv.Itoa(int(folder)) + "/" + p.name
}

// dial connects, and makes sure that whoever listens is this account, root, or whom the folder belongs to: anybody else could have
// put a socket there to be told passphrases.
func (p *place) dial(ctx context.Context) (net.Conn, error) {
	held, err := p.folder.SyscallConn() // a client may be closed meanwhile, and the number be another file's then
	if err != nil {
		return nil, err
	}
	var c net.Conn
	var failed error
	if err := held.Control(func(fd uintptr) {
		d := net.Dialer{Timeout: dialWait}
		c, failed = d.DialContext(ctx, "unix", p.below(fd))
	}); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	who, err := peerOf(c.(*net.UnixConn)) // a connection over "unix" is one
	if err == nil && who.uid != uint32(os.Geteuid()) && who.uid != 0 && who.uid != p.owner {
		err = ErrPeer
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// nobody reports that the error of dial means that no service is there, rather than that it could not be reached.
func nobody(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// locked runs do while no other program starts or stops a service at the socket. The lock is on a file of its own beside the socket,
// which stays: everybody who can read the folder could lock that, and so keep any service from starting.
func (p *place) locked(ctx context.Context, do func() error) error {
	file, err := os.OpenFile(p.path()+lockSuffix, os.O_RDONLY|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return fmt.Errorf("lock the socket's place: %w (%w)", ErrSocket, err)
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return do()
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return fmt.Errorf("lock the socket's place: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another program keeps the socket's place locked: %w", ErrSocket)
		case <-time.After(lockPause):
		}
	}
}

// listen takes the place: it removes a socket that nobody listens on any more. group is whose members may connect besides this account,
// negative for none. Errors: [ErrServed], [ErrSocket].
func (p *place) listen(ctx context.Context, group int) (l *net.UnixListener, err error) {
	err = p.locked(ctx, func() error {
		if err := p.sweep(ctx); err != nil {
			return err
		}
		old := unix.Umask(0o177) // the socket is its owner's from the first moment
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: p.path(), Net: "unix"})
		unix.Umask(old)
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrSocket, err)
		}
		l.SetUnlinkOnClose(false) // remove does it, under the lock
		if group < 0 {
			return nil
		}
		if err := errors.Join(os.Chown(p.path(), -1, group), os.Chmod(p.path(), 0o660)); err != nil { //nolint:gosec // for the group
			return errors.Join(fmt.Errorf("give the socket to its group: %w", err), l.Close(), os.Remove(p.path()))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// sweep removes what a service that was killed left behind.
func (p *place) sweep(ctx context.Context) error {
	info, err := os.Lstat(p.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return ErrSocket
	}
	d := net.Dialer{Timeout: dialWait}
	c, err := d.DialContext(ctx, "unix", p.path())
	switch {
	case err == nil:
		return errors.Join(ErrServed, c.Close())
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(p.path())
	default:
		return fmt.Errorf("%w: %w", ErrServed, err) // somebody listens, and is busy
	}
}

// remove gives the place up. As long as the listener is open nobody else takes it, so that the socket is this service's.
func (p *place) remove(l *net.UnixListener) error {
	return p.locked(context.Background(), func() error {
		err := os.Remove(p.path())
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return errors.Join(err, l.Close())
	})
}
