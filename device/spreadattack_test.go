package device_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

const (
	listRequest = 2 // record types
	listPiece   = 3
)

// claim makes a session between a device that serves and reads it, and an enrolled peer that says it has list number list.
func (f *spreading) claim(t *testing.T, d *device.Device, list uint32) (*rawSession, *heard) {
	t.Helper()
	a, b := connect(t)
	check(a.SetDeadline(time.Now().Add(20 * time.Second)))
	ends := make(chan *heard, 1)
	go func() { ends <- hearAll(must(d.Server(context.Background(), b))) }()
	if f.liar == nil {
		f.liar = f.key(address(f.park))
	}
	p := f.rawPeer(a, f.liar)
	p.list = list
	return p.enter(address(d)), <-ends
}

// request reads what the device asks for.
func (s *rawSession) request() *wire.ListRequest {
	kind, data, err := s.receive()
	check(err)
	if kind != listRequest {
		panic("no list request")
	}
	return must(wire.ParseListRequest(data))
}

// piece answers it with what a device would say, or with what change makes of that.
func (s *rawSession) piece(statement []byte, r *wire.ListRequest, change func(*wire.ListPiece)) {
	p := &wire.ListPiece{Total: uint32(len(statement)), Offset: r.Offset, Data: statement[r.Offset:min(len(statement), int(r.Offset)+wire.MaxListPiece)]}
	change(p)
	s.send(listPiece, must(p.Marshal()))
}

func honest(*wire.ListPiece) {}

// A peer that brings anything but a later list of the authority changes nothing, is asked no more, and keeps its session.
func TestSpreadLyingPeer(t *testing.T) {
	f := newSpreading(t, nil)
	before := f.publish()
	newest := f.large()
	must(f.tram.Apply(before))
	foreign := newAuthority(9)
	for name, lie := range map[string]struct {
		statement []byte
		change    func(*wire.ListPiece)
		pieces    int  // that the device asks for
		whole     bool // it gets to look at the statement
	}{
		"signature":          {flip(newest, len(newest)-1), honest, 2, true},
		"content":            {flip(newest, len(newest)/2), honest, 2, true},
		"another authority":  {foreign.publish(), honest, 1, true},
		"a list before":      {f.bundle(1, nil, func(*wire.Bundle) {}), honest, 1, true},
		"a change from afar": {f.change(newest, 7, nil, func(c *wire.Change) { c.Sequence = 8 }), honest, 1, true},
		"no statement":       {[]byte("believe me"), honest, 1, true},
		"too long":           {newest, func(p *wire.ListPiece) { p.Total = 8193 }, 1, false},
		"other total later":  {newest, func(p *wire.ListPiece) { p.Total += min(p.Offset, 1) }, 2, false},
		"another place":      {newest, func(p *wire.ListPiece) { p.Offset = 1 }, 1, false},
		"the first again":    {newest, func(p *wire.ListPiece) { p.Offset = 0 }, 2, false},
		"nothing":            {newest, func(p *wire.ListPiece) { *p = wire.ListPiece{} }, 1, false},
	} {
		o := f.o
		o.Share.Session = 8192
		f.tram = f.reload(t, f.tram, o)
		s, end := f.claim(t, f.tram, 9)
		for range lie.pieces {
			r := s.request()
			if r.Order.Sequence != 2 || r.Most > 8192 {
				t.Errorf("%s: asked for %+v", name, r)
			}
			s.piece(lie.statement, r, lie.change)
		}
		s.send(0, []byte("data"))
		s.send(1, nil)
		<-end.done
		if lie.whole {
			<-f.refused
		}
		if string(end.data) != "data" || end.err != nil {
			t.Errorf("%s: %q, %v", name, end.data, end.err)
		}
		st := f.tram.Status()
		if st.List.Order.Sequence != 2 || st.Shared.Taken != 0 || (st.Shared.Refused == 0) != (name == "nothing") || len(st.Alarms) != 0 {
			t.Errorf("%s: %+v, list %d, %v", name, st.Shared, st.List.Order.Sequence, st.Alarms)
		}
	}
}

