package device_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// trustList signs a list of other realms, which is in force for a year; change bends it.
func (a *authority) trustList(sequence uint32, change func(*wire.Trust), cores ...*wire.Core) []byte {
	l := &wire.Trust{Core: a.hash(), Sequence: sequence, Issued: a.clock.now().Truncate(time.Second), HardExpiry: 52 * week}
	for _, c := range cores {
		l.Realms = append(l.Realms, wire.TrustedRealm{Core: c, SPIDs: c.SPIDs})
	}
	if change != nil {
		change(l)
	}
	return a.sign(wire.TypeTrust, must(l.Marshal()))
}

// city founds another realm on the clock of a fleet: other epochs, the same serials.
func city(seed byte, name string, c *clock) *authority {
	return found(seed, c, func(core *wire.Core) {
		core.Realm, core.SPIDs, core.Epoch0, core.EpochLength = name, []string{name}, epoch0.Add(5*24*time.Hour), week
	})
}

// twoRealms are two fleets whose devices trust each other and have both first lists.
func twoRealms(t testing.TB) (home, away *fleet) {
	t.Helper()
	home = newFleet(t)
	away = fleetOf(t, city(11, "city.example", home.clock))
	for _, d := range []*device.Device{home.bus, home.tram, home.park} {
		must(d.ApplyTrust(home.trustList(1, nil, away.core)))
		must(d.Apply(away.publish()))
	}
	for _, d := range []*device.Device{away.bus, away.tram, away.park} {
		must(d.ApplyTrust(away.trustList(1, nil, home.core)))
		must(d.Apply(home.publish()))
	}
	return home, away
}

// speak has one device send another a message in every mode. Between devices with one serial nothing is mistaken for one's own.
func speak(t testing.TB, from, to *device.Device) {
	t.Helper()
	took := func(m *device.Message, err error, mode device.Mode) {
		t.Helper()
		if err != nil || m.Sender != address(from) || string(m.Payload) != "x" || m.Mode != mode {
			t.Fatalf("%s from %s to %s: %+v, %v", mode, address(from), address(to), m, err)
		}
	}
	m, err := to.Verify(must(from.Sign([]byte("x"), device.SignOptions{})))
	took(m, err, device.ModeBroadcast)
	m, err = to.Verify(must(from.Sign([]byte("x"), device.SignOptions{Short: true})))
	took(m, err, device.ModeBroadcastShort)
	one := to.VerifyAll([][]byte{must(from.Sign([]byte("x"), device.SignOptions{})), must(from.Sign([]byte("x"), device.SignOptions{Short: true}))})
	took(one[0].Message, one[0].Err, device.ModeBroadcast)
	took(one[1].Message, one[1].Err, device.ModeBroadcastShort)
	must(from.Verify(must(to.Sign(nil, device.SignOptions{}))))
	for _, o := range []device.SealOptions{{RequireCold: true}, {RequireWarm: true}, {RequireWarm: true}} {
		msg, mode, err := from.Seal(address(to), []byte("x"), o)
		check(err)
		m, err = to.Open(msg)
		took(m, err, mode)
		back, _, err := to.Seal(address(from), nil, device.SealOptions{RequireWarm: true}) // shows that it knows the key
		check(err)
		must(from.Open(back))
	}
}

