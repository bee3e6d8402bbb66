package localapi

import (
	"sync"
	"time"
)

// tries slows down whoever guesses passphrases, each account at each officer's: a wrong one is answered late, the later the more of
// them there were. Who guesses keeps nobody of another account out. It is safe for concurrent use.
type tries struct {
	mu   sync.Mutex
	of   map[guesser]*guesses
	busy chan struct{}         // one for each passphrase that is stretched just now
	wait func(d time.Duration) // of tests; nil waits
}

// guesser is an account that tries somebody's passphrase.
type guesser struct {
	uid  uint32
	name string
}

type guesses struct {
	turn    sync.Mutex
	waiting int // who hold or want the turn
	wrong   int // in a row
}

// attempt runs try, which fails with a wrong passphrase if wrong says so of its error. A client that does not wait for the answer
// shortens nothing: others could still see who is signed on. Error: [ErrTooManyTries].
func (t *tries) attempt(uid uint32, name string, wrong func(error) bool, try func() error) error {
	g, err := t.enter(guesser{uid, name})
	if err != nil {
		return err
	}
	defer t.leave(g)
	g.turn.Lock()
	defer g.turn.Unlock()
	err = t.stretch(try)
	if err == nil {
		g.wrong = 0
	}
	if err == nil || !wrong(err) {
		return err
	}
	delay := min(firstDelay<<min(g.wrong, 8), lastDelay)
	g.wrong++
	if t.wait != nil {
		t.wait(delay)
	} else {
		time.Sleep(delay)
	}
	return err
}

// stretch runs try while few others do: each takes the memory of an hsm.Cost.
func (t *tries) stretch(try func() error) error {
	t.busy <- struct{}{}
	defer func() { <-t.busy }()
	return try()
}

func (t *tries) enter(who guesser) (*guesses, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = make(map[guesser]*guesses)
	}
	g := t.of[who]
	if g == nil {
		g = new(guesses)
		t.of[who] = g
	}
	if g.waiting >= maxWaiting {
		return nil, ErrTooManyTries
	}
	g.waiting++
	return g, nil
}

func (t *tries) leave(g *guesses) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.waiting--
}
