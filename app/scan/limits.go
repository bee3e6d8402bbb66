package scan

import "time"

const (
	// MaxText is the most characters of a text. The longest code of ours has 512.
	MaxText = 1024

	// MaxDevices is how many devices are listed.
	MaxDevices = 64

	// interval is the shortest time between two texts. A person scans two in a second.
	interval = 50 * time.Millisecond

	// pause without a key ends a text that has no Enter: it is refused.
	pause = 500 * time.Millisecond

	// waiting is how many texts wait for their turn. More than that is a flood.
	waiting = 8

	// readSize is how many octets are read from a device at once.
	readSize = 4096
)

// What makes a scanner in the box of the window.
const (
	scannerMean = 35 * time.Millisecond  // between two characters, at the most
	scannerGap  = 150 * time.Millisecond // the longest between two
	scannerText = 4                      // characters at least
)
