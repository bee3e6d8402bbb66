package bench

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// How many keys the log has that is read, searched, verified and exported.
//
//	MARQUE_LOG=1000000 go test -run '^$' -bench Log ./tests/bench
const logVariable = "MARQUE_LOG" // 20,000 if it is not set

// longLog is the log of an authority that issued keys to many, in batches of 64, as far as the log is concerned.
func longLog(b *testing.B) (*authority.Authority, *storage.Store, int) {
	b.Helper()
	n := 20_000
	if s := os.Getenv(logVariable); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	a, vault, store, err := foundIn(b.TempDir(), func() time.Time { return noon })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	const stretch = 4096
	for from := 0; from < n; from += stretch {
		err := store.Update(func(tx *storage.Tx) error { return issueInto(tx, vault, a.Core(), from, min(from+stretch, n)) })
		if err != nil {
			b.Fatal(err)
		}
	}
	return a, store, n
}

// issueInto appends the entries of serials, with the checkpoints that follow them.
func issueInto(tx *storage.Tx, vault *hsm.Vault, core *wire.Core, from, to int) error {
	epoch, err := core.Epoch(noon)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		address, err := wire.NewAddress(core.SPIDs[0], "", fmt.Sprintf("bus-%d", i), uint32(i))
		if err != nil {
			return err
		}
		e := &wire.LogEntry{Time: noon.Truncate(time.Second), Entry: &wire.IssueEntry{
			Address: address, Request: sha256.Sum256(fmt.Append(nil, i)), Sequence: 1, FirstEpoch: epoch, Count: 2, Keys: sha256.Sum256(fmt.Append(nil, -i)),
		}}
		b, err := e.Marshal()
		if err != nil {
			return err
		}
		if _, err := tx.AppendLog(b); err != nil {
			return err
		}
		if (i+1)%authority.MaxTogether != 0 && i+1 != to {
			continue
		}
		root, err := tx.LogRoot()
		if err != nil {
			return err
		}
		payload, err := (&wire.Checkpoint{Core: core.Hash(), Size: tx.LogSize(), Root: root, Time: noon.Truncate(time.Second)}).Marshal()
		if err != nil {
			return err
		}
		stmt, err := wire.SignStatement(vault, wire.TypeCheckpoint, core.Realm, payload)
		if err != nil {
			return err
		}
		if err := tx.AddCheckpoint(tx.LogSize(), stmt); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkLog reads, searches, verifies and exports a long log, and changes it while it is verified.
func BenchmarkLog(b *testing.B) {
	a, store, n := longLog(b)
	if _, err := a.Status(); err != nil { // the first one reads all
		b.Fatal(err)
	}
	page := func(q authority.LogQuery) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if _, err := a.Log(q); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("newest-200", page(authority.LogQuery{Count: 200}))
	b.Run("middle-200", page(authority.LogQuery{Before: uint64(n / 2), Count: 200}))
	b.Run("no-match-20000", page(authority.LogQuery{Text: "nowhere", Count: 200}))
	b.Run("no-match-all", func(b *testing.B) {
		for b.Loop() {
			q := authority.LogQuery{Text: "nowhere", Count: 200}
			for {
				p, err := a.Log(q)
				if err != nil {
					b.Fatal(err)
				}
				if q.Before = p.Next; p.Next == 0 {
					break
				}
			}
		}
	})
	b.Run("proof", func(b *testing.B) {
		for b.Loop() {
			if _, err := a.ProveEntry(uint64(n / 2)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			var longest time.Duration
			report, err := a.Verify(b.Context(), func(uint64, uint64) {
				began := time.Now()
				if err := store.Update(func(*storage.Tx) error { return nil }); err != nil {
					b.Error(err)
				}
				longest = max(longest, time.Since(began))
			})
			if err != nil || !report.OK() {
				b.Fatalf("%+v %v", report, err)
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms/change")
		}
	})
	b.Run("export", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "export.db")
		for b.Loop() {
			if err := store.ExportPublic(path); err != nil {
				b.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			size, err := io.Copy(io.Discard, f)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(size)/float64(n), "octets/entry")
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
