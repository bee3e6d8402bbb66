package flow

import (
	"marque/authority"
	"marque/device/wire"
)

// Enroller is what enrolling needs of an authority; *authority.Authority has it.
type Enroller interface {
	Review(request []byte) (*authority.Review, error)
	Enrol(request []byte) (*authority.Issued, error)
	NewestList() (sequence uint32, list []byte, err error)
}

// Register is what listing identities needs of an authority.
type Register interface {
	Identities(from uint32, n int) ([]authority.Identity, error)
}

// Overview is what the status needs of an authority. Both work while it is locked.
type Overview interface {
	Core() *wire.Core
	Status() (authority.Status, error)
}

// Authority is an authority as the console sees it. It is safe for concurrent use.
type Authority interface {
	Enroller
	Register
	Overview
}

// Founder makes the authority that does not exist yet. It does not keep the passphrase.
type Founder interface {
	Found(f authority.Founding, passphrase []byte) (Authority, error)
}

// Safe is where an authority is kept. It does not keep the passphrase.
type Safe interface {
	Open() (Authority, error) // locked; nil without an error when there is none yet
	Unlock(passphrase []byte) (Authority, error)
	Lock() error
}

// Scanner turns what an officer has into the octets of a request. Errors: [ErrNoFile], [ErrNotPicture], [ErrLargePicture],
// [ErrNoCode], [*ForeignError], and those of wire.
type Scanner interface {
	File(path string) ([]byte, error) // a picture of the code, or a file with the request
	Text(code string) ([]byte, error) // what the code says
}

// Saver writes a new file, whole or not at all, flushed to the medium. A file with the same contents is left as it is. Errors:
// [ErrFileExists], [ErrWrite].
type Saver func(path string, contents []byte) error
