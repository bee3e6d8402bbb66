package device_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// A broadcast of a peer that was heard twice costs no memory, in either form, with a table or without.
func TestVerifyAllocatesNothing(t *testing.T) {
	for _, tables := range []int{0, 1} {
		f := newFleet(t)
		o := f.options()
		o.Tables = tables
		f.park = f.reload(t, f.park, o)
		for _, short := range []bool{false, true} {
			const runs = 200
			var msgs [][]byte
			for i := range runs + 3 {
				msgs = append(msgs, must(f.bus.Sign([]byte{byte(i)}, device.SignOptions{Short: short && i > 1})))
			}
			var m device.Message
			check(f.park.VerifyInto(&m, msgs[0]))
			check(f.park.VerifyInto(&m, msgs[1]))
			next := 2
			if n := testing.AllocsPerRun(runs, func() {
				check(f.park.VerifyInto(&m, msgs[next]))
				next++
			}); n != 0 {
				t.Errorf("short %v, tables %d: %v allocations for each", short, tables, n)
			}
			if m.Sender != address(f.bus) || !bytes.Equal(m.Payload, []byte{byte(next - 1)}) {
				t.Errorf("%+v", m)
			}
		}
	}
}

func TestVerifyIntoLeavesAlone(t *testing.T) {
	f := newFleet(t)
	m := device.Message{Payload: []byte("before")}
	msg := must(f.bus.Sign([]byte("x"), device.SignOptions{}))
	wantErr(t, f.park.VerifyInto(&m, msg[:len(msg)-1]), device.ErrTampered, "cut")
	if string(m.Payload) != "before" {
		t.Errorf("%+v", m)
	}
}

func TestTablesAreBounded(t *testing.T) {
	for _, n := range []int{-1, device.MaxPeers + 1} {
		f := newFleet(t)
		o := f.options()
		o.Tables = n
		check(f.tram.Close())
		_, err := device.Load(f.dirs[f.tram], o)
		wantErr(t, err, device.ErrOptions, fmt.Sprint(n))
	}
	f := newFleet(t)
	o := f.options()
	o.Tables = 2
	f.tram = f.reload(t, f.tram, o)
	hear := func(k *ibc.PrivateKey) {
		for i := range 2 {
			must(f.tram.Verify(f.beacon(k, f.clock.now(), fmt.Sprint(i))))
		}
	}
	for i := range device.MaxPeers + 1 { // the first is forgotten, and gives its table back
		hear(f.key(must(wire.NewAddress("fleet.example", "", "other", uint32(1000+i)))))
		if n, want := f.tram.TablesHeld(), min(i+1, 2); n != want && i < device.MaxPeers {
			t.Fatalf("%d tables after %d peers, want %d", n, i+1, want)
		}
	}
	if n := f.tram.TablesHeld(); n != 2 {
		t.Errorf("%d tables in the end", n)
	}
}

