package hsm

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	fileFormat = "marque/v1/vault"
	fileKind   = "passphrase"
	fileGrade  = "evaluation"
)

// header is the public part of a vault file. Its compact JSON is hashed into
// the key that encrypts the seed and is the associated data of the encryption.
type header struct {
	Format string `json:"format"`
	Kind   string `json:"kind"`
	Grade  string `json:"grade"`
	Cost   Cost   `json:"argon2id"`
	Salt   []byte `json:"salt"` // 32 octets
}

// file is a whole vault file. Checksum tells a damaged file from a wrong
// passphrase; it is SHA-256 over the header and the encrypted seed.
type file struct {
	header
	Seed     []byte `json:"seed"` // 32 octets of seed, encrypted, and the tag of 16
	Checksum []byte `json:"checksum"`
}

func newFile(cost Cost, salt []byte) *file {
	return &file{header: header{Format: fileFormat, Kind: fileKind, Grade: fileGrade, Cost: cost, Salt: salt}}
}

// headerBytes returns the encoding of the header that keys depend on.
func (f *file) headerBytes() ([]byte, error) {
	b, err := json.Marshal(f.header)
	if err != nil {
		return nil, fmt.Errorf("encode the vault's header: %w", err)
	}
	return b, nil
}

func (f *file) checksum() ([]byte, error) {
	b, err := f.headerBytes()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(b, f.Seed...))
	return sum[:], nil
}

// marshal fills in the checksum and returns the one encoding of the file.
func (f *file) marshal() ([]byte, error) {
	sum, err := f.checksum()
	if err != nil {
		return nil, err
	}
	f.Checksum = sum
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the vault: %w", err)
	}
	return append(b, '\n'), nil
}

// parseFile reads a vault file strictly: it accepts nothing that marshal would
// not have written, so that no octet of the file can change unnoticed.
func parseFile(b []byte) (*file, error) {
	if len(b) > maxFile {
		return nil, fmt.Errorf("%w: longer than %d octets", ErrVaultCorrupt, maxFile)
	}
	f := new(file)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%w: not JSON of the expected form", ErrVaultCorrupt)
	}
	if f.Format != fileFormat || f.Kind != fileKind || f.Grade != fileGrade {
		return nil, fmt.Errorf("%w: not of format %s, kind %s, grade %s", ErrVaultCorrupt, fileFormat, fileKind, fileGrade)
	}
	if len(f.Salt) != saltSize || len(f.Seed) != seedSize+tagSize {
		return nil, fmt.Errorf("%w: salt or seed has a wrong length", ErrVaultCorrupt)
	}
	again := &file{header: f.header, Seed: f.Seed}
	want, err := again.marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(b, want) {
		return nil, fmt.Errorf("%w: its checksum or its form is wrong", ErrVaultCorrupt)
	}
	if err := f.Cost.check(); err != nil {
		return nil, err
	}
	return f, nil
}

func readFile(path string) (f *file, err error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the vault: %w", err)
	}
	return parseFile(b)
}

// writeFile writes a new vault so that it survives a power cut once writeFile
// returned, and reads it back. It leaves nothing behind when it fails.
func writeFile(path string, b []byte) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("create the vault: %w", ErrExists)
	}
	if err != nil {
		return fmt.Errorf("create the vault: %w", err)
	}
	_, err = w.Write(b)
	err = errors.Join(err, w.Sync(), w.Close(), syncFolder(filepath.Dir(path)))
	if err == nil {
		err = compareFile(path, b)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the vault: %w", err), os.Remove(path))
	}
	return nil
}

func compareFile(path string, want []byte) error {
	got, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read it back: %w", err)
	}
	if !bytes.Equal(got, want) {
		return errors.New("what was read back differs from what was written: replace the disk")
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