func TestRealmsTalk(t *testing.T) {
	home, away := twoRealms(t)
	speak(t, home.bus, away.bus) // both have serial 0
	speak(t, away.tram, home.bus)
	speak(t, home.tram, home.bus) // serial 1, as the one before
	for _, o := range []device.SealOptions{{RequireCold: true}, {RequireWarm: true}} {
		if o.RequireWarm {
			must(home.bus.Verify(must(away.park.Sign(nil, device.SignOptions{}))))
		}
		msg, _, err := home.bus.SealAll([]wire.Address{address(away.tram), address(away.park)}, []byte("x"), o)
		check(err)
		for _, d := range []*device.Device{away.tram, away.park} {
			if m := must(d.Open(msg)); m.Sender != address(home.bus) {
				t.Errorf("from %s", m.Sender)
			}
		}
		_, err = home.bus.Open(msg)
		wantErr(t, err, device.ErrUnknownRealm, "opened by its sender")
	}
	_, _, err := home.bus.SealAll([]wire.Address{address(away.tram), address(home.tram)}, nil, device.SealOptions{})
	wantErr(t, err, device.ErrOptions, "to two realms at once")
	for _, d := range []*device.Device{home.bus, away.bus} {
		if n := len(d.Status().Alarms); n != 0 {
			t.Errorf("alarms: %v", d.Status().Alarms)
		}
	}
	home.clock.add(week) // another epoch there, the same here
	must(home.bus.Apply(away.publish()))
	must(away.bus.Apply(home.publish()))
	msg, mode, err := away.bus.Seal(address(home.bus), []byte("x"), device.SealOptions{}) // whose key is the same, but who does not know the new one
	check(err)
	if m := must(home.bus.Open(msg)); mode != device.ModeWarm || m.Sender != address(away.bus) {
		t.Errorf("%s from %s", mode, m.Sender)
	}
	speak(t, home.bus, away.bus)
}

func TestRealmsSessions(t *testing.T) {
	home, away := twoRealms(t)
	for _, pair := range [][2]*device.Device{{home.bus, away.bus}, {away.tram, home.bus}} {
		a, b := connect(t)
		c, s := join(t, pair[0], pair[1], a, b)
		go func() { must(c.Write([]byte("hello"))) }()
		got := make([]byte, 5)
		must(io.ReadFull(s, got))
		if string(got) != "hello" || s.Peer() != address(pair[0]) || c.Peer() != address(pair[1]) {
			t.Errorf("%s, from %s", got, s.Peer())
		}
		if x, y := must(c.Exporter("test", 32)), must(s.Exporter("test", 32)); string(x) != string(y) {
			t.Error("other keys")
		}
	}
	// The list of the peer's realm ends a session, and no other.
	a, b := connect(t)
	c, _ := join(t, home.bus, away.tram, a, b)
	if applied := must(home.bus.Apply(home.publish(2))); applied.Ended != 0 || applied.Realm != "fleet.example" {
		t.Errorf("%+v", applied)
	}
	if applied := must(home.bus.Apply(away.publish(2))); applied.Ended != 0 || applied.Realm != "city.example" || applied.Count != 1 || applied.Revoked {
		t.Errorf("%+v", applied)
	}
	applied := must(home.bus.Apply(away.publish(1, 2)))
	if _, err := c.Write(nil); applied.Ended != 2 {
		t.Errorf("%d sessions ended, %v", applied.Ended, err)
	}
	_, err := c.Write([]byte("x"))
	wantErr(t, err, device.ErrRevoked, "peer revoked by its own realm")
}

// A call with data goes across as well.
func TestRealmsEarly(t *testing.T) {
	home, away := twoRealms(t)
	o := away.options()
	o.Early = true
	away.park = away.reload(t, away.park, o)
	a, b := connect(t)
	served := make(chan *device.Session, 1)
	go func() { served <- must(away.park.Server(context.Background(), b)) }()
	c := must(home.tram.ClientEarly(context.Background(), a, address(away.park), []byte("hello")))
	s := <-served
	if data, ok := s.Early(); !ok || string(data) != "hello" || s.Peer() != address(home.tram) {
		t.Errorf("%q from %s", data, s.Peer())
	}
	go func() { must(c.Write([]byte("x"))) }()
	must(io.ReadFull(s, make([]byte, 1)))
}

// Calls into a realm that demands hybrid sessions are hybrid at once.
func TestRealmsHybrid(t *testing.T) {
	home := newFleet(t)
	strict := city(11, "city.example", home.clock)
	strict.policy = strict.signPolicy(func(p *wire.Policy) { p.Hybrid = true })
	away := fleetOf(t, strict)
	must(away.bus.ApplyTrust(away.trustList(1, nil, home.core)))
	must(away.bus.Apply(home.publish()))
	must(home.bus.ApplyTrust(home.trustList(1, func(l *wire.Trust) { l.Realms[0].Hybrid = true }, away.core)))
	must(home.bus.Apply(away.publish()))
	a, b := connect(t)
	if c, _ := join(t, home.bus, away.bus, a, b); !c.Hybrid() {
		t.Error("not hybrid")
	}
	a, b = connect(t)
	join(t, away.bus, home.bus, a, b)
	a, _ = connect(t)
	_, err := home.bus.ClientEarly(context.Background(), a, address(away.bus), nil)
	wantErr(t, err, device.ErrHybrid, "early data into it")
}

