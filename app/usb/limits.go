package usb

const (
	// InboxFolder is the only folder of a drive that is ever read, below its root.
	InboxFolder = "marque/inbox"

	// MaxFiles is how many files of an inbox are read. Further ones are counted up to maxEntries.
	MaxFiles = 10_000
	// MaxFileSize is the largest file that is read, 16 MiB: a list of a very large fleet.
	MaxFileSize = 16 << 20
	// MaxTotal is how many octets of an inbox are read in all, 256 MiB.
	MaxTotal = 256 << 20
	// MaxName is the longest name of a file, in octets.
	MaxName = 100

	maxEntries  = 20_000   // of an inbox that are looked at
	maxSkipped  = 100      // files left out that are named one by one
	maxMounts   = 1 << 20  // octets of mountinfo
	maxSysFile  = 4096     // octets of a file in /sys
	maxDrives   = 256      // partitions
	maxMessage  = 16 << 10 // octets of a uevent
	sectorSize  = 512      // of /sys/block/*/size, whatever the drive's own
	readBackBuf = 1 << 20
)
