package flow_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// fleet founds an authority and enrols that many, called bus-0 and so on.
func (w *window) fleet(n int) {
	w.t.Helper()
	w.found()
	other := w.other()
	for from := 0; from < n; from += authority.MaxTogether {
		var requests [][]byte
		for i := from; i < min(from+authority.MaxTogether, n); i++ {
			requests = append(requests, request(w.t, fmt.Sprintf("bus-%d", i), w.clock()))
		}
		if _, err := other.EnrolAll(requests); err != nil {
			w.t.Fatal(err)
		}
	}
	l := w.console.Identities
	l.Refresh()
	w.until("the identities", func() bool { return l.Total() == n && !l.Loading })
}

func TestIdentities(t *testing.T) {
	w := newWindow(t)
	w.found()
	for _, name := range []string{"bus-2", "bus-1", "tram-1"} {
		w.enrol(name)
	}
	l := w.console.Identities
	w.until("three identities", func() bool { return l.Total() == 3 && !l.Loading })
	shown := func(want ...string) func() bool {
		return func() bool {
			var got []string
			for i := range l.Matches() {
				if r := l.Row(i); r != nil {
					got = append(got, r.Address.Name())
				}
			}
			return !l.Loading && slices.Equal(got, want)
		}
	}
	l.Search("B")
	l.Search("BUS 1") // while the first one runs
	w.until("the bus", shown("bus-1"))
	if l.Selected() == nil || l.Position != 0 {
		t.Error("the only one is not selected")
	}
	w.until("its details", func() bool { return l.Details != nil })
	if d := l.Details; d.Address != l.Selected().Address || len(d.Events) != 1 || !d.ReceiptDue {
		t.Errorf("%+v", d)
	}
	l.Search("bus")
	w.until("two buses", shown("bus-1", "bus-2"))
	if l.Selected() == nil || l.Selected().Address.Name() != "bus-1" {
		t.Error("what was selected is not selected any more")
	}
	l.SortBy("name")
	w.until("the other order", shown("bus-2", "bus-1"))
	revoked, err := w.other().Revoke(localapi.Revoke{Addresses: []string{l.Selected().Address.String()}, Reason: "stolen"})
	if err != nil || !revoked.Done {
		t.Fatal(revoked, err)
	}
	l.Refresh()
	w.until("the revocation", func() bool { return l.Found.Revoked == 1 && l.Standing(l.Row(l.Position)) == flow.Revoked })
	f := l.Filter
	f.Revoked = false
	l.SetFilter(f)
	w.until("those in order", shown("bus-2"))
	l.Search("tram")
	w.until("the tram", shown("tram-1"))
	w.pass(51 * 7 * 24 * time.Hour)
	if l.Standing(l.Row(0)) != flow.Ending {
		t.Error("keys that end soon do not count")
	}
	w.pass(365 * 24 * time.Hour)
	l.Refresh()
	w.until("nobody", shown())
	if l.Found.Expired != 1 || !l.Clear() || l.Clear() {
		t.Errorf("%+v", l.Found)
	}
}

// However many there are, what is in sight is read, and little else is kept.
func TestIdentityPages(t *testing.T) {
	w := newWindow(t)
	w.fleet(300)
	l := w.console.Identities
	read := 0
	l.OnRows(func() { read++ })
	if l.Row(0) == nil || l.Row(299) != nil || l.Row(300) != nil || l.Row(-1) != nil {
		t.Fatal("the first page is there, the last is not")
	}
	w.until("the last page", func() bool { return l.Row(299) != nil })
	if read == 0 {
		t.Error("nobody was told of the rows")
	}
	l.Select(200)
	w.until("the row between", func() bool { return l.Selected() != nil && l.Details != nil })
	if l.Details.Address != l.Row(200).Address {
		t.Errorf("the details are those of %v", l.Details.Address)
	}
	for i := range 300 {
		w.until("every row", func() bool { return l.Row(i) != nil })
	}
}

func TestIdentitiesAreTicked(t *testing.T) {
	w := newWindow(t)
	w.fleet(3)
	l := w.console.Identities
	if len(l.Chosen()) != 0 {
		t.Error("something is chosen from the start")
	}
	l.Select(2)
	l.Tick(0)
	l.Tick(1)
	l.Tick(1)
	if l.Ticks() != 1 || !l.Ticked(0) || l.Ticked(1) || len(l.Chosen()) != 1 || l.Chosen()[0].Address.Name() != "bus-0" {
		t.Errorf("%d ticked, %v chosen", l.Ticks(), l.Chosen())
	}
	l.TickAll()
	w.until("all of them", func() bool { return l.Ticks() == 3 })
	if _, err := w.other().Revoke(localapi.Revoke{Addresses: []string{l.Row(1).Address.String()}, Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	l.Refresh()
	w.until("the revocation", func() bool { return l.Found.Revoked == 1 })
	if got := l.Revocable(); len(got) != 2 || got[0].Serial() != 0 || got[1].Serial() != 2 {
		t.Errorf("%v can be revoked", got)
	}
	l.TickAll()
	if l.Ticks() != 0 {
		t.Error("ticking all twice leaves ticks")
	}
}

// A device asks for its name itself.
func TestExportedNamesAreNoFormulas(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("-1-A1")
	l := w.console.Identities
	l.Refresh()
	w.until("the identity", func() bool { return l.Total() == 1 && !l.Loading })
	l.ExportAll()
	w.until("the table", func() bool { return !l.Export.Busy })
	b, err := os.ReadFile(l.Export.Path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "'-1-A1" {
		t.Errorf("%q, %v", rows, err)
	}
}

func TestIdentitiesAreExported(t *testing.T) {
	w := newWindow(t)
	w.fleet(3)
	l := w.console.Identities
	if _, err := w.other().Revoke(localapi.Revoke{Addresses: []string{l.Row(1).Address.String()}, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	l.Refresh()
	w.until("the revocation", func() bool { return l.Found.Revoked == 1 && !l.Loading })
	l.ExportAll()
	w.until("the table", func() bool { return !l.Export.Busy })
	if l.Export.Problem != nil || l.Export.Written != 3 {
		t.Fatalf("%+v", l.Export)
	}
	b, err := os.ReadFile(l.Export.Path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "name" || rows[2][5] != "revoked" || rows[2][11] != wire.ReasonStolen.String() || rows[3][10] != "" {
		t.Errorf("%q, %v", rows, err)
	}
	w.saveErr = errors.New("disk full")
	w.pass(time.Second)
	l.ExportAll()
	w.until("the failure", func() bool { return l.Export.Problem != nil })
	l.ExportAll()
	if !l.StopExport() || l.StopExport() || l.Export.Busy {
		t.Error("an export is not stopped")
	}
}