// Revocation, and the epoch that a list answers for, are those of the peer's realm.
func TestRealmsRevocation(t *testing.T) {
	home, away := twoRealms(t)
	must(home.bus.Apply(home.publish(1)))
	must(home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{})))) // serial 1 of the other realm
	_, err := home.bus.Verify(must(home.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrRevoked, "serial 1 here")

	list := away.publish(2)
	must(home.bus.Apply(list))
	must(home.tram.Apply(list))
	_, err = home.bus.Verify(must(away.park.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrRevoked, "serial 2 there")
	_, _, err = home.bus.Seal(address(away.park), nil, device.SealOptions{})
	wantErr(t, err, device.ErrRevoked, "sealed to it")
	conn, _ := connect(t)
	_, err = home.bus.Client(context.Background(), conn, address(away.park))
	wantErr(t, err, device.ErrRevoked, "dialled")
	must(home.bus.Verify(must(home.park.Sign(nil, device.SignOptions{})))) // serial 2 here
	msg := must(home.tram.Sign(nil, device.SignOptions{}))                 // still on its own list only
	_, err = away.bus.Verify(msg)
	check(err)

	home.clock.add(8 * week)
	must(home.bus.Apply(home.publish(1)))
	_, err = home.bus.Verify(away.beacon(away.key(address(away.tram)), away.clock.now(), "x"))
	wantErr(t, err, device.ErrListExpired, "past the hard expiry of that realm's list")
}

// Without a list of its realm nobody there is trusted, however fresh the list of this one is; and without a trust list not even then.
func TestRealmsNeedTheirLists(t *testing.T) {
	home := newFleet(t)
	away := fleetOf(t, city(11, "city.example", home.clock))
	beacon := must(away.tram.Sign(nil, device.SignOptions{}))
	_, err := home.bus.Verify(beacon)
	wantErr(t, err, device.ErrUnknownRealm, "not trusted")
	_, err = home.bus.Apply(away.publish())
	wantErr(t, err, device.ErrUnknownRealm, "list of a realm that is not trusted")
	must(home.bus.ApplyTrust(home.trustList(1, nil, away.core)))
	_, err = home.bus.Verify(beacon)
	wantErr(t, err, device.ErrNoList, "no list of that realm")
	must(home.bus.Apply(away.publish()))
	must(home.bus.Verify(beacon))
	_, err = away.bus.Verify(must(home.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrUnknownRealm, "trust is not mutual by itself")
}

// A trust list that was removed, or that has ended, ends all that rested on it.
func TestRealmsEnd(t *testing.T) {
	home, away := twoRealms(t)
	a, b := connect(t)
	c, _ := join(t, home.bus, away.tram, a, b)
	before := must(away.tram.Sign(nil, device.SignOptions{Short: true}))
	must(home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{}))))
	applied := must(home.bus.ApplyTrust(home.trustList(2, nil)))
	if applied.Ended != 1 || len(applied.Realms) != 0 || !applied.Changed {
		t.Errorf("%+v", applied)
	}
	_, err := c.Write([]byte("x"))
	wantErr(t, err, device.ErrUnknownRealm, "session")
	_, err = home.bus.Verify(before)
	wantErr(t, err, device.ErrUnknownRealm, "broadcast")
	_, _, err = home.bus.Seal(address(away.tram), nil, device.SealOptions{})
	wantErr(t, err, device.ErrUnknownRealm, "sealed")
	_, err = home.bus.Apply(away.publish())
	wantErr(t, err, device.ErrUnknownRealm, "list")
	if files := must(filepath.Glob(filepath.Join(home.dirs[home.bus], "list-*"))); len(files) != 0 {
		t.Errorf("%v", files)
	}
	home.bus = home.reload(t, home.bus, home.options())
	if s := home.bus.Status(); !s.Trust.Known || s.Trust.Sequence != 2 || len(s.Alarms) != 0 {
		t.Errorf("after a restart: %+v, %v", s.Trust, s.Alarms)
	}

	must(home.tram.Verify(must(away.tram.Sign(nil, device.SignOptions{}))))
	home.clock.add(52 * week)
	_, err = home.tram.Verify(away.beacon(away.key(address(away.tram)), away.clock.now(), "x"))
	wantErr(t, err, device.ErrTrustExpired, "past the trust list's hard expiry")
	if s := home.tram.Status().Trust; !s.Expired || !s.Known {
		t.Errorf("%+v", s)
	}
}

