package hsm_test

import (
	"crypto/rand"
	"testing"

	"marque/hsm"
)

func BenchmarkSplit(b *testing.B) {
	seed := newSeed(b)
	for b.Loop() {
		if _, _, err := hsm.Split(seed, hsm.PurposeBackup, 3, 5); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	_, c, shares := split(b, 3, 5)
	for b.Loop() {
		if _, err := hsm.Combine(c, shares[:3]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRebuildQuorum(b *testing.B) {
	o, _ := appoint(b, 2)
	var present []*hsm.Credential
	for i, name := range []string{"Anna", "Bo Müller-Lee"} {
		c, err := o.SignOn(i+1, phrase(name))
		if err != nil {
			b.Fatal(err)
		}
		present = append(present, c)
	}
	for b.Loop() {
		if _, err := o.Rebuild(present); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignOn is at the default cost, of which it is made up.
func BenchmarkSignOn(b *testing.B) {
	o, _, err := hsm.Appoint(1, people()[:1], hsm.DefaultCost(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := o.SignOn(1, phrase("Anna")); err != nil {
			b.Fatal(err)
		}
	}
}
