package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The simulation of how a list spreads. Pattern: a town with 100,000 vehicles in 1,000 lines of 100. Each vehicle calls at a depot, where it gets the
// newest list, on one day in a hundred, at a random hour. From 6 to 22 each vehicle has a session with a random vehicle of its own line every
// hour, and one vehicle in ten one with a random vehicle of the town; in the sparse pattern both happen once a day. Whoever is behind in a session is brought up by the other, as real
// devices do (TestListsSpread in package device). The list is published at hour 0 and nobody has it.
const (
	simVehicles = 100_000
	simLine     = 100
	simDepot    = simVehicles / 100 // vehicles a day
	simAcross   = simVehicles / 10  // meetings an hour
	simHours    = 16                // in which vehicles meet, a day
	simSeed     = 7
	simDays     = 1000
)

// simShares are the parts of the fleet that are waited for.
var simShares = []struct {
	name  string
	count int
}{{"50 %", simVehicles / 2}, {"99 %", simVehicles * 99 / 100}, {"99.9 %", simVehicles * 999 / 1000}}

// simulate returns how many vehicles have the list after each hour, until 99.9 % have it. Every so many hours each vehicle meets another; 0:
// never.
func simulate(every int) (have []int) {
	r := rand.New(rand.NewPCG(simSeed, simSeed))
	has, count := make([]bool, simVehicles), 0
	give := func(v int) {
		if !has[v] {
			has[v] = true
			count++
		}
	}
	meet := func(v, w int) {
		if has[v] || has[w] {
			give(v)
			give(w)
		}
	}
	for hour := 0; hour < simDays*24 && count < simShares[2].count; hour++ {
		of := hour % 24
		for range (of+1)*simDepot/24 - of*simDepot/24 {
			give(r.IntN(simVehicles))
		}
		if every > 0 && of >= 6 && of < 6+simHours {
			for v := of % every; v < simVehicles; v += every {
				meet(v, v-v%simLine+r.IntN(simLine))
			}
			for range simAcross / every {
				meet(r.IntN(simVehicles), r.IntN(simVehicles))
			}
		}
		have = append(have, count)
	}
	return have
}

// hoursTo returns the first hour at the end of which count vehicles have the list.
func hoursTo(have []int, count int) int {
	for h, n := range have {
		if n >= count {
			return h + 1
		}
	}
	return len(have)
}

// BenchmarkSpread prints hours to 50 %, 99 % and 99.9 % of the fleet with spreading and without, as a table and a plot, and writes bin/spread.svg.
func BenchmarkSpread(b *testing.B) {
	var with, sparse, without []int
	for b.Loop() {
		with, sparse, without = simulate(1), simulate(simHours), simulate(0)
	}
	fmt.Printf("\n%d vehicles in lines of %d, %d at a depot a day, seed %d; hours until the newest list reached\n", simVehicles, simLine, simDepot, simSeed)
	fmt.Printf("%-10s %12s %12s %12s\n", "", "hourly", "once a day", "depots only")
	for _, s := range simShares {
		fmt.Printf("%-10s %12d %12d %12d\n", s.name, hoursTo(with, s.count), hoursTo(sparse, s.count), hoursTo(without, s.count))
	}
	fmt.Println(plotText(with, without))
	if err := writePlot(filepath.Join("..", "..", "bin", "spread.svg"), with, without); err != nil {
		b.Fatal(err)
	}
}

// TestSpreadModel holds the simulation to what the design promises.
func TestSpreadModel(t *testing.T) {
	with := simulate(1)
	for i, most := range []int{24, 48, 72} {
		if h := hoursTo(with, simShares[i].count); h > most {
			t.Errorf("%s after %d hours, more than %d", simShares[i].name, h, most)
		}
	}
}

// at is the share of the fleet after an hour; the last one holds on.
func at(have []int, hour int) float64 {
	return float64(have[min(hour, len(have)-1)]) / simVehicles
}

// plotText draws both curves over hours that double.
func plotText(with, without []int) string {
	var s strings.Builder
	for h := 3; h < 2*len(without); h *= 2 {
		fmt.Fprintf(&s, "%6d h  spreading   %-40s %5.1f %%\n          depots only %-40s %5.1f %%\n", h,
			strings.Repeat("█", int(40*at(with, h-1))), 100*at(with, h-1), strings.Repeat("░", int(40*at(without, h-1))), 100*at(without, h-1))
	}
	return s.String()
}

// writePlot draws both curves over the first four weeks.
func writePlot(file string, with, without []int) error {
	const hours, width, height = 28 * 24, 560, 220
	line := func(have []int) string {
		var s strings.Builder
		for h := 0; h <= hours; h += 3 {
			share := 0.0
			if h > 0 {
				share = at(have, h-1)
			}
			fmt.Fprintf(&s, "%.1f,%.1f ", 60+float64(h)*width/hours, 20+height*(1-share))
		}
		return s.String()
	}
	var s strings.Builder
	s.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 290" font-family="sans-serif" font-size="13" fill="#1f2933">` + "\n")
	s.WriteString(`<title>How many of 100,000 vehicles have the newest list, with spreading and without</title>` + "\n<rect width=\"760\" height=\"290\" fill=\"#ffffff\"/>\n")
	for _, p := range []int{0, 50, 100} {
		y := 20 + height*(100-p)/100
		fmt.Fprintf(&s, "<path d=\"M60 %d H620\" stroke=\"#d9dee4\"/><text x=\"52\" y=\"%d\" text-anchor=\"end\">%d %%</text>\n", y, y+4, p)
	}
	for w := range 5 {
		fmt.Fprintf(&s, "<text x=\"%d\" y=\"260\" text-anchor=\"middle\">%d</text>\n", 60+w*width/4, 7*w)
	}
	s.WriteString("<text x=\"340\" y=\"281\" text-anchor=\"middle\">days since the list was published</text>\n")
	for _, c := range []struct {
		name, colour string
		have         []int
	}{{"vehicle to vehicle", "#1f6f5c", with}, {"depots only", "#8a94a0", without}} {
		fmt.Fprintf(&s, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" points=\"%s\"/><text x=\"626\" y=\"%.0f\" fill=\"%s\">%s</text>\n",
			c.colour, strings.TrimSpace(line(c.have)), 24+height*(1-at(c.have, hours-1)), c.colour, c.name)
	}
	s.WriteString("</svg>\n")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(s.String()), 0o644)
}
