package device

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/crypto/argon2"

	"marque/device/ibc"
)

// The files of a device folder. Each of the sealed ones is
//
//	magic (4) ‖ version (1) ‖ what (1) ‖ key source (1) ‖ salt (16) ‖ check (16) ‖ generation (u64) ‖ nonce (12) ‖ AES-256-GCM
//
// with everything before the ciphertext as associated data, under a key of its own: HKDF of the folder's root key and the file's name.
// They are always replaced as a whole: written beside, synced, read back, renamed, and the folder synced. The state (keys, request, peers, time
// floor) is in two of them: see slots.
const (
	listFile    = "list"    // the revocation list in force
	replayFile  = "replay"  // accepted messages; absent while a process holds the folder
	trustFile   = "trust"   // the trust list in force; the lists of the realms on it are in files of their own: ally.file
	carriedFile = "carried" // signed lists and changes that others can be brought to it with
	keyFile     = "key"     // 32 random octets, in the clear or sealed; absent with a passphrase
	lockFile    = "lock"

	headerSize = 4 + 1 + 1 + 1 + 16 + 16 + 8 + nonceSize
	nonceSize  = 12
)

const (
	fileMagic   = "MQDF"
	fileVersion = 1

	sourceFile       = 1
	sourcePassphrase = 2
	sourceSealed     = 3
)

// folder is an open device folder: the lock on it, and its root key. Writers are serialised by the Device.
type folder struct {
	dir  string
	lock *os.File
	rand io.Reader
	root *rootKey
	step func(string) // tests learn from it how far a change of files got; nil otherwise
}

func (f *folder) reached(step string) {
	if f.step != nil {
		f.step(step)
	}
}

// rootKey is the secret that all file keys derive from.
type rootKey struct {
	source byte
	salt   [16]byte
	key    [32]byte
	_      [0]func()
}

// Format keeps the key out of everything printed.
func (rootKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// derive returns n octets for one purpose.
func (k *rootKey) derive(purpose string, n int) ([]byte, error) {
	info := string(ibc.AppendLPString(nil, "marque/v1/device-folder")) + purpose
	b, err := hkdf.Key(sha512.New, k.key[:], k.salt[:], info, n)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the folder: %w", err)
	}
	return b, nil
}

