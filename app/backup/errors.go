package backup

import "errors"

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrArchive: the file is not an archive, was cut off, or was changed.
	ErrArchive = errors.New("this is not a backup, or it was cut off or changed: take another copy of it, or an older backup")
	// ErrKey: the archive is of another authority, or its first octets were changed.
	ErrKey = errors.New("the backup does not open with this authority's key: it is another authority's, or it was changed")
)
