package authority

import (
	"fmt"

	"marque/storage"
)

// CoreStatement returns the core as it was signed at the founding: a statement of type core, at most 4,096 octets, that devices can be
// given at the factory. It works while the authority is locked.
func (a *Authority) CoreStatement() ([]byte, error) {
	var stmt []byte
	err := a.store.View(func(tx *storage.Tx) (err error) {
		stmt, err = tx.Core()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the core: %w", err)
	}
	return stmt, nil
}
