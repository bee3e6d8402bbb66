package authority_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

func (r *realm) logged(t *testing.T, q authority.LogQuery) (rows []authority.Logged) {
	t.Helper()
	for {
		page, err := r.Log(q)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, page.Rows...)
		if page.Next == 0 {
			return rows
		}
		q.Before = page.Next
	}
}

func kinds(rows []authority.Logged) (list []string) {
	for _, r := range rows {
		list = append(list, r.Kind)
	}
	return list
}

func TestLogIsReadBackwards(t *testing.T) {
	r := busy(t)
	all := r.logged(t, authority.LogQuery{Count: 3})
	want := []string{"publish", "issue", "revoke", "issue", "issue", "publish", "drill", "found"}
	if !slices.Equal(kinds(all), want) {
		t.Fatalf("%v, want %v", kinds(all), want)
	}
	for i, row := range all {
		if row.Index != uint64(len(all)-1-i) || row.Time.Before(founded) {
			t.Errorf("%+v", row)
		}
	}
	if e := all[2]; e.Name != "bus-1" || e.Serial != 1 || e.Class != authority.LogRevoked || e.Effective.IsZero() {
		t.Errorf("%+v", e)
	}
	for _, c := range []struct {
		q    authority.LogQuery
		want []string
	}{
		{authority.LogQuery{Class: authority.LogIssued}, []string{"issue", "issue", "issue"}},
		{authority.LogQuery{Class: authority.LogPublished}, []string{"publish", "publish"}},
		{authority.LogQuery{Text: "BUS-1"}, []string{"revoke", "issue"}},
		{authority.LogQuery{Text: "bus-1 2026"}, []string{"revoke", "issue"}},
		{authority.LogQuery{Text: "bus-1 2027"}, nil},
		{authority.LogQuery{Text: founded.Format("02.01.2006"), Class: authority.LogRevoked}, []string{"revoke"}},
		{authority.LogQuery{Text: "8"}, []string{"publish"}},
		{authority.LogQuery{Before: 2}, []string{"drill", "found"}},
	} {
		c.q.Count = 2
		if got := kinds(r.logged(t, c.q)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
	page, err := r.Log(authority.LogQuery{})
	if err != nil || page.Size != 8 || len(page.Rows) != 1 || page.Next != 7 || page.Since.Before(founded) {
		t.Errorf("%+v %v", page, err)
	}
}

func TestLogNamesWhoDecided(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-0", "bus-1", "bus-2")
	action, payload := revoking(t, buses[0], buses[2])
	if _, err := b.Propose(b.by("Anna", "Bo"), action, payload); err != nil {
		t.Fatal(err)
	}
	rows := b.logged(t, authority.LogQuery{Class: authority.LogRevoked, Count: 10})
	if !slices.Equal(kinds(rows), []string{"revoke", "revoke", "decide"}) {
		t.Fatalf("%v", kinds(rows))
	}
	for _, row := range rows {
		if !slices.Equal(row.Who, []string{"Anna", "Bo"}) {
			t.Errorf("%+v", row)
		}
	}
	if rows[2].Count != 2 || rows[2].Reason != wire.ReasonStolen || rows[2].Action != action {
		t.Errorf("%+v", rows[2])
	}
	if got := b.logged(t, authority.LogQuery{Text: "anna", Count: 10}); len(got) != 3 {
		t.Errorf("by name: %v", kinds(got))
	}
}

func TestEntriesAreProved(t *testing.T) {
	r := busy(t)
	head, err := r.NewestCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	for i := range head.Size {
		p, err := r.ProveEntry(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(r.Core()); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
		p.Entry[0] ^= 1
		if err := p.Check(r.Core()); !errors.Is(err, authority.ErrInconsistent) {
			t.Errorf("entry %d, changed: %v", i, err)
		}
		if c, err := wire.OpenCheckpoint(p.Head.Statement, r.Core()); err != nil || c.Root != head.Root || !bytes.Equal(p.Head.Statement, head.Statement) {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	if _, err := r.ProveEntry(head.Size); err == nil {
		t.Error("an entry that there is not was proved")
	}
}

// What happens while the log is verified neither waits for that nor is left out.
func TestVerifyBesideChanges(t *testing.T) {
	r := busy(t)
	enrolled := false
	var last, of uint64
	report, err := r.Verify(t.Context(), func(done, total uint64) {
		last, of = done, total
		if !enrolled {
			enrolled = true
			r.enrol(t, "bus-9")
		}
	})
	if err != nil || !report.OK() || last != report.Size || of != report.Size {
		t.Fatalf("%+v %v, %d of %d", report, err, last, of)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Verify(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was stopped: %v", err)
	}
	if at := r.status(t).Time; at.Sub(founded) > 24*time.Hour {
		t.Errorf("the clock of the test went to %v", at)
	}
}

// Officers are not named for what follows their decision without having been decided.
func TestLogNamesNobodyForAForgedEntry(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-1", "bus-2")
	action, payload := revoking(t, buses...)
	b.later(time.Second)
	if p, err := b.Propose(b.by("Anna", "Bo"), action, payload); err != nil || p.State != authority.StateDecided {
		t.Fatal(p, err)
	}
	b.log(t, &wire.UndoEntry{Serial: buses[1].Serial()})
	rows := b.logged(t, authority.LogQuery{Class: authority.LogRevoked, Count: 2})
	if len(rows) < 3 || rows[0].Kind != "undo" || len(rows[0].Who) != 0 {
		t.Fatalf("%+v", rows)
	}
	for _, row := range rows[1:3] {
		if row.Kind != "revoke" || !slices.Equal(row.Who, []string{"Anna", "Bo"}) {
			t.Errorf("%+v", row)
		}
	}
}