// Everything is there after a restart; what was accepted is not accepted again.
func TestRealmsRestart(t *testing.T) {
	home, away := twoRealms(t)
	msg := must(away.bus.Sign([]byte("x"), device.SignOptions{}))
	must(home.bus.Verify(msg))
	want := home.bus.Status().Trust
	home.bus = home.reload(t, home.bus, home.options())
	got := home.bus.Status().Trust
	if !got.Known || got.Sequence != 1 || len(got.Realms) != 1 || got.Realms[0].Realm != "city.example" || got.Realms[0].List.State != want.Realms[0].List.State {
		t.Errorf("%+v", got)
	}
	_, err := home.bus.Verify(msg)
	wantErr(t, err, device.ErrReplay, "after a restart")
	speak(t, away.bus, home.bus)
	if n := len(home.bus.Status().Alarms); n != 0 {
		t.Errorf("alarms: %v", home.bus.Status().Alarms)
	}
}

// An old trust list, or an old list of another realm, does not come back: neither by applying it nor by putting files back.
func TestRealmsReverted(t *testing.T) {
	home, away := twoRealms(t)
	dir := home.dirs[home.bus]
	save := func() map[string][]byte {
		out := map[string][]byte{}
		for _, name := range append(must(filepath.Glob(filepath.Join(dir, "list-*"))), filepath.Join(dir, "trust")) {
			out[name] = must(os.ReadFile(name))
		}
		return out
	}
	old := save()
	if len(old) != 2 {
		t.Fatalf("%d files", len(old))
	}
	first := home.trustList(1, nil, away.core)
	port := city(21, "port.example", home.clock)
	second := home.trustList(2, nil, away.core, port.core)
	must(home.bus.ApplyTrust(second))
	newer := away.publish(1)
	must(home.bus.Apply(newer))
	for what, l := range map[string][]byte{"an older one": first, "another with the same number": home.trustList(2, nil, away.core)} {
		_, err := home.bus.ApplyTrust(l)
		wantErr(t, err, device.ErrOldTrust, what)
	}
	if s := home.bus.Status(); len(s.Alarms) != 1 || !strings.Contains(s.Alarms[0].Text, "two different trust lists with number 2") || len(s.Trust.Realms) != 2 {
		t.Errorf("%+v", s.Alarms)
	}
	if again := must(home.bus.ApplyTrust(second)); again.Changed {
		t.Error("the same one changed something")
	}
	_, err := home.bus.Apply(away.bundle(1, nil, func(*wire.Bundle) {}))
	wantErr(t, err, device.ErrOldList, "an older list there")

	check(home.bus.Close())
	for name, b := range old {
		check(os.WriteFile(name, b, 0o600))
	}
	home.bus = home.load(t, dir, home.options())
	if s := home.bus.Status(); s.Trust.Known || len(s.Alarms) != 2 {
		t.Errorf("trust list set back: %+v, %v", s.Trust, s.Alarms)
	}
	_, err = home.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrUnknownRealm, "trust list set back")
	must(home.bus.ApplyTrust(second))
	_, err = home.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "the list set back with it")
	_, err = home.bus.Apply(away.bundle(1, nil, func(*wire.Bundle) {}))
	wantErr(t, err, device.ErrOldList, "an older list, after a restart")
	must(home.bus.Apply(newer))
	_, err = home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrRevoked, "with the newer list")

	check(home.bus.Close()) // now the list alone
	for name, b := range old {
		if strings.Contains(name, "list-") {
			check(os.WriteFile(name, b, 0o600))
		}
	}
	home.bus = home.load(t, dir, home.options())
	_, err = home.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "the list alone set back")
}

