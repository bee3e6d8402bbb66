package depot

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"marque/device/wire"
)

// Options says where a depot takes its time and randomness from.
type Options struct {
	Clock func() time.Time // a program passes time.Now; required
	Rand  io.Reader        // nil means crypto/rand
}

// Depot is an open folder. It is safe for concurrent use.
type Depot struct {
	dir  string
	o    Options
	file *os.File // the lock
	seal *sealer
	core *wire.Core

	mu  sync.Mutex
	st  *state
	key ed25519.PrivateKey
}

// Create makes a depot's folder, which must not exist, with a new key, and opens it. core is the statement of the realm's core: that it is
// the right one, a person has compared. Errors: those of wire.OpenCore and wire.CheckName, [ErrWeakPassphrase], fs.ErrExist.
func Create(dir, name string, core, passphrase []byte, o Options) (_ *Depot, err error) {
	if len(passphrase) < MinPassphrase || len(passphrase) > MaxPassphrase {
		return nil, ErrWeakPassphrase
	}
	c, err := wire.OpenCore(core)
	if err != nil {
		return nil, fmt.Errorf("the core: %w", err)
	}
	d := &Depot{dir: dir, o: o.filled(), core: c}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(d.o.Rand, seed); err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	d.key = ed25519.NewKeyFromSeed(seed)
	d.st = &state{Seed: seed, Name: name, Core: core}
	r := &wire.Registration{Core: c.Hash(), Name: name, Key: d.public(), Time: d.now()}
	if d.st.Registration, err = wire.SignRegistration(d.key, c.Realm, r); err != nil {
		return nil, err
	}
	head, err := freshHead(d.o.Rand)
	if err != nil {
		return nil, err
	}
	if d.seal, err = newSealer(head, passphrase, d.o.Rand); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if d.file, err = lock(dir); err != nil {
		return nil, err
	}
	if err := errors.Join(d.seal.save(dir, d.st), syncFolder(filepath.Dir(dir))); err != nil {
		return nil, errors.Join(err, d.file.Close())
	}
	return d, nil
}

// Open opens a depot's folder. Errors: [ErrFile], [ErrPassphrase], [ErrInUse].
func Open(dir string, passphrase []byte, o Options) (_ *Depot, err error) {
	d := &Depot{dir: dir, o: o.filled()}
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err != nil {
		return nil, errors.Join(ErrFile, err)
	}
	if d.file, err = lock(dir); err != nil {
		return nil, err
	}
	if d.seal, d.st, err = load(dir, passphrase, d.o.Rand); err != nil {
		return nil, errors.Join(err, d.file.Close())
	}
	core, err := wire.OpenCore(d.st.Core)
	if err != nil || len(d.st.Seed) != ed25519.SeedSize {
		return nil, errors.Join(ErrFile, err, d.file.Close())
	}
	d.core, d.key = core, ed25519.NewKeyFromSeed(d.st.Seed)
	return d, nil
}

func (o Options) filled() Options {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}

// Close forgets the key and gives the folder back. Nothing may be called afterwards.
func (d *Depot) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.st.Seed)
	clear(d.key)
	if err := d.file.Close(); err != nil {
		return fmt.Errorf("close the folder: %w", err)
	}
	return nil
}

// Name returns the depot's name.
func (d *Depot) Name() string { return d.st.Name }

// Core returns the realm's core, which the caller must not change.
func (d *Depot) Core() *wire.Core { return d.core }

// CoreStatement returns the statement of it.
func (d *Depot) CoreStatement() []byte { return d.st.Core }

// Registration returns what officers register the depot by: a statement, the same at every call.
func (d *Depot) Registration() []byte { return d.st.Registration }

// change writes the records with a change to them, or leaves all as it was. The caller holds mu.
func (d *Depot) change(do func(st *state)) error {
	next := *d.st
	next.Items = append([]item(nil), d.st.Items...)
	do(&next)
	if err := d.seal.save(d.dir, &next); err != nil {
		return err
	}
	d.st = &next
	return nil
}

func (d *Depot) now() time.Time { return d.o.Clock().UTC().Truncate(time.Second) }

func (d *Depot) public() [32]byte { return [32]byte(d.key.Public().(ed25519.PublicKey)) }

func (d *Depot) handOver(sequence uint32) wire.HandOver {
	return wire.HandOver{Core: d.core.Hash(), Name: d.st.Name, Key: d.public(), Sequence: sequence, Time: d.now()}
}
