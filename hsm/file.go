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
	fileFormat = "marque/v2/vault"

	kindPassphrase = "passphrase"
	kindTPM        = "tpm"
	kindBegun      = "begun" // of a TPM vault, as long as it is founded
)

// header is the public part of a vault file. Its compact JSON is hashed into
// the key that encrypts the seed and is the associated data of the encryption.
type header struct {
	Format string `json:"format"`
	Kind   string `json:"kind"`
	Cost   Cost   `json:"argon2id"`
	Salt   []byte `json:"salt"` // 32 octets

	TPM *sealedHeader `json:"tpm,omitempty"` // of the kind "tpm" only
}

// file is a whole vault file. Checksum tells a damaged file from a wrong
// passphrase; it is SHA-256 over the header, the encrypted seed, and the JSON of
// approvals if there are any. Approvals are not part of the header, so that one
// more does not need the seed to be encrypted anew: each is signed by itself.
type file struct {
	header
	Approvals []Approval `json:"approvals,omitempty"` // of the kind "tpm" only
	Seed      []byte     `json:"seed"`                // 32 octets of seed, encrypted, and the tag of 16
	Checksum  []byte     `json:"checksum"`
}

func newFile(kind string, cost Cost, salt []byte) *file {
	return &file{header: header{Format: fileFormat, Kind: kind, Cost: cost, Salt: salt}}
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
	b = append(b, f.Seed...)
	if len(f.Approvals) > 0 {
		approvals, err := json.Marshal(f.Approvals)
		if err != nil {
			return nil, fmt.Errorf("encode the vault's approvals: %w", err)
		}
		b = append(b, approvals...)
	}
	sum := sha256.Sum256(b)
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
	if f.Format != fileFormat {
		return nil, fmt.Errorf("%w: not of format %s", ErrVaultCorrupt, fileFormat)
	}
	again := &file{header: f.header, Approvals: f.Approvals, Seed: f.Seed}
	want, err := again.marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(b, want) {
		return nil, fmt.Errorf("%w: its checksum or its form is wrong", ErrVaultCorrupt)
	}
	return f, f.check()
}

// check refuses what no vault of its kind holds.
func (f *file) check() error {
	switch f.Kind {
	case kindBegun:
		return f.checkBegun()
	case kindPassphrase:
		if f.TPM != nil || f.Approvals != nil {
			return fmt.Errorf("%w: a vault of another kind names a TPM", ErrVaultCorrupt)
		}
	case kindTPM:
		if err := f.checkTPM(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: not of a known kind", ErrVaultCorrupt)
	}
	if len(f.Salt) != saltSize || len(f.Seed) != seedSize+tagSize {
		return fmt.Errorf("%w: salt or seed has a wrong length", ErrVaultCorrupt)
	}
	return f.Cost.check()
}

// checkTPM checks what a vault of the kind "tpm" has beyond others: sizes, and the
// officers' signature under every approval.
func (f *file) checkTPM() error {
	if err := f.TPM.check(); err != nil {
		return err
	}
	if len(f.Approvals) > maxApprovals {
		return fmt.Errorf("%w: it has more than %d approvals", ErrVaultCorrupt, maxApprovals)
	}
	for i := range f.Approvals {
		if err := f.TPM.verify(&f.Approvals[i]); err != nil {
			return fmt.Errorf("%w: approval %d: %w", ErrVaultCorrupt, i, err)
		}
	}
	return nil
}

// begun returns the file that stands in the place of f while f is founded: it names
// the TPM and the mark of the counters there, and nothing else.
func (f *file) begun() *file {
	return &file{header: header{
		Format: fileFormat, Kind: kindBegun,
		TPM: &sealedHeader{Root: f.TPM.Root, Counters: counterSet{Founding: f.TPM.Counters.Founding}},
	}}
}

func (f *file) checkBegun() error {
	if f.TPM == nil || len(f.TPM.Root) != nameSize || len(f.TPM.Counters.Founding) != saltSize || f.Approvals != nil {
		return fmt.Errorf("%w: a vault that was only begun has a wrong form", ErrVaultCorrupt)
	}
	want, err := f.begun().marshal()
	if err != nil {
		return err
	}
	if got, err := f.marshal(); err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("%w: a vault that was only begun holds something", ErrVaultCorrupt)
	}
	return nil
}

// begin writes what begun returns in a new file.
func (f *file) begin(path string) error {
	b, err := f.begun().marshal()
	if err != nil {
		return err
	}
	return writeFile(path, b)
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

// What is to take a vault file's place stands beside it, under its name and one of
// these. What a rekeying left there counts for the next one.
const (
	freshSuffix   = ".new"
	rekeyedSuffix = ".rekeyed"
)

// replaceFile puts b in the place of a vault file. Whatever happens meanwhile, the
// file has its old or its new content.
func replaceFile(path, suffix string, b []byte) error {
	fresh := path + suffix
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the vault: %w", err)
	}
	if err := writeFile(fresh, b); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("replace the vault: %w", err)
	}
	return syncFolder(filepath.Dir(path))
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