// A trust list is the home authority's, and speaks neither of home nor of one domain twice.
func TestTrustListsThatAreRefused(t *testing.T) {
	home, away := twoRealms(t)
	port := city(21, "port.example", home.clock)
	like := func(domain string) *wire.Core { return city(31, domain, home.clock).core }
	bent := func(b []byte) []byte {
		b[len(b)-1] ^= 1
		return b
	}
	for what, c := range map[string]struct {
		list []byte
		want error
	}{
		"by the other authority":     {away.trustList(9, nil, port.core), device.ErrUnknownRealm},
		"by it, in the name of home": {forged(away, home, home.trustList(9, nil, port.core)), device.ErrTampered},
		"altered":                    {bent(home.trustList(9, nil, port.core)), device.ErrTampered},
		"home's own domain":          {home.trustList(9, nil, like("fleet.example")), device.ErrOverlap},
		"home's other domain":        {home.trustList(9, nil, like("depot.fleet.example")), device.ErrOverlap},
		"home itself":                {home.trustList(9, nil, home.core), device.ErrOverlap},
		"of another core":            {home.trustList(9, func(l *wire.Trust) { l.Core[0] ^= 1 }, port.core), device.ErrUnknownRealm},
		"a list":                     {home.publish(), device.ErrMalformed},
		"octets":                     {[]byte("trust me"), device.ErrMalformed},
		"nothing":                    {nil, device.ErrMalformed},
	} {
		_, err := home.bus.ApplyTrust(c.list)
		wantErr(t, err, c.want, what)
	}
	_, err := home.bus.Apply(home.trustList(9, nil, port.core))
	wantErr(t, err, device.ErrMalformed, "as a list")
	if s := home.bus.Status().Trust; s.Sequence != 1 || len(s.Realms) != 1 {
		t.Errorf("%+v", s)
	}
}

// forged signs a statement's payload anew with another authority's key.
func forged(by, as *fleet, statement []byte) []byte {
	p := must(wire.PeekStatement(statement))
	return must(wire.SignStatement(by.signer, p.Type, as.core.Realm, p.Payload))
}

// What another authority can sign says nothing about this realm.
func TestForeignAuthority(t *testing.T) {
	home, away := twoRealms(t)
	now := home.clock.now()

	// Lists: neither under its own name nor under this one.
	order := home.bus.Status().List.Order
	for what, list := range map[string][]byte{
		"signed for home by the other key": forged(away, home, home.bundle(9, []uint32{1}, func(*wire.Bundle) {})),
		"of its own with home's core":      away.bundle(9, []uint32{1}, func(b *wire.Bundle) { b.Core = home.hash() }),
	} {
		if _, err := home.bus.Apply(list); err == nil {
			t.Errorf("%s: applied", what)
		}
	}
	must(home.bus.Apply(away.bundle(9, []uint32{0, 1, 2}, func(*wire.Bundle) {}))) // all of its own
	if s := home.bus.Status(); s.List.Order != order || s.Revoked || s.List.Count != 0 {
		t.Errorf("%+v", s.List)
	}
	speak(t, home.tram, home.bus)

	// Times: a list from far ahead moves nothing here.
	must(home.bus.Apply(away.bundle(10, nil, func(b *wire.Bundle) { b.Issued = now.Add(500 * week) })))
	if s := home.bus.Status(); !s.Now.Equal(now) || s.Floor.After(now) {
		t.Errorf("the other authority set the time to %v", s.Now)
	}
	must(home.bus.Apply(away.bundle(11, nil, func(*wire.Bundle) {})))

	// Names: its keys for addresses of this realm are of no use, whatever the reference says.
	victim := must(wire.ParseAddress("//fleet.example/Stram-12~1"))
	for what, ref := range map[string][4]byte{"home's reference": home.core.Ref(), "its own": away.core.Ref()} {
		key := away.key(victim)
		b := &wire.Broadcast{Ref: ref, Time: now, Sender: victim, R: key.R(), Payload: []byte("x")}
		b.Sig = must(key.Sign(nil, "marque/v1/broadcast", b.Signed()))
		if _, err := home.bus.Verify(must(b.Marshal())); err == nil {
			t.Errorf("%s: accepted as %s", what, victim)
		}
	}
	if n := len(home.bus.Status().Alarms); n != 0 {
		t.Errorf("alarms: %v", home.bus.Status().Alarms)
	}
}

