package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

// requesters makes that many, called prefix-0 and so on.
func requesters(t *testing.T, prefix string, n int, at time.Time) (all []*requester, requests [][]byte) {
	t.Helper()
	for i := range n {
		d := newRequester(t, fmt.Sprintf("%s-%d", prefix, i), at)
		all, requests = append(all, d), append(requests, d.request)
	}
	return all, requests
}

// enrolAll returns what became of all requests, in their order, and how many were handed over at a time.
func (r *realm) enrolAll(t *testing.T, requests [][]byte) (granted []authority.Granted, steps []int) {
	t.Helper()
	err := r.EnrolAll(t.Context(), requests, func(g []authority.Granted) error {
		granted, steps = append(granted, g...), append(steps, len(g))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range granted {
		if g.Index != i || (g.Issued == nil) == (g.Err == nil) {
			t.Fatalf("result %d is of request %d: %v, %v", i, g.Index, g.Issued, g.Err)
		}
	}
	if len(granted) != len(requests) {
		t.Fatalf("%d results for %d requests", len(granted), len(requests))
	}
	return granted, steps
}

func TestBatch(t *testing.T) {
	r, c := counted(t)
	devices, requests := requesters(t, "bus", authority.MaxTogether+3, r.now)
	before := c.value
	granted, steps := r.enrolAll(t, requests)
	if !slices.Equal(steps, []int{authority.MaxTogether, 3}) || c.value != before+1 {
		t.Errorf("in steps of %d; the counter went from %d to %d", steps, before, c.value)
	}
	heads := map[string]int{}
	for i, d := range devices {
		g := granted[i]
		if want := fmt.Sprintf("//fleet.example/Sbus-%d~%d", i, i); g.Issued.Address.String() != want || g.Issued.Again || g.Issued.Sequence != 1 {
			t.Errorf("request %d: %+v", i, g.Issued)
		}
		content, core := d.open(t, g.Issued.Package, r.Core().Hash()) // with the proof of its entry
		heads[string(content.Checkpoint)]++
		if i%33 == 0 {
			d.complete(t, content, core)
		}
	}
	if len(heads) != 2 {
		t.Errorf("%d checkpoints", len(heads))
	}
	if report := r.audit(t); report.Issued != uint64(len(devices)) || report.Checkpoints != 3 {
		t.Errorf("%+v", report)
	}
	r.mustAudit(t)
	again, _ := r.enrolAll(t, requests)
	for i, g := range again {
		if !g.Issued.Again || !bytes.Equal(g.Issued.Package, granted[i].Issued.Package) {
			t.Errorf("request %d again is another package", i)
		}
	}
	if c.value != before+1 {
		t.Errorf("the counter stands at %d", c.value)
	}
	r.mustAudit(t)
}

func TestBatchRefusesOneByOne(t *testing.T) {
	r := found(t)
	taken, gone := newRequester(t, "bus-1", r.now), newRequester(t, "bus-2", r.now)
	for _, d := range []*requester{taken, gone} {
		if _, err := r.Enrol(d.request); err != nil {
			t.Fatal(err)
		}
	}
	r.revoke(t, mustAddress(t, "//fleet.example/Sbus-2~1"))
	first, nobody, low := newRequester(t, "tram-1", r.now), newRequester(t, "tram-2", r.now), newRequester(t, "tram-3", r.now)
	nobody.request = bytes.Clone(nobody.request)
	nobody.request[len(nobody.request)-1] ^= 1
	low.body.HPKEKey = [32]byte{} // a point of low order: nothing can be sealed to it
	low.prove(t)
	twin := *first
	twin.body.Name = "tram-4"
	twin.prove(t)
	last := newRequester(t, "tram-5", r.now)
	granted, _ := r.enrolAll(t, [][]byte{
		nobody.request, newRequester(t, "bus-1", r.now).request, gone.request, first.request, low.request, twin.request,
		newRequester(t, "tram-1", r.now).request, first.request, taken.request, nil, last.request,
	})
	for i, want := range []error{
		wire.ErrProof, authority.ErrUsedName, authority.ErrAlreadyRevoked, nil, errAny, authority.ErrSeenKey,
		authority.ErrUsedName, nil, nil, wire.ErrEncoding, nil,
	} {
		if err := granted[i].Err; !errors.Is(err, want) && (err == nil || !errors.Is(want, errAny)) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if a, b := granted[3].Issued, granted[7].Issued; a.Again || !b.Again || !bytes.Equal(a.Package, b.Package) || a.Address.Serial() != 2 {
		t.Errorf("the same request twice in a batch gives %+v and %+v", a, b)
	}
	if !granted[8].Issued.Again || granted[10].Issued.Address.String() != "//fleet.example/Stram-5~3" {
		t.Errorf("%+v, %+v", granted[8].Issued, granted[10].Issued)
	}
	last.open(t, granted[10].Issued.Package, r.Core().Hash())
	r.mustAudit(t)
}

// errAny stands for any error.
var errAny = errors.New("any")

func TestBatchIsStoppedBetweenTransactions(t *testing.T) {
	r := found(t)
	_, requests := requesters(t, "bus", 2*authority.MaxTogether+1, r.now)
	ctx, stop := context.WithCancel(t.Context())
	handed := 0
	err := r.EnrolAll(ctx, requests, func(g []authority.Granted) error {
		handed += len(g)
		stop()
		return nil
	})
	if !errors.Is(err, context.Canceled) || handed != authority.MaxTogether {
		t.Errorf("%d handed over, %v", handed, err)
	}
	err = r.EnrolAll(t.Context(), requests, func(g []authority.Granted) error {
		if handed += len(g); handed > 2*authority.MaxTogether {
			return errAny
		}
		return nil
	})
	if !errors.Is(err, errAny) || handed != 3*authority.MaxTogether || r.status(t).Identities != 2*authority.MaxTogether {
		t.Errorf("%d handed over, %v, %+v", handed, err, r.status(t))
	}
	r.mustAudit(t)
}

func TestBatchKeepsTheRulesOfEnrolling(t *testing.T) {
	r, c := counted(t)
	_, requests := requesters(t, "bus", 3, r.now)
	refuse := func(want error) {
		t.Helper()
		err := r.EnrolAll(t.Context(), requests, func([]authority.Granted) error { t.Error("handed over"); return nil })
		if !errors.Is(err, want) || r.status(t).Identities != 0 {
			t.Errorf("%v; %d issued", err, r.status(t).Identities)
		}
	}
	r.later(2 * time.Hour)
	r.publish(t)
	r.later(-time.Hour)
	refuse(authority.ErrClock)
	r.later(200 * 24 * time.Hour)
	refuse(authority.ErrClockAhead)
	r.later(-199 * 24 * time.Hour)
	r.vault.Lock()
	refuse(hsm.ErrLocked)
	if err := r.vault.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	c.value += 5
	if err := r.restart(t, c); !errors.Is(err, authority.ErrRolledBack) {
		t.Fatal(err)
	}
	refuse(authority.ErrRolledBack)
}

func TestBatchWaitsForTheDrill(t *testing.T) {
	r := vaultAndStore(t)
	r.foundWith(t, authority.Founding{Realm: "fleet.example", Drill: authority.DrillPending})
	_, requests := requesters(t, "bus", 2, r.now)
	err := r.EnrolAll(t.Context(), requests, func([]authority.Granted) error { t.Error("handed over"); return nil })
	if !errors.Is(err, authority.ErrDrillPending) {
		t.Error(err)
	}
}

// After an end that was not sealed, a batch leaves serials out before its first one, and only there.
func TestBatchAfterACrash(t *testing.T) {
	r, c := counted(t)
	r.enrol(t, "tram")
	r.mustRestart(t, c)
	_, requests := requesters(t, "bus", authority.MaxTogether+1, r.now)
	granted, _ := r.enrolAll(t, requests)
	first := granted[0].Issued.Address.Serial()
	if first != 1+64 || granted[len(granted)-1].Issued.Address.Serial() != first+authority.MaxTogether {
		t.Errorf("serials from %d to %d", first, granted[len(granted)-1].Issued.Address.Serial())
	}
	r.mustAudit(t)
}

// TestAuditOfUnsignedKeys: keys are recorded together in one change only, and no more than the authority makes together.
func TestAuditOfUnsignedKeys(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []time.Duration
		found  bool
	}{
		{"one change", make([]time.Duration, authority.MaxTogether-1), false},
		{"too many", make([]time.Duration, authority.MaxTogether), true},
		{"of two changes", []time.Duration{-time.Second}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := found(t)
			size := r.audit(t).Size
			entry := func(i int) wire.Entry {
				address := mustAddress(t, fmt.Sprintf("//fleet.example/Sbus-%d~%d", i, i))
				return &wire.IssueEntry{Address: address, Request: [32]byte{byte(i)}, Sequence: 1, Count: authority.Epochs}
			}
			r.later(time.Hour)
			at := r.now.Truncate(time.Second)
			r.update(t, func(tx *storage.Tx) error {
				for i, d := range c.before {
					b, err := (&wire.LogEntry{Time: at.Add(d), Entry: entry(i)}).Marshal()
					if err != nil {
						return err
					}
					if _, err := tx.AppendLog(b); err != nil {
						return err
					}
				}
				return nil
			})
			r.logAt(t, at, entry(len(c.before)))
			if !c.found {
				r.mustAudit(t)
				return
			}
			r.mustFind(t, fmt.Sprintf("entry %d: no checkpoint follows it", size+uint64(len(c.before))-1))
		})
	}
}

// TestReviewAll: what the preview of a batch says is what the batch does.
func TestReviewAll(t *testing.T) {
	r := found(t)
	taken := newRequester(t, "bus-1", r.now)
	if _, err := r.Enrol(taken.request); err != nil {
		t.Fatal(err)
	}
	altered := newRequester(t, "bus-4", r.now).request
	altered[len(altered)-1] ^= 1
	requests := [][]byte{
		newRequester(t, "bus-2", r.now).request, newRequester(t, "bus-1", r.now).request, taken.request,
		newRequester(t, "bus-3", r.now.AddDate(0, -3, 0)).request, altered,
	}
	verdicts, err := r.ReviewAll(requests)
	if err != nil {
		t.Fatal(err)
	}
	granted, _ := r.enrolAll(t, requests)
	for i, v := range verdicts {
		g := granted[i]
		if fmt.Sprint(v.Problem) != fmt.Sprint(g.Err) || g.Err == nil && (v.Again != g.Issued.Again || v.Again && v.Address != g.Issued.Address) {
			t.Errorf("request %d: %+v, then %+v", i, v, g)
		}
		if (v.Warning != "") != (i == 3) {
			t.Errorf("request %d: warning %q", i, v.Warning)
		}
	}
	r.store.Lock()
	if _, err := r.ReviewAll(requests); !errors.Is(err, authority.ErrLocked) {
		t.Error(err)
	}
}

// A request that is refused only once it has a serial must not leave the log behind without a checkpoint, which would stop the authority.
func TestRefusedRequestAfterACrash(t *testing.T) {
	c := &counter{value: 41}
	r := vaultAndStore(t)
	realm := strings.Repeat(strings.Repeat("a", 59)+".", 4)
	r.foundWith(t, authority.Founding{Realm: realm[:len(realm)-1], Counter: c})
	r.publish(t) // which breaks the seal
	r.reopen(t)
	if err := r.SetCounter(c); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enrol(newRequester(t, strings.Repeat("b", 48), r.now).request); !errors.Is(err, wire.ErrTooLong) {
		t.Fatal(err)
	}
	if _, err := r.Enrol(newRequester(t, "b", r.now).request); err != nil {
		t.Fatal(err)
	}
	r.mustAudit(t)
}
