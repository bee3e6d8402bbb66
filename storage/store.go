package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// The buckets. Of meta only the canary is sealed.
const (
	bucketMeta        = "meta"        // format, canary, head
	bucketStatements  = "statements"  // core
	bucketLists       = "lists"       // u32 sequence → bundle statement
	bucketCheckpoints = "checkpoints" // u64 size → checkpoint statement
	bucketLog         = "log"         // u64 index → entry
	bucketHashes      = "hashes"      // u64 index as in tlog.StoredHashIndex → 32 octets
	bucketIdentities  = "identities"  // u32 serial → identity, sealed
	bucketPackages    = "packages"    // u32 serial ‖ u32 sequence → package, sealed
	bucketNames       = "names"       // name → u32 serial, sealed
	bucketRequests    = "requests"    // 32-octet request hash → u32 serial, sealed
	bucketKeys        = "keys"        // 32-octet enrolment key U → u32 serial, sealed
	bucketGaps        = "gaps"        // u32 first serial of a gap → u32 first one after it
	bucketLost        = "lost"        // u32 serial → revoked serial of a gap, sealed
	bucketPolicies    = "policies"    // u32 sequence → policy statement
	bucketProposals   = "proposals"   // 32-octet digest → what officers are asked to decide, sealed
	bucketDecisions   = "decisions"   // 32-octet digest → what they decided
)

var (
	publicBuckets = []string{bucketStatements, bucketLists, bucketCheckpoints, bucketLog, bucketHashes, bucketGaps, bucketPolicies, bucketDecisions, bucketPoints, bucketDepotLists, bucketTrust}
	sealedBuckets = []string{bucketMeta, bucketIdentities, bucketPackages, bucketNames, bucketRequests, bucketKeys, bucketLost, bucketProposals, bucketReceipts, bucketNextKeys, bucketOrigins, bucketRevoked}

	keyFormat   = []byte("format")
	keyCanary   = []byte("canary")
	keyHead     = []byte("head")
	keyRestored = []byte("restored")
)

// Store is an open database. Its methods may be called concurrently; updates
// run one after the other, views beside them.
type Store struct {
	db      *bbolt.DB
	keys    atomic.Pointer[keyring] // nil while locked
	watcher atomic.Pointer[func(serials []uint32)]
}

// Create makes a new database at path, mode 0600, whose private values are
// sealed under key, and leaves it unlocked. An existing file is refused with
// ErrExists and not touched.
func Create(path string, key [32]byte) (*Store, error) {
	defer clear(key[:])
	keys, err := newKeyring(key)
	if err != nil {
		return nil, err
	}
	db, err := openFile(path, os.O_RDWR|os.O_EXCL)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create the database: a file of that name %w", ErrExists)
	}
	if err != nil {
		return nil, fmt.Errorf("create the database: %w", err)
	}
	s := &Store{db: db}
	s.keys.Store(keys)
	if err := s.initialise(keys); err != nil {
		return nil, errors.Join(fmt.Errorf("create the database: %w", err), db.Close(), os.Remove(path))
	}
	return s, nil
}

func (s *Store) initialise(keys *keyring) error {
	err := s.db.Update(func(b *bbolt.Tx) error {
		for _, list := range [][]string{publicBuckets, sealedBuckets} {
			for _, name := range list {
				if _, err := b.CreateBucket([]byte(name)); err != nil {
					return fmt.Errorf("bucket %s: %w", name, err)
				}
			}
		}
		tx := &Tx{tx: b, keys: keys, head: head{root: emptyRoot()}}
		if err := tx.put(bucketMeta, keyFormat, binary.BigEndian.AppendUint32(nil, format)); err != nil {
			return err
		}
		// The digest around the seal tells a wrong key from a damaged canary.
		if err := tx.putPublic(bucketMeta, keyCanary, keys.seal(bucketMeta, keyCanary, keyCanary)); err != nil {
			return err
		}
		return tx.putHead()
	})
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.db.Path()))
}

