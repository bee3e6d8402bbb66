package device_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

const listVectors = "../tests/vectors/lists"

// listVector is one file: what a device with a serial of its own was given, one after the other, what it said to each, what is in force then, and
// what that answers. Octets are lower-case hexadecimal.
type listVector struct {
	Comment   string       `json:"comment"`
	Master    string       `json:"master_seed"`
	Statement string       `json:"statement_seed"`
	Core      string       `json:"core"`
	Own       uint32       `json:"own_serial"`
	Steps     []listStep   `json:"steps"`
	Order     [3]uint32    `json:"generation_base_sequence"`
	State     string       `json:"state"` // of a union: that of the first of the two
	N         uint64       `json:"n"`
	Count     int          `json:"count"` // serials that are known to be revoked
	Epochs    [2]uint32    `json:"first_last_epoch"`
	Held      [][2]uint64  `json:"held"` // from each first to below each second
	Answers   []listAnswer `json:"answers"`
}

type listStep struct {
	Statement string   `json:"statement"`
	Regions   []string `json:"regions,omitempty"`
	Expect    string   `json:"expect"` // ok, unchanged, or the name of the error
}

type listAnswer struct {
	Serial uint32 `json:"serial"`
	Epoch  uint32 `json:"epoch"`
	Now    int64  `json:"now"` // Unix seconds
	Answer string `json:"answer"`
}

var listErrors = map[string]error{
	"ErrOldList": device.ErrOldList, "ErrListGap": device.ErrListGap, "ErrForked": device.ErrForked, "ErrRegionMissing": device.ErrRegionMissing,
	"ErrOtherRegion": device.ErrOtherRegion, "ErrMalformed": device.ErrMalformed, "ErrTampered": device.ErrTampered, "ErrUnknownRealm": device.ErrUnknownRealm,
	"ErrRevoked": device.ErrRevoked, "ErrListExpired": device.ErrListExpired, "ErrNoList": device.ErrNoList,
}

// errorName names an error of listErrors.
func errorName(err error) string {
	for _, name := range []string{
		"ErrForked", "ErrOldList", "ErrListGap", "ErrRegionMissing", "ErrOtherRegion", "ErrUnknownRealm", "ErrTampered", "ErrMalformed", "ErrRevoked", "ErrListExpired", "ErrNoList",
	} {
		if errors.Is(err, listErrors[name]) {
			return name
		}
	}
	return "another error"
}

// given is what one step gives to the device.
type given struct {
	statement []byte
	regions   [][]byte
}

type listCase struct {
	comment string
	make    func(f *fleet) []given
}

func giveLists(lists ...[]byte) (all []given) {
	for _, l := range lists {
		all = append(all, given{statement: l})
	}
	return all
}

// neighbour is another authority, with as many serials.
func neighbour(f *fleet, change func(*wire.Core)) *authority {
	a := found(7, f.clock, change)
	a.next = f.next
	return a
}

