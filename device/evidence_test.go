package device_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"marque/device"
	"marque/device/ibc"
	"marque/device/wire"
)

// The proof of a doubly issued key is on disk when Verify returns: a device that is killed then, perhaps for it, still has it.
func TestEvidenceSurvivesCrash(t *testing.T) {
	f := newFleet(t)
	substitute := f.key(address(f.bus))
	_, err := f.bus.Verify(f.beacon(substitute, f.clock.now(), "I am the bus"))
	wantErr(t, err, device.ErrTwoKeys, "own substitute key")
	must(f.park.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
	_, err = f.park.Verify(f.beacon(substitute, f.clock.now(), "I am the bus"))
	wantErr(t, err, device.ErrTwoKeys, "a peer's substitute key")
	for _, d := range []*device.Device{f.bus, f.park} {
		alarms := f.load(t, crash(t, f.dirs[d]), f.options()).Status().Alarms
		if len(alarms) != 1 || len(alarms[0].Keys) != 2 || alarms[0].Keys[1].R != substitute.R() {
			t.Errorf("alarms %+v", alarms)
		}
	}
}

// A session shows a second key: of a peer that was called and is known already, and of this device itself, when somebody calls under its name,
// which is never accepted.
func TestEvidenceFromSession(t *testing.T) {
	f := newFleet(t)
	substitute := f.key(address(f.tram))
	must(f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{}))))
	a, b := connect(t)
	got := client(f.bus, a, address(f.tram))
	f.rawPeer(b, substitute).answer(address(f.tram))
	if rest, err := io.ReadAll(b); len(rest) != 0 {
		t.Errorf("the initiator sent %d more octets, %v", len(rest), err)
	}
	wantErr(t, (<-got).err, device.ErrTwoKeys, "as the responder")
	alarms := f.bus.Alarms()
	if len(alarms) != 1 || alarms[0].Keys[1].Context != "marque/v1/session/responder" || alarms[0].Keys[1].R != substitute.R() {
		t.Errorf("alarms %+v", alarms)
	}

	a, b = connect(t)
	got = server(f.tram, a)
	p := f.rawPeer(b, f.key(address(f.tram)))
	p.call(address(f.tram))
	p.introduce()
	wantErr(t, (<-got).err, device.ErrTwoKeys, "as the initiator")
	if alarms := f.tram.Alarms(); len(alarms) != 1 || alarms[0].Keys[1].Context != "marque/v1/session/initiator" {
		t.Errorf("alarms %+v", alarms)
	}
}

// Everything that a device keeps, lists aside, fits 64 KiB with all of it full: keys of 64 epochs, peers, messages, and alarms with as much proof as
// has room. Alarms end somewhere.
func TestFullFolder(t *testing.T) {
	f := newFleet(t)
	f.epochs = wire.MaxKeys
	f.bus = f.enrol(t, "full", wire.KindVehicle)
	dir := f.dirs[f.bus]
	must(f.bus.Apply(f.publish()))
	must(f.bus.Receipt())
	f.epochs = 1
	long := string(bytes.Repeat([]byte{'x'}, device.MaxPayload))
	for i := range device.MaxPeers + 40 {
		d := f.enrol(t, "other", wire.KindVehicle)
		for range 12 {
			must(f.bus.Verify(must(d.Sign(nil, device.SignOptions{}))))
		}
		if i < 40 {
			payload := "short"
			if i%2 == 1 {
				payload = long
			}
			_, err := f.bus.Verify(f.beacon(f.key(address(d)), f.clock.now(), payload))
			wantErr(t, err, device.ErrTwoKeys, "substitute")
		}
		check(d.Close())
	}
	if s := f.bus.Status(); s.Peers != device.MaxPeers || s.Seen < 1000 || len(s.Alarms) != 32 {
		t.Errorf("%d peers, %d messages, %d alarms", s.Peers, s.Seen, len(s.Alarms))
	}
	replayed := must(f.tram.Sign(nil, device.SignOptions{}))
	must(f.bus.Verify(replayed))
	check(f.bus.Close())
	total := int64(0)
	for _, e := range must(os.ReadDir(dir)) {
		if info := must(e.Info()); e.Name() != "list" && e.Name() != "carried" {
			t.Logf("%s: %d", e.Name(), info.Size())
			total += info.Size()
		}
	}
	if total > 64<<10 {
		t.Errorf("%d octets", total)
	}
	f.bus = f.load(t, dir, f.options())
	s := f.bus.Status()
	if s.Peers < 48 || s.Seen < 300 || len(s.Alarms) != 32 {
		t.Errorf("after a restart %d peers, %d messages, %d alarms", s.Peers, s.Seen, len(s.Alarms))
	}
	_, err := f.bus.Verify(replayed)
	if err == nil {
		t.Error("accepted again")
	}
	first := s.Alarms[0].Keys[1]
	id := ibc.Identity{Core: f.hash(), Address: first.Address.String(), Epoch: first.Epoch}
	if err := must(ibc.NewPublicKey(f.master.Params(), id, first.R)).Verify(first.Context, first.Signed, first.Sig); err != nil {
		t.Error(err)
	}
}

// Who the authority enrols costs a device nothing before it hears of them: not an octet of its state.
func TestNothingForPeers(t *testing.T) {
	f := newFleet(t)
	must(f.bus.Apply(f.publish()))
	before := readState(f.dirs[f.bus])
	f.next += 100_000
	must(f.bus.Apply(f.publish()))
	if after := readState(f.dirs[f.bus]); len(after[0]) != len(before[0]) || len(after[1]) != len(before[1]) {
		t.Errorf("%d and %d octets after 100,000 enrolments, %d and %d before", len(after[0]), len(after[1]), len(before[0]), len(before[1]))
	}
}
