package storage

import (
	"bytes"
	"testing"
	"time"

	"marque/device/wire"
)

func FuzzParseIdentity(f *testing.F) {
	address, err := wire.ParseAddress("//fleet.example/Sbus-4711~17")
	if err != nil {
		f.Fatal(err)
	}
	id := &Identity{Serial: 17, Address: address, Kind: wire.KindVehicle, Epochs: 13, Issued: time.Unix(1, 0)}
	for _, r := range []*Revocation{nil, {Reason: wire.ReasonLost, Effective: time.Unix(1, 0), At: time.Unix(2, 0), ListedIn: 1}} {
		id.Revoked = r
		b, err := id.marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(b, 0))
	}
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		id, err := parseIdentity(b)
		if err != nil {
			return
		}
		again, err := id.marshal()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x became %x, %v", b, again, err)
		}
	})
}

func TestLongestIdentityFits(t *testing.T) {
	domain := bytes.Repeat([]byte("abcdefgh."), 20)
	const max32 = 1<<32 - 1
	address, err := wire.NewAddress(string(domain)+"example", "cse1", string(bytes.Repeat([]byte{'n'}, 48)), max32)
	if err != nil {
		t.Fatal(err)
	}
	late := time.Unix(1<<40, 0)
	id := &Identity{
		Serial: max32, Address: address, Kind: wire.KindApplication, Sequence: max32, FirstEpoch: max32 - 63, Epochs: 64, Issued: late,
		Revoked: &Revocation{Reason: wire.ReasonPrivilegeWithdrawn, Effective: late, At: late, ListedIn: max32},
	}
	b, err := id.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseIdentity(b); err != nil {
		t.Fatalf("%d octets: %v", len(b), err)
	}
}
