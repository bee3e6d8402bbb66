package device

import (
	"errors"
	"io"
	"sync"
	"time"

	"marque/device/wire"
)

// spread is a session's part in carrying lists (PROTOCOL.md, section 10): the side that is behind asks for one piece after the other, and the
// other side answers each. Records are sent by one goroutine, which lives while there is something to send, and never by a Read.
type spread struct {
	mu      sync.Mutex
	begun   bool // the program reads from the session, so answers would be heard
	running bool // the goroutine
	tell    bool // say which list is in force here
	ask     bool // ask for the next piece
	request *wire.ListRequest
	done    []byte         // a whole statement that came
	posted  []func() error // what else to send, first

	peer    wire.Order // the peer's list: its sequence only, until it said more
	waiting bool       // for a piece
	asked   int        // statements asked for
	total   int        // octets of the one that is coming; 0 before its first piece
	have    int        // octets of it that came
	taken   int        // octets that came

	giving []byte // the statement that the peer is fetching
	given  int    // octets that went
	chosen int    // statements that went, whole or not
}

// begin asks the peer for its list if that is later. Read calls it: a program that never reads could not hear the answer.
func (s *Session) begin() {
	sp := &s.spread
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.begun = true
	s.follow()
}

// follow asks for a statement if the peer is ahead, no answer is awaited, and no other session fetches one. The caller holds the spread's mu.
func (s *Session) follow() {
	sp := &s.spread
	if s.d.o.Share.Off || s.abroad() || !sp.begun || sp.ask || sp.waiting || sp.done != nil || sp.asked >= maxAsks || sp.taken >= s.d.o.Share.Session {
		return
	}
	if !s.d.regional() && behind(s.d.listOrder(), sp.peer) && s.d.sharing.fetch(s, s.d.now()) {
		sp.ask, sp.have, sp.total = true, 0, 0
		sp.asked++
		s.work()
		if s.over() != nil { // since before it got leave: whoever ended it could not give that back
			s.release()
		}
	}
}

// behind says whether list b comes after list a. Where one of them is known by its sequence only, that decides.
func behind(a, b wire.Order) bool {
	if a.Generation == 0 || b.Generation == 0 {
		return a.Sequence < b.Sequence
	}
	return a.Compare(b) < 0
}

// announce tells the peer which list is in force here, if it has an older one.
func (s *Session) announce() {
	sp := &s.spread
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.begun && !s.abroad() && behind(sp.peer, s.d.listOrder()) {
		sp.tell = true
		s.work()
	}
}

// hear takes a record about lists that the peer sent. What is wrong with it is counted; the session goes on. The caller holds readMu.
func (s *Session) hear(kind byte, data []byte) {
	if s.d.o.Share.Off || s.abroad() {
		return
	}
	var ok bool
	if kind == recordListRequest {
		ok = s.hearRequest(data)
	} else {
		ok = s.hearPiece(data)
	}
	if !ok {
		s.d.sharing.refused.Add(1)
	}
}

func (s *Session) hearRequest(data []byte) bool {
	r, err := wire.ParseListRequest(data)
	if err != nil {
		return false
	}
	sp := &s.spread
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if behind(sp.peer, r.Order) {
		sp.asked = min(sp.asked, maxAsks-1) // it got a later one, which is worth a try
	}
	sp.peer = r.Order
	if r.Most > 0 {
		sp.request = r // in place of one that was not answered yet
		s.work()
	}
	s.follow()
	return true
}

func (s *Session) hearPiece(data []byte) bool {
	p, err := wire.ParseListPiece(data)
	sp := &s.spread
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if !sp.waiting {
		return false
	}
	sp.waiting = false
	if !s.d.sharing.fetches(s) { // this peer was too slow, and another has taken its place
		return true
	}
	total := sp.total
	if total == 0 && err == nil {
		total = int(p.Total)
	}
	switch {
	case err != nil || int(p.Total) != total || int(p.Offset) != sp.have || sp.taken+total-sp.have > s.d.o.Share.Session:
		s.giveUp()
		return false
	case total == 0:
		s.giveUp() // the peer has nothing, or gives nothing now
		return true
	}
	if !s.d.sharing.keep(s, p.Data, s.d.now()) {
		return true
	}
	sp.total, sp.have, sp.taken = total, sp.have+len(p.Data), sp.taken+len(p.Data)
	if sp.have < total {
		sp.ask = true
	} else {
		sp.done = s.d.sharing.whole(s)
	}
	s.work()
	return true
}

// giveUp asks this peer no more. The caller holds the spread's mu.
func (s *Session) giveUp() {
	s.spread.asked = maxAsks
	s.release()
}

// release lets another session fetch a list, one whose peer is ahead. It waits for no lock but those of sharing.
func (s *Session) release() {
	if s.d.sharing.fetched(s) {
		go s.d.resume()
	}
}

// resume has the sessions ask whose peers are ahead.
func (d *Device) resume() {
	for _, t := range d.sessions.all() {
		if s, ok := t.(*Session); ok { // lists do not spread over datagrams that belong to sessions
			s.spread.mu.Lock()
			s.follow()
			s.spread.mu.Unlock()
		}
	}
}

