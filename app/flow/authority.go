package flow

import "marque/authority"

// Enroller is what enrolling needs of an authority; *localapi.Client has it.
type Enroller interface {
	Review(request []byte) (*authority.Review, error)
	Enrol(request []byte) (*authority.Issued, error)
	NewestList() (sequence uint32, list []byte, err error)
	AcceptReceipts(b []byte) (*Handed, error)
}

// Overview tells how the service and its authority stand. It works in every phase, and keeps nobody signed on.
type Overview interface {
	State() (State, error)
}

// Link leads to the service that has the authority. Connect reaches it, or starts one; it is called again after [ErrGone].
type Link interface {
	Connect() error
}

// Safe is the vault. It keeps no secret. Unlock takes what the officers who are signed on do not bring: the PIN, or, of a vault
// without officers, the passphrase.
type Safe interface {
	Unlock(secret []byte) error
	Lock() error
}

// Desk is where officers sign on, in this console. It does not keep their passphrases. Leave signs one of them off, SignOff all.
type Desk interface {
	SignOn(officer string, passphrase []byte) error
	Leave(officer string) error
	SignOff() error
}

// Service is all that the console needs of the service. It is safe for concurrent use. Its errors are those of authority and wire,
// and those of this package.
type Service interface {
	Link
	Overview
	Founder
	Safe
	Desk
	Seconder
	Enroller
	BatchEnroller
	Overviewer
	Finder
	Searcher
	Revoker
	Publisher
	Approver
	Logbook
	Appointer
	Keeper
	Governor
	DepotRegister
	Informer
}

// Clipboard stands for the picture in the clipboard, such as of the screen, where the path of a file is expected. Errors, besides those
// of a [Scanner]: [ErrNoClipboard].
const Clipboard = "clipboard:"

// sourceOf returns the path of what is read, empty for what has none.
func sourceOf(path string) string {
	if path == Clipboard {
		return ""
	}
	return path
}

// Scanner turns what an officer has into the octets of a request or of a receipt; at a depot, of one of both alone. Errors: [ErrNoFile], [ErrNotPicture],
// [ErrLargePicture], [ErrNoCode], [*SeriesError], [*ForeignError], and those of wire.
type Scanner interface {
	File(path string) ([]byte, error) // a picture of the code, or a file with it; or [Clipboard]
	Text(code string) ([]byte, error) // what the code says
}

// Saver writes a new file, whole or not at all, flushed to the medium. A file with the same contents is left as it is. Errors:
// [ErrFileExists], [ErrWrite].
type Saver func(path string, contents []byte) error
