package device

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// makeKeyFile draws the root key and writes the key file; a sealer that is not nil seals it.
func (f *folder) makeKeyFile(s Sealer) error {
	if _, err := io.ReadFull(f.rand, f.root.key[:]); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if s == nil {
		return f.replace(keyFile, f.root.key[:])
	}
	sealed, err := s.Seal(f.root.key[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSealed, err)
	}
	if len(sealed) > maxKeyFile {
		return fmt.Errorf("%w: it has more than %d octets", ErrSealed, maxKeyFile)
	}
	return f.replace(keyFile, sealed)
}

// readKeyFile reads what makeKeyFile wrote.
func (f *folder) readKeyFile(s Sealer) error {
	b, err := readBounded(filepath.Join(f.dir, keyFile), maxKeyFile)
	defer clear(b)
	if err != nil {
		return fmt.Errorf("read the key file: %w: %w", ErrLocked, err)
	}
	key := b
	if s != nil {
		key, err = s.Unseal(b)
		defer clear(key)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSealed, err)
		}
	}
	if len(key) != len(f.root.key) {
		return fmt.Errorf("the key file must hold %d octets: %w", len(f.root.key), ErrLocked)
	}
	copy(f.root.key[:], key)
	return nil
}

// rootHead is what a file of the folder says in the clear of the root key.
type rootHead struct {
	source byte
	salt   [16]byte
	check  [16]byte
}

// readHeads returns what the copies of the state in a folder say of the root key: the same, unless one is damaged.
func readHeads(dir string) (heads []rootHead, err error) {
	var reasons []error
	for _, name := range append(slots[:], oneState) {
		h, err := readHead(filepath.Join(dir, name))
		switch {
		case err != nil:
			reasons = append(reasons, err)
		case len(heads) == 0 || heads[0] != h:
			heads = append(heads, h)
		}
	}
	if len(heads) > 0 {
		return heads, nil
	}
	for _, err := range reasons {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, reasons[0]
}

func readHead(path string) (h rootHead, err error) {
	r, err := os.Open(path)
	if err != nil {
		return h, fmt.Errorf("read the device folder: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var b [headerSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil || string(b[:4]) != fileMagic || b[4] != fileVersion {
		return h, fmt.Errorf("file %s: %w", filepath.Base(path), ErrCorrupt)
	}
	return rootHead{source: b[6], salt: [16]byte(b[7:23]), check: [16]byte(b[23:39])}, nil
}
