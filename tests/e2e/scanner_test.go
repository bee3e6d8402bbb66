package e2e

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// scanner VARIABLE FILE plugs in a hand scanner with a serial port, which reads the lines of a file over and over until the script ends, and
// sets a variable to its device.
func scanner(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "scanner VARIABLE FILE")
	port, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	ts.Check(err)
	ts.Check(unix.IoctlSetPointerInt(int(port.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(port.Fd()), unix.TIOCGPTN)
	ts.Check(err)
	device := fmt.Sprintf("/dev/pts/%d", n)
	hold, err := os.OpenFile(device, os.O_RDWR|unix.O_NOCTTY, 0) // it stays plugged in when a program closes it
	ts.Check(err)
	raw, err := unix.IoctlGetTermios(int(hold.Fd()), unix.TCGETS)
	ts.Check(err)
	raw.Lflag, raw.Oflag = 0, 0 // no echo
	ts.Check(unix.IoctlSetTermios(int(hold.Fd()), unix.TCSETS, raw))
	ts.Setenv(args[0], device)
	lines := strings.Fields(ts.ReadFile(args[1]))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond): // what somebody with a scanner takes
			}
			_ = unix.IoctlSetInt(int(hold.Fd()), unix.TCFLSH, unix.TCIFLUSH) // what nobody read
			if _, err := port.WriteString(lines[i%len(lines)] + "\r"); err != nil {
				return
			}
		}
	}()
	ts.Defer(func() {
		close(stop)
		<-stopped
		_, _ = hold.Close(), port.Close()
	})
}
