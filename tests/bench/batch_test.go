package bench

import (
	"crypto"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
)

// issuer is an authority that issues to nobody in particular.
type issuer struct {
	*authority.Authority

	vault *hsm.Vault
	dir   string
	made  int // requests
}

func newIssuer(tb testing.TB) *issuer {
	tb.Helper()
	dir := tb.TempDir()
	a, vault, store, err := foundIn(dir, func() time.Time { return noon })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { store.Close() })
	return &issuer{Authority: a, vault: vault, dir: dir}
}

// requests makes n requests that nobody has made before.
func (s *issuer) requests(n int) ([][]byte, error) {
	var all [][]byte
	for range n {
		s.made++
		b, err := request(fmt.Sprintf("bus-%d", s.made))
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func request(name string) ([]byte, error) {
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	r := wire.Request{Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: [32]byte(key.PublicKey().Bytes()), Time: noon}
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	if r.Proof, err = u.Prove(rand.Reader, body); err != nil {
		return nil, err
	}
	return r.Marshal()
}

// issue is a batch of as many as one transaction takes, beside the bare cryptographic operations that its packages need.
func issue(tb testing.TB) (ours, theirs side) {
	s := newIssuer(tb)
	var batches [][][]byte
	prepare := func(n int) error {
		batches = nil
		for range n {
			requests, err := s.requests(authority.MaxTogether)
			if err != nil {
				return err
			}
			batches = append(batches, requests)
		}
		return nil
	}
	ours = side{prepare: prepare, most: 1, run: func(i int) error {
		return s.EnrolAll(tb.Context(), batches[i], func(granted []authority.Granted) error {
			for _, g := range granted {
				if g.Err != nil {
					return g.Err
				}
			}
			return nil
		})
	}}
	theirs = side{prepare: prepare, most: 1, run: func(i int) error {
		for _, b := range batches[i] {
			if err := s.bare(b); err != nil {
				return err
			}
		}
		_, err := s.vault.Sign(rand.Reader, make([]byte, 150), crypto.Hash(0)) // the checkpoint of all of them
		return err
	}}
	return ours, theirs
}

// bare does what no package can do without, and keeps nothing.
func (s *issuer) bare(request []byte) error {
	r, err := wire.ParseRequest(request)
	if err != nil {
		return err
	}
	for e := range uint32(authority.Epochs) {
		id := ibc.Identity{Core: s.Core().Hash(), Address: "//fleet.example/S" + r.Name + "~1", Epoch: e}
		if _, err := s.vault.Extract(id, r.U); err != nil {
			return err
		}
	}
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(r.HPKEKey[:])
	if err != nil {
		return err
	}
	_, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.AES256GCM(), nil)
	if err != nil {
		return err
	}
	sealed, err := sender.Seal(nil, make([]byte, 3_000))
	if err != nil {
		return err
	}
	_, err = s.vault.Sign(rand.Reader, sealed, crypto.Hash(0))
	return err
}

var largest = flag.Int("batch", 256, "requests of BenchmarkBatch")

// BenchmarkBatch enrols many requests on all processors: with -args -batch 10000, as many as a batch may have.
func BenchmarkBatch(b *testing.B) {
	n := *largest
	s := newIssuer(b)
	for b.Loop() {
		b.StopTimer()
		requests, err := s.requests(n)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		before := cpu()
		if err := s.EnrolAll(b.Context(), requests, func([]authority.Granted) error { return nil }); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((cpu()-before)*1e3/float64(n), "CPU-ms/package")
	}
	info, err := os.Stat(filepath.Join(s.dir, "authority.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(s.made), "octets/package")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(s.made), "ms/package")
}
