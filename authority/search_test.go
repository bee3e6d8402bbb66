package authority_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// search is Search, once the registry has been read.
func (r *realm) search(t testing.TB, q authority.Query) *authority.Results {
	t.Helper()
	if q.Count == 0 {
		q.Count = authority.MaxIdentities
	}
	for {
		f, err := r.Search(t.Context(), q)
		if errors.Is(err, authority.ErrIndexing) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func names(f *authority.Results) (all []string) {
	for _, row := range f.Rows {
		all = append(all, fmt.Sprintf("%s~%d", row.Address.Name(), row.Address.Serial()))
	}
	return all
}

// mixed is a realm with identities that stand in all ways.
func mixed(t *testing.T) *realm {
	t.Helper()
	r := found(t)
	r.register(t, "Nord", 1)
	r.enrol(t, "old-1") // expires
	r.muchLater(6 * 4 * 7 * 24 * time.Hour)
	r.enrol(t, "Tram-9")
	r.muchLater(6 * 4 * 7 * 24 * time.Hour)
	request := newRequester(t, "bus-3", r.now).request
	if _, err := r.TakeBatch(r.batch(t, "Nord", 1, 1, request)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bus-2", "bus-1", "minibus-1", "van-7"} {
		r.enrol(t, name)
	}
	if _, err := r.Enrol(request); err != nil {
		t.Fatal(err)
	}
	r.muchLater(4 * 7 * 24 * time.Hour)
	return r
}

func TestSearchFindsWords(t *testing.T) {
	r := mixed(t)
	for text, want := range map[string]string{
		"":                                  "bus-1~3 bus-2~2 bus-3~6 minibus-1~4 old-1~0 tram-9~1 van-7~5",
		"bus":                               "bus-1~3 bus-2~2 bus-3~6 minibus-1~4",
		" BUS  1 ":                          "bus-1~3 minibus-1~4",
		"nord":                              "bus-3~6",
		"bus nor":                           "bus-3~6",
		"5":                                 "van-7~5",
		"~5":                                "van-7~5",
		"tram 9":                            "tram-9~1",
		"//fleet.example/Svan-7~5":          "van-7~5",
		"//fleet.example/Svan-7~4":          "",
		"vax":                               "",
		"-":                                 "bus-1~3 bus-2~2 bus-3~6 minibus-1~4 old-1~0 tram-9~1 van-7~5",
		"99999999999999999999":              "",
		"\n":                                "bus-1~3 bus-2~2 bus-3~6 minibus-1~4 old-1~0 tram-9~1 van-7~5",
		strings.Repeat("b", 500):            "",
		"0":                                 "old-1~0",
		"01":                                "",
		"1":                                 "bus-1~3 minibus-1~4 old-1~0 tram-9~1",
		"//fleet.example/Svan-7~4294967295": "",
	} {
		if got := strings.ToLower(strings.Join(names(r.search(t, authority.Query{Text: text})), " ")); got != want {
			t.Errorf("%q finds %s, want %s", text, got, want)
		}
	}
	if _, err := r.Search(t.Context(), authority.Query{Text: strings.Repeat("b", 513)}); !errors.Is(err, wire.ErrValue) {
		t.Errorf("a long query: %v", err)
	}
}

func TestSearchFiltersAndCounts(t *testing.T) {
	r := mixed(t)
	van := r.search(t, authority.Query{Text: "van-7"}).Rows[0].Address
	r.revoke(t, van)
	f := r.search(t, authority.Query{Standings: []authority.Standing{authority.StandingActive}, Count: 2, From: 1})
	if f.Total != 7 || f.Active != 5 || f.Revoked != 1 || f.Expired != 1 || f.Matches != 5 || len(f.Rows) != 2 || !slices.Equal(f.Depots, []string{"Nord"}) {
		t.Errorf("%+v", f)
	}
	if f := r.search(t, authority.Query{Depot: "Nord"}); f.Matches != 1 || f.Rows[0].Depot != "Nord" || f.Active != 1 || f.Expired != 0 {
		t.Errorf("of a depot: %+v", f)
	}
	if f := r.search(t, authority.Query{Depot: "Nowhere"}); f.Matches != 0 {
		t.Errorf("of no depot: %+v", f)
	}
	if f := r.search(t, authority.Query{Kind: wire.KindApplication}); f.Matches != 0 {
		t.Errorf("applications: %+v", f)
	}
	if f := r.search(t, authority.Query{From: 7}); f.Matches != 7 || len(f.Rows) != 0 {
		t.Errorf("behind the end: %+v", f)
	}
	tram := r.search(t, authority.Query{Text: "tram"}).Rows[0]
	for _, before := range []time.Duration{-time.Second, 0, time.Second} {
		f := r.search(t, authority.Query{Before: tram.Until.Add(before)})
		want := 0
		if before > 0 {
			want = 1
		}
		if f.Matches != want {
			t.Errorf("keys that end before %v: %v", before, names(f))
		}
	}
	r.now = tram.Until.Add(-authority.EndingSoon + time.Second)
	r.confirm(t, r.now)
	if f := r.search(t, authority.Query{}); f.Ending != 1 {
		t.Errorf("%d end soon", f.Ending)
	}
	r.now = tram.Until
	if f := r.search(t, authority.Query{Text: "tram"}); f.Expired != 1 || f.Rows[0].Standing != authority.StandingExpired {
		t.Errorf("expired: %+v", f)
	}
}

// Whatever is searched for: pages put together are what sorting the whole registry gives.
func TestSearchSorts(t *testing.T) {
	r := mixed(t)
	v := r.vehicle(t, "zeppelin")
	r.accept(t, v.receipt(t))
	r.revoke(t, r.search(t, authority.Query{Text: "van-7"}).Rows[0].Address)
	key := map[authority.Column]func(a *authority.Row) string{
		authority.ByName:     func(*authority.Row) string { return "" },
		authority.BySerial:   func(a *authority.Row) string { return fmt.Sprintf("%09d", a.Address.Serial()) },
		authority.ByKind:     func(a *authority.Row) string { return a.Kind.String() },
		authority.ByDepot:    func(a *authority.Row) string { return a.Depot },
		authority.ByStanding: func(a *authority.Row) string { return fmt.Sprint(a.Standing) },
		authority.ByUntil:    func(a *authority.Row) string { return a.Until.Format(time.RFC3339) },
		authority.ByIssued:   func(a *authority.Row) string { return a.Issued.Format(time.RFC3339) },
		authority.ByList:     func(a *authority.Row) string { return fmt.Sprintf("%09d", a.List) },
	}
	for by, key := range key {
		for _, descending := range []bool{false, true} {
			q := authority.Query{By: by, Descending: descending, Count: 3}
			var got []authority.Row
			for ; ; q.From += 3 {
				f := r.search(t, q)
				if len(f.Rows) == 0 {
					break
				}
				got = append(got, f.Rows...)
			}
			want := slices.Clone(got)
			slices.SortFunc(want, func(a, b authority.Row) int {
				c := strings.Compare(key(&a), key(&b))
				name := cmp.Compare(strings.ToLower(a.Address.Name()), strings.ToLower(b.Address.Name()))
				if descending {
					c = -c
					if by == authority.ByName {
						name = -name
					}
				}
				return cmp.Or(c, name)
			})
			if len(got) != 8 || !slices.EqualFunc(got, want, func(a, b authority.Row) bool { return a.Address == b.Address }) {
				t.Errorf("column %d, descending %v: %v", by, descending, names(&authority.Results{Rows: got}))
			}
		}
	}
}

// What changes is found as it is now, without the registry being read again; and nothing is found while it is locked.
func TestSearchFollows(t *testing.T) {
	r := mixed(t)
	before := r.search(t, authority.Query{}).Version
	if again := r.search(t, authority.Query{Text: "bus"}).Version; again != before {
		t.Errorf("nothing changed, but %d is not %d", again, before)
	}
	v := r.vehicle(t, "aardvark")
	f := r.search(t, authority.Query{})
	if f.Version == before || f.Rows[0].Address.Name() != "aardvark" || !f.Rows[0].Received.IsZero() {
		t.Errorf("%v", names(f))
	}
	if f := r.search(t, authority.Query{Receipt: authority.NoReceipt}); f.Matches != 8 {
		t.Errorf("%d without a receipt", f.Matches)
	}
	list := r.publish(t)
	if _, err := v.Apply(list.Bundle); err != nil {
		t.Fatal(err)
	}
	r.accept(t, v.receipt(t))
	if f := r.search(t, authority.Query{Receipt: authority.SomeReceipt}); f.Matches != 1 || f.Rows[0].List != list.Sequence {
		t.Errorf("%+v", f)
	}
	r.publish(t)
	if f := r.search(t, authority.Query{Behind: true}); f.Matches != 1 {
		t.Errorf("%d behind", f.Matches)
	}
	r.revoke(t, v.Status().Address)
	if f := r.search(t, authority.Query{Standings: []authority.Standing{authority.StandingRevoked}}); f.Matches != 1 || f.Rows[0].Revoked.List != 0 {
		t.Errorf("%+v", f)
	}
	list = r.publish(t)
	if f := r.search(t, authority.Query{Standings: []authority.Standing{authority.StandingRevoked}}); f.Rows[0].Revoked.List != list.Sequence {
		t.Errorf("%+v", f)
	}
	r.store.Lock()
	if _, err := r.Search(t.Context(), authority.Query{}); !errors.Is(err, authority.ErrLocked) {
		t.Errorf("while it is locked: %v", err)
	}
	r.Forget()
}

func TestHistory(t *testing.T) {
	r := found(t)
	v := r.vehicle(t, "bus-1")
	r.later(time.Minute)
	r.accept(t, v.receipt(t))
	r.later(time.Minute)
	r.revoke(t, v.Status().Address)
	r.later(time.Minute)
	list := r.publish(t)
	next := r.enrol(t, "bus-1").Address
	h, err := r.History(t.Context(), v.Status().Address)
	if err != nil {
		t.Fatal(err)
	}
	want := []authority.EventKind{authority.EventListed, authority.EventRevoked, authority.EventReceived, authority.EventInstalled, authority.EventIssued}
	got := []authority.EventKind{}
	for _, e := range h.Events {
		got = append(got, e.What)
	}
	slices.Sort(got[3:]) // the device's clock is the authority's here
	slices.Reverse(got[3:])
	if !slices.Equal(got, want) || h.Events[0].List != list.Sequence || h.Standing != authority.StandingRevoked {
		t.Errorf("%+v", h)
	}
	if len(h.Namesakes) != 1 || h.Namesakes[0].Address != next {
		t.Errorf("namesakes %v", h.Namesakes)
	}
	if h, err = r.History(t.Context(), next); err != nil || !h.ReceiptDue || len(h.Namesakes) != 1 || len(h.Events) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	unknown, err := wire.NewAddress("fleet.example", "", "bus-1", 77)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.History(t.Context(), unknown); !errors.Is(err, authority.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestFleet(t *testing.T) {
	r := mixed(t)
	v := r.vehicle(t, "bus-9")
	r.accept(t, v.receipt(t))
	f, err := r.Fleet(t.Context(), r.now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if f.Active != 7 || f.Unreceived != 6 || f.Recent != 1 || len(f.Held) != 1 || f.Held[0] != (authority.Held{Count: 1}) {
		t.Errorf("%+v", f)
	}
	want := []authority.DepotFleet{{Active: 6, Behind: 1, Unreceived: 5}, {Depot: "Nord", Active: 1, Unreceived: 1}}
	if !slices.Equal(f.Depots, want) {
		t.Errorf("%+v", f.Depots)
	}
}

// A depot that names a request that another one vouched for before does not take it over.
func TestOriginStays(t *testing.T) {
	r := found(t)
	r.register(t, "Nord", 1)
	r.register(t, "Hafen", 2)
	request := newRequester(t, "bus-1", r.now).request
	for i, name := range []string{"Nord", "Hafen"} {
		if _, err := r.TakeBatch(r.batch(t, name, byte(i+1), 1, request)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Enrol(request); err != nil {
		t.Fatal(err)
	}
	if f := r.search(t, authority.Query{}); f.Rows[0].Depot != "Nord" {
		t.Errorf("%+v", f.Rows)
	}
	err := r.store.View(func(tx *storage.Tx) error {
		depot, err := tx.Origin([32]byte{1})
		if depot != "" {
			t.Errorf("of nobody: %s", depot)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A search goes through all names once for each word: there are only so many.
func TestSearchForManyWords(t *testing.T) {
	r := mixed(t)
	r.enrol(t, "abcdefghijklmnopqrstuvwxyz")
	for text, want := range map[string]int{"a b c d e f g h i j k l m n o p": 1, "a b c d e f g h i j k l m n o p q": 0} {
		if f := r.search(t, authority.Query{Text: text}); f.Matches != want {
			t.Errorf("%q: %v", text, names(f))
		}
	}
	if f := r.search(t, authority.Query{Text: strings.Repeat("TRAM tram ", 20)}); f.Matches != 1 {
		t.Errorf("one word, often: %v", names(f))
	}
	if f := r.search(t, authority.Query{Text: "nord"}); f.Matches == 0 || f.Matches != len(f.Rows) || f.Rows[0].Depot != "Nord" {
		t.Errorf("by depot: %+v", f)
	}
}
