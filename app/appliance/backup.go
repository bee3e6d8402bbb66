package appliance

import (
	"io"
	"time"
)

// BackupInfo is what a backup of the database holds.
type BackupInfo struct {
	Size    int64 // octets
	Hash    [32]byte
	LogSize uint64
	List    uint32 // number of the newest list
	Counter uint64 // of the newest checkpoint
	Time    time.Time
}

// Backup writes a backup of the authority as it is now to w, while the authority goes on: database, encrypted under the key of the
// database, and the vault's files beside it, which open with what opened them at the time. See package backup. The appliance must be
// unlocked. Errors: storage.ErrLocked, and w's.
func (a *Appliance) Backup(w io.Writer) (*BackupInfo, error) {
	_ = w
	return nil, errLater
}

// Keys open the vault of a backup. They stay with the caller, who clears them.
type Keys struct {
	PIN        []byte
	Officers   map[string][]byte // passphrases by name: as many security officers as the vault needs
	Passphrase []byte            // of a passphrase vault
}

// Restore puts the authority of a backup into dir, which is empty or does not exist yet, and opens it, locked. It has the vault that
// was current when the backup was made, which k opens now: with another TPM, or after the officers were changed, recover from the
// cards instead. Every octet is verified before dir comes into being. The authority is read-only until authority.Authority.Reopen.
//
// Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder], backup.ErrArchive, and those of [Appliance.UnlockQuorum].
func Restore(dir string, archive io.Reader, k Keys, o Options) (*Appliance, error) {
	_, _, _, _ = dir, archive, k, o
	return nil, errLater
}
