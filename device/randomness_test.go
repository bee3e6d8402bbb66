package device_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"marque/device"
)

// repeating is a broken generator: the same 32 octets at every draw, or at every other one only.
type repeating struct {
	always bool
	draws  int
}

func (r *repeating) Read(b []byte) (int, error) {
	if len(b) != 32 {
		return rand.Read(b)
	}
	r.draws++
	if r.always || r.draws%2 == 1 {
		return copy(b, bytes.Repeat([]byte{7}, len(b))), nil
	}
	return rand.Read(b)
}

// ephemeral cuts U or E out of a sealed message.
func ephemeral(msg []byte, m device.Mode) []byte {
	if m == device.ModeCold {
		return msg[9:57]
	}
	return msg[9:41]
}

// However a generator repeats itself, no two plaintexts are encrypted under one key: where the ephemeral key is the same, so is all the rest.
func TestRepeatingRandomness(t *testing.T) {
	for name, generator := range map[string]*repeating{"always": {always: true}, "every other draw": {}} {
		f := newFleet(t)
		f.meet(t, f.bus, f.park)
		msg, _, err := f.park.Seal(address(f.bus), nil, device.SealOptions{}) // so that the bus may use the short form
		check(err)
		must(f.bus.Open(msg))
		o := f.options()
		o.Rand = generator
		f.bus = f.reload(t, f.bus, o)
		seen, same := map[string][]byte{}, 0
		for i := range 24 {
			if i == 12 {
				f.clock.add(time.Millisecond)
			}
			payload := []byte{byte(i % 2)}
			o := device.SealOptions{RequireCold: i%6 < 2, Full: i%6 < 4}
			msg, mode, err := f.bus.Seal(address(f.park), payload, o)
			check(err)
			key := string(ephemeral(msg, mode))
			if old, ok := seen[key]; ok && !bytes.Equal(old, msg) {
				t.Fatalf("%s: message %d, %v, has the ephemeral key of another one", name, i, mode)
			} else if ok {
				same++
			}
			seen[key] = msg
		}
		if same == 0 {
			t.Errorf("%s: the generator did not repeat itself", name)
		}
	}
}
