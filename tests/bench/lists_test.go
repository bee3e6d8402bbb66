package bench

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"

	"github.com/RoaringBitmap/roaring/v2"

	"marque/device/revocation"
)

// shape is how the revoked serials lie among all.
type shape struct {
	name    string
	serials func(r *rand.Rand, n uint64, count int) []uint32
}

var shapes = []shape{{"uniform", uniform}, {"clustered", clustered}}

// uniform draws count serials below n, each set as likely as any other.
func uniform(r *rand.Rand, n uint64, count int) []uint32 {
	c := make(chosen, n)
	c.draw(count, func() uint32 { return uint32(r.Uint64N(n)) })
	return c.serials(count)
}

// clustered is a fleet that was made in batches of a thousand, of which a twentieth carry four fifths of what is revoked, or as much as
// nine tenths of them can hold, and the others the rest.
func clustered(r *rand.Rand, n uint64, count int) []uint32 {
	const batch, some = 1000, 20
	batches := r.Perm(int(n / batch))
	bad := batches[:max(len(batches)/some, 1)]
	carried := min(count*4/5, len(bad)*batch*9/10)
	c := make(chosen, n)
	in := func(batches []int) func() uint32 {
		return func() uint32 { return uint32(batches[r.IntN(len(batches))]*batch + r.IntN(batch)) }
	}
	c.draw(carried, in(bad))
	c.draw(count-carried, in(batches[len(bad):]))
	return c.serials(count)
}

// chosen says of every serial whether it was drawn.
type chosen []bool

func (c chosen) draw(count int, next func() uint32) {
	for count > 0 {
		if s := next(); !c[s] {
			c[s] = true
			count--
		}
	}
}

func (c chosen) serials(count int) []uint32 {
	all := make([]uint32, 0, count)
	for s, yes := range c {
		if yes {
			all = append(all, uint32(s))
		}
	}
	return all
}

// listCase is a line of the table of lists.
type listCase struct {
	n     uint64
	share float64 // that is revoked
	shape shape
	set   *revocation.Set
	codec revocation.Codec
	data  []byte
}

// listCases yields the lists of the table with up to so many serials, the same in every run.
func listCases(tb testing.TB, most int) func(yield func(listCase) bool) {
	tb.Helper()
	return func(yield func(listCase) bool) {
		for n := uint64(10_000); n <= 10_000_000; n *= 10 {
			for _, share := range []float64{0.001, 0.01, 0.05, 0.2} {
				count := int(float64(n)*share + 0.5)
				if count > most {
					break
				}
				for i, s := range shapes {
					r := rand.New(rand.NewPCG(n+uint64(share*1000), uint64(i)))
					set, err := revocation.NewSet(n, s.serials(r, n, count))
					if err != nil {
						tb.Fatal(err)
					}
					codec, data := revocation.Encode(set)
					if !yield(listCase{n, share, s, set, codec, data}) {
						return
					}
				}
			}
		}
	}
}

// bound is the octets that any code needs on average for a set without a pattern.
func (c listCase) bound() float64 { return revocation.Bound(c.n, c.set.Len()) / 8 }

// most is the goal for the octets of a list. Where a fifth is revoked, a twentieth of the batches cannot hold most of it.
func (c listCase) most() float64 {
	if c.shape.name == "clustered" && c.share <= 0.05 {
		return 0.80*c.bound() + 16
	}
	return 1.01*c.bound() + 16
}

// TestListSizes holds the sizes that do not depend on the machine, and that what is read back is the list.
func TestListSizes(t *testing.T) {
	for c := range listCases(t, 100_000) {
		t.Logf("%9d %5.1f %% %-9s %8d octets, bound %10.1f, %.4f", c.n, 100*c.share, c.shape.name, len(c.data), c.bound(), float64(len(c.data))/c.bound())
		if float64(len(c.data)) > c.most() {
			t.Errorf("%d, %v revoked, %s: %d octets, at most %.0f", c.n, c.share, c.shape.name, len(c.data), c.most())
		}
		back, err := revocation.Decode(c.codec, c.n, c.set.Len(), c.data)
		if err != nil || !slices.Equal(back.Serials(), c.set.Serials()) {
			t.Errorf("%d, %v revoked, %s: another list came back, %v", c.n, c.share, c.shape.name, err)
		}
	}
}