// Two keys for one identity of the other realm are refused, and say nothing of the identity with that serial here.
func TestRealmsTwoKeys(t *testing.T) {
	home, away := twoRealms(t)
	must(home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{}))))
	_, err := home.bus.Verify(away.beacon(away.key(address(away.tram)), away.clock.now(), "x"))
	wantErr(t, err, device.ErrTwoKeys, "a second key")
	must(home.bus.Verify(must(home.tram.Sign(nil, device.SignOptions{}))))
	home.bus = home.reload(t, home.bus, home.options())
	_, err = home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrTwoKeys, "after a restart")
	alarms := home.bus.Status().Alarms
	if len(alarms) != 1 || alarms[0].Core != away.hash() {
		t.Errorf("%v", alarms)
	}
	doubly := must(wire.ParseAddress("//fleet.example/Sdoubly~70"))
	must(home.bus.Verify(home.beacon(home.key(doubly), now(home), "x")))
	_, err = home.bus.Verify(home.beacon(home.key(doubly), now(home), "y"))
	wantErr(t, err, device.ErrTwoKeys, "here")
	for range 70 { // whoever signs for that realm can neither fill the room for alarms about this one, nor have it forget who has two keys
		a := must(wire.NewAddress("city.example", "", "x", away.next))
		away.next++
		must(home.bus.Verify(away.beacon(away.key(a), away.clock.now(), "x")))
		_, err := home.bus.Verify(away.beacon(away.key(a), away.clock.now(), "y"))
		wantErr(t, err, device.ErrTwoKeys, a.String())
	}
	if n := len(home.bus.Status().Alarms); n != 8+1 {
		t.Errorf("%d alarms", n)
	}
	_, err = home.bus.Verify(home.beacon(home.key(doubly), now(home), "z"))
	wantErr(t, err, device.ErrTwoKeys, "here, still")
	must(home.bus.Verify(home.beacon(home.key(must(wire.ParseAddress("//fleet.example/Snew~77"))), now(home), "x")))
}

func now(f *fleet) time.Time { return f.clock.now() }

// The lists of another realm follow the same order as those of this one: changes, forks, and a lost file.
func TestListsOfAnotherRealm(t *testing.T) {
	home, away := twoRealms(t)
	next := away.bundle(3, []uint32{1}, func(*wire.Bundle) {})
	if a := must(home.bus.Apply(away.change(next, 2, []uint32{1}, func(*wire.Change) {}))); a.Realm != "city.example" || a.Order.Sequence != 3 {
		t.Errorf("%+v", a)
	}
	_, err := home.bus.Apply(away.bundle(3, []uint32{2}, func(*wire.Bundle) {}))
	wantErr(t, err, device.ErrForked, "two lists there")
	home.bus = home.reload(t, home.bus, home.options())
	l := home.bus.Status().Trust.Realms[0].List
	if alarms := home.bus.Status().Alarms; !l.Forked || l.Count != 2 || len(alarms) != 1 || alarms[0].Core != away.hash() {
		t.Errorf("%+v, %v", l, alarms)
	}
	check(home.bus.Close())
	check(os.Remove(must(filepath.Glob(filepath.Join(home.dirs[home.bus], "list-*")))[0]))
	home.bus = home.load(t, home.dirs[home.bus], home.options())
	_, err = home.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "lost")
	_, err = home.bus.Apply(next)
	wantErr(t, err, device.ErrOldList, "one half")
	must(home.bus.Apply(away.bundle(4, nil, func(*wire.Bundle) {})))
	must(home.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{}))))
	manifest, regions := away.cut(away.bundle(5, nil, func(*wire.Bundle) {}), func(*wire.Regions) {}, uint64(away.next))
	_, err = home.bus.ApplyRegions(manifest, regions...)
	wantErr(t, err, device.ErrUnknownRealm, "in regions")
}

