package carry

const (
	// MaxState is the longest state file of a [Join], in octets: all parts of the series that it keeps.
	MaxState = 1 << 20
	// maxLine is the longest line that a hand scanner types; the longest code has 512 characters.
	maxLine = 4096
	// maxRow is how many parts stand in one row of the picture of what arrived.
	maxRow = 64
	// partSeries is how many characters at the beginning of a part tell its series from others.
	partSeries = 4 + 12
)
