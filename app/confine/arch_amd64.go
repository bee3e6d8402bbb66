package confine

import "golang.org/x/sys/unix"

var arch = architecture{audit: unix.AUDIT_ARCH_X86_64, foreign: 1 << 30}
