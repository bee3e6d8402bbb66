package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// How large the registry is that is searched, and where it is kept from one run to the next: a million takes minutes to make.
//
//	MARQUE_IDENTITIES=1000000 MARQUE_REGISTRY=/var/tmp/million go test -run '^$' -bench Search ./tests/bench
const (
	identitiesVariable = "MARQUE_IDENTITIES" // 50,000 if it is not set
	registryVariable   = "MARQUE_REGISTRY"   // a temporary folder if it is not set
)

var searchPassphrase = []byte("correct horse battery staple")

// registry returns the folder of an authority with that many identities: buses of three depots and vans of none, nine of ten with a
// receipt, every fortieth revoked. They are written into the registry without keys and log entries, which are not searched.
var registry = sync.OnceValues(func() (dir string, err error) {
	n := 50_000
	if s := os.Getenv(identitiesVariable); s != "" {
		if n, err = strconv.Atoi(s); err != nil {
			return "", err
		}
	}
	parent := os.Getenv(registryVariable)
	if parent == "" {
		parent = home
	}
	dir = filepath.Join(parent, fmt.Sprintf("registry-%d", n))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	return dir, fillRegistry(dir, n)
})

func fillRegistry(dir string, n int) (err error) {
	made := dir + ".making"
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	founded, err := appliance.Found(made, appliance.Founding{
		Realm: authority.Founding{Realm: "nordtal.example"}, Passphrase: searchPassphrase, Cost: cheap,
	}, appliance.Options{Clock: func() time.Time { return noon }})
	if err != nil {
		return err
	}
	if err := founded.Appliance.Close(); err != nil {
		return err
	}
	vault, err := hsm.Open(filepath.Join(made, "vault"))
	if err != nil {
		return err
	}
	if err := vault.Unlock(searchPassphrase); err != nil {
		return err
	}
	key, err := vault.StorageKey()
	if err != nil {
		return err
	}
	store, err := storage.Open(filepath.Join(made, "authority.db"))
	if err != nil {
		return err
	}
	if err := store.Unlock(key); err != nil {
		return err
	}
	const piece = 20_000
	for from := 0; from < n; from += piece {
		err := store.Update(func(tx *storage.Tx) error {
			for i := from; i < min(from+piece, n); i++ {
				if err := addSearched(tx, uint32(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errors.Join(err, store.Close())
		}
	}
	if err := store.Close(); err != nil {
		return err
	}
	return os.Rename(made, dir)
}

// addSearched adds the identity with a serial. Request and enrolment key have a random beginning, as real ones have.
func addSearched(tx *storage.Tx, serial uint32) error {
	name := fmt.Sprintf("van-%d", serial)
	if serial%4 != 0 {
		name = fmt.Sprintf("bus-%d", serial)
	}
	address, err := wire.NewAddress("nordtal.example", "", name, serial)
	if err != nil {
		return err
	}
	mark := [32]byte{byte(serial * 2654435761 >> 24), byte(serial * 2654435761 >> 16), byte(serial >> 24), byte(serial >> 16), byte(serial >> 8), byte(serial)}
	id := &storage.Identity{
		Serial: serial, Address: address, Kind: wire.KindVehicle + wire.Kind(serial%100/99), Request: mark, EnrolmentKey: mark,
		Sequence: 1, FirstEpoch: 0, Epochs: 13 - serial%3, Issued: noon.Add(time.Duration(serial) * time.Second),
	}
	if serial%40 == 7 {
		id.Revoked = &storage.Revocation{Reason: wire.ReasonStolen, Effective: noon, At: noon, ListedIn: 1}
	}
	if serial%4 != 0 {
		if err := tx.PutOrigin(mark, []string{"Hafen", "Nord", "Ostring"}[serial%3]); err != nil {
			return err
		}
	}
	if err := tx.AddIdentity(id); err != nil || serial%10 == 0 {
		return err
	}
	r := &wire.Receipt{Address: address, Sequence: 1, List: wire.Order{Generation: 1, Base: 1, Sequence: 1}, Installed: noon, Time: noon, R: mark, U: mark, HPKEKey: mark}
	b, err := r.Marshal()
	if err != nil {
		return err
	}
	return tx.PutReceipt(serial, storage.SlotNewest, &storage.Received{At: noon, Receipt: b})
}

// served starts a service of the registry in this process, and returns a client that has unlocked it.
func served(b *testing.B) *localapi.Client {
	b.Helper()
	dir, err := registry()
	if err != nil {
		b.Fatal(err)
	}
	ready, started := io.Pipe()
	clock := func() time.Time { return noon.Add(time.Hour) }
	server, err := localapi.New(localapi.ServerOptions{Dir: dir, Clock: clock, Ready: started})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	if _, err := ready.Read(make([]byte, 16)); err != nil {
		b.Fatal(err)
	}
	c, err := localapi.Dial(b.Context(), localapi.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Close()
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	at := time.Now()
	if err := c.Unlock(localapi.Unlock{Passphrase: searchPassphrase}); err != nil {
		b.Fatal(err)
	}
	b.Logf("unlocked in %v", time.Since(at).Round(time.Millisecond))
	return c
}

// found searches, once the registry has been read.
func foundBy(b *testing.B, c *localapi.Client, q authority.Query) *authority.Results {
	for {
		r, err := c.Search(q)
		if err == nil {
			return r
		}
		if !errors.Is(err, authority.ErrIndexing) {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch is a search through the socket, with the first rows of what it finds: each time another one, so that nothing was
// worked out before. It tells how long reading the registry took, and how much of the heap an identity takes.
func BenchmarkSearch(b *testing.B) {
	c := served(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	at := time.Now()
	total := foundBy(b, c, authority.Query{}).Total
	b.Logf("%d identities read in %v more", total, time.Since(at).Round(time.Millisecond))
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Logf("heap %.0f MB", float64(after.HeapAlloc)/1e6)
	active := []authority.Standing{authority.StandingActive, authority.StandingRevoked}
	for _, q := range []struct {
		name  string
		query authority.Query
	}{
		{"Everything", authority.Query{}},
		{"ByUntil", authority.Query{By: authority.ByUntil}},
		{"ByIssuedDescending", authority.Query{By: authority.ByIssued, Descending: true}},
		{"Prefix", authority.Query{Text: "bus-47"}},
		{"Letter", authority.Query{Text: "b"}},
		{"TwoWords", authority.Query{Text: "bus nord"}},
		{"Serial", authority.Query{Text: "4711"}},
		{"NoReceipt", authority.Query{Receipt: authority.NoReceipt, By: authority.ByDepot}},
	} {
		b.Run(q.name, func(b *testing.B) {
			query := q.query
			query.Standings, query.Count = active, 50
			var slowest time.Duration
			for i := 0; b.Loop(); i++ {
				query.Before = noon.Add(time.Duration(i+1) * 365 * 24 * time.Hour) // nothing is the same as before
				at := time.Now()
				foundBy(b, c, query)
				slowest = max(slowest, time.Since(at))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
		})
	}
	b.Run("Page", func(b *testing.B) { // of what was found, elsewhere each time
		for i := 0; b.Loop(); i++ {
			foundBy(b, c, authority.Query{From: i * 7919 % total, Count: 128})
		}
	})
	b.Run("Status", func(b *testing.B) { // as consoles ask for it all day
		for b.Loop() {
			if _, err := c.Status(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Fleet", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Fleet(noon); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Arrivals", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Arrivals(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
