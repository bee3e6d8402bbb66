package hsm

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"marque/device/ibc"
)

// secrets is what an unlocked vault holds. The seed itself is not among it: it
// is erased as soon as everything has been derived.
type secrets struct {
	_         [0]func() // not comparable
	page      []byte    // one page of memory; statement, storage and counter lie on it
	statement ed25519.PrivateKey
	storage   []byte // 32 octets
	counter   []byte // what advances the TPM's counters, 32 octets; nil without a TPM
	master    *ibc.Master
}

// newPage returns one page of zero octets that the system is asked to keep out
// of swap. Where the limit for locked memory is exhausted, it is an ordinary
// page: a vault that cannot be opened would help nobody.
func newPage() []byte {
	page := make([]byte, os.Getpagesize())
	_ = unix.Mlock(page)
	return page
}

func freePage(page []byte) {
	clear(page)
	_ = unix.Munlock(page)
}

// derive makes the secrets of a seed (PROTOCOL.md section 3).
func derive(seed []byte) (*secrets, error) {
	master, err := ibc.NewMaster(seed)
	if err != nil {
		return nil, fmt.Errorf("derive the master secrets: %w", err)
	}
	statement, storage := ibc.DeriveSub(seed, "statement"), ibc.DeriveSub(seed, "storage")
	defer clear(statement)
	defer clear(storage)
	key := ed25519.NewKeyFromSeed(statement[:ed25519.SeedSize])
	defer clear(key)

	s := &secrets{page: newPage(), master: master}
	s.statement, s.storage = s.page[:ed25519.PrivateKeySize:ed25519.PrivateKeySize], s.page[ed25519.PrivateKeySize:][:32:32]
	copy(s.statement, key)
	copy(s.storage, storage)
	return s, nil
}

// setCounter keeps a copy of what advances the TPM's counters.
func (s *secrets) setCounter(auth []byte) {
	s.counter = s.page[ed25519.PrivateKeySize+32:][:32:32]
	copy(s.counter, auth)
}

func (s *secrets) erase() {
	if s == nil {
		return
	}
	s.master.Erase()
	freePage(s.page)
}

// Format implements fmt.Formatter and shows nothing of the secrets.
func (s *secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }
