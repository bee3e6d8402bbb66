package main

import (
	"time"

	"marque/app/onem2m"
	"marque/device/wire"
)

// maxMessage is the longest message in octets: the longest payload, and more than any header, sender and signature take.
const maxMessage = wire.MaxPayload + 1024

// maxFolder is about how many files may lie beside a package for the newest list to be looked for: the packages of a large fleet.
const maxFolder = 100_000

// folderBatch is how many names are read at a time.
const folderBatch = 1024

// clockWarning is how far the clock may be behind a list's issue before somebody is told.
const clockWarning = 5 * time.Minute

// maxSeen is how many contentInstances fetch remembers while it watches a container: four times as many as it looks at.
const maxSeen = 4 * onem2m.MaxList