// A folder that was set back brings no trust list back either: it is taken anew, once a list of now was.
func TestTrustSetBack(t *testing.T) {
	f, o := counted(t)
	away := fleetOf(t, city(11, "city.example", f.clock))
	first := f.trustList(1, nil, away.core)
	must(f.bus.ApplyTrust(first))
	must(f.bus.Apply(away.publish()))
	f.bus = f.reload(t, f.bus, o)
	if s := f.bus.Status(); s.SetBack || !s.Counted || len(s.Trust.Realms) != 1 {
		t.Errorf("%+v", s)
	}
	earlier := crash(t, f.dirs[f.bus])
	must(f.bus.ApplyTrust(f.trustList(2, nil)))
	check(f.bus.Close())
	f.bus = f.load(t, earlier, o)
	_, err := f.bus.ApplyTrust(first)
	wantErr(t, err, device.ErrSetBack, "before a list of now")
	must(f.bus.Apply(f.publish()))
	for range 2 {
		_, err := f.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrUnknownRealm, "with the trust list that was set back")
		f.bus = f.reload(t, f.bus, o)
	}
	must(f.bus.ApplyTrust(f.trustList(2, nil)))
	_, err = f.bus.ApplyTrust(first)
	wantErr(t, err, device.ErrOldTrust, "the old one again")
}

// Whoever gives up home's core gives up its trust list, and what rested on it.
func TestTrustEndsByRotation(t *testing.T) {
	f, next := rotatingFleet(t)
	away := fleetOf(t, city(11, "city.example", f.clock))
	list := f.trustList(1, nil, away.core)
	must(f.bus.ApplyTrust(list))
	must(f.bus.Apply(away.publish()))
	succeed(t, f.bus, next)
	for range 2 {
		_, err := f.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrUnknownRealm, "rotated")
		f.bus = f.reload(t, f.bus, f.options())
	}
	_, err := f.bus.ApplyTrust(list)
	wantErr(t, err, device.ErrRotated, "of the former core")
	must(f.bus.ApplyTrust(next.trustList(1, nil, away.core)))
	must(f.bus.Apply(away.publish()))
	must(f.bus.Apply(next.publish()))
	must(f.bus.Verify(must(away.bus.Sign(nil, device.SignOptions{}))))
	if s := f.bus.Status(); len(s.Alarms) != 0 {
		t.Errorf("%v", s.Alarms)
	}
}

// Another core of a trusted realm is another realm: sessions under the old one end, and its list has to come anew.
func TestRealmRotatesThere(t *testing.T) {
	home, away := twoRealms(t)
	a, b := connect(t)
	c, _ := join(t, home.bus, away.tram, a, b)
	must(home.bus.ApplyTrust(home.trustList(2, nil, city(41, "city.example", home.clock).core)))
	_, err := c.Write([]byte("x"))
	wantErr(t, err, device.ErrUnknownRealm, "session of the former core")
	_, err = home.bus.Verify(must(away.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrUnknownRealm, "broadcast under the former core")
	_, _, err = home.bus.Seal(address(away.tram), nil, device.SealOptions{})
	wantErr(t, err, device.ErrNoList, "no list under the new core")
}

// What is believed of the clock after a crash goes as far as home's list, so that none of another realm is heard beyond it.
func TestRealmsNeedTheHomeList(t *testing.T) {
	home, away := twoRealms(t)
	home.clock.add(8*week + time.Hour) // past its hard expiry
	must(home.bus.Apply(away.publish()))
	open := away.beacon(away.key(address(away.tram)), away.clock.now(), "open")
	_, err := home.bus.Verify(open)
	wantErr(t, err, device.ErrListExpired, "verify")
	must(home.bus.Apply(home.publish()))
	must(home.bus.Verify(open))
	d := home.load(t, crash(t, home.dirs[home.bus]), home.options())
	home.clock.add(time.Second)
	_, err = d.Verify(open)
	wantErr(t, err, device.ErrStaleTime, "verify after a crash")
}
