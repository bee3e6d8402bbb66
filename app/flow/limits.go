package flow

import (
	"time"

	"marque/authority"
)

const (
	minPassphrase = 8    // octets of a new passphrase
	maxPassphrase = 1024 // octets

	maxOfficerName = 64 // octets

	maxSpanFields = 8       // of a time that is typed: four numbers with their units
	maxSpanNumber = 1 << 20 // each

	maxPictures = 1000 // chosen at once

	maxPastLists = 500             // that are shown
	recallAfter  = 3 * time.Second // who holds which is asked again, while it is counted
	maxListsRead = 3               // of a drive, to find one that is whole
)

// Of the log.
const (
	logRows     = 200     // read at once
	logAhead    = 40      // rows before the last one that was found, from which on more are looked for
	maxLogPages = 32      // that are kept
	maxLogFound = 100_000 // rows of a search
)

// Of identities.
const (
	pageRows  = 128 // read at once
	maxPages  = 24  // of them that are kept
	maxWanted = 4   // of them that are waited for

	exportRow      = 120     // octets of a row of a table, about
	maxExportGuess = 1 << 20 // rows that room is made for at once
	maxExportTries = 3       // when identities change while they are exported

	// MaxTicked is how many can be selected together.
	MaxTicked = authority.MaxIdentities

	indexPause    = 300 * time.Millisecond // until a registry that is being read is asked again
	progressPause = 500 * time.Millisecond // until progress is shown again
)
