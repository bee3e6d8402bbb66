package main

import (
	"fmt"
	"strings"
	"time"

	"marque/device"
)

// gaugeWidth is how many signs the gauge has for the time from a list's issue to its hard expiry.
const gaugeWidth = 40

// currency is how far a list is from being stale and from being refused, as JSON shows it.
type currency struct {
	Issued      time.Time `json:"issued"`
	NextUpdate  time.Time `json:"next_update"`
	HardExpiry  time.Time `json:"hard_expiry"`
	AgeSeconds  int64     `json:"age_seconds"`
	Used        float64   `json:"used"` // of the time from issue to hard expiry, 0 to 1
	FirstEpoch  uint32    `json:"first_epoch"`
	LastEpoch   uint32    `json:"last_epoch"`
	CoversFrom  time.Time `json:"covers_from"`
	CoversUntil time.Time `json:"covers_until"`
	CoversNow   bool      `json:"covers_now"`
}

// currencyOf is nil without a list.
func currencyOf(s *device.Status) *currency {
	l := s.List
	if !l.Known {
		return nil
	}
	return &currency{
		Issued: l.Issued.UTC(), NextUpdate: l.NextUpdate.UTC(), HardExpiry: l.HardExpiry.UTC(), AgeSeconds: int64(l.Age / time.Second), Used: used(&l),
		FirstEpoch: l.FirstEpoch, LastEpoch: l.LastEpoch, CoversFrom: l.From.UTC(), CoversUntil: l.Until.UTC(), CoversNow: covers(s),
	}
}

// used is the share of a list's life that is over.
func used(l *device.ListStatus) float64 {
	return share(l.Age, l.HardExpiry.Sub(l.Issued))
}

func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 1
	}
	return min(1, part.Seconds()/whole.Seconds())
}

func covers(s *device.Status) bool {
	return !s.Now.Before(s.List.From) && s.Now.Before(s.List.Until)
}

// currencyText says the same to people, with a gauge: "#" is time that has passed, "!" what passed after the next update was due, and "|"
// where it is due.
func currencyText(s *device.Status) string {
	l := &s.List
	if !l.Known {
		return ""
	}
	next := l.NextUpdate.Sub(l.Issued)
	text := fmt.Sprintf("  age    %s  [%s]\n", ago(l.Age), gauge(used(l), share(next, l.HardExpiry.Sub(l.Issued))))
	text += fmt.Sprintf("  next   %s, %s\n", l.NextUpdate.UTC().Format(time.RFC3339), until(l.NextUpdate.Sub(s.Now)))
	text += fmt.Sprintf("  ends   %s, %s\n", l.HardExpiry.UTC().Format(time.RFC3339), until(l.HardExpiry.Sub(s.Now)))
	text += fmt.Sprintf("  covers epochs %d to %d, from %s to %s\n", l.FirstEpoch, l.LastEpoch, l.From.UTC().Format(time.RFC3339), l.Until.UTC().Format(time.RFC3339))
	if !covers(s) {
		text += "         not the present one: nobody is trusted before a list is applied that does\n"
	}
	return text
}

// gauge draws shares of a list's life, 0 to 1: what is over, and where the next update is due.
func gauge(over, due float64) string {
	done, mark := int(over*gaugeWidth), min(int(due*gaugeWidth), gaugeWidth-1)
	var b strings.Builder
	for i := range gaugeWidth {
		switch {
		case i == mark:
			b.WriteByte('|')
		case i < done && i > mark:
			b.WriteByte('!')
		case i < done:
			b.WriteByte('#')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

// until says how far away a moment is.
func until(d time.Duration) string {
	if d <= 0 {
		return ago(-d) + " ago"
	}
	return "in " + ago(d)
}

// ago writes a duration in its two largest units of days, hours and minutes.
func ago(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}
