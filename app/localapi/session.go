package localapi

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"os"
	"slices"
	"sync"
	"time"

	"marque/hsm"
)

const tokenSize = 32 // octets

// session is somebody who is signed on.
type session struct {
	hash       [32]byte // SHA-256 of the token, which is the client's alone
	uid        uint32   // of the client
	credential *hsm.Credential
	holder     bool // of a passphrase vault's passphrase, who has no credential
	used       time.Time
}

// desk is the sessions. It is safe for concurrent use.
type desk struct {
	mu       sync.Mutex
	sessions []*session
	round    uint64    // rises when whoever signs on just now has to do so again
	busy     time.Time // when a session was last used, or begun, whose holder may do more than look
}

// now returns the round, for begin.
func (d *desk) now() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.round
}

// begin begins a session and returns its token. round is that of before the passphrase was looked at: officers may have been changed
// since. Somebody who has many sessions loses the one that was not used for longest. Errors: [ErrSession], [ErrManySessions].
func (d *desk) begin(s *session, round uint64, now time.Time) (string, error) {
	token := make([]byte, tokenSize)
	defer clear(token)
	if _, err := rand.Read(token); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if round != d.round {
		return "", ErrSession
	}
	d.relieve(s)
	if len(d.sessions) >= maxSessions {
		return "", ErrManySessions
	}
	s.hash, s.used = sha256.Sum256(token), now
	d.sessions = append(d.sessions, s)
	d.stirBy(s, now)
	return hex.EncodeToString(token), nil
}

// relieve makes room among the sessions of who begins another. The caller holds d.mu.
func (d *desk) relieve(begun *session) {
	oldest, n := -1, 0
	for i, s := range d.sessions {
		if s.uid != begun.uid || s.name() != begun.name() {
			continue
		}
		n++
		if oldest < 0 || s.used.Before(d.sessions[oldest].used) {
			oldest = i
		}
	}
	if n < maxOwnSessions {
		return
	}
	d.sessions[oldest].erase()
	d.sessions = slices.Delete(d.sessions, oldest, oldest+1)
}

// stirBy notes that somebody did something. An auditor, who needs no open vault, keeps none open. The caller holds d.mu.
func (d *desk) stirBy(s *session, now time.Time) {
	if s.has(hsm.SecurityOfficer) || s.has(hsm.DepotOperator) {
		d.busy = now
	}
}

// find returns the session of a token, if it was given to the account that shows it. How long that takes does not depend on the
// token, but on how many sessions there are.
func (d *desk) find(token string, uid uint32) *session {
	b, err := hex.DecodeString(token)
	defer clear(b)
	if err != nil || len(b) != tokenSize {
		return nil
	}
	hash := sha256.Sum256(b)
	d.mu.Lock()
	defer d.mu.Unlock()
	var found *session
	for _, s := range d.sessions {
		if subtle.ConstantTimeCompare(s.hash[:], hash[:]) == 1 && s.uid == uid {
			found = s
		}
	}
	return found
}

// touch notes that sessions were used.
func (d *desk) touch(sessions []*session, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range sessions {
		s.used = now
		d.stirBy(s, now)
	}
}

// stir notes that something is about to happen.
func (d *desk) stir(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = now
}

// end ends sessions.
func (d *desk) end(which func(*session) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions = slices.DeleteFunc(d.sessions, func(s *session) bool {
		if !which(s) {
			return false
		}
		s.erase()
		return true
	})
}

// renew ends sessions, and has those who sign on just now do so again: what their passphrases opened may be of before.
func (d *desk) renew(which func(*session) bool) {
	d.mu.Lock()
	d.round++
	d.mu.Unlock()
	d.end(which)
}

func everybody(*session) bool { return true }

func (d *desk) clear() { d.end(everybody) }

// expire ends idle sessions and reports whether nobody has done anything for that long.
func (d *desk) expire(now time.Time, idle time.Duration) bool {
	over := func(t time.Time) bool {
		// Go's difference of times leaves out how long the computer slept, and the clock's may be of a clock that was set.
		asleep := now.Round(0).Sub(t.Round(0))
		return now.Sub(t) >= idle || asleep >= idle || asleep < 0
	}
	d.end(func(s *session) bool { return over(s.used) })
	d.mu.Lock()
	defer d.mu.Unlock()
	return over(d.busy)
}

// names returns who is signed on, each once.
func (d *desk) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, s := range d.sessions {
		if s.credential != nil && !slices.Contains(names, s.credential.Officer().Name) {
			names = append(names, s.credential.Officer().Name)
		}
	}
	return names
}

// caller is who makes a call.
type caller struct {
	ctx      context.Context // of the connection
	peer     *peer
	sessions []*session // all of the client's that go on
}

// may applies an access rule.
func (c *caller) may(who access) bool {
	switch who {
	case anyone:
		return true
	case keeper:
		return c.may(security) || c.peer.uid == 0 || c.peer.uid == uint32(os.Geteuid())
	case signedOn:
		return len(c.sessions) > 0
	case operator:
		return slices.ContainsFunc(c.sessions, func(s *session) bool { return s.has(hsm.SecurityOfficer) || s.has(hsm.DepotOperator) })
	case security:
		return slices.ContainsFunc(c.sessions, func(s *session) bool { return s.has(hsm.SecurityOfficer) })
	default:
		return false
	}
}

// name is who it is: empty for the holder of a passphrase.
func (s *session) name() string {
	if s.credential == nil {
		return holderName
	}
	return s.credential.Officer().Name
}

func (s *session) erase() {
	if s.credential != nil {
		s.credential.Erase()
	}
}

func (s *session) has(role hsm.Role) bool {
	return s.holder || s.credential != nil && s.credential.Officer().Role.Has(role)
}

// String says who it takes.
func (a access) String() string {
	switch a {
	case operator:
		return "depot operator or security officer"
	case security:
		return "security officer"
	default:
		return "signed-on officer"
	}
}

// credentials returns what the caller's officers signed on with, each once.
func (c *caller) credentials() []*hsm.Credential {
	var all []*hsm.Credential
	for _, s := range c.sessions {
		known := func(other *hsm.Credential) bool { return other.Officer().Number == s.credential.Officer().Number }
		if s.credential != nil && !slices.ContainsFunc(all, known) {
			all = append(all, s.credential)
		}
	}
	return all
}

// security returns the caller's security officers.
func (c *caller) security() []*hsm.Credential {
	return slices.DeleteFunc(c.credentials(), func(o *hsm.Credential) bool { return !o.Officer().Role.Has(hsm.SecurityOfficer) })
}

// signers is security for package authority: who asks, first, and approves. None for the holder of a passphrase.
func (c *caller) signers() []crypto.Signer {
	var all []crypto.Signer
	for _, credential := range c.security() {
		all = append(all, credential)
	}
	return all
}
