package ibc_test

import (
	"bytes"
	"testing"

	"marque/device/ibc"
)

// party is an enrolled device.
type party struct {
	id  ibc.Identity
	key *ibc.PrivateKey
}

// repeat is a generator that always returns the same octet: a broken one, and for
// vectors a stated one.
type repeat byte

func (r repeat) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r)
	}
	return len(b), nil
}

func newMaster(t testing.TB, fill byte) *ibc.Master {
	t.Helper()
	m, err := ibc.NewMaster(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func identity(address string, epoch uint32) ibc.Identity {
	return ibc.Identity{Core: [32]byte{1, 2, 3}, Address: address, Epoch: epoch}
}

func enrol(t testing.TB, m *ibc.Master, address string) party {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := identity(address, 7)
	partial, err := m.Extract(nil, id, u.Public())
	if err != nil {
		t.Fatal(err)
	}
	k, err := u.Complete(m.Params(), id, partial)
	if err != nil {
		t.Fatal(err)
	}
	return party{id, k}
}

// stranger returns what somebody who never met p makes of its R.
func stranger(t testing.TB, m *ibc.Master, p party) *ibc.PublicKey {
	t.Helper()
	k, err := ibc.NewPublicKey(m.Params(), p.id, p.key.R())
	if err != nil {
		t.Fatal(err)
	}
	return k
}
