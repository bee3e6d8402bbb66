package device

import (
	"sync"
	"time"
)

// bucket limits how often something may be done: so many times at once, and so many times per second on average. It is safe for concurrent
// use.
type bucket struct {
	burst, perSecond float64

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

func newBucket(burst, perSecond float64) *bucket {
	return &bucket{burst: burst, perSecond: perSecond, tokens: burst}
}

// take takes one token, or says that there is none.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now.Sub(b.last); d > 0 {
		b.tokens = min(b.burst, b.tokens+d.Seconds()*b.perSecond)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
