package device_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// ask lets one device ask another for lists by datagrams until there is no answer, and returns the octets of the answers.
func ask(t *testing.T, asker, other *device.Device, size int) (octets []int) {
	t.Helper()
	for {
		request := must(asker.ListRequest(size))
		answer, err := other.AnswerListRequest(request)
		if errors.Is(err, device.ErrNoAnswer) {
			return octets
		}
		check(err)
		if len(answer) > len(request) {
			t.Fatalf("%d octets answer %d", len(answer), len(request))
		}
		if a := must(asker.ApplyAnswer(answer)); !a.Changed {
			t.Fatal("an answer changed nothing")
		}
		if octets = append(octets, len(answer)); len(octets) > 50 {
			t.Fatal("no end")
		}
	}
}

// A device without any list, whom no session is open to, gets one by a datagram, and what is longer than its request it does not get.
func TestListByDatagram(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "new", wire.KindVehicle)
	list := f.publish(2)
	must(f.bus.Apply(list))
	if got := ask(t, d, f.bus, len(list)+wire.ListAnswerOverhead-1); got != nil {
		t.Errorf("an answer of %d octets", got)
	}
	if got := ask(t, d, f.bus, len(list)+wire.ListAnswerOverhead); len(got) != 1 || sequence(d) != 2 {
		t.Errorf("%d, list %d", got, sequence(d))
	}
	for _, size := range []int{-1, 16, 65_508} {
		_, err := d.ListRequest(size)
		wantErr(t, err, device.ErrOptions, "size")
	}
	if got := f.bus.Status().Shared.Given; got != 1 {
		t.Errorf("%d given", got)
	}
}

func TestDatagramsRefused(t *testing.T) {
	f, other := newFleet(t), newFleet2(t)
	must(f.bus.Apply(f.publish()))
	request := must(f.tram.ListRequest(0))
	answer := must(f.bus.AnswerListRequest(request))
	_, err := f.bus.AnswerListRequest(must(other.tram.ListRequest(0)))
	wantErr(t, err, device.ErrUnknownRealm, "a request of another realm")
	_, err = f.bus.AnswerListRequest(flip(request, len(request)-1))
	wantErr(t, err, device.ErrMalformed, "padding")
	_, err = f.bus.AnswerListRequest(answer)
	wantErr(t, err, device.ErrMalformed, "an answer as a request")
	_, err = other.tram.ApplyAnswer(answer)
	wantErr(t, err, device.ErrUnknownRealm, "an answer of another realm")
	_, err = f.tram.ApplyAnswer(request)
	wantErr(t, err, device.ErrMalformed, "a request as an answer")
	_, err = f.tram.ApplyAnswer(flip(answer, len(answer)-1))
	wantErr(t, err, device.ErrTampered, "an altered answer")
	if sequence(f.tram) != 1 {
		t.Error("something was applied")
	}
	must(f.tram.ApplyAnswer(answer))
}

func newFleet2(t *testing.T) *fleet { t.Helper(); return fleetOf(t, newAuthority(5)) }

