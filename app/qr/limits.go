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

	// MaxPerSecond is how many codes a second an animation shows at the most. Cameras that see 30 frames need each code in two of them.
	MaxPerSecond = 15

	// MaxFrames is the most pictures that are read from one GIF or folder.
	MaxFrames = 1024

	// MaxMoviePixels is the most pixels of all pictures of a GIF together: 255 codes of the densest kind with 8 pixels to the module.
	MaxMoviePixels = 128 << 20

	// maxCandidates bounds the corners of codes that one attempt considers. The search tries all triples: this many take 0.1 s,
	// a picture full of corners would take for ever.
	maxCandidates = 500

	// MaxPart is the most octets of a payload in one part of a series: its text then has MaxText octets.
	MaxPart = 297

	// DefaultPart is what a code of version 11 holds at error correction level L.
	DefaultPart = 270

	// MaxPayload is the longest payload of a series in octets: a package of any size. It is a matter of patience: above 20,000
	// octets a stick is quicker.
	MaxPayload = 1 << 16

	// maxFinders bounds the corners of codes that are considered in one picture.
	maxFinders = 200

	minPart   = 16  // octets
	maxParts  = 255 // what one octet counts
	maxSpare  = 200 // per cent
	maxSeries = 4   // that are put together at the same time
)