// work has the goroutine do what there is to do, unless the session has ended. The caller holds the spread's mu.
func (s *Session) work() {
	s.endMu.Lock()
	defer s.endMu.Unlock()
	if !s.spread.running && s.end == nil {
		s.spread.running = true
		s.d.sharing.busy.Go(s.run)
	}
}

// run does one thing after the other until there is nothing left, or the session can no longer be written to.
func (s *Session) run() {
	for {
		next := s.job()
		if next == nil {
			return
		}
		if err := next(); err != nil {
			s.release()
		}
	}
}

// job takes the next thing to do, nil if there is none.
func (s *Session) job() func() error {
	sp := &s.spread
	sp.mu.Lock()
	defer sp.mu.Unlock()
	switch {
	case len(sp.posted) > 0:
		next := sp.posted[0]
		sp.posted = sp.posted[1:]
		return next
	case sp.done != nil:
		statement := sp.done
		return func() error { return s.take(statement) }
	case sp.request != nil:
		r := sp.request
		sp.request = nil
		return func() error { return s.answer(r) }
	case sp.ask:
		r := &wire.ListRequest{Order: s.d.listOrder(), Most: uint32(s.d.o.Share.Session - sp.taken + sp.have), Offset: uint32(sp.have)}
		sp.ask, sp.tell, sp.waiting = false, false, true
		return func() error { return s.sendRequest(r) }
	case sp.tell:
		sp.tell = false
		return func() error { return s.sendRequest(&wire.ListRequest{Order: s.d.listOrder()}) }
	}
	sp.running = false
	return nil
}

// take applies what came, as from any carrier: its signature decides, not who brought it.
func (s *Session) take(statement []byte) error {
	a, err := s.d.Apply(statement)
	switch {
	case a == nil:
		s.d.sharing.refused.Add(1)
	case a.Changed:
		s.d.sharing.taken.Add(1)
	}
	s.release()
	sp := &s.spread
	sp.mu.Lock()
	sp.done = nil
	if a == nil {
		sp.asked = maxAsks
	} else {
		if a.Changed {
			sp.asked = 0
		}
		sp.tell = true // the peer need not wait for more requests
		s.follow()
	}
	sp.mu.Unlock()
	if s.d.o.Learned != nil && (a == nil || a.Changed) {
		s.d.o.Learned(s.peer, a, err)
	}
	return nil
}

// answer sends one piece of the statement that brings the peer further, or says that there is none.
func (s *Session) answer(r *wire.ListRequest) error {
	sp := &s.spread
	if r.Offset == 0 {
		sp.giving = s.choose(r)
	}
	p := &wire.ListPiece{}
	if int(r.Offset) < len(sp.giving) {
		end := min(len(sp.giving), int(r.Offset)+wire.MaxListPiece)
		p.Total, p.Offset, p.Data = uint32(len(sp.giving)), r.Offset, sp.giving[r.Offset:end]
		if sp.given += len(p.Data); sp.given > s.d.o.Share.Session {
			p = &wire.ListPiece{} // the same octets again and again
		}
		if end == len(sp.giving) {
			sp.giving = nil
		}
	}
	b, err := p.Marshal()
	if err != nil {
		return err
	}
	if err := s.sendSpread(recordListPiece, b); err != nil {
		return err
	}
	if p.Total > 0 && sp.giving == nil {
		s.d.sharing.given.Add(1)
	}
	return nil
}

// choose returns the statement that answers a request, nil if there is none: whoever asks for one after the other and fetches none of them gets
// no more, before all others go short.
func (s *Session) choose(r *wire.ListRequest) []byte {
	sp := &s.spread
	if sp.chosen >= maxGiven {
		return nil
	}
	b, err := s.d.handOn(r.Order, min(int(r.Most), s.d.o.Share.Session-sp.given), s.d.sharing.sessions)
	if err != nil {
		return nil
	}
	sp.chosen++
	return b
}

func (s *Session) sendRequest(r *wire.ListRequest) error {
	b, err := r.Marshal()
	if err != nil {
		return err
	}
	return s.sendSpread(recordListRequest, b)
}

// sendSpread sends one record between those of the program. A deadline of the program that passes meanwhile does no harm: the rest of the
// record goes before the next one.
func (s *Session) sendSpread(kind byte, data []byte) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err := s.alive(); err != nil {
		return err
	}
	if s.out.left() <= 1 {
		return ErrSessionEnded
	}
	if len(s.unsent) > recordBuffer {
		return errUnsent
	}
	err := s.writeRecord(kind, data)
	if isTimeout(err) {
		s.writeEr, err = nil, nil
	}
	return err
}

var errUnsent = errors.New("records are still on their way")

// drain reads, before a connection is closed, what the peer may have sent about lists: a TCP connection that is closed over unread octets is
// reset, which could take from the peer what it has not read yet of this side. It ends when the peer closes, too, or the connection is closed.
func (s *Session) drain() {
	c, ok := s.conn.(interface{ CloseWrite() error })
	sp := &s.spread
	sp.mu.Lock()
	quiet := !sp.waiting && !behind(sp.peer, s.d.listOrder())
	sp.mu.Unlock()
	if !ok || quiet || s.writeEr != nil || c.CloseWrite() != nil || s.conn.SetReadDeadline(time.Time{}) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, s.conn)
}
