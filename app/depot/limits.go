package depot

import "marque/device/wire"

// A passphrase has MinPassphrase to MaxPassphrase octets.
const (
	MinPassphrase = 8
	MaxPassphrase = 1024
)

const (
	// Argon2id, as RFC 9106 recommends where memory is short: 64 MiB, three passes, one lane. They belong to version 1 of the file.
	argonTime   = 3
	argonMemory = 64 * 1024 // KiB
	argonLanes  = 1

	maxFile    = 256 << 20 // octets of the sealed file
	maxItems   = 100_000   // requests that a folder keeps
	maxListed  = wire.MaxBundle
	maxEntries = 4 * wire.MaxManifestFiles // files that are looked at beside those of a manifest
)
