package ibc_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	ristretto "github.com/bwesterb/go-ristretto"
	"github.com/cloudflare/circl/dh/x25519"

	"marque/device/ibc"
)

func TestMultiplesOfTheGenerator(t *testing.T) {
	for _, s := range scalars(2000) {
		var want ristretto.Point
		want.ScalarMultBase(s)
		got := ibc.BaseMultiple(s)
		if !bytes.Equal(got.Ristretto().Bytes(), want.Bytes()) {
			t.Fatalf("%v: another point than go-ristretto's", s.BigInt())
		}
	}
}

func TestCurve25519PublicKeys(t *testing.T) {
	private := [][32]byte{{}, groupOrder, point("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")}
	for bit := range 256 {
		var one [32]byte
		one[bit/8] = 1 << (bit % 8)
		private = append(private, one)
	}
	rnd := rand.NewChaCha8([32]byte{9})
	for range 2000 {
		var b [32]byte
		rnd.Read(b[:])
		private = append(private, b)
	}
	for _, p := range private {
		var want x25519.Key
		x25519.KeyGen(&want, (*x25519.Key)(&p))
		if got := ibc.Curve25519Public(&p); got != want {
			t.Fatalf("%x: public key %x, want %x", p, got, want)
		}
	}
}
