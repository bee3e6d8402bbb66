package device

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// cookies have callers show that they hear what is sent to their address, without keeping anything about them. It is safe for concurrent use.
type cookies struct {
	mu   sync.Mutex
	keys [2][32]byte // the present one, and the one before
	made time.Time   // the present one
}

// bake makes the cookie that a caller must bring: HMAC-SHA-256(key, LP(address) ‖ number ‖ SHA-256(first message))[:16].
func (c *cookies) bake(rnd io.Reader, now time.Time, g *wire.Datagram, from net.Addr) ([16]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.rotate(rnd, now); err != nil {
		return [16]byte{}, err
	}
	return cookie(c.keys[0], g, from), nil
}

// check says whether the cookie of a call is right. Each is for one to two minutes.
func (c *cookies) check(rnd io.Reader, now time.Time, g *wire.Datagram, from net.Addr) bool {
	if g.Cookie == [16]byte{} {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rotate(rnd, now) != nil {
		return false
	}
	a, b := cookie(c.keys[0], g, from), cookie(c.keys[1], g, from)
	return hmac.Equal(a[:], g.Cookie[:]) || hmac.Equal(b[:], g.Cookie[:])
}

// rotate draws a key each minute, and two when there is none, or none that is young enough.
func (c *cookies) rotate(rnd io.Reader, now time.Time) error {
	age := now.Sub(c.made)
	if age < 0 || age > 2*cookieLife {
		age = 2 * cookieLife // both
	}
	for ; age >= cookieLife; age -= cookieLife {
		c.keys[1] = c.keys[0]
		if _, err := io.ReadFull(rnd, c.keys[0][:]); err != nil {
			c.made = time.Time{}
			return fmt.Errorf("cookie: %w", err)
		}
		c.made = now
	}
	return nil
}

func cookie(key [32]byte, g *wire.Datagram, from net.Addr) [16]byte {
	first := sha256.Sum256(g.Body)
	m := hmac.New(sha256.New, key[:])
	m.Write(ibc.AppendLPString(nil, from.String()))
	m.Write(g.From[:])
	m.Write(first[:])
	return [16]byte(m.Sum(nil))
}

// window remembers which of the newest 1,024 numbers of records came, so that none is taken twice, whatever order they come in.
type window struct {
	next uint64 // above all that came
	bits [windowSize / 64]uint64
}

// fresh says whether a number did not come yet and is not too old to know.
func (w *window) fresh(seq uint64) bool {
	return seq >= w.next || w.next-seq <= windowSize && w.bits[seq/64%uint64(len(w.bits))]&(1<<(seq%64)) == 0
}

// mark notes a number that is fresh.
func (w *window) mark(seq uint64) {
	if seq >= w.next+windowSize {
		w.bits, w.next = [windowSize / 64]uint64{}, seq
	}
	for ; w.next <= seq; w.next++ {
		w.bits[w.next/64%uint64(len(w.bits))] &^= 1 << (w.next % 64)
	}
	w.bits[seq/64%uint64(len(w.bits))] |= 1 << (seq % 64)
}

// deadline ends waits at a time, as those of net.Pipe do. The zero value never does. It is safe for concurrent use.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	over  chan struct{}
}

// wait returns what is closed at the deadline that is set now.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.channel()
}

func (d *deadline) channel() chan struct{} {
	if d.over == nil {
		d.over = make(chan struct{})
	}
	return d.over
}

// set sets the deadline, for waits under way too; the zero time means none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.channel() // it closes it
	}
	d.timer = nil
	over := d.channel()
	closed := isClosed(over)
	left := time.Until(t) //nolint:forbidigo // deadlines of connections are by the system's clock
	switch {
	case t.IsZero() || left > 0:
		if closed {
			d.over = make(chan struct{})
			over = d.over
		}
		if !t.IsZero() {
			d.timer = time.AfterFunc(left, func() { close(over) })
		}
	case !closed:
		close(over)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
