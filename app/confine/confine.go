package confine

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrFailed is a restriction that the system accepted and that does not hold.
var ErrFailed = errors.New("the process is not confined although the system said so: do not unlock an authority on this computer")

// Confine gives up everything of the package comment, for the whole process and for good, and proves it by trying. done and exposed say
// in clauses, such as "no network", what could be had, and what could not and why; neither is an error. Call it once, before the first
// secret. Error: [ErrFailed].
func Confine() (done, exposed []string, err error) {
	for _, r := range []restriction{dumps, network, memory} {
		what, missing, err := r()
		if err != nil {
			return nil, nil, err
		}
		if missing != "" {
			exposed = append(exposed, missing)
		}
		done = append(done, what...)
	}
	return done, exposed, nil
}

// Hide keeps the memory of the process out of core files and out of reach of other processes of the same account, and gives up nothing
// else: for clients, through which secrets pass. Call it before the first one. Error: [ErrFailed], or why the system would not.
func Hide() error {
	_, exposed, err := dumps()
	if err == nil && exposed != "" {
		err = fmt.Errorf("%w: %s", ErrFailed, exposed)
	}
	return err
}

// restriction gives something up. It says what, or why it could not.
type restriction func() (done []string, exposed string, err error)

// dumps keeps the memory out of core files, and out of reach of other processes of the same account (ptrace, /proc/PID/mem).
func dumps() (done []string, exposed string, err error) {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return nil, fmt.Sprintf("core dumps: the limit was not set (%v)", err), nil
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return nil, fmt.Sprintf("core dumps: the process could not be made undumpable (%v)", err), nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		return nil, "", fmt.Errorf("core dumps: %w", errors.Join(ErrFailed, err))
	}
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || dumpable != 0 {
		return nil, "", fmt.Errorf("core dumps: %w", errors.Join(ErrFailed, err))
	}
	return []string{"no core dumps", "no tracing"}, "", nil
}
