package ceremony

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unit is a unit of durations.
type unit struct {
	letter byte
	length time.Duration
}

// units are those of durations, the largest first. A year has no fixed length, so there is none.
var units = []unit{
	{'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second},
}

// ParseDuration reads "28d" or "1h30m": whole numbers with the units w, d, h, m, s, each once and the larger first.
func ParseDuration(text string) (d time.Duration, ok bool) {
	next := 0 // unit that may come
	for text != "" {
		digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
		if digits == 0 || digits > maxDigits || digits == len(text) {
			return 0, false
		}
		n, err := strconv.ParseInt(text[:digits], 10, 64)
		if err != nil {
			return 0, false
		}
		i := slices.IndexFunc(units[next:], func(u unit) bool { return u.letter == text[digits] })
		if next += i; i < 0 || n > int64(maxSeconds*time.Second/units[next].length) {
			return 0, false
		}
		d += time.Duration(n) * units[next].length
		text, next = text[digits+1:], next+1
	}
	return d, d > 0 && d <= maxSeconds*time.Second
}

// Duration writes d, whole seconds, as a ceremony file has it: "28d", "1h30m". Weeks are written as days.
func Duration(d time.Duration) string {
	var b strings.Builder
	for _, u := range units[1:] {
		if n := d / u.length; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, u.letter)
			d %= u.length
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