// fullLists are cases of full lists alone.
func fullLists() map[string]listCase {
	bad := func(comment string, change func(*wire.Bundle)) listCase {
		return listCase{comment, func(f *fleet) []given { return giveLists(f.publish(5), f.bundle(2, []uint32{5, 17}, change)) }}
	}
	return map[string]listCase{
		"full":    {"a full list", func(f *fleet) []given { return giveLists(f.publish(5, 17, 900)) }},
		"none":    {"a list of nobody", func(f *fleet) []given { return giveLists(f.publish()) }},
		"later":   {"a later one replaces it, and may take serials off", func(f *fleet) []given { return giveLists(f.publish(5, 17), f.publish(17, 900)) }},
		"skipped": {"one that is several further", func(f *fleet) []given { a := f.publish(5); f.publish(); return giveLists(a, f.publish(5, 6)) }},
		"again":   {"the same list twice", func(f *fleet) []given { a := f.publish(5); return giveLists(a, a) }},
		"old":     {"an earlier one", func(f *fleet) []given { a := f.publish(5); return giveLists(f.publish(5, 17), a) }},
		"older-generation": {"a higher sequence of a lower generation", func(f *fleet) []given {
			return giveLists(f.bundle(1, []uint32{5}, func(b *wire.Bundle) {
				b.Generation = 2
				b.State = wire.ListState(f.core.Realm, 2, 1, b.FirstEpoch, b.LastEpoch, b.N, []uint32{5})
			}), f.bundle(9, []uint32{17}, func(*wire.Bundle) {}))
		}},
		"fork": {"two lists of one number: their union", func(f *fleet) []given {
			return giveLists(f.bundle(1, []uint32{5}, func(*wire.Bundle) {}), f.bundle(1, []uint32{17}, func(*wire.Bundle) {}))
		}},
		"fork-dates": {"two of one number and state, and other dates: the earlier ones", func(f *fleet) []given {
			return giveLists(f.bundle(1, []uint32{5}, func(*wire.Bundle) {}), f.bundle(1, []uint32{5}, func(b *wire.Bundle) { b.NextUpdate = time.Hour }))
		}},
		"state":     bad("another state than it names", func(b *wire.Bundle) { b.State[0] ^= 1 }),
		"count":     bad("one serial more than there are", func(b *wire.Bundle) { b.Count += 9 }),
		"epochs":    bad("other epochs than those of its state", func(b *wire.Bundle) { b.LastEpoch++ }),
		"n":         bad("another n than that of its state", func(b *wire.Bundle) { b.N++ }),
		"codec":     bad("an unknown codec", func(b *wire.Bundle) { b.Codec = 9 }),
		"core-hash": bad("of another core", func(b *wire.Bundle) { b.Core[31] ^= 1 }),
		"signature": {"the last bit of the signature altered", func(f *fleet) []given { a := f.publish(5); return giveLists(a, flipped(f.publish(17), -1)) }},
		"payload":   {"a bit of the state altered", func(f *fleet) []given { a := f.publish(5); return giveLists(a, flipped(f.publish(17), -170)) }},
		"realm": {"of another realm's authority", func(f *fleet) []given {
			return giveLists(f.publish(5), neighbour(f, func(c *wire.Core) { c.Realm, c.SPIDs = "other.example", []string{"other.example"} }).publish(17))
		}},
		"key": {"signed by another key", func(f *fleet) []given {
			return giveLists(f.publish(5), neighbour(f, func(*wire.Core) {}).publish(17))
		}},
	}
}

// listChanges are cases of changes and compact lists.
func listChanges() map[string]listCase {
	return map[string]listCase{
		"change": {"a change from list 1 to 2", func(f *fleet) []given {
			a, b := f.publish(5), f.publish(5, 17)
			return giveLists(a, f.change(b, 1, []uint32{17}, asIs))
		}},
		"change-back": {"a change that reaches further back than to the list in force", func(f *fleet) []given {
			f.publish(5)
			b := f.publish(5, 17)
			return giveLists(b, f.change(f.publish(5, 17, 900), 1, []uint32{17, 900}, asIs))
		}},
		"change-gap": {"a change that begins after the list in force", func(f *fleet) []given {
			a := f.publish(5)
			f.publish(5, 17)
			return giveLists(a, f.change(f.publish(5, 17, 900), 2, []uint32{900}, asIs))
		}},
		"change-alone": {"a change without a list", func(f *fleet) []given {
			f.publish(5)
			return giveLists(f.change(f.publish(5, 17), 1, []uint32{17}, asIs))
		}},
		"change-old": {"a change to an earlier list", func(f *fleet) []given {
			f.publish(5)
			b := f.publish(5, 17)
			return giveLists(f.publish(5, 17, 900), f.change(b, 1, []uint32{17}, asIs))
		}},
		"change-state": {"a change that leads elsewhere", func(f *fleet) []given {
			a := f.publish(5)
			return giveLists(a, f.change(f.publish(5, 17), 1, []uint32{18}, asIs))
		}},
		"change-base": {"a change of another base", func(f *fleet) []given {
			a := f.publish(5)
			return giveLists(a, f.change(f.publish(5, 17), 1, []uint32{17}, func(c *wire.Change) { c.Base = 2 }))
		}},
		"change-ref": {"a change of another core", func(f *fleet) []given {
			a := f.publish(5)
			return giveLists(a, f.change(f.publish(5, 17), 1, []uint32{17}, func(c *wire.Change) { c.Core[0] ^= 1 }))
		}},
		"change-fork": {"a change to the list in force, of another state", func(f *fleet) []given {
			b := f.bundle(2, []uint32{5, 17}, func(*wire.Bundle) {})
			return giveLists(b, f.change(f.bundle(2, []uint32{5, 900}, func(*wire.Bundle) {}), 1, []uint32{900}, asIs))
		}},
		"change-after-fork": {"a change on a union", func(f *fleet) []given {
			a, b := f.bundle(1, []uint32{5}, func(*wire.Bundle) {}), f.bundle(1, []uint32{17}, func(*wire.Bundle) {})
			return giveLists(a, b, f.change(f.bundle(2, []uint32{5, 17}, func(*wire.Bundle) {}), 1, []uint32{5, 17}, asIs))
		}},
		"compact": {"a compact list", func(f *fleet) []given {
			return giveLists(f.change(f.publish(5, 17), 0, []uint32{5, 17}, asIs))
		}},
		"compact-full": {"a compact list, then the full one of its number", func(f *fleet) []given {
			b := f.publish(5, 17)
			return giveLists(f.change(b, 0, []uint32{5, 17}, asIs), b)
		}},
		"compact-old": {"a compact list that is earlier", func(f *fleet) []given {
			b := f.publish(5)
			return giveLists(f.publish(5, 17), f.change(b, 0, []uint32{5}, asIs))
		}},
	}
}