// Whatever way lists and changes came, whoever is behind on the way gets to the newest by the shortest of them, and by as few as there are.
func TestCarriedLeadsOn(t *testing.T) {
	f := newFleet(t)
	f.next += 100
	var serials []uint32
	lists := [][]byte{nil, nil}
	next := func() []byte {
		serials = append(serials, uint32(10+len(serials)))
		lists = append(lists, f.publish(serials...))
		return lists[f.list]
	}
	step := func(l []byte) []byte { return f.change(l, f.list-1, serials[len(serials)-1:], asIs) }
	far := func(l []byte) []byte { return f.change(l, 1, serials, asIs) }

	must(f.bus.Apply(step(next()))) // 2
	must(f.bus.Apply(step(next()))) // 3
	if got := ask(t, f.tram, f.bus, 0); len(got) != 2 || sequence(f.tram) != 3 {
		t.Errorf("two steps: %d octets, list %d", got, sequence(f.tram))
	}
	must(f.bus.Apply(far(lists[3])))
	if got := ask(t, f.park, f.bus, 0); len(got) != 1 {
		t.Errorf("one change for both steps: %d octets", got)
	}
	four := next()
	must(f.bus.Apply(far(four)))
	must(f.bus.Apply(step(four)))
	short := ask(t, f.tram, f.bus, 0)
	old := f.enrol(t, "old", wire.KindVehicle)
	must(old.Apply(lists[2]))
	if long := ask(t, old, f.bus, 0); len(short) != 1 || len(long) != 1 || short[0] != len(step(four))+wire.ListAnswerOverhead || long[0] != len(far(four))+wire.ListAnswerOverhead {
		t.Errorf("%d octets by the step, %d from further back", short, long)
	}
	for range 30 { // more steps than are kept
		must(f.bus.Apply(step(next())))
	}
	f.bus = f.reload(t, f.bus, f.options())
	if n := f.bus.Status().Shared.Carried; n > 17 {
		t.Errorf("%d statements carried", n)
	}
	must(f.tram.Apply(lists[f.list-10]))
	if got := ask(t, f.tram, f.bus, 0); len(got) != 10 || sequence(f.tram) != f.list {
		t.Errorf("ten steps: %d octets, list %d", got, sequence(f.tram))
	}
	if got := ask(t, f.park, f.bus, 0); got != nil || sequence(f.park) != 3 {
		t.Errorf("the first steps were dropped, and yet %d octets led to list %d", got, sequence(f.park))
	}
	must(f.bus.Apply(lists[f.list]))
	if got := ask(t, f.park, f.bus, 0); len(got) != 1 || sequence(f.park) != f.list {
		t.Errorf("the full list that was in force: %d octets, list %d", got, sequence(f.park))
	}
}

// A full list and the change after it bring on who has nothing, after a restart, too.
func TestCarriedSurvives(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "new", wire.KindVehicle)
	must(f.bus.Apply(f.change(f.publish(), 1, nil, asIs)))
	f.bus = f.reload(t, f.bus, f.options())
	if got := ask(t, d, f.bus, 0); len(got) != 2 || sequence(d) != 2 {
		t.Errorf("%d octets, list %d", got, sequence(d))
	}
}

// Across bases, and generations, it is the full list that leads.
func TestCarriedAcrossBases(t *testing.T) {
	f := newFleet(t)
	must(f.bus.Apply(f.change(f.publish(), 1, nil, asIs)))
	released := f.bundle(3, nil, func(b *wire.Bundle) {
		b.Base = 2
		b.State = wire.ListState(f.core.Realm, b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, nil)
	})
	f.list = 3
	must(f.bus.Apply(released))
	if n := f.bus.Status().Shared.Carried; n != 1 {
		t.Errorf("%d statements carried", n)
	}
	if got := ask(t, f.tram, f.bus, 0); len(got) != 1 || f.tram.Status().List.Order.Base != 2 {
		t.Errorf("%d octets, %+v", got, f.tram.Status().List.Order)
	}
}

// What must not, or cannot, be handed on: an expired list, the union of two, and what the folder lost. None of it is a reason for alarm.
func TestCarriedIsNot(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.bus]
	file := filepath.Join(dir, "carried")
	d := f.enrol(t, "new", wire.KindVehicle)
	silent := func(what string) {
		t.Helper()
		if got := ask(t, d, f.bus, 0); got != nil {
			t.Errorf("%s: %d octets", what, got)
		}
	}
	good := must(os.ReadFile(file))
	for name, spoil := range map[string]func(){
		"lost":     func() { check(os.Remove(file)) },
		"damaged":  func() { check(os.WriteFile(file, flip(good, len(good)-1), 0o600)) },
		"set back": func() { must(f.bus.Apply(f.publish())); check(os.WriteFile(file, good, 0o600)) },
	} {
		spoil()
		f.bus = f.reload(t, f.bus, f.options())
		silent(name)
		if a := f.bus.Status().Alarms; len(a) != 0 {
			t.Errorf("%s: %v", name, a)
		}
	}
	must(f.bus.Apply(f.publish()))
	_, err := f.bus.Apply(f.bundle(f.list, []uint32{1}, func(*wire.Bundle) {}))
	wantErr(t, err, device.ErrForked, "fork")
	silent("union of two")
	f.bus = f.reload(t, f.bus, f.options())
	silent("union of two, after a restart")
	must(f.bus.Apply(f.publish()))
	f.clock.add(8*week - time.Second)
	must(f.bus.AnswerListRequest(must(d.ListRequest(0))))
	f.clock.add(time.Second)
	silent("past its hard expiry")

	o := f.options()
	o.Share.Off = true
	f.tram = f.reload(t, f.tram, o)
	must(f.tram.Apply(f.publish()))
	f.bus = f.tram
	silent("sharing is off")
}

