package device

import "slices"

// Span is a range of serials: From and above, below End. It is never empty.
type Span struct{ From, End uint64 }

// spans are ascending and neither overlap nor touch: there is one form for each set of serials.
type spans []Span

// normal returns the serials of all spans, in any order.
func normal(all []Span) spans {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Span) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	var out spans
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && s.From <= out[last].End {
			out[last].End = max(out[last].End, s.End)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// rest returns the serials below n that are in no span; all spans end at n or below.
func (s spans) rest(n uint64) spans {
	var out spans
	from := uint64(0)
	for _, one := range s {
		if from < one.From {
			out = append(out, Span{from, one.From})
		}
		from = one.End
	}
	if from < n {
		out = append(out, Span{from, n})
	}
	return out
}

// both returns the serials that are in s and in o.
func (s spans) both(o spans) spans {
	var out spans
	for len(s) > 0 && len(o) > 0 {
		if from, end := max(s[0].From, o[0].From), min(s[0].End, o[0].End); from < end {
			out = append(out, Span{from, end})
		}
		if s[0].End < o[0].End {
			s = s[1:]
		} else {
			o = o[1:]
		}
	}
	return out
}

func (s spans) has(serial uint32) bool {
	i, _ := slices.BinarySearchFunc(s, uint64(serial), func(one Span, serial uint64) int {
		if one.End <= serial {
			return -1
		}
		return 1
	})
	return i < len(s) && s[i].From <= uint64(serial)
}

// size returns the number of serials.
func (s spans) size() (n uint64) {
	for _, one := range s {
		n += one.End - one.From
	}
	return n
}

func (s spans) encode(e *encoder) {
	e.u32(uint32(len(s)))
	for _, one := range s {
		e.u64(one.From)
		e.u64(one.End)
	}
}

// decodeSpans reads what encode wrote: at least one span, all of them below n.
func decodeSpans(d *decoder, n uint64) spans {
	out := make(spans, d.count(maxSpans))
	before := uint64(0)
	for i := range out {
		from, end := d.u64(), d.u64()
		d.bad = d.bad || from >= end || end > n || i > 0 && from <= before
		out[i], before = Span{from, end}, end
	}
	d.bad = d.bad || len(out) == 0
	return out
}
