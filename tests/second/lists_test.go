package second

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
)

// history is a file of tests/vectors/lists.
type history struct {
	Core  string `json:"core"`
	Own   uint32 `json:"own_serial"`
	Steps []struct {
		Statement string   `json:"statement"`
		Regions   []string `json:"regions"`
		Expect    string   `json:"expect"`
	} `json:"steps"`
	Order   [3]uint32   `json:"generation_base_sequence"`
	State   string      `json:"state"`
	N       uint64      `json:"n"`
	Count   int         `json:"count"`
	Epochs  [2]uint32   `json:"first_last_epoch"`
	Held    [][2]uint64 `json:"held"`
	Answers []struct {
		Serial uint32 `json:"serial"`
		Epoch  uint32 `json:"epoch"`
		Now    int64  `json:"now"`
		Answer string `json:"answer"`
	} `json:"answers"`
}

// known is a list as section 8 has it, whatever form it came in.
type known struct {
	order             [3]uint32 // generation, base, sequence
	state             []byte
	issued, next, end int64 // Unix seconds
	n                 uint64
	first, last       uint32
	serials           []uint32
	held              [][2]uint64
	forked            bool
}

func (l *known) whole() bool { return len(l.held) == 1 && l.held[0] == [2]uint64{0, l.n} || l.n == 0 }

// holder applies lists.
type holder struct {
	own       uint32
	realm     string
	hash, key []byte
	list      *known
}

func newHolder(core []byte, own uint32) *holder {
	v, ok := uncbor(core)
	if !ok {
		panic("the core")
	}
	sum := sha256.Sum256(cat(label("marque/v1/core"), core))
	c := v.([]any)
	return &holder{own: own, realm: c[1].(string), hash: sum[:], key: c[9].([]byte)}
}

// stateOf is the hash of section 8.
func (h *holder) stateOf(l *known) []byte {
	b := cat(label("marque/v1/list-state"), label(h.realm), u32(l.order[0]), u32(l.order[1]), u32(l.first), u32(l.last), binary.BigEndian.AppendUint64(nil, l.n))
	for _, s := range l.serials {
		b = append(b, u32(s)...)
	}
	sum := sha256.Sum256(b)
	return sum[:16]
}

// numbers reads unsigned integers of a payload, from one element on.
func numbers(payload []any, at ...int) (out []uint64) {
	for _, i := range at {
		n, _ := payload[i].(uint64)
		out = append(out, n)
	}
	return out
}

// read makes a list of numbers in the order generation, base, sequence, issued, next-update, hard-expiry, n, first-epoch, last-epoch.
func read(state []byte, v []uint64) *known {
	issued := int64(v[3])
	return &known{
		order: [3]uint32{uint32(v[0]), uint32(v[1]), uint32(v[2])}, state: state, issued: issued, next: issued + int64(v[4]), end: issued + int64(v[5]),
		n: v[6], first: uint32(v[7]), last: uint32(v[8]), held: [][2]uint64{{0, v[6]}},
	}
}

// apply takes one step, and says what came of it.
func (h *holder) apply(b []byte, regions [][]byte) string {
	kind, p, failure := statement(b, h.realm, h.key)
	if failure != "" {
		return failure
	}
	core, _ := p[1].([]byte)
	if n := len(core); n == 0 || !bytes.Equal(core, h.hash[:min(n, 32)]) {
		return "ErrUnknownRealm"
	}
	switch kind {
	case "bundle":
		l := read(p[7].([]byte), numbers(p, 3, 4, 5, 8, 9, 10, 11, 15, 16))
		v := numbers(p, 12, 13)
		return h.replace(l, int(v[0]), int(v[1]), p[14].([]byte))
	case "change":
		l := read(p[6].([]byte), numbers(p, 2, 3, 4, 7, 8, 9, 10, 14, 15))
		v := numbers(p, 5, 11, 12)
		if v[0] == 0 {
			return h.replace(l, int(v[1]), int(v[2]), p[13].([]byte))
		}
		return h.change(l, l.order[2]-uint32(v[0]), int(v[1]), int(v[2]), p[13].([]byte))
	case "regions":
		l := read(p[6].([]byte), numbers(p, 2, 3, 4, 7, 8, 9, 10, 12, 13))
		return h.regions(l, p[16].([]any), regions)
	}
	return "ErrMalformed"
}

// after says how a number stands to that of the list in force.
func (h *holder) after(l *known) int {
	if h.list == nil {
		return 1
	}
	return slices.Compare(l.order[:], h.list.order[:])
}

// replace takes a list in one piece.
func (h *holder) replace(l *known, count, codec int, data []byte) string {
	if h.after(l) < 0 {
		return "ErrOldList"
	}
	var ok bool
	if l.serials, ok = decodeSet(codec, l.n, count, data); !ok || !bytes.Equal(h.stateOf(l), l.state) {
		return "ErrMalformed"
	}
	return h.take(l)
}

// take puts a list in force, or joins it with the one of its number.
func (h *holder) take(l *known) string {
	if h.after(l) == 0 {
		return h.join(l)
	}
	if !l.holds(h.own) {
		return "ErrRegionMissing"
	}
	h.list = l
	return "ok"
}

// holds says whether a serial below n is in a region that is held.
func (l *known) holds(serial uint32) bool {
	return uint64(serial) >= l.n || slices.ContainsFunc(l.held, func(s [2]uint64) bool { return s[0] <= uint64(serial) && uint64(serial) < s[1] })
}