// listsInRegions are cases of those.
func listsInRegions() map[string]listCase {
	cut := func(f *fleet, serials ...uint32) (full, list []byte, regions [][]byte) {
		full = f.publish(serials...)
		list, regions = f.cut(full, whole, 256, 512, 1000)
		return full, list, regions
	}
	return map[string]listCase{
		"regions": {"the first region", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300, 900)
			return []given{{l, r[:1]}}
		}},
		"regions-added": {"the first, then the third", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300, 900)
			return []given{{l, r[:1]}, {l, r[2:]}}
		}},
		"regions-all": {"all of them", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300, 900)
			return []given{{l, r}}
		}},
		"regions-full": {"the first, then the full list", func(f *fleet) []given {
			full, l, r := cut(f, 5, 300, 900)
			return []given{{l, r[:1]}, {full, nil}}
		}},
		"regions-own": {"without the region of the own serial", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300, 900)
			return []given{{l, r[1:]}}
		}},
		"regions-none": {"without any", func(f *fleet) []given {
			_, l, _ := cut(f, 5, 300, 900)
			return []given{{l, nil}}
		}},
		"regions-altered": {"a bit of a region altered", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300, 900)
			return []given{{l, [][]byte{flipped(r[0], -1)}}}
		}},
		"regions-other": {"a region of an earlier list", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300)
			_, l2, _ := cut(f, 6, 300, 900)
			return []given{{l, r[:1]}, {l2, r[:1]}}
		}},
		"regions-change": {"a change on a list in regions", func(f *fleet) []given {
			_, l, r := cut(f, 5, 300)
			return []given{{l, r[:1]}, {f.change(f.publish(5, 300, 900), 1, []uint32{900}, asIs), nil}}
		}},
		"regions-state": {"all regions, which do not have the state", func(f *fleet) []given {
			full := f.publish(5, 300)
			l, r := f.cut(full, func(m *wire.Regions) { m.List.State[0] ^= 1 }, 256, 512, 1000)
			return []given{{l, r}}
		}},
	}
}

// listOwner is the device of the vectors, whose authority has issued a thousand serials.
func listOwner(t *testing.T) *fleet {
	t.Helper()
	f := vectorFleet(t)
	f.next = 1000
	return f
}

