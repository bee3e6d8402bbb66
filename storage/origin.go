package storage

import "fmt"

// PutOrigin notes which depot vouched for a request, by the depot's name, at most 64 octets. The first one stays. Whether the request is
// granted is not known yet.
func (tx *Tx) PutOrigin(request [32]byte, depot string) error {
	if depot == "" || len(depot) > maxOrigin {
		return fmt.Errorf("note where a request came from: %w", ErrInvalid)
	}
	if before, err := tx.Origin(request); err != nil || before != "" {
		return err
	}
	if serial, seen, err := tx.HasRequest(request); err != nil {
		return err
	} else if seen {
		tx.touched = append(tx.touched, serial)
	}
	return tx.putSealed(bucketOrigins, request[:], []byte(depot))
}

// Origin returns the depot that vouched for a request; empty for a request that came from none, or from one that was not noted.
func (tx *Tx) Origin(request [32]byte) (depot string, err error) {
	no, err := tx.absent(bucketOrigins)
	if err != nil || no {
		return "", err
	}
	b, err := tx.getSealed(bucketOrigins, request[:])
	return string(b), err
}
