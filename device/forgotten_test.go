package device_test

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"marque/device"
)

// keeping is a generator that remembers where it wrote to.
type keeping struct {
	octet
	mu    sync.Mutex
	given [][]byte
}

func (k *keeping) Read(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.given = append(k.given, b)
	return k.octet.Read(b)
}

// A session is forward secret only if nothing in memory gives its ephemeral keys once it is there; nor does a message's randomness stay.
func TestEphemeralSecretsAreForgotten(t *testing.T) {
	for name, hybrid := range map[string]bool{"classical": false, "hybrid": true} {
		f := newFleet(t)
		k := &keeping{octet: 0xe7}
		o := f.options()
		o.Rand, o.Hybrid, o.Early = k, hybrid, true
		f.bus, f.tram = f.reload(t, f.bus, o), f.reload(t, f.tram, o)
		k.given = nil
		a, b := connect(t)
		srv := server(f.tram, b)
		_, err := f.bus.Client(context.Background(), a, address(f.tram))
		check(err)
		check((<-srv).err)
		if !hybrid {
			a, b = connect(t)
			srv = server(f.tram, b)
			_, err = f.bus.ClientEarly(context.Background(), a, address(f.tram), []byte("x"))
			check(err)
			check((<-srv).err)
		}
		must(f.bus.Sign(nil, device.SignOptions{}))
		sealed(f.bus, "x", device.SealOptions{RequireCold: true}, f.tram)
		if len(k.given) < 6 {
			t.Errorf("%s: only %d draws", name, len(k.given))
		}
		for i, b := range k.given {
			if !bytes.Equal(b, make([]byte, len(b))) {
				t.Errorf("%s: %d octets of draw %d are still in memory", name, len(b), i)
			}
		}
	}
}

// Nor does what an opening was made of stay.
func TestSecretsOfOpeningsAreForgotten(t *testing.T) {
	f := openFleet(t)
	k := &keeping{octet: 0xe8}
	early, o := f.takesEarly(), f.options()
	early.Rand, o.Rand = k, k
	f.bus, f.park = f.reload(t, f.bus, o), f.reload(t, f.park, early)
	k.given = nil
	f.say(t, "are you free?")
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.given) < 4 {
		t.Errorf("only %d draws", len(k.given))
	}
	for i, b := range k.given {
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("%d octets of draw %d are still in memory", len(b), i)
		}
	}
}