func (c listCase) vector(t *testing.T) *listVector {
	t.Helper()
	f := listOwner(t)
	v := &listVector{
		Comment: c.comment, Master: strings.Repeat("01", 32), Statement: strings.Repeat("02", 32), Core: hex.EncodeToString(f.raw),
		Own: address(f.park).Serial(), Steps: []listStep{}, Answers: []listAnswer{},
	}
	for _, g := range c.make(f) {
		s := listStep{Statement: hex.EncodeToString(g.statement)}
		for _, r := range g.regions {
			s.Regions = append(s.Regions, hex.EncodeToString(r))
		}
		v.Steps = append(v.Steps, s)
	}
	now := f.clock.now().Unix()
	const day = 24 * 3600
	for _, epoch := range []uint32{8, 9, 10, 23, 24} {
		v.Answers = append(v.Answers, listAnswer{Serial: 0, Epoch: epoch, Now: now})
	}
	for _, serial := range []uint32{2, 5, 17, 300, 900, 999, 1000, 1<<32 - 1} {
		for _, later := range []int64{0, 2 * 3600, 7*day - 1, 7 * day, 56*day - 1, 56 * day} {
			v.Answers = append(v.Answers, listAnswer{Serial: serial, Epoch: 10, Now: now + later})
		}
	}
	v.Steps, v.Answers = v.run(t)
	return v
}

// run gives all steps to a device, and asks it; it sets what is in force in the end.
func (v *listVector) run(t *testing.T) ([]listStep, []listAnswer) {
	t.Helper()
	f := listOwner(t)
	d := f.park
	steps, answers := slices.Clone(v.Steps), slices.Clone(v.Answers)
	for i, s := range steps {
		var regions [][]byte
		for _, r := range s.Regions {
			regions = append(regions, must(hex.DecodeString(r)))
		}
		statement := must(hex.DecodeString(s.Statement))
		var a *device.Applied
		var err error
		if wire.Sniff(statement) == wire.FoundRegions {
			a, err = d.ApplyRegions(statement, regions...)
		} else {
			a, err = d.Apply(statement)
		}
		switch {
		case err != nil:
			steps[i].Expect = errorName(err)
		case a.Changed:
			steps[i].Expect = "ok"
		default:
			steps[i].Expect = "unchanged"
		}
	}
	status := d.Status()
	l := status.List
	v.Order, v.State = [3]uint32{l.Order.Generation, l.Order.Base, l.Order.Sequence}, hex.EncodeToString(l.State[:])
	v.N, v.Count, v.Epochs, v.Held = l.N, l.Count, [2]uint32{l.FirstEpoch, l.LastEpoch}, [][2]uint64{}
	for _, s := range status.Held {
		v.Held = append(v.Held, [2]uint64{s.From, s.End})
	}
	for i, a := range answers {
		stale, newer, err := d.Answer(a.Serial, a.Epoch, time.Unix(a.Now, 0))
		switch {
		case err != nil:
			answers[i].Answer = errorName(err)
		case newer:
			answers[i].Answer = "newer"
		case stale:
			answers[i].Answer = "stale"
		default:
			answers[i].Answer = "valid"
		}
	}
	return steps, answers
}

func TestListVectors(t *testing.T) {
	cases := fullLists()
	for _, more := range []map[string]listCase{listChanges(), listsInRegions()} {
		for name, c := range more {
			cases[name] = c
		}
	}
	if *updateVectors {
		check(os.RemoveAll(listVectors))
		check(os.MkdirAll(listVectors, 0o755))
		for name, c := range cases {
			check(os.WriteFile(filepath.Join(listVectors, name+".json"), append(must(json.Marshal(c.vector(t))), '\n'), 0o600))
		}
	}
	files := must(filepath.Glob(filepath.Join(listVectors, "*.json")))
	if len(files) != len(cases) {
		t.Errorf("%d files, %d cases: run with -update", len(files), len(cases))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := must(os.ReadFile(file))
			v := new(listVector)
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			check(d.Decode(v))
			v.Steps, v.Answers = v.run(t)
			if again := append(must(json.Marshal(v)), '\n'); !bytes.Equal(again, b) {
				t.Errorf("the device comes to\n%s", again)
			}
		})
	}
}