func union(a, b []uint32) []uint32 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// join is what becomes of two lists with one number.
func (h *holder) join(l *known) string {
	in := h.list
	if bytes.Equal(in.state, l.state) && [3]int64{in.issued, in.next, in.end} == [3]int64{l.issued, l.next, l.end} {
		held := spans(slices.Concat(in.held, l.held))
		if slices.Equal(held, in.held) {
			return "unchanged"
		}
		u := *in
		u.held, u.serials = held, union(in.serials, l.serials)
		if u.whole() && !bytes.Equal(h.stateOf(&u), u.state) {
			return "ErrMalformed"
		}
		h.list = &u
		return "ok"
	}
	in.serials, in.forked = union(in.serials, l.serials), true
	in.n, in.first, in.last, in.next, in.end = max(in.n, l.n), max(in.first, l.first), min(in.last, l.last), min(in.next, l.next), min(in.end, l.end)
	return "ErrForked"
}

// spans joins those that meet or overlap.
func spans(all [][2]uint64) (out [][2]uint64) {
	slices.SortFunc(all, func(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) })
	for _, s := range all {
		if n := len(out); n > 0 && out[n-1][1] >= s[0] {
			out[n-1][1] = max(out[n-1][1], s[1])
		} else {
			out = append(out, s)
		}
	}
	return out
}

// change brings the list in force to another number.
func (h *holder) change(l *known, from uint32, count, codec int, data []byte) string {
	in := h.list
	switch {
	case in == nil:
		return "ErrListGap"
	case h.after(l) < 0:
		return "ErrOldList"
	}
	added, ok := decodeSet(codec, l.n, count, data)
	if !ok {
		return "ErrMalformed"
	}
	if h.after(l) == 0 {
		l.serials = added
		return h.join(l)
	}
	l.serials = union(in.serials, added)
	if l.order[0] != in.order[0] || l.order[1] != in.order[1] || in.forked || !in.whole() || in.order[2] < from || in.n > l.n || !bytes.Equal(h.stateOf(l), l.state) {
		return "ErrListGap"
	}
	h.list = l
	return "ok"
}

// regions takes a list in regions with some of them.
func (h *holder) regions(l *known, ends []any, files [][]byte) string {
	if h.after(l) < 0 {
		return "ErrOldList"
	}
	l.held = nil
	for _, f := range files {
		v, ok := uncbor(f)
		r, is := v.([]any)
		if !ok || !is || len(r) != 7 {
			return "ErrMalformed"
		}
		at := numbers(r, 2, 3, 4, 5)
		ref, _ := r[1].([]byte)
		if !bytes.Equal(ref, h.hash[:4]) || [3]uint32{uint32(at[0]), uint32(at[1]), uint32(at[2])} != l.order || at[3] >= uint64(len(ends)) {
			return "ErrOtherRegion"
		}
		one := ends[at[3]].([]any)
		sum := sha256.Sum256(cat(label("marque/v1/region"), f))
		if !bytes.Equal(sum[:16], one[3].([]byte)) {
			return "ErrTampered"
		}
		begin, w := uint64(0), numbers(one, 0, 1, 2)
		if at[3] > 0 {
			begin = numbers(ends[at[3]-1].([]any), 0)[0]
		}
		serials, ok := decodeSet(int(w[2]), w[0]-begin, int(w[1]), r[6].([]byte))
		if !ok {
			return "ErrMalformed"
		}
		for i := range serials {
			serials[i] += uint32(begin)
		}
		l.serials, l.held = union(l.serials, serials), append(l.held, [2]uint64{begin, w[0]})
	}
	if l.held = spans(l.held); len(l.held) == 0 {
		return "ErrRegionMissing"
	}
	if l.whole() && !bytes.Equal(h.stateOf(l), l.state) {
		return "ErrMalformed"
	}
	return h.take(l)
}

// ask is what a list says of a serial in an epoch.
func (l *known) ask(serial, epoch uint32, now int64) string {
	newer, stale := l == nil || uint64(serial) >= l.n, l == nil || now >= l.next
	switch {
	case l == nil:
		return "ErrNoList"
	case slices.Contains(l.serials, serial):
		return "ErrRevoked"
	case now >= l.end:
		return "ErrListExpired"
	case epoch < l.first || epoch > l.last:
		return "ErrNoList"
	case !l.holds(serial):
		return "ErrRegionMissing"
	case newer && stale:
		return "ErrNoList"
	case newer:
		return "newer"
	case stale:
		return "stale"
	}
	return "valid"
}

func TestLists(t *testing.T) {
	replay(t, "lists", 42, func(t *testing.T, v *history) {
		h := newHolder(unhex(v.Core), v.Own)
		for i, s := range v.Steps {
			var regions [][]byte
			for _, r := range s.Regions {
				regions = append(regions, unhex(r))
			}
			if got := h.apply(unhex(s.Statement), regions); got != s.Expect {
				t.Errorf("step %d: %s, the vector says %s", i, got, s.Expect)
			}
		}
		if l := h.list; l != nil && (l.order != v.Order || hex.EncodeToString(l.state) != v.State || l.n != v.N || len(l.serials) != v.Count ||
			[2]uint32{l.first, l.last} != v.Epochs || !slices.Equal(l.held, v.Held)) {
			t.Errorf("in force is %+v", l)
		}
		for _, a := range v.Answers {
			if got := h.list.ask(a.Serial, a.Epoch, a.Now); got != a.Answer {
				t.Errorf("serial %d, epoch %d at %d: %s, the vector says %s", a.Serial, a.Epoch, a.Now, got, a.Answer)
			}
		}
	})
}