// After so many answers no more are given in an hour.
func TestDatagramsAreFew(t *testing.T) {
	f := newFleet(t)
	o := f.options()
	o.Share.Hourly = 6
	f.bus = f.reload(t, f.bus, o)
	must(f.bus.Apply(f.publish()))
	request := must(f.tram.ListRequest(0))
	for range 6 {
		must(f.bus.AnswerListRequest(request))
	}
	_, err := f.bus.AnswerListRequest(request)
	wantErr(t, err, device.ErrBusy, "the seventh")
	f.clock.add(10 * time.Minute)
	must(f.bus.AnswerListRequest(request))
	_, err = f.bus.AnswerListRequest(request)
	wantErr(t, err, device.ErrBusy, "another after a sixth of an hour")
}

func TestShareOptions(t *testing.T) {
	for _, s := range []device.Share{{Session: -1}, {Session: 1023}, {Session: wire.MaxBundle + 1}, {Hourly: -1}, {Hourly: 1_000_001}} {
		_, err := device.Create(filepath.Join(t.TempDir(), "x"), device.Wanted{Name: "x", Kind: wire.KindVehicle}, device.Options{Clock: time.Now, Share: s})
		wantErr(t, err, device.ErrOptions, "share")
	}
}

// Over a real datagram socket a device is brought step by step to the newest list that the other has, and then hears that there is none later.
func TestListsOverUDP(t *testing.T) {
	f := newFleet(t)
	for range 2 {
		must(f.bus.Apply(f.change(f.publish(), f.list-1, nil, asIs)))
	}
	ctx, stop := context.WithCancel(context.Background())
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- f.bus.AnswerOn(ctx, "udp", "127.0.0.1:0", func(bound string) { at <- bound }) }()
	where := <-at
	if a := must(f.tram.AskAt(ctx, "udp", where, 0)); a.Order.Sequence != 3 {
		t.Errorf("%+v", a)
	}
	_, err := f.park.AskAt(ctx, "udp", where, 5)
	wantErr(t, err, device.ErrOptions, "five octets")
	stop()
	check(<-ended)
	_, err = f.park.AskAt(context.Background(), "udp", where, 0)
	wantErr(t, err, device.ErrUnanswered, "nobody there")
}

// The same list again, whoever brings it and however often, costs the disk nothing.
func TestCarriedWrittenOnce(t *testing.T) {
	f := newFleet(t)
	var saved atomic.Int32
	d := f.reload(t, f.bus, device.WithStep(f.options(), func(step string) {
		if step == "write carried" {
			saved.Add(1)
		}
	}))
	list := f.publish(2)
	for range 3 {
		must(d.Apply(list))
	}
	if n := saved.Load(); n != 1 {
		t.Errorf("written %d times", n)
	}
}

// A device that is closed while it takes a list into force ends that first: nothing that was applied is missing from what it hands on.
func TestClosedWhileApplying(t *testing.T) {
	f := newFleet(t)
	var d *device.Device
	closed := make(chan error, 1)
	ended := make(chan struct{})
	d = f.reload(t, f.bus, device.WithStep(f.options(), func(step string) {
		if step != "replaced state-a" && step != "replaced state-b" || d == nil {
			return
		}
		select {
		case <-ended:
			return // Close writes the state, too
		default:
		}
		close(ended)
		go func() { closed <- d.Close() }()
		for range 200 { // long enough for a Close that does not wait
			if _, err := d.Sign(nil, device.SignOptions{}); errors.Is(err, device.ErrClosed) {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}))
	must(d.Apply(f.publish(2)))
	check(<-closed)
	if n := f.load(t, f.dirs[d], f.options()).Status().Shared.Carried; n != 1 {
		t.Errorf("%d statements carried", n)
	}
}