// large publishes a list of two pieces, on which nobody is who exists.
func (f *spreading) large() []byte {
	f.next = 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	serials := map[uint32]bool{}
	for len(serials) < 6000 {
		serials[100+r.Uint32N(f.next-100)] = true
	}
	b := f.publish(slices.Sorted(maps.Keys(serials))...)
	if len(b) <= wire.MaxListPiece || len(b) > 2*wire.MaxListPiece {
		panic(len(b))
	}
	return b
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// Whoever sends nonsense about lists, or pieces that nobody asked for, is counted and heard on.
func TestSpreadNonsense(t *testing.T) {
	f := newSpreading(t, nil)
	s, end := f.claim(t, f.tram, 0)
	newest := f.publish()
	s.send(listRequest, []byte("give me all"))
	s.send(listRequest, nil)
	s.send(listPiece, nil)
	s.send(listPiece, must((&wire.ListPiece{Total: uint32(len(newest)), Data: newest}).Marshal()))
	s.send(1, nil)
	<-end.done
	if st := f.tram.Status(); end.err != nil || st.Shared.Refused != 4 || st.List.Order.Sequence != 1 {
		t.Errorf("%v, %+v", end.err, st.Shared)
	}
}

// No session takes more octets than it may, however often a peer asks, and all of them together no more lists an hour.
func TestSpreadBounds(t *testing.T) {
	f := newSpreading(t, nil)
	newest := f.large()
	must(f.tram.Apply(newest))
	o := f.options()
	o.Share.Session, o.Share.Hourly = 20_000, 5
	f.tram = f.reload(t, f.tram, o)
	ask := func(s *rawSession, offset uint32) (octets int) {
		s.send(listRequest, must((&wire.ListRequest{Most: 20_000, Offset: offset}).Marshal()))
		kind, data, err := s.receive()
		check(err)
		if kind != listPiece {
			t.Fatalf("record of type %d", kind)
		}
		return len(must(wire.ParseListPiece(data)).Data)
	}
	s, _ := f.claim(t, f.tram, 0)
	octets := 0
	for range 20 {
		octets += ask(s, 0)
	}
	if octets < 5*wire.MaxListPiece-wire.MaxListPiece || octets > 20_000 {
		t.Errorf("%d octets", octets)
	}
	if n := ask(s, 4096); n != 0 {
		t.Errorf("%d octets from the middle of nothing", n)
	}
	s, _ = f.claim(t, f.tram, 0)
	lists := 0
	for range 10 {
		if ask(s, 0) > 0 && ask(s, 4096) > 0 {
			lists++
		}
	}
	if lists > 5 {
		t.Errorf("%d lists at once", lists)
	}
	f.clock.add(time.Hour)
	s, _ = f.claim(t, f.tram, 0)
	if ask(s, 0) == 0 {
		t.Error("nothing an hour later")
	}
}

// Datagrams, which anybody sends, use up no share of what sessions are given, nor does one session that asks for the same again and again.
func TestSpreadFairly(t *testing.T) {
	f := newSpreading(t, nil)
	must(f.tram.Apply(f.publish()))
	o := f.options()
	o.Share.Hourly = 40
	f.tram = f.reload(t, f.tram, o)
	query := must((&wire.ListQuery{Ref: f.core.Ref(), Size: 1200}).Marshal())
	for range 41 {
		_, _ = f.tram.AnswerListRequest(query)
	}
	if _, err := f.tram.AnswerListRequest(query); !errors.Is(err, device.ErrBusy) {
		t.Errorf("more datagrams than in an hour: %v", err)
	}
	given := func(s *rawSession) bool {
		s.send(listRequest, must((&wire.ListRequest{Most: 8192}).Marshal()))
		_, data, err := s.receive()
		check(err)
		return must(wire.ParseListPiece(data)).Total > 0
	}
	greedy, _ := f.claim(t, f.tram, 0)
	if !given(greedy) {
		t.Error("nothing for a session after many datagrams")
	}
	for range 60 {
		given(greedy)
	}
	s, _ := f.claim(t, f.tram, 0)
	if !given(s) {
		t.Error("nothing for a session after one that asked too often")
	}
}

// A peer that is ahead and brings one octet after the other, each in time, holds up no other.
func TestSpreadTrickle(t *testing.T) {
	f := newSpreading(t, nil)
	newest := f.large()
	must(f.bus.Apply(newest))
	liar, _ := f.claim(t, f.tram, 9)
	a, b := connect(t)
	var c *device.Session
	for i := range 4 {
		r := liar.request()
		if c == nil {
			c, _, _ = f.open(t, f.bus, f.tram, a, b)
		}
		f.clock.add(20 * time.Second)
		must(c.Write([]byte("x")))
		if sequence(f.tram) == 2 || i == 3 {
			break
		}
		select {
		case a := <-f.learned:
			if a.Order.Sequence != 2 {
				t.Errorf("%+v", a)
			}
			return
		case <-time.After(300 * time.Millisecond):
		}
		liar.piece(newest, r, func(p *wire.ListPiece) { p.Data = p.Data[:1] })
	}
	f.wait(t)
}
