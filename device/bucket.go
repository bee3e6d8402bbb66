package device

import (
	"sync"
	"time"
)

// bucket limits how many cold messages may cost a pairing: coldBurst at once, coldPerSec on average. It is safe for concurrent use.
type bucket struct {
	mu     sync.Mutex
	tokens float64
	last   time.Time
}

func newBucket() *bucket { return &bucket{tokens: coldBurst} }

// take takes one token, or says that there is none.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := now.Sub(b.last); d > 0 {
		b.tokens = min(coldBurst, b.tokens+d.Seconds()*coldPerSec)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
