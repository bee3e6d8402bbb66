package confine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// memory keeps pages from being swapped out, those to come as well. Pages are locked when they are first touched (MCL_ONFAULT): Go
// reserves much more than it uses. Where the limit is finite it must not be tried: the next page beyond it would end the process.
func memory() (done []string, exposed string, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		return nil, fmt.Sprintf("memory: it can be swapped out, and the limit of locked memory is unknown (%v)", err), nil
	}
	if limit.Cur != unix.RLIM_INFINITY && !mayLock() {
		return nil, fmt.Sprintf("memory: what is not a key's own page can be swapped out, because only %d KiB may be locked "+
			"(LimitMEMLOCK=infinity, or encrypted swap, mends that)", limit.Cur>>10), nil
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		return nil, fmt.Sprintf("memory: it can be swapped out, because it could not be locked (%v)", err), nil
	}
	return []string{"no swapping"}, "", nil
}

// mayLock reports whether the limit does not concern this process (CAP_IPC_LOCK).
func mayLock() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[unix.CAP_IPC_LOCK/32].Effective&(1<<(unix.CAP_IPC_LOCK%32)) != 0
}
