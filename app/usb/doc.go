// Package usb crosses the air gap on a stick: it finds drives, reads the one folder that may be read, and writes so that a stick that
// is pulled at any moment holds the old content or the new.
//
// What lives here: [Drives] and [Watch], [ReadInbox], [Write] and [Examine]. What may not: what the files mean, which the formats say,
// and mounting, which the system does or an officer.
//
// A stick comes from anybody. Nothing on it is followed, executed or believed: links, devices, pipes, sockets, other file systems and
// folders are left out and named; names, sizes and counts are bounded before anything is read.
//
// The system's trees (/sys, /proc) are parameters, see [System].
package usb