// statusList is the bit string of a Token Status List, compressed as the draft says, as well as zlib can.
func statusList(set *revocation.Set) (int, error) {
	bits := make([]byte, (set.N()+7)/8)
	for s := range set.All() {
		bits[s/8] |= 1 << (s % 8)
	}
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err != nil {
		return 0, err
	}
	_, err = w.Write(bits)
	err = errors.Join(err, w.Close()) // which writes most of it
	return out.Len(), err
}

// roaringList is the portable serialization of a Roaring bitmap, with runs where they are shorter.
func roaringList(set *revocation.Set) int {
	b := roaring.BitmapOf(set.Serials()...)
	b.RunOptimize()
	return int(b.GetSerializedSizeInBytes())
}

// listLine is a line as it is printed.
type listLine struct {
	listCase

	status, roaring int     // octets
	encode, decode  float64 // ms
}

var listLines []listLine

// lookup is what asking an index costs.
type lookup struct {
	octets int
	each   float64 // ns
}

var lookups []lookup

// measureLookups asks both indexes of one percent of ten million about serials at random.
func measureLookups(set *revocation.Set) {
	r := rand.New(rand.NewPCG(63, 64))
	asked := make([]uint32, 1<<20)
	for i := range asked {
		asked[i] = uint32(r.Uint64N(set.N()))
	}
	for _, limit := range []int{0, 1 << 30} {
		index := revocation.NewIndex(set, limit)
		found := 0
		took := milliseconds(func() {
			for _, s := range asked {
				if index.Contains(s) {
					found++
				}
			}
		})
		if found > 0 {
			lookups = append(lookups, lookup{index.Octets(), took * 1e6 / float64(len(asked))})
		}
	}
}

// BenchmarkLists fills the table of lists, once.
func BenchmarkLists(b *testing.B) {
	if len(listLines) > 0 {
		return
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for c := range listCases(b, 2_000_000) {
		line := listLine{listCase: c, roaring: roaringList(c.set)}
		var err error
		if line.status, err = statusList(c.set); err != nil {
			b.Fatal(err)
		}
		line.encode = milliseconds(func() { revocation.Encode(c.set) })
		line.decode = milliseconds(func() {
			if _, err := revocation.Decode(c.codec, c.n, c.set.Len(), c.data); err != nil {
				b.Fatal(err)
			}
		})
		listLines = append(listLines, line)
		if c.n == 10_000_000 && c.share == 0.01 && c.shape.name == "uniform" {
			measureLookups(c.set)
		}
	}
}

// milliseconds returns the median CPU time of f.
func milliseconds(f func()) float64 {
	var times []float64
	for range 5 {
		runtime.GC()
		start := cpu()
		f()
		times = append(times, 1000*(cpu()-start))
	}
	return median(times)
}

// printLists writes the table of lists; nothing, if it was not filled.
func printLists(w io.Writer) error {
	if len(listLines) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nLists: octets of what is coded, times the bound log2 C(N,R); ms of CPU.")
	fmt.Fprintln(w, "Goal: 1.01 times and 16 octets; clustered up to 5 %, where a twentieth of the batches carry four fifths, 0.80 times and 16.")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "N\trevoked\tshape\tbound\tours\t×\t\tToken Status List\t×\troaring\t×\tencode\tdecode\t")
	for _, l := range listLines {
		verdict := "ok"
		if float64(len(l.data)) > l.most() {
			verdict = "MISS"
		}
		bound := l.bound()
		fmt.Fprintf(t, "%d\t%.1f %%\t%s\t%.0f\t%d\t%.3f\t%s\t%d\t%.2f\t%d\t%.2f\t%.1f\t%.1f\t\n", l.n, 100*l.share, l.shape.name, bound,
			len(l.data), float64(len(l.data))/bound, verdict, l.status, float64(l.status)/bound, l.roaring, float64(l.roaring)/bound, l.encode, l.decode)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nLooking a serial up, 1 % of ten million: octets of the index, ns of CPU. Goals: 50 ns in 150,000, 5 ns in 1,250,000.")
	for _, l := range lookups {
		fmt.Fprintf(w, "%9d  %.1f\n", l.octets, l.each)
	}
	return nil
}
