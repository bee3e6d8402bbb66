// Package bench measures the speed figures that Marque promises, each as a ratio to something that everybody knows, in one run on
// one machine: `make bench`. Its tests only make sure that what is measured works; a figure that is missed fails nothing.
package bench

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"marque/authority"
)

// comparison is one figure: what an operation of ours costs beside one of a peer.
type comparison struct {
	name string
	peer string
	goal float64 // the ratio promised, at most
	per  int     // what is counted by one operation, such as 64 signatures
	make func(tb testing.TB) (ours, theirs side)
}

// side is one of the two things compared.
type side struct {
	prepare func(n int) error   // makes ready for n operations, not counted; may be nil
	run     func(i int) error   // operation i of those, 0 ≤ i < n
	finish  func() error        // clears away after them, not counted; may be nil
	octets  func(i int) float64 // if set, what operation i is counted by instead of its time
	most    int                 // operations prepared at once, 0 for as many as one wants
}

func comparisons() []comparison {
	return []comparison{
		{"sign", "crypto/ed25519 Sign", 1.3, 1, sign},
		{"verify a stranger", "2 × crypto/ed25519 Verify, a certificate and a message", 0.75, 1, verifyStranger},
		{"verify a stranger", "2 × crypto/ecdsa P-256 Verify, the same two", 0.75, 1, verifyECDSA},
		{"verify a stranger", "SM9 verify (gmsm), identity keys too", 0.75, 1, verifySM9},
		{"verify a known peer, with a table", "1 × crypto/ed25519 Verify", 0.6, 1, verifyKnown},
		{"verify 64 strangers in a batch, each", "2 × crypto/ed25519 Verify, a certificate and a message", 0.4, batchSize, batchCertified},
		{"verify 64 strangers in a batch, each", "the same one by one", 0.5, batchSize, batch},
		{"open and verify a cold message of a stranger", "1 × circl BLS12-381 pairing", 1.35, 1, openCold},
		{"open and verify a cold message of a stranger", "SM9 decrypt (gmsm), which does not say who sent it", 1.35, 1, openSM9},
		{"warm seal and open", "cold seal and open", 0.08, 1, warm},
		{"warm seal and open", "crypto/hpke X25519 seal and open, without a sender", 2, 1, warmHPKE},
		{"session of strangers, CPU of both sides", "crypto/tls 1.3, mutual, P-256 leaves, X25519", 0.45, 1, sessionTimes(tlsSession)},
		{"session of strangers, CPU of both sides", "with an intermediate certificate each", 0.45, 1, sessionTimes(tlsChain)},
		{"session of strangers, CPU of both sides", "pion DTLS 1.2, P-256 leaves", 0.45, 1, sessionTimes(dtlsSession)},
		{"session of strangers, octets both ways", "crypto/tls 1.3, mutual, P-256 leaves, X25519", 0.25, 1, sessionOctets(tlsSession)},
		{"session of strangers, octets both ways", "with an intermediate certificate each", 0.25, 1, sessionOctets(tlsChain)},
		{"session of strangers, octets both ways", "pion DTLS 1.2, P-256 leaves", 0.25, 1, sessionOctets(dtlsSession)},
		{"hybrid session of strangers, CPU of both sides", "crypto/tls 1.3, X25519MLKEM768, an intermediate certificate each", 0.45, 1, hybridTimes},
		{"hybrid session of strangers, octets both ways", "crypto/tls 1.3, X25519MLKEM768, an intermediate certificate each", 0.6, 1, hybridOctets},
		{"session of strangers that begins with data, CPU", "a cold message, and then a session", 1, 1, openingTimes},
		{"the same with 32 octets, octets both ways", "crypto/tls 1.3, mutual, P-256 leaves, X25519, without data", 0.31, 1, openingOctets},
		{"issue a package in a batch", "its bare operations: a proof, 13 keys, HPKE, a signature", 1.15, authority.MaxTogether, issue},
	}
}

// BenchmarkGoals runs every comparison; TestMain prints what came out.
func BenchmarkGoals(b *testing.B) {
	for _, c := range comparisons() {
		b.Run(c.name+"/"+c.peer, func(b *testing.B) {
			r := measure(b, c)
			b.ReportMetric(0, "ns/op") // of a round of blocks; says nothing
			b.ReportMetric(r.ours, r.unit)
			b.ReportMetric(r.theirs, "peer-"+r.unit)
			b.ReportMetric(r.ratio, "ratio")
			record(r)
		})
	}
}

// TestComparisonsWork runs every operation that the benchmarks measure.
func TestComparisonsWork(t *testing.T) {
	for _, c := range comparisons() {
		t.Run(c.name+"/"+c.peer, func(t *testing.T) {
			ours, theirs := c.make(t)
			for name, s := range map[string]side{"ours": ours, "peer": theirs} {
				if err := s.block(2, func(run func() error) error { return run() }); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// TestSessionOctets holds the figures that do not depend on the machine.
func TestSessionOctets(t *testing.T) {
	hold := func(c compare, most float64) {
		ours, theirs := c(t)
		us, tls := octets(t, ours), octets(t, theirs)
		t.Logf("session %.0f octets, TLS %.0f, ratio %.3f", us, tls, us/tls)
		if us > most*tls {
			t.Errorf("a session takes %.0f octets, TLS %.0f: more than %.2f times", us, tls, most)
		}
	}
	hold(sessionOctets(tlsSession), 0.25)
	hold(hybridOctets, 0.6)
}

// octets counts one operation.
func octets(t *testing.T, s side) (n float64) {
	t.Helper()
	err := s.block(1, func(run func() error) error {
		err := run()
		n = s.octets(0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if home, err = os.MkdirTemp("", "marque-bench-"); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	code = m.Run()
	return code, errors.Join(printTable(os.Stdout), printLists(os.Stdout), printMonths(os.Stdout))
}
