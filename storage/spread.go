package storage

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// spread calls f for 0 to n−1, in no order, and returns the first error that there was, after which no further call begins. In a view
// it does so on all processors, in transactions on the same state; those in which the state is a newer one already are not used.
func (tx *Tx) spread(n int, f func(tx *Tx, i int) error) error {
	s := &spread{n: int64(n), f: f}
	if tx.store != nil {
		for range min(n, runtime.GOMAXPROCS(0)) - 1 {
			go s.aid(tx.store, tx.keys, tx.tx.ID())
		}
	}
	s.work(tx)
	return s.end()
}

// spread is work that is shared.
type spread struct {
	n    int64
	f    func(tx *Tx, i int) error
	next atomic.Int64

	mu     sync.Mutex
	failed error
	ended  bool
	aides  sync.WaitGroup // those that take part
}

// aid does a part of the work in a transaction of its own. That may begin late: while somebody waits to write, no transaction begins
// until those before it ended. So whoever shares the work does not wait for aides that have not begun.
func (s *spread) aid(store *Store, keys *keyring, state int) {
	err := store.View(func(tx *Tx) error {
		if tx.tx.ID() != state || !s.join() {
			return nil
		}
		defer s.aides.Done()
		tx.keys, tx.store = keys, nil
		s.work(tx)
		return nil
	})
	_ = err // whoever cannot aid leaves the work to the others
}

func (s *spread) join() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.aides.Add(1)
	return true
}

// work does parts until none is left.
func (s *spread) work(tx *Tx) {
	for i := s.next.Add(1) - 1; i < s.n; i = s.next.Add(1) - 1 {
		if err := s.part(tx, int(i)); err != nil {
			s.fail(err)
			return
		}
	}
}

func (s *spread) part(tx *Tx, i int) (err error) {
	defer guard(&err)
	return s.f(tx, i)
}

func (s *spread) fail(err error) {
	s.next.Store(s.n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
}

// end waits for those that take part.
func (s *spread) end() error {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.aides.Wait()
	return s.failed
}
