// Package confine gives up what a process that holds a master secret does not need: the network, core dumps, privileges to come, and
// memory that the system may write to a disk.
//
// What lives here: [Confine] and [Hide], for the beginning of a program, and the proof that they held. What may not: anything about what the process
// does. The package is for Linux, and uses no cgo.
//
// # What it is worth
//
// A seccomp filter refuses socket(2) for everything but Unix sockets, io_uring_setup(2), through which sockets could be had as well,
// pidfd_getfd(2) and ptrace(2), which reach into other processes that have some, and system calls of other architectures, whose numbers
// the filter would misread. It holds for all threads, and for all programs that the process starts. Sockets of a network that were open
// before are closed. A Unix socket reaches whatever listens on it: a service that talks to the network for others, or a process that
// hands over a socket of its own, is not kept out. Root can still read the memory of the process.
package confine
