package flow

const (
	minPassphrase = 8    // octets of a new passphrase
	maxPassphrase = 1024 // octets

	maxOfficerName = 64 // octets

	maxSpanFields = 8       // of a time that is typed: four numbers with their units
	maxSpanNumber = 1 << 20 // each

	pageSize = 500 // identities read at once

	maxPictures = 1000 // chosen at once

	maxListsRead = 3 // of a drive, to find one that is whole
)
