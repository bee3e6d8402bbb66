package confine

import "golang.org/x/sys/unix"

var arch = architecture{audit: unix.AUDIT_ARCH_ARM}
