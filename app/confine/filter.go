package confine

import "golang.org/x/sys/unix"

// architecture is what the filter has to know of a processor.
type architecture struct {
	audit       uint32 // how the kernel names it; 0 for one that is not known here
	foreign     uint32 // system call numbers from here on are of another one that has the same name (x32); 0 for none
	multiplexed bool   // Go makes sockets by socketcall(2)
}

// Offsets in struct seccomp_data (seccomp(2)). All architectures here are little-endian.
const (
	numberAt   = 0
	auditAt    = 4
	argumentAt = 16 // the lower half of the first one, which is all that the kernel looks at in an int
)

const (
	load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	give    = unix.BPF_RET | unix.BPF_K
)

// filter returns the program:
//
//	other architecture            → EPERM
//	io_uring_*                    → EPERM
//	pidfd_getfd, ptrace, process_vm_* → EPERM
//	socket, socketpair not AF_UNIX → EPERM
//	anything else                 → allowed
func filter(a architecture) []unix.SockFilter {
	refused := []uint32{
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_PIDFD_GETFD, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	}
	sockets := []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR}
	var p []unix.SockFilter
	step := func(code uint16, k uint32) { p = append(p, unix.SockFilter{Code: code, K: k}) }
	// jump leaves its target for later: how far it is to one of the three ends is known when all of the program is.
	const toRefuse, toAllow, toDomain = 1, 2, 3
	type leap struct{ at, whenTrue, whenFalse int }
	var leaps []leap
	jump := func(code uint16, k uint32, whenTrue, whenFalse int) {
		leaps = append(leaps, leap{len(p), whenTrue, whenFalse})
		step(code, k)
	}
	step(load, auditAt)
	jump(equal, a.audit, 0, toRefuse)
	step(load, numberAt)
	if a.foreign != 0 {
		jump(atLeast, a.foreign, toRefuse, 0)
	}
	for _, number := range refused {
		jump(equal, number, toRefuse, 0)
	}
	for _, number := range sockets {
		jump(equal, number, toDomain, 0)
	}
	step(give, unix.SECCOMP_RET_ALLOW)
	domain := len(p)
	step(load, argumentAt)
	jump(equal, unix.AF_UNIX, toAllow, toRefuse)
	allow := len(p)
	step(give, unix.SECCOMP_RET_ALLOW)
	refuse := len(p)
	step(give, unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM))
	ends := map[int]int{toRefuse: refuse, toAllow: allow, toDomain: domain}
	for _, l := range leaps {
		if l.whenTrue != 0 {
			p[l.at].Jt = uint8(ends[l.whenTrue] - l.at - 1)
		}
		if l.whenFalse != 0 {
			p[l.at].Jf = uint8(ends[l.whenFalse] - l.at - 1)
		}
	}
	return p
}
