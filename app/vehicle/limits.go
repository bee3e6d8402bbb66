package main

import (
	"time"

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
