package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// spans are the units of time that a person may type, each with how it begins in English or German.
var spans = []struct {
	length time.Duration
	words  []string
}{
	{7 * 24 * time.Hour, []string{"w"}},
	{24 * time.Hour, []string{"d", "t"}},
	{time.Hour, []string{"h", "st"}},
	{time.Second, []string{"s"}}, // after "st"
	{time.Minute, []string{"m"}},
}

// ParseSpan reads a time as a person types it: "14 days", "90 s", "1 h 30 min", "2 Wochen". A month has no fixed length, so there is none.
func ParseSpan(text string) (d time.Duration, ok bool) {
	fields := strings.FieldsFunc(splitNumbers(strings.ToLower(text)), unicode.IsSpace)
	if len(fields) == 0 || len(fields)%2 != 0 || len(fields) > maxSpanFields {
		return 0, false
	}
	for i := 0; i < len(fields); i += 2 {
		n, err := strconv.Atoi(fields[i])
		if err != nil || n < 0 || n > maxSpanNumber {
			return 0, false
		}
		length, known := unitOf(fields[i+1])
		if !known {
			return 0, false
		}
		d += time.Duration(n) * length
	}
	return d, d > 0
}

// splitNumbers puts a space between numbers and letters.
func splitNumbers(text string) string {
	var b strings.Builder
	digit := false
	for i, r := range text {
		if now := r >= '0' && r <= '9'; i > 0 && now != digit {
			b.WriteByte(' ')
			digit = now
		} else {
			digit = now
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unitOf(word string) (time.Duration, bool) {
	if strings.HasPrefix(word, "mo") { // months
		return 0, false
	}
	for _, s := range spans {
		if slices.ContainsFunc(s.words, func(w string) bool { return strings.HasPrefix(word, w) }) {
			return s.length, true
		}
	}
	return 0, false
}

// Span is a time in its largest whole unit: 14 days are 14 and "day".
func Span(d time.Duration) (n int, unit string) {
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= u.length && d%u.length == 0 {
			return int(d / u.length), u.name
		}
	}
	return int(d / time.Second), "second"
}
