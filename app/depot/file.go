package depot

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/argon2"

	"marque/device/wire"
)

// The file is magic (4) ‖ version (1) ‖ salt (16) ‖ nonce (12) ‖ AES-256-GCM of the state in JSON, with everything before the nonce as
// associated data, under Argon2id of the passphrase and the salt.
const (
	stateFile   = "depot"
	lockFile    = "lock"
	fileMagic   = "MQDP"
	fileVersion = 1
	saltSize    = 16
	headSize    = len(fileMagic) + 1 + saltSize
	nonceSize   = 12
)

// state is everything that a depot remembers.
type state struct {
	Seed         []byte // of the Ed25519 key, 32 octets
	Name         string
	Core         []byte     // statement
	Registration []byte     // statement
	Batches      uint32     // sequence of the newest batch
	LastBatch    []byte     `json:",omitempty"`
	Receipts     uint32     // sequence of the newest batch of receipts
	LastReceipts []byte     `json:",omitempty"`
	List         wire.Order `json:",omitzero"` // the newest that was handed out
	Told         wire.Order `json:",omitzero"` // that of the newest batch of receipts
	Items        []item
}

// item is a request and what became of it.
type item struct {
	ID        []byte // request hash
	Request   []byte
	Confirmed time.Time
	Batch     uint32    `json:",omitempty"` // that it is in
	Package   string    `json:",omitempty"` // path in the folder that it came in
	Hash      []byte    `json:",omitempty"` // SHA-256 of the package
	Sequence  uint32    `json:",omitempty"` // of the package
	Answers   []byte    `json:",omitempty"` // hash of the request that the package answers; empty for that of the first
	HandedOut time.Time `json:",omitzero"`
	Receipt   []byte    `json:",omitempty"`
	Receipts  uint32    `json:",omitempty"` // batch that the receipt is in
}

// sealer seals the state. Go's AES keeps its keys where they cannot be erased.
type sealer struct {
	head []byte
	aead cipher.AEAD
	rand io.Reader
}

func newSealer(head, passphrase []byte, rnd io.Reader) (*sealer, error) {
	key := argon2.IDKey(passphrase, head[headSize-saltSize:], argonTime, argonMemory, argonLanes, 32)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	return &sealer{head: head, aead: aead, rand: rnd}, nil
}

// freshHead draws a salt.
func freshHead(rnd io.Reader) ([]byte, error) {
	head := append([]byte(fileMagic), fileVersion)
	head = append(head, make([]byte, saltSize)...)
	if _, err := io.ReadFull(rnd, head[headSize-saltSize:]); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	return head, nil
}

// save replaces the file in dir.
func (s *sealer) save(dir string, st *state) (err error) {
	plain, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("encode the records: %w", err)
	}
	defer clear(plain)
	nonce := make([]byte, nonceSize)
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	b := append(bytes.Clone(s.head), nonce...)
	b = s.aead.Seal(b, nonce, plain, s.head)
	if len(b) > maxFile {
		return ErrFull
	}
	temp := filepath.Join(dir, stateFile+".new")
	if err := writeSynced(temp, b); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("replace the records: %w", err)
	}
	return syncFolder(dir)
}

func writeSynced(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the records: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the records: %w", err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}

// load reads the file in dir. The caller clears the seed.
func load(dir string, passphrase []byte, rnd io.Reader) (*sealer, *state, error) {
	b, err := readSmall(filepath.Join(dir, stateFile), maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, errors.Join(ErrFile, err)
	case err != nil:
		return nil, nil, err
	case len(b) < headSize+nonceSize || !bytes.HasPrefix(b, []byte(fileMagic)) || b[len(fileMagic)] != fileVersion:
		return nil, nil, ErrFile
	}
	s, err := newSealer(b[:headSize:headSize], passphrase, rnd)
	if err != nil {
		return nil, nil, err
	}
	rest := b[headSize:]
	plain, err := s.aead.Open(nil, rest[:nonceSize], rest[nonceSize:], s.head)
	if err != nil {
		return nil, nil, ErrPassphrase
	}
	defer clear(plain)
	st := new(state)
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(st); err != nil {
		return nil, nil, fmt.Errorf("%w: it was written by another version", ErrFile)
	}
	return s, st, nil
}

func readSmall(name string, limit int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	if len(b) > limit {
		return nil, ErrFile
	}
	return b, nil
}

// lock keeps other processes out of the folder.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrInUse, f.Close())
	}
	return f, nil
}
