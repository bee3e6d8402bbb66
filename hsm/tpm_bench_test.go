package hsm_test

import (
	"testing"

	"marque/hsm"
)

func BenchmarkUnlockTPM(b *testing.B) {
	for name, cost := range map[string]hsm.Cost{"cheap": cheap, "default": hsm.DefaultCost()} {
		b.Run(name, func(b *testing.B) {
			a := newAppliance(b, cost)
			for b.Loop() {
				if err := a.unlock(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAdvanceCounter(b *testing.B) {
	a := newAppliance(b, cheap)
	for b.Loop() {
		if _, err := a.vault.AdvanceCounter(a.tpm); err != nil {
			b.Fatal(err)
		}
	}
}
