package device_test

import (
	"testing"

	"marque/device"
	"marque/device/wire"
)

// Whatever a device accepts, it refuses with any single bit flipped. (The same for broadcasts, sealed messages to one and to several, requests
// for the full form, and regions stands in the tests about them; for receipts, requests, and statements of every type, packages among them, in package wire.)
func TestEveryBitCounts(t *testing.T) {
	f, next := rotatingFleet(t)
	list := f.publish(1)
	change := f.change(list, 1, []uint32{1}, asIs)
	ask := must(f.park.ListRequest(0))
	must(f.bus.Apply(list))
	answer := must(f.bus.AnswerListRequest(ask))
	regions, files := f.cut(list, whole, 1, uint64(f.next))
	for name, test := range map[string]struct {
		b      []byte
		accept func(b []byte) error
	}{
		"list":            {list, func(b []byte) error { _, err := f.tram.Apply(b); return err }},
		"change":          {change, func(b []byte) error { _, err := f.tram.Apply(b); return err }},
		"list in regions": {regions, func(b []byte) error { _, err := f.tram.ApplyRegions(b, files...); return err }},
		"answer":          {answer, func(b []byte) error { _, err := f.park.ApplyAnswer(b); return err }},
		"core":            {next.statement(), func(b []byte) error { _, err := f.bus.Rotate(b); return err }},
	} {
		flips(test.b, 1, func(bit int, altered []byte) {
			if test.accept(altered) == nil {
				t.Fatalf("%s: bit %d of %d octets flipped, and accepted", name, bit, len(test.b))
			}
		})
		check(test.accept(test.b)) // none of that spoiled the thing itself
	}
}

// The longest payload passes in every form, and one octet more in none.
func TestLongestPayload(t *testing.T) {
	f := newFleet(t)
	longest := make([]byte, device.MaxPayload)
	long := make([]byte, device.MaxPayload+1)
	all := []wire.Address{address(f.park), address(f.tram)}
	for range 2 { // cold, and then warm
		one, _, err := f.bus.Seal(address(f.park), longest, device.SealOptions{})
		check(err)
		several, _, err := f.bus.SealAll(all, longest, device.SealOptions{})
		check(err)
		for _, msg := range [][]byte{one, several} {
			if m := must(f.park.Open(msg)); len(m.Payload) != device.MaxPayload {
				t.Errorf("%v: %d octets", m.Mode, len(m.Payload))
			}
			_, err = f.park.Open(append(msg, make([]byte, 400)...))
			wantErr(t, err, device.ErrMalformed, "a longer message")
		}
		_, _, err = f.bus.Seal(address(f.park), long, device.SealOptions{})
		wantErr(t, err, device.ErrTooLong, "sealed to one")
		f.meet(t, f.bus, f.park)
		f.meet(t, f.bus, f.tram)
	}
}

// What was accepted is refused after a restart, too, whatever it was.
func TestReplaysAfterARestart(t *testing.T) {
	f := newFleet(t)
	all := []wire.Address{address(f.park), address(f.tram)}
	var msgs [][]byte
	for range 2 { // cold, and then warm
		one, _, err := f.bus.Seal(address(f.park), []byte("x"), device.SealOptions{})
		check(err)
		several, _, err := f.bus.SealAll(all, []byte("x"), device.SealOptions{})
		check(err)
		msgs = append(msgs, one, several)
		f.meet(t, f.bus, f.park)
		f.meet(t, f.bus, f.tram)
	}
	signed := must(f.bus.Sign([]byte("x"), device.SignOptions{}))
	must(f.park.Verify(signed))
	for _, msg := range msgs {
		must(f.park.Open(msg))
	}
	f.park = f.reload(t, f.park, f.options())
	for _, msg := range msgs {
		_, err := f.park.Open(msg)
		wantErr(t, err, device.ErrReplay, "sealed")
	}
	_, err := f.park.Verify(signed)
	wantErr(t, err, device.ErrReplay, "signed")
	wantErr(t, f.park.VerifyAll([][]byte{signed})[0].Err, device.ErrReplay, "signed, together")
}
