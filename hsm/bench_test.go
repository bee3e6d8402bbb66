package hsm_test

import (
	"crypto/rand"
	"path/filepath"
	"testing"

	"marque/hsm"
)

// What these take is reported in milliseconds: unlocking by two officers is to stay below 1500, everything else below 50 besides
// Argon2id. On swtpm, which is faster than a chip.
func report(b *testing.B) {
	b.ReportMetric(1000*b.Elapsed().Seconds()/float64(b.N), "ms/op")
	b.ReportMetric(0, "ns/op")
}

// council is a vault that two of three officers open.
type council struct {
	*appliance
	people *hsm.Officers
}

func newCouncil(b *testing.B, cost hsm.Cost) *council {
	b.Helper()
	a := newAppliance(b, cheap)
	officers, secret, err := hsm.Appoint(2, people(), cost, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	o := a.options()
	o.Cost, o.Credentials = cost, hsm.Credentials{PIN: []byte("271828"), Quorum: secret}
	a.path = filepath.Join(b.TempDir(), "vault")
	if a.vault, err = hsm.CreateTPM(a.path, o); err != nil {
		b.Fatal(err)
	}
	return &council{appliance: a, people: officers}
}

// open signs two officers on, rebuilds the secret and unlocks.
func (c *council) open() {
	c.t.Helper()
	var present []*hsm.Credential
	for i, name := range []string{"Anna", "Bo Müller-Lee"} {
		who, err := c.people.SignOn(i+1, phrase(name))
		if err != nil {
			c.t.Fatal(err)
		}
		present = append(present, who)
	}
	secret, err := c.people.Rebuild(present)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := reopen(c.t, c.path).UnlockTPM(c.tpm, hsm.Credentials{PIN: []byte("271828"), Quorum: secret}); err != nil {
		c.t.Fatal(err)
	}
}

// BenchmarkUnlock is everything from two typed passphrases and a PIN to an unlocked vault, three times Argon2id among it.
func BenchmarkUnlock(b *testing.B) {
	for name, cost := range map[string]hsm.Cost{"default cost": hsm.DefaultCost(), "without Argon2id": cheap} {
		b.Run(name, func(b *testing.B) {
			c := newCouncil(b, cost)
			for b.Loop() {
				c.open()
			}
			report(b)
		})
	}
}

func BenchmarkSignOn(b *testing.B) {
	for name, cost := range map[string]hsm.Cost{"default cost": hsm.DefaultCost(), "without Argon2id": cheap} {
		b.Run(name, func(b *testing.B) {
			o, _, err := hsm.Appoint(1, people()[:1], cost, rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := o.SignOn(1, phrase("Anna")); err != nil {
					b.Fatal(err)
				}
			}
			report(b)
		})
	}
}

func BenchmarkApprove(b *testing.B) {
	a := newAppliance(b, cheap)
	for b.Loop() {
		if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if _, err := a.vault.RetireApprovals(a.tpm); err != nil { // a vault holds 16
			b.Fatal(err)
		}
		b.StartTimer()
	}
	report(b)
}

func BenchmarkRetire(b *testing.B) {
	a := newAppliance(b, cheap)
	for b.Loop() {
		b.StopTimer()
		if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := a.vault.RetireApprovals(a.tpm); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkRekey(b *testing.B) {
	a := newAppliance(b, cheap)
	for b.Loop() {
		if err := a.vault.Rekey(credentials(), a.options()); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkAdvanceCounter(b *testing.B) {
	a := newAppliance(b, cheap)
	for b.Loop() {
		if _, err := a.vault.AdvanceCounter(a.tpm); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkSplit(b *testing.B) {
	seed := newSeed(b)
	for b.Loop() {
		if _, _, err := hsm.Split(seed, hsm.PurposeBackup, 3, 5); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkCombine(b *testing.B) {
	_, c, shares := split(b, 3, 5)
	for b.Loop() {
		if _, err := hsm.Combine(c, shares[:3]); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkReappoint(b *testing.B) {
	o, secret := appoint(b, 2)
	for b.Loop() {
		if _, _, err := o.Reappoint(secret, 2, people(), cheap, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}
