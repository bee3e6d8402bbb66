package appliance_test

import (
	"io"
	"testing"

	"marque/app/appliance"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

// benchmarked founds a realm at the default cost of a guess, as programs do.
func benchmarked(b *testing.B) (a *appliance.Appliance, unlock func()) {
	b.Helper()
	e := hsmtest.Start(b)
	o := options
	o.TPM, o.Cost = e.Path(), hsm.Cost{}
	r := &realm{key: fixedKey(), lockout: fixedLockout}
	founded, err := appliance.Found(b.TempDir(), r.founding(), o)
	if err != nil {
		b.Fatal(err)
	}
	a = founded.Appliance
	b.Cleanup(func() { _ = a.Close() })
	return a, func() {
		var present []*hsm.Credential
		for _, name := range []string{"Ada Berg", "Ben Cole"} {
			c, err := a.SignOn(name, people[name])
			if err != nil {
				b.Fatal(err)
			}
			present = append(present, c)
		}
		if err := a.UnlockQuorum(pin, present); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnlock is two officers signing on and the PIN: three times Argon2id of 3 passes over 64 MiB in 4 lanes.
func BenchmarkUnlock(b *testing.B) {
	a, unlock := benchmarked(b)
	if err := a.Lock(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		unlock()
		if err := a.Lock(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCustody(b *testing.B) {
	a, _ := benchmarked(b)
	for b.Loop() {
		if _, err := a.Custody(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCustodyLocked(b *testing.B) {
	a, _ := benchmarked(b)
	if err := a.Lock(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.Custody(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBackup(b *testing.B) {
	a, _ := benchmarked(b)
	for b.Loop() {
		if _, err := a.Backup(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
