package authority_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"marque/authority"
	"marque/device/revocation"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// founded is a time at which every realm of these tests exists.
var founded = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// history is a realm with three identities, one revoked, and two lists. It is
// made once, because keys take their time, and copied for every test.
var history struct {
	once  sync.Once
	vault *hsm.Vault
	file  []byte
	now   time.Time
}

func makeHistory(t *testing.T) {
	r := found(t)
	var last wire.Address
	for i := range 3 {
		if i == 2 {
			r.later(time.Hour)
			r.revoke(t, last)
		}
		last = r.enrol(t, fmt.Sprintf("bus-%d", i)).Address
	}
	r.publish(t)
	r.mustAudit(t)
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	history.vault, history.file, history.now = r.vault, file, r.now
}

// busy returns a realm with history. Its log: 0 found, 1 drill, 2 publish, 3 and
// 4 issue, 5 revoke serial 1, 6 issue, 7 publish.
func busy(t *testing.T) *realm {
	t.Helper()
	history.once.Do(func() { makeHistory(t) })
	r := &realm{vault: history.vault, path: filepath.Join(t.TempDir(), "authority.db"), now: history.now}
	if err := os.WriteFile(r.path, history.file, 0o600); err != nil {
		t.Fatal(err)
	}
	r.open(t)
	t.Cleanup(func() { r.store.Close() })
	return r
}

// mustFind fails the test unless the audit finds what it should at that place.
func (r *realm) mustFind(t *testing.T, want string) {
	t.Helper()
	report := r.audit(t)
	if report.OK() {
		t.Fatalf("the audit found nothing, want %q", want)
	}
	var all []string
	for _, f := range report.Findings {
		if strings.Contains(f.String(), want) {
			return
		}
		all = append(all, f.String())
	}
	t.Errorf("found %q, want %q", all, want)
}

// The following are what a dishonest authority does: it has the statement key.

