package inspect_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/app/inspect"
	"marque/authority"
	"marque/device/ibc"
	"marque/device/revocation"
	"marque/device/wire"
)

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const week = 7 * 24 * time.Hour

// realm signs lists as an authority would, and any other.
type realm struct {
	core *wire.Core
	key  ed25519.PrivateKey
}

func newRealm(t testing.TB, seed byte) *realm {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	m, err := ibc.NewMaster(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	core := &wire.Core{
		Realm: "fleet.example", Generation: 1, SPIDs: []string{"fleet.example"}, Epoch0: start, EpochLength: 4 * week,
		X: m.Params().X(), Z: m.Params().Z(), StatementKey: [32]byte(key.Public().(ed25519.PublicKey)),
	}
	return &realm{core, key}
}

// say is what a list is to say. It is issued a week after the one before it.
type say struct {
	base, sequence uint32
	n              uint64
	serials        []uint32
	previous       [16]byte
	from           uint32 // for a change
	alter          func(*wire.Bundle)
}

func (r *realm) bundle(t testing.TB, s say) *wire.Bundle {
	t.Helper()
	set, err := revocation.NewSet(s.n, s.serials)
	if err != nil {
		t.Fatal(err)
	}
	codec, data := revocation.Encode(set)
	b := &wire.Bundle{
		Core: r.core.Hash(), Generation: 1, Base: s.base, Sequence: s.sequence, Previous: s.previous,
		State:  wire.ListState(r.core.Realm, 1, s.base, 0, 13, s.n, s.serials),
		Issued: start.Add(time.Duration(s.sequence) * week), NextUpdate: week, HardExpiry: 4 * week,
		N: s.n, Count: uint32(set.Len()), Codec: uint8(codec), Data: data, LastEpoch: 13, LogSize: 10 * uint64(s.sequence),
	}
	if s.alter != nil {
		s.alter(b)
	}
	return b
}

func (r *realm) sign(t testing.TB, typ wire.Type, m interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	payload, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.SignStatement(r.key, typ, r.core.Realm, payload)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *realm) full(t testing.TB, s say) *inspect.List {
	t.Helper()
	return r.read(t, "full", r.sign(t, wire.TypeBundle, r.bundle(t, s)))
}

// change is one to the list that s says, which adds some serials.
func (r *realm) change(t testing.TB, s say, added ...uint32) *inspect.List {
	t.Helper()
	return r.read(t, "change", r.sign(t, wire.TypeChange, r.changeTo(t, s, added)))
}

func (r *realm) changeTo(t testing.TB, s say, added []uint32) *wire.Change {
	t.Helper()
	b, add := r.bundle(t, s), r.bundle(t, say{n: s.n, serials: added})
	return &wire.Change{
		Core: r.core.Ref(), Generation: 1, Base: s.base, Sequence: s.sequence, From: s.from, State: b.State,
		Issued: b.Issued, NextUpdate: b.NextUpdate, HardExpiry: b.HardExpiry, N: s.n, Count: add.Count, Codec: add.Codec, Data: add.Data, LastEpoch: 13,
	}
}

func (r *realm) read(t testing.TB, name string, b []byte) *inspect.List {
	t.Helper()
	l, err := inspect.Read(name, b, r.core)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var (
	one = say{base: 1, sequence: 1, n: 100, serials: []uint32{3}}
	two = say{base: 1, sequence: 2, n: 120, serials: []uint32{3, 5, 6, 7, 110}}
)

func TestRead(t *testing.T) {
	r := newRealm(t, 1)
	l := r.full(t, two)
	if len(l.Wrong) > 0 || !l.Verified || l.Kind != inspect.Full || l.N != 120 || l.Count != 5 || !slices.Equal(l.Set.Serials(), two.serials) ||
		!l.HardExpiry.Equal(start.Add(6*week)) || l.Bound() < 3.4 || l.Bound() > 3.5 {
		t.Errorf("%+v, bound %v", l, l.Bound())
	}
	c := two
	c.from = 1
	if l := r.change(t, c, 5, 6, 7, 110); len(l.Wrong) > 0 || !l.Verified || l.From != 1 || l.Count != 4 {
		t.Errorf("%+v", l)
	}
	if l, err := inspect.Read("full", r.sign(t, wire.TypeBundle, r.bundle(t, two)), nil); err != nil || l.Verified || len(l.Wrong) > 0 {
		t.Errorf("without a core: %+v, %v", l, err)
	}
}

func TestReadFindsWhatIsWrong(t *testing.T) {
	r, other := newRealm(t, 1), newRealm(t, 2)
	altered := func(alter func(*wire.Bundle)) []byte {
		s := two
		s.alter = alter
		return r.sign(t, wire.TypeBundle, r.bundle(t, s))
	}
	flipped := altered(nil)
	flipped[len(flipped)-1] ^= 1
	for want, b := range map[string][]byte{
		"signature does not hold":    other.sign(t, wire.TypeBundle, other.bundle(t, two)),
		"does not hold under":        flipped,
		"names another core":         altered(func(b *wire.Bundle) { b.Core[5] ^= 1 }),
		"not that of its serials":    altered(func(b *wire.Bundle) { b.FirstEpoch = 1 }),
		"serials cannot be read":     altered(func(b *wire.Bundle) { b.Count = 90 }),
		"codec; this program is old": altered(func(b *wire.Bundle) { b.Codec = 77 }),
	} {
		if l := r.read(t, "list", b); !strings.Contains(strings.Join(l.Wrong, "; "), want) {
			t.Errorf("%s: %q", want, l.Wrong)
		}
	}
	for what, b := range map[string][]byte{
		"nothing":      nil,
		"a checkpoint": r.sign(t, wire.TypeCheckpoint, &wire.Checkpoint{Core: r.core.Hash(), Time: start}),
		"cut off":      flipped[:90],
	} {
		if _, err := inspect.Read("list", b, r.core); !errors.Is(err, inspect.ErrNoList) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// after is a list of the number after another, that continues it.
func after(l *inspect.List, s say) say {
	s.previous = l.State
	return s
}

func TestCompare(t *testing.T) {
	r := newRealm(t, 1)
	first := r.full(t, one)
	second := r.full(t, after(first, two))
	c := two
	c.from = 1
	change := r.change(t, c, 5, 6, 7, 110)
	lists := []*inspect.List{second, change, first}
	steps := inspect.Compare(lists)
	if lists[0] != first || lists[1] != change || lists[2] != second || len(steps) != 2 {
		t.Fatal(lists, steps)
	}
	for _, s := range steps {
		if len(s.Wrong) > 0 || !s.Compared || len(s.Removed) > 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := steps[0]; !s.Leads || !slices.Equal(s.Added, []inspect.Range{{5, 7}, {110, 110}}) || inspect.Count(s.Added) != 4 {
		t.Errorf("the change: %+v", s)
	}
	if s := steps[1]; s.Twin != change || !s.Same || s.Fork || len(s.Added) > 0 {
		t.Errorf("the full list: %+v", s)
	}
	// Without what it begins with, a change leads nowhere, and is right all the same.
	c.sequence, c.from = 3, 2
	if s := inspect.Compare([]*inspect.List{first, r.change(t, c, 110)})[0]; s.Leads || s.Compared || len(s.Wrong) > 0 {
		t.Errorf("%+v", s)
	}
}

func TestCompareFindsWhatIsWrong(t *testing.T) {
	r := newRealm(t, 1)
	first := r.full(t, one)
	next := func(alter func(*say)) *inspect.List {
		s := after(first, two)
		alter(&s)
		return r.full(t, s)
	}
	otherHistory := two
	otherHistory.from, otherHistory.serials = 1, []uint32{5, 6, 7, 110}
	for want, second := range map[string]*inspect.List{
		"":                           next(func(*say) {}),
		"say different things":       next(func(s *say) { s.sequence = 1 }),
		"have other dates":           r.full(t, say{base: 1, sequence: 1, n: 100, serials: []uint32{3}, alter: func(b *wire.Bundle) { b.NextUpdate -= time.Second }}),
		"serials left":               next(func(s *say) { s.serials = []uint32{5} }),
		"fewer serials":              next(func(s *say) { s.n, s.serials = 90, []uint32{3} }),
		"does not continue":          next(func(s *say) { s.previous[0] ^= 1 }),
		"issued before":              next(func(s *say) { s.alter = func(b *wire.Bundle) { b.Issued = start } }),
		"shorter log":                next(func(s *say) { s.alter = func(b *wire.Bundle) { b.LogSize = 9 } }),
		"another log":                next(func(s *say) { s.alter = func(b *wire.Bundle) { b.LogSize, b.LogRoot[0] = 10, 1 } }),
		"does not lead to the list":  r.change(t, otherHistory, 5, 6, 7, 110),
		"different things: the sign": r.change(t, say{base: 1, sequence: 1, n: 100, serials: []uint32{4}}, 4),
	} {
		s := inspect.Compare([]*inspect.List{first, second})[0]
		if got := strings.Join(s.Wrong, "; "); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", want, got)
		}
	}
	// In a new base serials may leave.
	s := inspect.Compare([]*inspect.List{first, next(func(s *say) { s.base, s.serials = 2, []uint32{5} })})[0]
	if len(s.Wrong) > 0 || !slices.Equal(s.Removed, []inspect.Range{{3, 3}}) {
		t.Errorf("%+v", s)
	}
}

func TestRegions(t *testing.T) {
	r := newRealm(t, 1)
	b := r.bundle(t, two)
	core := r.core.Ref()
	manifest := &wire.Regions{List: *b}
	manifest.List.Codec, manifest.List.Data = 0, nil
	var files [][]byte
	for place, serials := range [][]uint32{{3, 5, 6, 7}, {10}} { // of 0–99 and 100–119, each from its first
		n := []uint64{100, 20}[place]
		set, err := revocation.NewSet(n, serials)
		if err != nil {
			t.Fatal(err)
		}
		codec, data := revocation.Encode(set)
		f := &wire.RegionFile{Core: core, Generation: 1, Base: 1, Sequence: 2, Place: uint32(place), Data: data}
		file, err := f.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		manifest.Regions = append(manifest.Regions, wire.Region{End: []uint64{100, 120}[place], Count: uint32(len(serials)), Codec: uint8(codec), Hash: f.Hash()})
	}
	l := r.read(t, "regions", r.sign(t, wire.TypeRegions, manifest))
	if err := inspect.AddRegion(nil, files[0]); !errors.Is(err, inspect.ErrNoPlace) {
		t.Error(err)
	}
	tampered := bytes.Clone(files[1])
	tampered[len(tampered)-1] ^= 1
	if err := inspect.AddRegion([]*inspect.List{l}, tampered); !errors.Is(err, wire.ErrSignature) {
		t.Error(err)
	}
	for i, file := range files {
		if l.Set != nil {
			t.Error("whole before all regions are there")
		}
		if err := inspect.AddRegion([]*inspect.List{r.full(t, one), l}, file); err != nil || !l.Regions[i].Given {
			t.Error(err)
		}
	}
	if len(l.Wrong) > 0 || !l.Verified || !slices.Equal(l.Set.Serials(), two.serials) {
		t.Errorf("%+v", l)
	}
	if s := inspect.Compare([]*inspect.List{l, r.full(t, two)})[0]; !s.Same || len(s.Wrong) > 0 {
		t.Errorf("%+v", s)
	}
}

func TestLog(t *testing.T) {
	r := newRealm(t, 1)
	first := r.full(t, one)
	gone := after(first, two)
	gone.base, gone.serials = 2, []uint32{5}
	second := r.full(t, gone)
	log := &authority.ListLog{Core: r.core, Size: 20, Left: map[uint32][]uint64{}, Lists: map[wire.Order]authority.LoggedList{
		first.Order:  {Index: 4, Time: first.Issued, State: first.State, Bundle: first.Hash},
		second.Order: {Index: 9, Time: second.Issued, State: second.State, Bundle: second.Hash},
	}}
	account := func() string {
		s := inspect.Compare([]*inspect.List{first, second})[0]
		s.Account(log)
		return strings.Join(s.Wrong, "; ")
	}
	if got := account(); !strings.Contains(got, "1 of the serials that left have no entry") {
		t.Errorf("%q", got)
	}
	log.Left[3] = []uint64{2, 12}
	if account() == "" {
		t.Error("entries from before and after count")
	}
	log.Left[3] = []uint64{2, 8, 12}
	if got := account(); got != "" {
		t.Errorf("%q", got)
	}
	if index, ok := inspect.InLog(second, log); !ok || index != 9 || len(second.Wrong) > 0 {
		t.Error(index, ok, second.Wrong)
	}
	two := r.full(t, after(first, two))
	forged := r.full(t, say{base: 1, sequence: 1, n: 100, serials: []uint32{4}})
	for want, l := range map[string]*inspect.List{"no list of its number": two, "another list under its number": forged} {
		if _, ok := inspect.InLog(l, log); ok || !strings.Contains(strings.Join(l.Wrong, "; "), want) {
			t.Errorf("%s: %v", want, l.Wrong)
		}
	}
}

func FuzzRead(f *testing.F) {
	r := newRealm(f, 1)
	f.Add(r.sign(f, wire.TypeBundle, r.bundle(f, two)))
	c := two
	c.from = 1
	f.Add(r.sign(f, wire.TypeChange, r.changeTo(f, c, []uint32{5, 6, 7, 110})))
	first := r.full(f, one)
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := inspect.Read("list", b, r.core)
		if err != nil {
			if !errors.Is(err, inspect.ErrNoList) {
				t.Error(err)
			}
			return
		}
		if l.Verified && l.Set == nil && len(l.Wrong) == 0 && l.Kind != inspect.Regional {
			t.Error("unreadable, and nothing is wrong")
		}
		for _, s := range inspect.Compare([]*inspect.List{first, l}) {
			if s.Compared && s.From.Set == nil {
				t.Error("compared with nothing")
			}
		}
	})
}