// Together or one by one, the same becomes of every message, in the same order, whatever stands among them.
func TestVerifyAllIsVerify(t *testing.T) {
	one := newFleet(t)
	far, past := newAuthority(7), one.clock.now().Add(-301_000_000_000)
	var msgs [][]byte
	add := func(b ...[]byte) { msgs = append(msgs, b...) }
	strangers := make([]*ibc.PrivateKey, 40)
	for i := range strangers {
		strangers[i] = one.key(must(wire.NewAddress("fleet.example", "", "s", uint32(1000+i))))
		add(one.beacon(strangers[i], one.clock.now(), "hello"))
	}
	add(msgs[3], msgs[3])                                                   // replays
	add(shortBeacon(one, strangers[0]), shortBeacon(one, strangers[5]))     // whose full form stands before
	add(shortBeacon(one, one.key(address(one.bus))))                        // of somebody unknown
	add(far.beacon(far.key(address(one.bus)), one.clock.now(), "x"), nil)   // of another realm, and nothing
	add(one.beacon(strangers[1], past, "old"), []byte("no message at all")) // too old
	for i := range 30 {
		add(one.beacon(strangers[i], one.clock.now(), "again"))
	}
	add(one.beacon(one.key(must(wire.NewAddress("fleet.example", "", "s", 1007))), one.clock.now(), "second key"))
	add(one.beacon(strangers[7], one.clock.now(), "first key again"))
	bad := bytes.Clone(msgs[20])
	bad[len(bad)-1] ^= 1
	for _, forged := range []bool{false, true} {
		in := msgs
		if forged {
			in = append([][]byte{bad, must(one.bus.Sign(nil, device.SignOptions{}))}, msgs...)
			one = newFleetLike(t, one)
		}
		one, all := one.tram, one.park
		for i, v := range all.VerifyAll(in) {
			m, err := one.Verify(in[i])
			if (err == nil) != (v.Err == nil) || err == nil && (m.Sender != v.Message.Sender || m.Mode != v.Message.Mode || !bytes.Equal(m.Payload, v.Message.Payload)) {
				t.Errorf("forged %v, message %d: %v by itself, %v together", forged, i, err, v.Err)
			}
			if err != nil && (err.Error() != v.Err.Error() || v.Message != nil) {
				t.Errorf("forged %v, message %d: %q by itself, %q together", forged, i, err, v.Err)
			}
		}
		if a, b := one.Status(), all.Status(); a.Seen != b.Seen || a.Peers != b.Peers || len(a.Alarms) != len(b.Alarms) || len(a.Alarms) != 1 || a.Seen < 60 {
			t.Errorf("%d, %d, %v and %d, %d, %v", a.Seen, a.Peers, a.Alarms, b.Seen, b.Peers, b.Alarms)
		}
	}
	echo := must(one.bus.Sign(nil, device.SignOptions{}))
	wantErr(t, one.bus.VerifyAll([][]byte{echo})[0].Err, device.ErrOwnIdentity, "own message")
	if got := one.bus.VerifyAll(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
	check(one.bus.Close())
	for _, v := range one.bus.VerifyAll(msgs[:2]) {
		if !errors.Is(v.Err, device.ErrClosed) {
			t.Error(v.Err)
		}
	}
}

// newFleetLike enrols more devices in the same realm, which heard nothing yet.
func newFleetLike(t testing.TB, f *fleet) *fleet {
	t.Helper()
	return fleetOf(t, f.authority)
}

// shortBeacon signs a short broadcast with any key.
func shortBeacon(a *fleet, k *ibc.PrivateKey) []byte {
	b := &wire.Broadcast{Ref: a.core.Ref(), Time: a.clock.now(), Short: true, KeyRef: k.Public().Reference(), Payload: []byte("short")}
	b.Sig = must(k.Sign(nil, "marque/v1/broadcast", b.Signed()))
	return must(b.Marshal())
}

// BenchmarkVerify verifies broadcasts of 64 peers that are known, one by one and together, with tables and without.
func BenchmarkVerify(b *testing.B) {
	for _, tables := range []int{0, device.MaxPeers} {
		f := newFleet(b)
		o := f.options()
		o.Tables, o.Replay = tables, 1<<21
		f.tram = f.reload(b, f.tram, o)
		keys := make([]*ibc.PrivateKey, device.MaxPeers)
		for i := range keys {
			keys[i] = f.key(must(wire.NewAddress("fleet.example", "", "s", uint32(1000+i))))
			must(f.tram.Verify(f.beacon(keys[i], f.clock.now(), "one")))
			must(f.tram.Verify(f.beacon(keys[i], f.clock.now(), "two")))
		}
		round := func() (msgs [][]byte) {
			for _, k := range keys {
				msgs = append(msgs, shortBeacon(f, k))
			}
			return msgs
		}
		b.Run(fmt.Sprintf("one/tables=%d", tables), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; {
				b.StopTimer()
				msgs := round()
				b.StartTimer()
				var m device.Message
				for _, msg := range msgs {
					check(f.tram.VerifyInto(&m, msg))
					i++
				}
			}
		})
		for _, senders := range []int{len(keys), 8} {
			b.Run(fmt.Sprintf("together/tables=%d/senders=%d", tables, senders), func(b *testing.B) {
				for i := 0; i < b.N; i += len(keys) {
					b.StopTimer()
					var msgs [][]byte
					for i := range keys {
						msgs = append(msgs, shortBeacon(f, keys[i%senders]))
					}
					b.StartTimer()
					for _, v := range f.tram.VerifyAll(msgs) {
						check(v.Err)
					}
				}
			})
		}
	}
}
