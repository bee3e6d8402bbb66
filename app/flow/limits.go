package flow

import "time"

const (
	minPassphrase = 8    // octets of a new passphrase
	maxPassphrase = 1024 // octets

	maxOfficerName = 64 // octets

	maxSpanFields = 8       // of a time that is typed: four numbers with their units
	maxSpanNumber = 1 << 20 // each

	pageSize = 500 // identities read at once

	maxPictures = 1000 // chosen at once

	maxPastLists = 500             // that are shown
	recallAfter  = 3 * time.Second // who holds which is asked again, while it is counted
	maxListsRead = 3               // of a drive, to find one that is whole
)
