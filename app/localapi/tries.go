package localapi

import (
	"context"
	"sync"
	"time"
)

// tries slows down whoever guesses passphrases, one officer's at a time: a wrong one is answered late, the later the more of them there
// were, but never so late that it would keep the officer out. It is safe for concurrent use.
type tries struct {
	mu   sync.Mutex
	of   map[string]*officerTries
	wait func(d time.Duration) // of tests; nil waits
}

type officerTries struct {
	turn    sync.Mutex
	waiting int // who hold or want the turn
	wrong   int // in a row
}

// attempt runs try, which fails with a wrong passphrase if wrong says so of its error. Error: [ErrTooManyTries].
func (t *tries) attempt(ctx context.Context, name string, wrong func(error) bool, try func() error) error {
	o, err := t.enter(name)
	if err != nil {
		return err
	}
	defer t.leave(o)
	o.turn.Lock()
	defer o.turn.Unlock()
	err = try()
	if err == nil {
		o.wrong = 0
	}
	if err == nil || !wrong(err) {
		return err
	}
	delay := min(firstDelay<<min(o.wrong, 8), lastDelay)
	o.wrong++
	if t.wait != nil {
		t.wait(delay)
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(delay):
	}
	return err
}

func (t *tries) enter(name string) (*officerTries, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = make(map[string]*officerTries)
	}
	o := t.of[name]
	if o == nil {
		o = new(officerTries)
		t.of[name] = o
	}
	if o.waiting >= maxWaiting {
		return nil, ErrTooManyTries
	}
	o.waiting++
	return o, nil
}

func (t *tries) leave(o *officerTries) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o.waiting--
}