// makeFolder makes a lock and a root key in a new, empty folder.
func makeFolder(dir string, src KeySource, rnd io.Reader) (*folder, error) {
	f, err := lockFolder(dir, rnd)
	if err != nil {
		return nil, err
	}
	f.root = &rootKey{source: src.source()}
	if _, err := io.ReadFull(rnd, f.root.salt[:]); err != nil {
		return nil, errors.Join(fmt.Errorf("draw a salt: %w", err), f.close())
	}
	if src.passphrase != nil {
		err = f.root.fromPassphrase(*src.passphrase)
	} else {
		err = f.makeKeyFile(src.sealer)
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// openFolder locks an existing folder and finds its root key.
func openFolder(dir string, src KeySource, rnd io.Reader) (*folder, error) {
	f, err := lockFolder(dir, rnd)
	if err != nil {
		return nil, err
	}
	if err := f.unlock(src); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *folder) unlock(src KeySource) error {
	heads, err := readHeads(f.dir)
	if err != nil {
		return err
	}
	var refused error
	for _, h := range heads {
		err := f.unlockAs(h, src)
		if !errors.Is(err, ErrLocked) {
			return err
		}
		refused = cmp.Or(refused, err)
	}
	return refused
}

// unlockAs finds the root key as one copy of the state describes it.
func (f *folder) unlockAs(h rootHead, src KeySource) (err error) {
	f.root = &rootKey{source: h.source, salt: h.salt}
	switch {
	case f.root.source != src.source():
		err = fmt.Errorf("the folder was made with another kind of key than the %s: %w", src.kind(), ErrLocked)
	case src.passphrase != nil:
		err = f.root.fromPassphrase(*src.passphrase)
	default:
		err = f.readKeyFile(src.sealer)
	}
	if err != nil {
		return err
	}
	check, err := f.root.derive("check", 16)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(check, h.check[:]) != 1 {
		return ErrLocked
	}
	return nil
}

// close gives the lock back and forgets the key.
func (f *folder) close() error {
	if f.root != nil {
		clear(f.root.key[:])
	}
	if err := f.lock.Close(); err != nil {
		return fmt.Errorf("release the device folder: %w", err)
	}
	return nil
}

// lockFolder takes the folder for this process.
func lockFolder(dir string, rnd io.Reader) (*folder, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the device folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(fmt.Errorf("lock the device folder: %w", err), lock.Close())
	}
	return &folder{dir: dir, lock: lock, rand: rnd}, nil
}

func (k *rootKey) fromPassphrase(p []byte) error {
	if len(p) == 0 || len(p) > maxPassphrase {
		return fmt.Errorf("%w: a passphrase has 1 to %d octets", ErrOptions, maxPassphrase)
	}
	b := argon2.IDKey(p, k.salt[:], argonTime, argonMemory, argonLanes, 32)
	defer clear(b)
	copy(k.key[:], b)
	return nil
}

// save seals b into the named file and replaces it atomically.
func (f *folder) save(name string, what byte, generation uint64, b []byte) error {
	aead, err := f.aead(name)
	if err != nil {
		return err
	}
	check, err := f.root.derive("check", 16)
	if err != nil {
		return err
	}
	out := make([]byte, 0, headerSize+len(b)+aead.Overhead())
	out = append(out, fileMagic...)
	out = append(out, fileVersion, what, f.root.source)
	out = append(out, f.root.salt[:]...)
	out = append(out, check...)
	out = binary.BigEndian.AppendUint64(out, generation)
	nonce := out[len(out) : len(out)+nonceSize]
	if _, err := io.ReadFull(f.rand, nonce); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	out = out[:headerSize]
	return f.replace(name, aead.Seal(out, nonce, b, out))
}

// load opens what save wrote. It returns fs.ErrNotExist when there is no such file, and ErrCorrupt when it is not as it was written.
func (f *folder) load(name string, what byte, limit int64) (b []byte, generation uint64, err error) {
	b, err = readBounded(filepath.Join(f.dir, name), limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	}
	aead, err := f.aead(name)
	if err != nil {
		return nil, 0, err
	}
	if len(b) < headerSize || string(b[:4]) != fileMagic || b[4] != fileVersion || b[5] != what {
		return nil, 0, fmt.Errorf("file %s: %w", name, ErrCorrupt)
	}
	head := b[:headerSize]
	plain, err := aead.Open(nil, head[headerSize-nonceSize:], b[headerSize:], head)
	if err != nil {
		return nil, 0, fmt.Errorf("file %s: %w", name, ErrCorrupt)
	}
	return plain, binary.BigEndian.Uint64(head[39:47]), nil
}

func (f *folder) aead(name string) (cipher.AEAD, error) {
	key, err := f.root.derive("file "+name, 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return newGCM(key)
}

// remove takes a file away for good.
func (f *folder) remove(name string) error {
	f.reached("remove " + name)
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	f.reached("sync without " + name)
	return syncDir(f.dir)
}

// replace writes beside, syncs, reads back, renames and syncs the folder: after a crash the file is the old one or the new one, and a medium
// that does not keep what is written to it costs nothing but the change.
func (f *folder) replace(name string, b []byte) error {
	path := filepath.Join(f.dir, name)
	if err := f.write(path+".new", name, b); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	f.reached("rename " + name)
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	f.reached("sync with " + name)
	if err := syncDir(f.dir); err != nil {
		return err
	}
	f.reached("replaced " + name)
	return nil
}

// write makes a file that is on the medium when it returns, and is read from there as it was written.
func (f *folder) write(path, name string, b []byte) (err error) {
	f.reached("create " + name)
	w, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	f.reached("write " + name)
	if _, err := w.Write(b); err != nil {
		return err
	}
	f.reached("sync " + name)
	if err := w.Sync(); err != nil {
		return err
	}
	f.reached("read " + name)
	return readBack(w, b)
}

// readBack compares what a synced file holds with what was written to it.
func readBack(r *os.File, want []byte) error {
	forget(r)
	buffer := make([]byte, 64<<10)
	for at := 0; ; {
		n, err := r.ReadAt(buffer, int64(at))
		if n > len(want)-at || !bytes.Equal(buffer[:n], want[at:at+n]) {
			return ErrMedium
		}
		at += n
		switch {
		case errors.Is(err, io.EOF) && at == len(want):
			return nil
		case errors.Is(err, io.EOF):
			return ErrMedium
		case err != nil:
			return err
		}
	}
}

func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}

// readBounded reads a file of at most limit octets; a longer one is corrupt.
func readBounded(path string, limit int64) (b []byte, err error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, ErrCorrupt
	}
	return b, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("AES-256-GCM: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("AES-256-GCM: %w", err)
	}
	return aead, nil
}

// names are the files of the folder whose names begin so.
func (f *folder) names(prefix string) (out []string) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			out = append(out, e.Name())
		}
	}
	return out
}
