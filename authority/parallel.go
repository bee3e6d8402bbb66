package authority

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallel calls f for 0 to n−1, on all processors, and returns when all calls did: with the first error that there was, after which
// no further call begins.
func inParallel(n int, f func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Bool
	var first error
	var once sync.Once
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					once.Do(func() { first = err })
					failed.Store(true)
				}
			}
		})
	}
	group.Wait()
	return first
}
