package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"

	"golang.org/x/sys/unix"
)

// blockTime is what one block of operations takes at least, in seconds of CPU.
const blockTime = 0.004

// result is one line of the table. Times are in µs of CPU, of all threads of the process, which other programs do not lengthen.
type result struct {
	comparison
	unit         string // "µs" or "octets"
	ours, theirs float64
	ratio        float64
}

// measure runs blocks of both sides in turn, ours first in one round and second in the next, and compares within rounds: what slows
// the machine down for a while slows both. The figures are medians over the rounds.
func measure(b *testing.B, c comparison) result {
	// On one processor the two sides of a handshake take turns, and no idle thread spins at their expense.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ours, theirs := c.make(b)
	nOurs, nTheirs := blockSize(b, ours), blockSize(b, theirs)
	var a, p, ratios []float64
	for b.Loop() {
		var x, y float64
		if len(ratios)%2 == 0 {
			x, y = cost(b, ours, nOurs), cost(b, theirs, nTheirs)
		} else {
			y, x = cost(b, theirs, nTheirs), cost(b, ours, nOurs)
		}
		x, y = x/float64(c.per), y/float64(c.per)
		a, p, ratios = append(a, x), append(p, y), append(ratios, x/y)
	}
	r := result{comparison: c, unit: "µs", ours: median(a), theirs: median(p), ratio: median(ratios)}
	if ours.octets != nil {
		r.unit = "octets"
	}
	return r
}

// blockSize returns how many operations fill blockTime.
func blockSize(b *testing.B, s side) int {
	if s.octets != nil {
		return 1
	}
	for n := 1; ; n *= 2 {
		if s.most > 0 && n >= s.most {
			return s.most
		}
		if cost(b, s, n)*float64(n) >= blockTime*1e6 {
			return n
		}
	}
}

// cost runs a block of n operations and returns what one of them costs.
func cost(b *testing.B, s side, n int) float64 {
	var each float64
	err := s.block(n, func(run func() error) error {
		runtime.GC() // what preparing left behind is not part of the operation
		start := cpu()
		err := run()
		each = (cpu() - start) * 1e6 / float64(n)
		if s.octets != nil {
			each = s.octets(0)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return each
}

// block prepares n operations, hands around what runs them, and clears away.
func (s side) block(n int, around func(run func() error) error) error {
	if s.prepare != nil {
		if err := s.prepare(n); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	err := around(func() error {
		for i := range n {
			if err := s.run(i); err != nil {
				return err
			}
		}
		return nil
	})
	if s.finish != nil && err == nil {
		err = s.finish()
	}
	return err
}

// cpu returns the seconds of CPU that this process has used.
func cpu() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err) // Linux always has this clock
	}
	return float64(t.Sec) + float64(t.Nsec)/1e9
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// results are the lines of this run, in the order of the comparisons.
var results []result

func record(r result) { results = append(results, r) }

// printTable writes what the benchmarks found; nothing, if none ran.
func printTable(w io.Writer) error {
	if len(results) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tours\tpeer\tratio\tgoal\t\tpeer is")
	for i, r := range results {
		name := r.name
		if i > 0 && results[i-1].name == name {
			name = "" // beside another peer
		}
		verdict := "ok"
		if r.ratio > r.goal {
			verdict = "MISS"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.3f\t≤ %.2f\t%s\t%s\n", name, amount(r.ours, r.unit), amount(r.theirs, r.unit), r.ratio, r.goal, verdict, r.peer)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

func amount(v float64, unit string) string {
	if v < 100 {
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}
