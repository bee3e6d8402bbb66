package device

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget asks the system to drop what it keeps of a synced file, so that what is read next comes from the medium. It is free to keep it.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
