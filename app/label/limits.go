package label

const (
	// MaxLabels is how many labels one document has at most.
	MaxLabels = 10_000
	// MaxCards is how many cards one document has at most.
	MaxCards = 64
	// MaxRecord is the longest record in octets.
	MaxRecord = 1 << 20

	maxLine      = 255 // octets of a line on a label
	maxCardLines = 16  // of a card to be typed, or of its notes
	maxSign      = 6   // lines to sign on a card

	minModule = 0.25 // of a code, in mm: what scanners read
)
