package device_test

import (
	"errors"
	"testing"

	"marque/device"
	"marque/device/wire"
)

// An ephemeral key of low order gives a shared secret that everybody knows: RFC 7748, section 6.1.
func TestLowOrderEphemeral(t *testing.T) {
	f := newFleet(t)
	p1 := [32]byte{0xec, 31: 0x7f} // p − 1, order 2
	for i := 1; i < 31; i++ {
		p1[i] = 0xff
	}
	for name, e := range map[string][32]byte{"zero": {}, "one": {1}, "p − 1": p1} {
		a, b := connect(t)
		got := server(f.bus, a)
		hello := must((&wire.Hello{Ref: f.core.Ref(), Callee: wire.Callee(f.hash(), address(f.bus))}).Marshal())
		writeFrames(b, append(hello, e[:]...))
		if o := <-got; !errors.Is(o.err, device.ErrHandshake) {
			t.Errorf("%s: %v", name, o.err)
		}
	}
}