func (r *realm) sign(t *testing.T, typ wire.Type, payload []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	stmt, err := wire.SignStatement(r.vault, typ, "fleet.example", payload)
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

// log appends an entry, and signs for it.
func (r *realm) log(t *testing.T, e wire.Entry) {
	t.Helper()
	r.logAt(t, r.now.Truncate(time.Second), e)
}

// logCounting appends an entry under a checkpoint with some value of the counter.
func (r *realm) logCounting(t *testing.T, counter uint64, e wire.Entry) {
	t.Helper()
	r.logUnder(t, r, wire.Checkpoint{Core: r.Core().Hash(), Time: r.now.Truncate(time.Second), Counter: counter}, r.now.Truncate(time.Second), e)
}

func (r *realm) logAt(t *testing.T, at time.Time, e wire.Entry) {
	t.Helper()
	r.logBy(t, r, r.Core().Hash(), at, e)
}

// logBy appends an entry, and lets another realm sign for it, or for another core.
func (r *realm) logBy(t *testing.T, signer *realm, core [32]byte, at time.Time, e wire.Entry) {
	t.Helper()
	r.logUnder(t, signer, wire.Checkpoint{Core: core, Time: r.now.Truncate(time.Second)}, at, e)
}

// logUnder appends an entry, and signs a checkpoint whose size and root follow.
func (r *realm) logUnder(t *testing.T, signer *realm, c wire.Checkpoint, at time.Time, e wire.Entry) {
	t.Helper()
	b, err := (&wire.LogEntry{Time: at, Entry: e}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r.update(t, func(tx *storage.Tx) error {
		if _, err := tx.AppendLog(b); err != nil {
			return err
		}
		root, err := tx.LogRoot()
		if err != nil {
			return err
		}
		c.Size, c.Root = tx.LogSize(), root
		payload, err := c.Marshal()
		return tx.AddCheckpoint(c.Size, signer.sign(t, wire.TypeCheckpoint, payload, err))
	})
}

// honest returns the list that an honest authority would publish next.
func (r *realm) honest(t *testing.T, serials ...uint32) *wire.Bundle {
	t.Helper()
	_, newest, err := r.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := r.listed(t, newest)
	b.Previous, b.Issued = b.State, r.now.Truncate(time.Second)
	b.Sequence++
	s := r.status(t)
	b.N, b.LogSize, b.LogRoot = s.Identities, s.LogSize, s.LogRoot
	r.fill(t, b, serials...)
	return b
}

// fill puts serials on a list.
func (r *realm) fill(t *testing.T, b *wire.Bundle, serials ...uint32) {
	t.Helper()
	set, err := revocation.NewSet(b.N, serials)
	if err != nil {
		t.Fatal(err)
	}
	codec, data := revocation.Encode(set)
	b.Count, b.Codec, b.Data = uint32(len(serials)), uint8(codec), data
	b.State = wire.ListState("fleet.example", b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, serials)
}

// list publishes a list and records it.
func (r *realm) list(t *testing.T, b *wire.Bundle) {
	t.Helper()
	payload, err := b.Marshal()
	stmt := r.sign(t, wire.TypeBundle, payload, err)
	r.update(t, func(tx *storage.Tx) error { return tx.AddList(b.Sequence, stmt) })
	r.log(t, &wire.PublishEntry{Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, State: b.State, Bundle: sha256.Sum256(stmt)})
}

func TestAuditReport(t *testing.T) {
	r := busy(t)
	r.later(time.Hour)
	r.revoke(t, r.enrol(t, "bus-3").Address)
	report, s := r.audit(t), r.status(t)
	if !report.OK() || report.Realm != "fleet.example" || report.CoreHash != s.CoreHash || report.Size != s.LogSize || report.Root != s.LogRoot {
		t.Errorf("%+v", report)
	}
	if report.Issued != 4 || report.Revoked != 2 || report.Unpublished != 1 || report.Lists != 2 || report.Checkpoints != 8 {
		t.Errorf("%+v", report)
	}
}

// TestHelpersAreHonest makes sure that the forgeries below are found for what
// they forge and nothing else.
func TestHelpersAreHonest(t *testing.T) {
	r := busy(t)
	r.list(t, r.honest(t, 1))
	r.log(t, &wire.RevokeEntry{Serial: 2, Reason: wire.ReasonLost, Effective: r.now.Truncate(time.Second)})
	cautious := r.honest(t, 1, 2)
	cautious.NextUpdate, cautious.HardExpiry = time.Hour, time.Hour // an authority may be stricter than its policy
	r.list(t, cautious)
	r.mustAudit(t)
}

func TestAuditOfDishonestEntries(t *testing.T) {
	address := func(s string) wire.Address {
		a, err := wire.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	issue := func(a string) *wire.IssueEntry {
		return &wire.IssueEntry{Address: address(a), Request: [32]byte{7}, Sequence: 1, Count: authority.Epochs, Keys: [32]byte{8}}
	}
	sequence := issue("//fleet.example/Sbus-3~3")
	sequence.Sequence = 2
	ahead := issue("//fleet.example/Sbus-3~3")
	ahead.FirstEpoch = 1
	for _, c := range []struct {
		name  string
		entry wire.Entry
		want  string
	}{
		{"a second key for a serial", issue("//fleet.example/Sbus-1~1"), "entry 8: it issues serial 1 where 3 is next"},
		{"a serial left out", issue("//fleet.example/Sbus-4~4"), "entry 8: it issues serial 4 where 3 is next"},
		{"a name twice", issue("//fleet.example/Sbus-2~3"), "entry 8: it gives the name that entry 6 gave"},
		{"another realm", issue("//other.example/Sbus-3~3"), "entry 8: its address is of another realm"},
		{"a package out of order", sequence, "entry 8: it is package 2"},
		{"epochs ahead", ahead, "entry 8: its keys begin in epoch 1"},
		{"revoking twice", &wire.RevokeEntry{Serial: 1, Reason: wire.ReasonLost, Effective: founded}, "entry 8: it revokes serial 1 a second time"},
		{"revoking nobody", &wire.RevokeEntry{Serial: 3, Reason: wire.ReasonLost, Effective: founded}, "entry 8: it revokes serial 3, which was not issued"},
		{"revoking tomorrow", &wire.RevokeEntry{Serial: 2, Reason: wire.ReasonLost, Effective: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, "takes effect after"},
		{"un-revoking", &wire.ExpireEntry{Serial: 1, LastEpoch: 12}, "entry 8: it takes serial 1 from the list while its keys last"},
		{"un-revoking with another epoch", &wire.ExpireEntry{Serial: 1, LastEpoch: 3}, "the last key of serial 1 is of epoch 3; that is 12"},
		{"expiring what is in order", &wire.ExpireEntry{Serial: 2, LastEpoch: 12}, "entry 8: it takes serial 2 from the list, which is not on it"},
		{"founding again", &wire.FoundEntry{Core: [32]byte{1}}, "entry 8: the founding must be the first entry"},
		{"a list that nobody has", &wire.PublishEntry{Generation: 1, Base: 1, Sequence: 3}, "list 3: it is in the log, but it cannot be read"},
		{"a list number left out", &wire.PublishEntry{Generation: 1, Base: 1, Sequence: 4}, "entry 8: it publishes list {1 1 4} where {1 1 3} is next"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busy(t)
			r.log(t, c.entry)
			r.mustFind(t, c.want)
		})
	}
	t.Run("a request twice", func(t *testing.T) {
		r := busy(t)
		r.log(t, issue("//fleet.example/Sbus-3~3"))
		r.log(t, issue("//fleet.example/Sbus-4~4"))
		r.mustFind(t, "entry 9: it grants the request that entry 8 granted")
	})
	t.Run("back in time", func(t *testing.T) {
		r := busy(t)
		r.logAt(t, r.now.Truncate(time.Second).Add(-time.Second), &wire.RevokeEntry{Serial: 2, Reason: wire.ReasonLost, Effective: founded})
		r.mustFind(t, "entry 8: its time is before that of the entry before it")
	})
}

func TestAuditOfDishonestLists(t *testing.T) {
	for _, c := range []struct {
		name  string
		forge func(r *realm, b *wire.Bundle)
		want  string
	}{
		{"a serial missing", func(r *realm, b *wire.Bundle) { r.fill(t, b) }, "list 3: it does not hold the serials"},
		{"a serial too many", func(r *realm, b *wire.Bundle) { r.fill(t, b, 0, 1) }, "list 3: it does not hold the serials"},
		{"another serial", func(r *realm, b *wire.Bundle) { r.fill(t, b, 2) }, "list 3: it does not hold the serials"},
		{"a larger n", func(r *realm, b *wire.Bundle) { b.N++; r.fill(t, b, 1) }, "list 3: it does not hold the serials"},
		{"another state", func(_ *realm, b *wire.Bundle) { b.State[0] ^= 1 }, "list 3: its state is not that of the serials on it"},
		{"another history", func(_ *realm, b *wire.Bundle) { b.Previous[0] ^= 1 }, "list 3: it does not continue the list before it"},
		{"dated ahead", func(_ *realm, b *wire.Bundle) { b.Issued = b.Issued.Add(time.Hour) }, "list 3: it was not issued when the log says"},
		{"for ever", func(r *realm, b *wire.Bundle) { b.LastEpoch = 1000; r.fill(t, b, 1) }, "list 3: it speaks of other epochs"},
		{"fresh for longer", func(_ *realm, b *wire.Bundle) { b.NextUpdate += time.Second }, "list 3: its next update is later than the policy says"},
		{"good for longer", func(_ *realm, b *wire.Bundle) { b.HardExpiry += time.Second }, "list 3: it is good for longer than the policy says"},
		{"another log", func(_ *realm, b *wire.Bundle) { b.LogRoot[0] ^= 1 }, "list 3: it names another log"},
		{"a shorter log", func(_ *realm, b *wire.Bundle) { b.LogSize-- }, "list 3: it names another log"},
		{"a new base", func(r *realm, b *wire.Bundle) { b.Base++; r.fill(t, b, 1) }, "it publishes list {1 2 3} where {1 1 3} is next"},
		{"another core", func(_ *realm, b *wire.Bundle) { b.Core[0] ^= 1 }, "list 3: it does not verify"},
		{"a broken code", func(_ *realm, b *wire.Bundle) { b.Data = []byte{1} }, "list 3: decode the list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busy(t)
			b := r.honest(t, 1)
			c.forge(r, b)
			r.list(t, b)
			r.mustFind(t, c.want)
		})
	}
	t.Run("two lists of one number", func(t *testing.T) {
		r := busy(t)
		b := r.honest(t, 1)
		payload, err := b.Marshal()
		stmt := r.sign(t, wire.TypeBundle, payload, err)
		r.update(t, func(tx *storage.Tx) error { return tx.AddList(b.Sequence, stmt) })
		r.mustFind(t, "list 3: it is not in the log")
		r.log(t, &wire.PublishEntry{Generation: 1, Base: 1, Sequence: 3, State: b.State, Bundle: [32]byte{1}})
		r.mustFind(t, "list 3: it is not the list that the log records")
	})
}

// TestAuditOfAnotherHistory builds a store that has everything the real one has,
// correct hashes included, but for one entry.
func TestAuditOfAnotherHistory(t *testing.T) {
	r := busy(t)
	for _, c := range []struct {
		name string
		edit func(i uint64, b []byte) [][]byte
		want string
	}{
		{"nothing changed", func(_ uint64, b []byte) [][]byte { return [][]byte{b} }, ""},
		{"a revocation removed", func(i uint64, b []byte) [][]byte {
			if i == 5 {
				return nil
			}
			return [][]byte{b}
		}, "checkpoint 6: the authority signed for another log"},
		{"the end cut off", func(i uint64, b []byte) [][]byte {
			if i >= 6 {
				return nil
			}
			return [][]byte{b}
		}, "list 2: it is not in the log"},
		{"an entry changed", func(i uint64, b []byte) [][]byte {
			if i != 4 {
				return [][]byte{b}
			}
			e, err := wire.ParseLogEntry(b)
			if err != nil {
				t.Fatal(err)
			}
			e.Entry.(*wire.IssueEntry).Keys[0] ^= 1
			b, err = e.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			return [][]byte{b}
		}, "checkpoint 5: the authority signed for another log"},
		{"an entry added without a signature", func(i uint64, b []byte) [][]byte {
			if i != 7 {
				return [][]byte{b}
			}
			extra, err := (&wire.LogEntry{Time: r.now.Truncate(time.Second), Entry: &wire.RevokeEntry{Serial: 2, Reason: wire.ReasonLost, Effective: founded}}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			return [][]byte{b, extra}
		}, "entry 8: no checkpoint follows it"},
		{"an entry that is none", func(i uint64, b []byte) [][]byte {
			if i == 7 {
				b = b[1:]
			}
			return [][]byte{b}
		}, "entry 7: it does not parse"},
		{"nothing logged", func(uint64, []byte) [][]byte { return nil }, "log: it is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := &realm{store: rewrite(t, r.store, c.edit)}
			if c.want == "" {
				forged.mustAudit(t)
				return
			}
			forged.mustFind(t, c.want)
		})
	}
}

// rewrite copies what is public from one store to a new one, and edits the log on the way.
func rewrite(t *testing.T, from *storage.Store, edit func(uint64, []byte) [][]byte) *storage.Store {
	t.Helper()
	to, err := storage.Create(filepath.Join(t.TempDir(), "forged.db"), [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(from.View(func(src *storage.Tx) error {
		return to.Update(func(dst *storage.Tx) error {
			core, err := src.Core()
			must(err)
			must(dst.SetCore(core))
			policy, err := src.Policy()
			must(err)
			must(dst.AddPolicy(1, policy))
			for i := range src.LogSize() {
				b, err := src.LogEntry(i)
				must(err)
				for _, b := range edit(i, b) {
					_, err := dst.AppendLog(b)
					must(err)
				}
			}
			for c, err := range src.Checkpoints() {
				must(err)
				if c.Size <= dst.LogSize() {
					must(dst.AddCheckpoint(c.Size, c.Statement))
				}
			}
			newest, _, err := src.LatestList()
			must(err)
			for s := range newest {
				stmt, err := src.List(s + 1)
				must(err)
				must(dst.AddList(s+1, stmt))
			}
			return nil
		})
	}))
	return to
}

func TestAuditOfForeignSignatures(t *testing.T) {
	r := busy(t)
	other := found(t)
	lost := &wire.RevokeEntry{Serial: 2, Reason: wire.ReasonLost, Effective: founded}
	t.Run("checkpoint", func(t *testing.T) {
		r := busy(t)
		r.logBy(t, other, r.Core().Hash(), r.now.Truncate(time.Second), lost)
		r.mustFind(t, "checkpoint 9: it does not verify")
	})
	t.Run("checkpoint of another core", func(t *testing.T) {
		r := busy(t)
		r.logBy(t, r, other.Core().Hash(), r.now.Truncate(time.Second), lost)
		r.mustFind(t, "checkpoint 9: it is of another core")
	})
	t.Run("policy", func(t *testing.T) {
		payload, err := other.Policy().Marshal()
		stmt := r.sign(t, wire.TypePolicy, payload, err)
		r.update(t, func(tx *storage.Tx) error { return tx.AddPolicy(2, stmt) })
		r.mustFind(t, "policy 2: policy: of another core")
		if _, err := authority.Open(r.store, r.vault, r.clock); err == nil {
			t.Error("opened with a policy of another core")
		}
	})
}

// TestAuditOfDamage flips a bit of each log entry where it lies in the file.
func TestAuditOfDamage(t *testing.T) {
	r := busy(t)
	var entries [][]byte
	r.update(t, func(tx *storage.Tx) error {
		for b, err := range tx.LogEntries(0) {
			if err != nil {
				return err
			}
			entries = append(entries, b)
		}
		return nil
	})
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for i, entry := range entries {
		damaged := bytes.Clone(file)
		for at := 0; ; at++ { // old pages hold copies
			next := bytes.Index(damaged[at:], entry)
			if next < 0 {
				break
			}
			at += next
			damaged[at+len(entry)/2] ^= 4
		}
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := storage.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		(&realm{store: s}).mustFind(t, fmt.Sprintf("entry %d: it is unreadable", i))
	}
}

func TestLongLog(t *testing.T) {
	r := found(t)
	for range 70 {
		r.publish(t)
	}
	r.mustAudit(t)
	if report := r.audit(t); report.Checkpoints != 71 || report.Lists != 71 {
		t.Errorf("%+v", report)
	}
}
