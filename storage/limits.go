package storage

import (
	"time"

	"marque/device/wire"
)

const (
	format = 2 // version of the file's layout

	lockWait = time.Second // how long Open waits for another process

	// Octets.
	maxStatement = wire.MaxStatement // core, policy, checkpoint
	maxList      = wire.MaxBundle
	maxPackage   = wire.MaxPackage
	maxLogEntry  = wire.MaxLogEntry
	maxFiled     = 1 << 20 // a proposal or a decision
	maxIdentity  = 512     // an encoded identity; the longest has about 410
	maxOrigin    = 64      // the name of a depot

	maxLogSize = 1 << 48 // entries; keeps the arithmetic on hashes far from overflow

	maxEpochs = wire.MaxKeys // that one package covers
)
