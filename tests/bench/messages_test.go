package bench

import (
	"bytes"
	"fmt"
	"testing"

	bls "github.com/cloudflare/circl/ecc/bls12381"

	"marque/device"
)

// openCold opens messages of devices that the recipient never heard of, with everything that Open checks.
func openCold(tb testing.TB) (ours, theirs side) {
	f := newFleet(tb)
	var devices []*device.Device
	var sealed [][]byte
	ours.most = talkers
	ours.prepare = func(n int) (err error) {
		if devices, err = f.strangers(n); err != nil {
			return err
		}
		sealed = sealed[:0]
		for _, d := range devices[1:] {
			msg, mode, err := d.Seal(address(devices[0]), message, device.SealOptions{})
			if err != nil || mode != device.ModeCold {
				return fmt.Errorf("sealed %s: %w", mode, err)
			}
			sealed = append(sealed, msg)
		}
		return nil
	}
	ours.run = func(i int) error {
		_, err := devices[0].Open(sealed[i])
		return err
	}
	ours.finish = func() error { return closeAll(devices) }

	p, q := bls.G1Generator(), bls.G2Generator()
	var k bls.Scalar
	k.SetUint64(0x1234567890abcdef)
	p.ScalarMult(&k, p)
	q.ScalarMult(&k, q)
	theirs.run = func(int) error {
		bls.Pair(p, q)
		return nil
	}
	return ours, theirs
}

// warm lets two devices that know each other exchange messages; the cold ones go to an address whose hash to the curve is cached.
func warm(tb testing.TB) (ours, theirs side) {
	f := newFleet(tb)
	devices, err := f.strangers(1)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = closeAll(devices) })
	listener, talker := devices[0], devices[1]
	for range 3 { // both know the other, know that the other knows them, and have their tables
		for _, pair := range [][2]*device.Device{{listener, talker}, {talker, listener}} {
			if err := send(pair[0], pair[1], device.SealOptions{}); err != nil {
				tb.Fatal(err)
			}
		}
	}
	ours.run = func(int) error { return send(talker, listener, device.SealOptions{RequireWarm: true}) }
	theirs.run = func(int) error { return send(talker, listener, device.SealOptions{RequireCold: true}) }
	return ours, theirs
}

func send(from, to *device.Device, o device.SealOptions) error {
	sealed, _, err := from.Seal(address(to), message, o)
	if err != nil {
		return err
	}
	got, err := to.Open(sealed)
	if err != nil {
		return err
	}
	if got.Sender != address(from) || !bytes.Equal(got.Payload, message) {
		return fmt.Errorf("%s came from %s", got.Mode, got.Sender)
	}
	return nil
}
