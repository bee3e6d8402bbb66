package device

import (
	"bytes"
	"crypto/mlkem"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// lane is one direction's records under the keys of one generation, as they come in.
type lane struct {
	*half
	seen window
	made time.Time
}

func (l *lane) is(generation uint32) bool { return l != nil && uint32(l.seq>>32) == generation }

// packetRekey is a datagram session's part in getting new keys. Messages get lost and come late, so the one who calls repeats its call until it
// is answered, and its proof until a record comes under the new keys; until then both sides keep the keys that the other may still use.
type packetRekey struct {
	mu     sync.Mutex // before the session's others
	mine   *anewCall  // under way
	theirs *anewAnswer
	proof  []byte // the last one that was right
	busy   bool   // a message is being worked on; others come again
}

// anewCall is a call for new keys. What its ephemeral keys were made of is kept, as in a first call.
type anewCall struct {
	seed   []byte
	answer chan []byte
	done   chan struct{} // closed when it is given up, or its keys are in use
	hybrid bool          // as it was called
	proved bool          // AuthI may have gone
	next   era
	out    *half
}

// anewAnswer is how a call was answered.
type anewAnswer struct {
	h             *handshake
	first, answer []byte
}

// renew has the session get new keys if it is time and nobody called yet.
func (s *PacketSession) renew() {
	if !s.due() && !s.worn() {
		return
	}
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mine != nil || k.theirs != nil || s.over() != nil || !s.due() && !s.worn() {
		return
	}
	c := &anewCall{seed: make([]byte, 32+mlkem.SeedSize), answer: make(chan []byte, 1), done: make(chan struct{})}
	if _, err := io.ReadFull(s.d.o.Rand, c.seed); err != nil {
		return
	}
	k.mine = c
	go s.callAnew(c)
}

// callAnew repeats a call, and then the proof, until it is done with.
func (s *PacketSession) callAnew(c *anewCall) {
	defer clear(c.seed)
	h, first, err := s.beginAnew(c)
	if err != nil {
		s.forgetCall(c)
		return
	}
	c.hybrid = h.hybrid
	next := append([]byte{rekeyCall}, first...)
	patience, tries := retryFirst, 0
	again := time.NewTimer(patience)
	defer again.Stop()
	for due := true; ; {
		if due && s.send(recordRekey, next) != nil {
			s.forgetCall(c)
			return
		}
		due = false
		select {
		case <-s.done:
			return
		case <-c.done:
			return
		case <-again.C:
			if patience, tries = min(2*patience, retryMost), tries+1; tries > rekeyTries {
				patience = rekeyRetryMost
			}
			again.Reset(patience)
			due = true
		case answer := <-c.answer:
			if proof := s.proveAnew(c, answer); proof != nil {
				next, due = append([]byte{rekeyProof}, proof...), true
				patience, tries = retryFirst, 0
				again.Reset(patience)
			}
		}
	}
}

// forgetCall gives up a call that was not proved.
func (s *PacketSession) forgetCall(c *anewCall) {
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mine == c && !c.proved {
		k.mine = nil
		close(c.done)
	}
}

// beginAnew makes the state before any answer, the same every time, and the first message.
func (s *PacketSession) beginAnew(c *anewCall) (*handshake, []byte, error) {
	h, err := s.anew(true)
	if err != nil {
		return nil, nil, err
	}
	h.rand = bytes.NewReader(c.seed)
	first, err := h.callAnew(s.of, s.peer)
	return h, first, err
}

// proveAnew takes an answer, and returns this side's proof. An answer that is not right may be one to a call that was given up.
func (s *PacketSession) proveAnew(c *anewCall, answer []byte) []byte {
	h, _, err := s.beginAnew(c)
	if err == nil && h.hybrid != c.hybrid { // another policy, or trust list, came since: the next call goes by that
		s.forgetCall(c)
		return nil
	}
	if err != nil || len(answer) != h.secondSize()+minAuthR {
		return nil
	}
	proof, err := h.third(s.peer, answer[:h.secondSize()], answer[h.secondSize():])
	if err != nil {
		return nil
	}
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mine != c || c.proved {
		return nil
	}
	next, in, out, err := s.nextEra(h)
	if err != nil {
		return nil
	}
	c.proved, c.next, c.out = true, next, out
	s.inMu.Lock()
	s.coming = &lane{half: in, made: next.started}
	s.inMu.Unlock()
	return proof
}

// confirmed begins the era that this side proved itself for: a record came under its keys. Late ones under the old keys are taken for a while.
func (s *PacketSession) confirmed() {
	k := &s.rekey
	k.mu.Lock()
	c := k.mine
	if c == nil || !c.proved {
		k.mu.Unlock()
		return
	}
	k.mine = nil
	close(c.done)
	s.enter(c.next)
	s.outMu.Lock()
	s.out = c.out
	s.outMu.Unlock()
	k.mu.Unlock()
	_ = s.send(recordRekey, nil) // so that the peer knows, though there may be no data; else the next record says it
}

// hearRekey takes a message about new keys, under the keys of a generation.
func (s *PacketSession) hearRekey(generation uint32, data []byte) {
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	step, body := data[0], data[1:]
	switch {
	case step == rekeyProof && bytes.Equal(body, k.proof):
		s.work(func() { _ = s.send(recordRekey, nil) }) // the one before got lost
	case generation != s.present().generation: // late
	case step == rekeyCall && k.theirs != nil && bytes.Equal(body, k.theirs.first):
		answer := k.theirs.answer
		s.work(func() { _ = s.send(recordRekey, answer) })
	case step == rekeyCall && (k.mine == nil || !k.mine.proved && !s.caller):
		s.work(func() { s.answerAnew(body) })
	case step == rekeyAnswer && k.mine != nil && !k.mine.proved:
		select {
		case k.mine.answer <- body:
		default:
		}
	case step == rekeyProof && k.theirs != nil:
		t := k.theirs
		s.work(func() { s.provedAnew(t, body) })
	}
}

// work does one thing at a time outside the goroutine that reads the socket. The caller holds the mutex.
func (s *PacketSession) work(job func()) {
	k := &s.rekey
	if k.busy {
		return
	}
	k.busy = true
	s.l.wg.Go(func() {
		job()
		k.mu.Lock()
		k.busy = false
		k.mu.Unlock()
	})
}

// answerAnew answers a call, in place of a call of this side.
func (s *PacketSession) answerAnew(first []byte) {
	h, err := s.anew(false)
	if err != nil || !s.d.proves(s.realm) {
		return // the session ends when its keys are too old
	}
	second, auth, err := h.answerAnew(first)
	if err != nil {
		s.finish(fmt.Errorf("session: new keys: %w", err)) // nobody else could have made that
		return
	}
	k := &s.rekey
	k.mu.Lock()
	if c := k.mine; c != nil {
		if c.proved || s.caller { // called meanwhile; the peer gives its own call up
			k.mu.Unlock()
			return
		}
		k.mine = nil
		close(c.done)
	}
	k.theirs = &anewAnswer{h, first, slices.Concat([]byte{rekeyAnswer}, second, auth)}
	answer := k.theirs.answer
	k.mu.Unlock()
	_ = s.send(recordRekey, answer) // it asks again
}

// provedAnew checks the proof of who called, and begins the era: what this side sends is under the new keys from then on.
func (s *PacketSession) provedAnew(t *anewAnswer, proof []byte) {
	k := &s.rekey
	k.mu.Lock()
	if k.theirs != t {
		k.mu.Unlock()
		return
	}
	err := t.h.last(proof)
	if errors.Is(err, errSeal) { // of a call that was given up
		k.mu.Unlock()
		return
	}
	var next era
	var in, out *half
	if err == nil {
		next, in, out, err = s.nextEra(t.h)
	}
	if err != nil {
		k.mu.Unlock()
		s.finish(fmt.Errorf("session: new keys: %w", err))
		return
	}
	k.theirs, k.proof = nil, proof
	s.inMu.Lock()
	s.old, s.in, s.coming = s.in, &lane{half: in, made: next.started}, nil
	s.inMu.Unlock()
	s.enter(next)
	s.outMu.Lock()
	s.out = out
	s.outMu.Unlock()
	k.mu.Unlock()
	_ = s.send(recordRekey, nil)
}

// open opens a record under the keys that its number names, and says whether they are new: the first such record shows that the peer uses them.
func (s *PacketSession) open(seq uint64, sealed, aad []byte) (plain []byte, turn, ok bool) {
	generation, number := uint32(seq>>32), seq&(1<<32-1)
	s.inMu.Lock()
	defer s.inMu.Unlock()
	l := s.in
	switch {
	case s.coming.is(generation):
		l = s.coming
	case s.old.is(generation) && s.d.now().Sub(s.old.made) < SessionLifetime:
		l = s.old
	case !s.in.is(generation):
		return nil, false, false
	}
	if number >= MaxRecords || !l.seen.fresh(number) {
		return nil, false, false
	}
	plain, err := l.aead.Open(nil, l.nonce(seq), sealed, aad)
	if err != nil {
		return nil, false, false
	}
	l.seen.mark(number)
	switch {
	case l == s.coming:
		s.old, s.in, s.coming, turn = s.in, s.coming, nil, true
		fallthrough
	case l == s.in && s.old != nil && !s.fading:
		s.fading = true
		time.AfterFunc(rekeyGrace, s.fade)
	}
	return plain, turn, true
}

// fade forgets the old keys.
func (s *PacketSession) fade() {
	s.inMu.Lock()
	defer s.inMu.Unlock()
	s.old, s.fading = nil, false
}
