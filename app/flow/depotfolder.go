package flow

import (
	"io"

	"marque/app/depot"
	"marque/device/wire"
)

// DepotFolder is where a depot's key and records are. It keeps no passphrase. Errors: those of package depot.
type DepotFolder interface {
	Open(passphrase []byte) (DepotKeeper, error)
	Create(name string, core, passphrase []byte) (DepotKeeper, error)
}

// DepotIdentity is who a depot is.
type DepotIdentity interface {
	Name() string
	Core() *wire.Core
	Registration() []byte
}

// DepotBook is what was collected.
type DepotBook interface {
	Look(request []byte) (*depot.Item, error)
	Collect(requests ...[]byte) error
	Items() ([]depot.Item, error)
}

// DepotEraser forgets what was collected, and is in no batch yet.
type DepotEraser interface {
	Remove(hash [32]byte) error
}

// DepotSigner signs what was collected, for the authority.
type DepotSigner interface {
	Sign() (*depot.Signed, error)
	SignReceipts() (*depot.Signed, error)
}

// DepotCounter hands out and takes receipts.
type DepotCounter interface {
	Distribute(dir string, keep func(name string, b []byte) error) (*depot.Distribution, error)
	Receive(receipt []byte) (item *depot.Item, again bool, err error)
}

// DepotKeeper is an open folder; *depot.Depot has it. It is safe for concurrent use.
type DepotKeeper interface {
	DepotIdentity
	DepotBook
	DepotEraser
	DepotSigner
	DepotCounter
	io.Closer
}
