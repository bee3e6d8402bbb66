package qr

const (
	// MaxFile is the largest picture file in octets, 16 MiB.
	MaxFile = 16 << 20

	// MaxPixels is the most pixels of a picture, width × height: 25 million, twice what phones take by default. The widest pixels
	// that a PNG can have, 8 octets each, then need 200 MB.
	MaxPixels = 25_000_000

	// MaxText is the longest text of a code in octets. A static code that holds more is rarely read by a camera.
	MaxText = 512

	// MaxModulePixels is the largest width of a module in pixels.
	MaxModulePixels = 64

	// maxCandidates bounds the corners of codes that one attempt considers. The search tries all triples: this many take 0.1 s,
	// a picture full of corners would take for ever.
	maxCandidates = 500
)
