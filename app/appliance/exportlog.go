package appliance

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"marque/authority"
)

// LogInfo is what an export of the log holds.
type LogInfo struct {
	Size int64 // octets
	Hash [32]byte
	Head authority.Head // the newest checkpoint when it was begun
}

// ExportLog writes to w what [Audit] takes as the database of a folder: the public parts alone, with nothing that is sealed. Meanwhile
// it lies beside the folder under the name ".NAME.audit". It works while the vault is locked. Errors: those of the file system, and w's.
func (a *Appliance) ExportLog(w io.Writer) (*LogInfo, error) {
	a.exports.Lock() // not backups: whoever may read the log could keep officers from them by reading slowly
	defer a.exports.Unlock()
	info, err := a.exportLog(w)
	if err != nil {
		return nil, fmt.Errorf("export the log: %w", err)
	}
	return info, nil
}

func (a *Appliance) exportLog(w io.Writer) (*LogInfo, error) {
	head, err := a.Authority().NewestCheckpoint()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(a.dir), "."+filepath.Base(a.dir)+".audit")
	if err := remove(path); err != nil { // that of a program that was killed
		return nil, err
	}
	defer remove(path) //nolint:errcheck // the next export removes it
	if err := a.store.ExportPublic(path); err != nil {
		return nil, err
	}
	from, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, hash), from)
	return &LogInfo{Size: n, Hash: [32]byte(hash.Sum(nil)), Head: *head}, errors.Join(err, from.Close())
}
