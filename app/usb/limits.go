package usb

import "time"

const (
	// InboxFolder is the only folder of a drive that is ever read, below its root.
	InboxFolder = "marque/inbox"

	// MaxFiles is how many files are read of an inbox, or written at once. What is left out of an inbox is not counted.
	MaxFiles = 10_000
	// MaxFileSize is the largest file that is read or written, 16 MiB: a list of a very large fleet.
	MaxFileSize = 16 << 20
	// MaxTotal is how many octets are read of an inbox, or written at once, 256 MiB.
	MaxTotal = 256 << 20
	// MaxName is the longest name of a file, in octets.
	MaxName = 100

	maxEntries = 20_000   // of a folder that are looked at
	maxSkipped = 100      // files left out that are named one by one
	maxMounts  = 1 << 20  // octets of mountinfo
	maxSysFile = 4096     // octets of a file in /sys
	maxDrives  = 256      // partitions
	maxModel   = 64       // characters of a drive's model
	maxMessage = 16 << 10 // octets of a uevent
	maxDepth   = 3        // folders of a place that is written to

	sectorSize = 512     // of /sys/block/*/size, whatever the drive's own
	chunk      = 1 << 20 // octets that are written, or read back, at once; a multiple of every drive's block
	block      = 4096    // octets: reads past the cache begin at multiples of it
	groupFiles = 64      // files that share a flush of their folder
	groupSize  = 16 << 20

	settle   = 200 * time.Millisecond // a stick that is inserted makes a dozen events: drives are looked at this long after the first
	glance   = 2 * time.Second        // drives are looked at this often where nothing is heard of them
	patience = time.Minute            // for udisks to flush and unmount a drive
)
