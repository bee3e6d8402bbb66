package device_test

import (
	"bytes"
	"io"
	"testing"

	"marque/device"
	"marque/device/ibc"
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

// Evidence of every alarm, each over the longest message, fits the state file; and alarms end somewhere.
func TestEvidenceIsBounded(t *testing.T) {
	f := newFleet(t)
	long := string(bytes.Repeat([]byte{'x'}, device.MaxPayload))
	for range 40 {
		d := f.enrol(t, "other", 1)
		k := f.key(address(d))
		must(f.bus.Verify(must(d.Sign(nil, device.SignOptions{}))))
		_, err := f.bus.Verify(f.beacon(k, f.clock.now(), long))
		wantErr(t, err, device.ErrTwoKeys, "substitute")
		check(d.Close())
	}
	f.bus = f.reload(t, f.bus, f.options())
	alarms := f.bus.Alarms()
	if len(alarms) != 32 {
		t.Fatalf("%d alarms", len(alarms))
	}
	last := alarms[31].Keys[1]
	id := ibc.Identity{Core: f.hash(), Address: last.Address.String(), Epoch: last.Epoch}
	if err := must(ibc.NewPublicKey(f.master.Params(), id, last.R)).Verify(last.Context, last.Signed, last.Sig); err != nil {
		t.Error(err)
	}
}