// Open opens the database at path, locked: public values can be read, private
// ones after [Store.Unlock]. It waits at most one second for another process
// that has the file open (ErrBusy). A file that is no database or was truncated
// is refused with ErrCorrupt, one of a later format with ErrFormat, a missing
// one with fs.ErrNotExist.
func Open(path string) (*Store, error) {
	s, err := open(path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := s.addLate(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), s.db.Close())
	}
	return s, nil
}

// OpenReadOnly is Open for readers that must not change anything, or may not: it
// needs no right to write, and several may read at the same time. Update fails.
func OpenReadOnly(path string) (*Store, error) { return open(path, os.O_RDONLY) }

func open(path string, flag int) (*Store, error) {
	db, err := openFile(path, flag)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{db: db}
	if err := s.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.Close())
	}
	return s, nil
}

// Close waits for running transactions and closes the file. The store cannot be
// used afterwards.
func (s *Store) Close() error {
	s.Lock()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// Unlock makes private values readable. Another authority's key is refused with
// ErrKey.
func (s *Store) Unlock(key [32]byte) error {
	defer clear(key[:])
	keys, err := newKeyring(key)
	if err != nil {
		return err
	}
	err = s.View(func(tx *Tx) error {
		canary, err := tx.getPublic(bucketMeta, keyCanary)
		if err != nil {
			return err
		}
		if _, err := keys.open(bucketMeta, keyCanary, canary); err != nil {
			return ErrKey
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("unlock the database: %w", err)
	}
	s.keys.Store(keys)
	return nil
}

// Lock drops the keys. Transactions that began earlier keep theirs until they end.
func (s *Store) Lock() { s.keys.Store(nil) }

// Locked reports whether private values are unreadable.
func (s *Store) Locked() bool { return s.keys.Load() == nil }

// View runs fn in a transaction that only reads, on the state as it was when it
// began. Its error is returned as it is. Do not call Update inside.
func (s *Store) View(fn func(*Tx) error) error {
	return s.view(func(b *bbolt.Tx) error {
		tx := &Tx{tx: b, keys: s.keys.Load(), store: s}
		if err := tx.loadHead(); err != nil {
			return err
		}
		return fn(tx)
	})
}

// Update runs fn in a transaction that may write. When fn returns nil, all that
// it wrote is on the disk before Update returns; otherwise, and when fn panics,
// nothing of it is kept. Do not call View or Update inside.
func (s *Store) Update(fn func(*Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	b, err := s.begin(true)
	if err != nil {
		return err
	}
	defer rollback(b)
	tx := &Tx{tx: b, keys: s.keys.Load()}
	if err := tx.loadHead(); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.finish(); err != nil {
		return err
	}
	err = commit(b)
	if watch := s.watcher.Load(); watch != nil && len(tx.touched) > 0 {
		(*watch)(tx.touched)
	}
	return err
}

// Watch has f called after every commit, in the goroutine that made it, with the serials whose identity, receipt or origin was written,
// some of them perhaps more than once. A commit that failed counts: it may have reached the disk all the same. There is one f at a
// time; nil for none.
func (s *Store) Watch(f func(serials []uint32)) {
	if f == nil {
		s.watcher.Store(nil)
		return
	}
	s.watcher.Store(&f)
}

func (s *Store) view(fn func(*bbolt.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	b, err := s.begin(false)
	if err != nil {
		return err
	}
	defer rollback(b)
	return fn(b)
}

func (s *Store) begin(writable bool) (b *bbolt.Tx, err error) {
	defer guard(&err)
	if b, err = s.db.Begin(writable); err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	return b, nil
}

func commit(b *bbolt.Tx) (err error) {
	defer guard(&err)
	if err := b.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback ends a transaction; after a commit it does nothing. A damaged file
// was reported by whatever came before.
func rollback(b *bbolt.Tx) {
	var err error
	defer guard(&err)
	_ = b.Rollback()
}

func emptyRoot() [32]byte {
	root, err := tlog.TreeHash(0, nil)
	if err != nil {
		panic(err) // reads nothing, cannot fail
	}
	return root
}
