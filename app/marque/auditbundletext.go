package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// rangesInText is the most ranges of serials that are printed.
const rangesInText = 12

func (r *bundlesShown) text() string {
	var b strings.Builder
	for i := range r.Lists {
		r.Lists[i].write(&b, r.Words != "", r.LogSize)
		b.WriteString("\n")
	}
	for i := range r.Steps {
		r.Steps[i].write(&b)
		b.WriteString("\n")
	}
	switch {
	case r.Words == "":
		b.WriteString("NOT VERIFIED: there is no core to verify these signatures under\n")
	case r.OK && r.Verified:
		fmt.Fprintf(&b, "everything holds, under the core with the words\n  %s\n", r.Words)
	}
	return b.String()
}

// line writes what is said of one thing.
func line(b *strings.Builder, what, format string, args ...any) {
	fmt.Fprintf(b, "%-12s %s\n", what, fmt.Sprintf(format, args...))
}

func (l *bundleShown) write(b *strings.Builder, core bool, logSize uint64) {
	fmt.Fprintf(b, "%s\n", l.File)
	number := fmt.Sprintf("%d (generation %d, base %d)", l.Sequence, l.Generation, l.Base)
	switch {
	case l.From > 0:
		line(b, "change", "from list %d, and every later one of its base, to list %s of %s", l.From, number, l.Realm)
	default:
		line(b, "list", "%s of %s, a %s", number, l.Realm, l.Kind)
	}
	switch {
	case l.Verified:
		line(b, "signature", "holds")
	case core:
		line(b, "signature", "DOES NOT HOLD")
	default:
		line(b, "signature", "NOT VERIFIED")
	}
	l.writeDates(b)
	what := "revoked"
	if l.From > 0 {
		what = "added"
	}
	line(b, what, "%d of %d serials (%s %%)", l.Count, l.N, percent(l.Share))
	l.writeSize(b)
	l.writeEpochs(b)
	line(b, "state", "%s", l.State)
	if l.Previous != "" {
		line(b, "continues", "%s", l.Previous)
		line(b, "log", "%d entries, root %s", l.LogSize, l.LogRoot)
	}
	if l.Entry != nil {
		line(b, "in the log", "entry %d of %d", *l.Entry+1, logSize)
	}
	for _, wrong := range l.Wrong {
		line(b, "WRONG", "%s", wrong)
	}
}

func (l *bundleShown) writeDates(b *strings.Builder) {
	line(b, "issued", "%s, %s", l.Issued.Format(time.RFC3339), ago(l.Age))
	line(b, "next update", "%s", l.NextUpdate.Format(time.RFC3339))
	line(b, "hard expiry", "%s", l.HardExpiry.Format(time.RFC3339))
	switch l.Standing {
	case standingStale:
		line(b, "stale", "a later list is due")
	case standingExpired:
		line(b, "expired", "devices trust nobody by it any more")
	case standingFuture:
		line(b, "WARNING", "it is issued in the future: compare this computer's clock with another")
	}
}

func (l *bundleShown) writeSize(b *strings.Builder) {
	if len(l.Regions) > 0 {
		given := 0
		for _, r := range l.Regions {
			if r.Given {
				given++
			}
		}
		line(b, "regions", "%d, of which %d were read with %d octets of serials; the statement has %d octets", len(l.Regions), given, l.Payload, l.Octets)
		return
	}
	ratio := "the least for so many"
	if l.Bound >= 1 {
		ratio = fmt.Sprintf("%.3f of the least for so many without a pattern", float64(l.Payload)/l.Bound)
	}
	line(b, "size", "%d octets, %d of them for serials: %s, which is %.1f; codec %d", l.Octets, l.Payload, ratio, l.Bound, l.Codec)
}

func (l *bundleShown) writeEpochs(b *strings.Builder) {
	if l.Covers.IsZero() || l.Until.IsZero() {
		line(b, "epochs", "%d to %d", l.FirstEpoch, l.LastEpoch)
		return
	}
	line(b, "epochs", "%d to %d, from %s to before %s", l.FirstEpoch, l.LastEpoch, l.Covers.Format(time.DateOnly), l.Until.Format(time.DateOnly))
}

func (s *stepShown) write(b *strings.Builder) {
	if s.number == s.before {
		fmt.Fprintf(b, "%s beside %s\n", s.To, s.From)
	} else {
		fmt.Fprintf(b, "%s after %s\n", s.To, s.From)
		line(b, "newer", "list %d after list %d, issued %s later", s.number.Sequence, s.before.Sequence, span(s.Newer))
	}
	switch {
	case s.Fork:
		line(b, "FORK", "not what %s says under this number", s.Twin)
	case s.Twin != "":
		line(b, "same", "what %s says, too", s.Twin)
	}
	switch {
	case s.Leads == nil || s.number == s.before:
	case *s.Leads:
		line(b, "leads", "a device from list %d to list %d", s.before.Sequence, s.number.Sequence)
	default:
		line(b, "leads", "NOT from list %d to list %d: a device needs a change that begins earlier, or the full list", s.before.Sequence, s.number.Sequence)
	}
	switch {
	case s.Compared && (s.number != s.before || s.Added.Count+s.Removed.Count > 0):
		line(b, "added", "%s", s.Added.text())
		line(b, "left", "%s", s.Removed.text())
	case !s.Compared && s.Leads == nil && !s.Same:
		line(b, "serials", "not compared, because those of one of both are not known")
	}
	for _, wrong := range s.Wrong {
		line(b, "WRONG", "%s", wrong)
	}
}

func (r *runShown) text() string {
	if r.Count == 0 {
		return "none"
	}
	parts := make([]string, 0, rangesInText)
	for i, one := range r.Ranges {
		if i == rangesInText {
			break
		}
		parts = append(parts, serialRange(one))
	}
	text := fmt.Sprintf("%d: %s", r.Count, strings.Join(parts, ", "))
	if left := len(r.Ranges) + r.More - len(parts); left > 0 {
		text += fmt.Sprintf(", and %d more ranges", left)
	}
	return text
}

func serialRange(r [2]uint32) string {
	if r[0] == r[1] {
		return strconv.FormatUint(uint64(r[0]), 10)
	}
	return fmt.Sprintf("%d–%d", r[0], r[1])
}

// percent writes a share with two digits that say something.
func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64)
}

func ago(seconds int64) string {
	if seconds < 0 {
		return "in " + span(-seconds)
	}
	return span(seconds) + " ago"
}

// span writes seconds in the largest unit of which there are two.
func span(seconds int64) string {
	for _, unit := range []struct {
		name   string
		length int64
	}{{"days", 86_400}, {"hours", 3_600}, {"minutes", 60}} {
		if seconds >= 2*unit.length {
			return fmt.Sprintf("%d %s", seconds/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}
