package screen_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"marque/app/flow"
	"marque/app/flow/remote"
	"marque/app/localapi"
	"marque/app/screen"
)

// registryVariable names the folder of an authority with many identities, such as tests/bench makes, which a service of its own
// process serves: marque authority serve --dir FOLDER. Without it, there are a dozen.
const registryVariable = "MARQUE_REGISTRY"

// viewer is a console whose work runs in goroutines of its own, as in the program.
type viewer struct {
	b       *testing.B
	window  fyne.Window
	console *flow.Console
	results chan func()
}

func newViewer(b *testing.B) *viewer {
	b.Helper()
	dir := os.Getenv(registryVariable)
	if dir == "" {
		dir = founded()
		b.Cleanup(serve(dir, func() time.Time { return today }))
	}
	v := &viewer{b: b, results: make(chan func(), 100)}
	service := remote.New(b.Context(), localapi.Options{Dir: dir})
	b.Cleanup(func() { _ = service.Close() })
	v.console = flow.NewConsole(flow.Parts{
		Loop: flow.Loop{
			Run: func(work func()) { go work() }, Post: func(result func()) { v.results <- result },
			After: func(d time.Duration, f func()) { time.AfterFunc(d, func() { v.results <- f }) },
		},
		Clock: func() time.Time { return today }, Service: service, Dir: dir, Scanner: &scanner{},
	})
	v.window = test.NewTempWindow(b, nil)
	screen.NewShell(v.window, v.console)
	v.window.Resize(sizes[0])
	v.console.Start()
	v.until(func() bool { return v.console.Phase == flow.Locked })
	v.console.Unlock.Enter(append([]byte(nil), passphrase...))
	v.until(v.console.Unlocked)
	v.console.Open(flow.PlaceIdentities)
	l := v.console.Identities
	v.until(func() bool { return l.Loaded && !l.Loading })
	b.Logf("%d identities", l.Total())
	return v
}

// until takes results, and draws what they change, until something is so.
func (v *viewer) until(so func() bool) {
	for !so() {
		select {
		case result := <-v.results:
			result()
		case <-time.After(2 * time.Minute):
			v.b.Fatal("waited in vain")
		}
	}
}

// resident is how much memory the process has, and had at most, in MB.
func resident(b *testing.B) (now, most float64) {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kilobytes / 1000
		case "VmHWM":
			most = kilobytes / 1000
		}
	}
	return now, most
}

// BenchmarkIdentities is what a person waits for: from a key to the rows on the screen, and from a place that the list is dragged to
// until all rows there are drawn. What the machine takes to put them on the glass comes on top.
func BenchmarkIdentities(b *testing.B) {
	v := newViewer(b)
	l := v.console.Identities
	b.Run("Key", func(b *testing.B) {
		var slowest time.Duration
		texts := []string{"b", "bu", "bus", "bus-", "bus-4", "bus-47", "bus-471", "bus-4711"}
		for i := 0; b.Loop(); i++ {
			at := time.Now()
			l.Search(texts[i%len(texts)])
			v.until(func() bool { return !l.Loading })
			slowest = max(slowest, time.Since(at))
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
	})
	l.Search("")
	v.until(func() bool { return !l.Loading })
	b.Run("Drag", func(b *testing.B) {
		var slowest time.Duration
		for i := 0; b.Loop(); i++ {
			row := i * 7_654_321 % max(l.Matches()-20, 1)
			at := time.Now()
			l.Select(row) // scrolls there
			v.until(func() bool { return l.Row(row) != nil && l.Row(min(row+20, l.Matches()-1)) != nil })
			slowest = max(slowest, time.Since(at))
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
	})
	b.Run("Scroll", func(b *testing.B) { // 20 rows at a time, as with PgDn held down, at 30 a second
		missing, seen, row := 0, 0, 0
		tick := time.NewTicker(33 * time.Millisecond)
		defer tick.Stop()
		for b.Loop() {
			row = (row + 20) % max(l.Matches()-40, 1)
			l.Select(row)
			for i := row; i < min(row+20, l.Matches()); i++ {
				seen++
				if l.Row(i) == nil {
					missing++
				}
			}
			for waiting := true; waiting; {
				select {
				case result := <-v.results:
					result()
				case <-tick.C:
					waiting = false
				}
			}
		}
		b.ReportMetric(100*float64(missing)/float64(seen), "%-rows-late")
	})
	runtime.GC()
	now, most := resident(b)
	b.Logf("the process has %.0f MB, and had %.0f MB at most", now, most)
}
