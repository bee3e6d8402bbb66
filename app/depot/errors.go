package depot

import "errors"

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrPassphrase: the passphrase does not open the folder, or the file was changed.
	ErrPassphrase = errors.New("that is not the passphrase of this depot, or its file was damaged: type it again, or put a copy of the folder back")
	// ErrWeakPassphrase: a new depot needs another passphrase.
	ErrWeakPassphrase = errors.New("a depot's passphrase has 8 to 1024 octets: choose another, such as six words that nobody would guess")
	// ErrFile: the file in the folder is not a depot's.
	ErrFile = errors.New("that is no depot's folder, or its file is damaged: name the folder that `marque depot new` made")
	// ErrInUse: another process has the folder open.
	ErrInUse = errors.New("another program works in this depot's folder: wait until it has ended")
	// ErrFull: the folder keeps no more requests.
	ErrFull = errors.New("the folder has 100,000 requests, and takes no more: make a new depot folder, and have it registered")
	// ErrSigned: a request is in a batch.
	ErrSigned = errors.New("the request is in a batch that was signed: tell the authority to refuse it")
	// ErrUnknown: a request was not collected here.
	ErrUnknown = errors.New("the request was not collected here")
	// ErrNothing: there is nothing to sign.
	ErrNothing = errors.New("nothing was collected yet: collect first, then sign")
	// ErrNotOurs: a receipt is of a device that got no package here.
	ErrNotOurs = errors.New("no package for that device was handed out here: take the receipt to the authority, or to the depot that handed it out")
	// ErrOtherReceipt: another receipt for the same package came before, with other keys.
	ErrOtherReceipt = errors.New("another receipt for the same package came before, with other keys for the next one: two devices have these keys; tell the authority at once")
	// ErrNoManifest: the folder has none.
	ErrNoManifest = errors.New("there is no manifest.mqm: copy the whole folder that the authority wrote")
	// ErrManifest: files are missing or were changed.
	ErrManifest = errors.New("the files are not those that the authority wrote: copy the whole folder again, and install nothing of this one")
)
