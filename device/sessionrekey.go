package device

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

// rekey is a session's part in getting new keys. On a stream every message arrives, so each side has at most one handshake under way.
type rekey struct {
	mu      sync.Mutex // before the spread's
	mine    *handshake // called, not answered
	waits   []byte     // the peer's call, which this side had no key to answer
	theirs  *handshake // answered, not proved
	in      *half      // proved, not confirmed
	next    era        // that begins with in
	pending bool       // a call is to be made
}

// renew has the session get new keys if it is time and a program reads here, so that the answer would be heard.
func (s *Session) renew(many bool) {
	if !many && !s.due() {
		return
	}
	k, sp := &s.rekey, &s.spread
	k.mu.Lock()
	defer k.mu.Unlock()
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if !sp.begun || k.pending || k.mine != nil || k.theirs != nil || k.in != nil {
		return
	}
	k.pending = true
	if k.waits != nil {
		s.post(s.answerWaiting)
		return
	}
	s.post(s.callAnew)
}

// answerWaiting answers the call that this side had no key to answer.
func (s *Session) answerWaiting() error {
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	first := k.waits
	k.waits, k.pending = nil, false
	if err := s.called(first); err != nil {
		return fmt.Errorf("session: new keys: %w", err)
	}
	return nil
}

// post has the goroutine that sends do something. The caller holds the spread's mu.
func (s *Session) post(job func() error) {
	s.spread.posted = append(s.spread.posted, job)
	s.work()
}

// callAnew calls for new keys, unless the peer did meanwhile.
func (s *Session) callAnew() error {
	first, err := s.firstAnew()
	if first == nil || err != nil {
		return err
	}
	return s.sendRekey(rekeyCall, first, nil)
}

func (s *Session) firstAnew() ([]byte, error) {
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending = false
	if k.theirs != nil || k.in != nil || !s.due() && !s.worn.Load() {
		return nil, nil
	}
	h, err := s.anew(true)
	if err != nil {
		return nil, err
	}
	first, err := h.callAnew(s.of, s.peer)
	if err == nil {
		k.mine = h
	}
	return first, err
}

// hearRekey takes a record about new keys. The caller holds readMu: whatever comes next is under the keys that it ends with.
func (s *Session) hearRekey(data []byte) error {
	k := &s.rekey
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	switch {
	case len(data) == 0:
		err = s.confirmed()
	case data[0] == rekeyCall:
		err = s.called(data[1:])
	case data[0] == rekeyAnswer:
		err = s.answered(data[1:])
	case data[0] == rekeyProof:
		err = s.proved(data[1:])
	default:
		err = ErrMalformed
	}
	if err != nil {
		err = fmt.Errorf("session: new keys: %w", err)
		if s.finish(err) {
			_ = s.conn.Close() // err says more
		}
	}
	return err
}

var errRekeyOrder = fmt.Errorf("a message about new keys out of order: %w", ErrTampered)

// called answers a call. When both sides called, that of the one who called first of all stands.
func (s *Session) called(first []byte) error {
	k := &s.rekey
	switch {
	case k.theirs != nil || k.in != nil || k.waits != nil:
		return errRekeyOrder
	case k.mine != nil && s.caller:
		return nil
	}
	h, err := s.anew(false)
	if err != nil {
		return err
	}
	if !s.d.proves(s.realm) { // the session ends when its keys are too old
		k.waits = bytes.Clone(first)
		return nil
	}
	second, auth, err := h.answerAnew(first)
	if err != nil {
		return err
	}
	k.mine, k.theirs = nil, h
	s.postRekey(rekeyAnswer, slices.Concat(second, auth), nil)
	return nil
}

// answered checks the answer and proves who this side is; its next records are under the new keys.
func (s *Session) answered(answer []byte) error {
	k := &s.rekey
	h := k.mine
	if h == nil {
		return errRekeyOrder
	}
	if len(answer) != h.secondSize()+minAuthR {
		return ErrMalformed
	}
	proof, err := h.third(s.peer, answer[:h.secondSize()], answer[h.secondSize():])
	if err != nil {
		return err
	}
	next, in, out, err := s.nextEra(h)
	if err != nil {
		return err
	}
	k.mine, k.in, k.next = nil, in, next
	s.postRekey(rekeyProof, proof, out)
	return nil
}

// proved checks who the peer is. Its next records are under the new keys, and those of this side once it said so.
func (s *Session) proved(proof []byte) error {
	k := &s.rekey
	h := k.theirs
	if h == nil {
		return errRekeyOrder
	}
	if err := h.last(proof); err != nil {
		return err
	}
	next, in, out, err := s.nextEra(h)
	if err != nil {
		return err
	}
	k.theirs, s.in = nil, in
	s.enter(next)
	s.postRekey(0, nil, out)
	return nil
}

// confirmed has the peer's next records be under the new keys.
func (s *Session) confirmed() error {
	k := &s.rekey
	if k.in == nil {
		return errRekeyOrder
	}
	s.in = k.in
	s.enter(k.next)
	k.in, k.next = nil, era{}
	return nil
}

func (s *Session) postRekey(step byte, body []byte, next *half) {
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	s.post(func() error { return s.sendRekey(step, body, next) })
}

// sendRekey sends a message about new keys; without a step, that this was the last record under the old ones. If next is not nil the records
// behind it are under that.
func (s *Session) sendRekey(step byte, body []byte, next *half) error {
	data := append([]byte{step}, body...)
	if step == 0 {
		data = nil
	}
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if s.out.left() <= 1 {
		return ErrSessionEnded
	}
	err := s.writeRecord(recordRekey, data)
	if isTimeout(err) { // the rest goes before the next record
		s.writeEr, err = nil, nil
	}
	if next != nil && err == nil {
		s.out = next
		s.worn.Store(false)
	}
	return err
}
