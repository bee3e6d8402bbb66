// Package usb crosses the air gap on a stick: it finds drives, reads the one folder that may be read, and writes so that a stick that
// is pulled at any moment holds the old content or the new.
//
// What lives here: [Drives] and [Watch], [ReadInbox], [Write] and [Examine], [Eject]. What may not: what the files mean, which the formats
// say, and mounting, which the system does or an officer.
//
// A stick comes from anybody. Nothing on it is followed, executed or believed: links, devices, pipes, sockets, other file systems and
// folders are left out and named, without being opened; names, sizes and counts are bounded before anything is read.
//
// The functions may be called at the same time from several goroutines; of two writers into one folder the second is turned away.
// The system's trees (/sys, /proc) are parameters, see [System].
package usb
