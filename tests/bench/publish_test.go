package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"
	"text/tabwriter"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/revocation"
	"marque/device/wire"
	"marque/hsm"
)

const week = 7 * 24 * time.Hour

// publisher is an authority of n serials, nearly all of them of a gap: it was reopened with a list that says so, as after a restore. To
// lists it is all the same who has a serial. Its log, its store and what it signs are real.
type publisher struct {
	*authority.Authority

	now     time.Time
	n       uint64
	device  *device.Device // that has the first list
	revoked map[uint32]bool
	random  *rand.Rand
}

// gap is how many serials reopening leaves out above those on any list.
const gap = 65_536

// newPublisher makes one with count serials that are revoked and on its first list.
func newPublisher(tb testing.TB, n uint64, count int) *publisher {
	tb.Helper()
	p := &publisher{now: noon, n: n, revoked: make(map[uint32]bool), random: rand.New(rand.NewPCG(n, 61))}
	dir := tb.TempDir()
	a, vault, store, err := foundIn(dir, func() time.Time { return p.now })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { store.Close() })
	p.Authority = a
	serials := uniform(p.random, n-gap-1, count)
	for _, s := range serials {
		p.revoked[s] = true
	}
	reopened, err := a.Reopen([][]byte{p.elsewhere(tb, vault, serials)}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	f := &fleet{}
	f.now.Store(noon.UnixMilli())
	if p.device, err = f.enrol(a, filepath.Join(dir, "bus"), "bus"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.device.Close() })
	f.now.Store(noon.Add(4 * week).UnixMilli())
	if _, err := p.device.Apply(reopened.List.Bundle); err != nil {
		tb.Fatal(err)
	}
	return p
}

// elsewhere is a list of the realm that its database knows nothing of.
func (p *publisher) elsewhere(tb testing.TB, vault *hsm.Vault, serials []uint32) []byte {
	tb.Helper()
	set, err := revocation.NewSet(p.n-gap-1, serials)
	if err != nil {
		tb.Fatal(err)
	}
	codec, data := revocation.Encode(set)
	b := &wire.Bundle{
		Core: p.Core().Hash(), Generation: 1, Base: 1, Sequence: 1, Issued: noon, NextUpdate: week, HardExpiry: 4 * week,
		N: set.N(), Count: uint32(set.Len()), Codec: uint8(codec), Data: data, LastEpoch: authority.Epochs, LogSize: 1,
	}
	b.State = wire.ListState(p.Core().Realm, 1, 1, b.FirstEpoch, b.LastEpoch, b.N, serials)
	payload, err := b.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	stmt, err := wire.SignStatement(vault, wire.TypeBundle, p.Core().Realm, payload)
	if err != nil {
		tb.Fatal(err)
	}
	return stmt
}

// revoke revokes so many more.
func (p *publisher) revoke(tb testing.TB, count int) {
	tb.Helper()
	var addresses []wire.Address
	for len(addresses) < count {
		s := uint32(p.random.Uint64N(p.n - 1))
		if p.revoked[s] {
			continue
		}
		p.revoked[s] = true
		address, err := wire.NewAddress(p.Core().Realm, "", fmt.Sprintf("bus-%d", s), s)
		if err != nil {
			tb.Fatal(err)
		}
		addresses = append(addresses, address)
	}
	if err := p.RevokeAll(addresses, wire.ReasonLost, time.Time{}); err != nil {
		tb.Fatal(err)
	}
}

// spent runs f and returns how long it took, and the CPU time of all processors.
func spent(tb testing.TB, f func() error) (took, used time.Duration) {
	tb.Helper()
	runtime.GC()
	start, before := time.Now(), cpu()
	if err := f(); err != nil {
		tb.Fatal(err)
	}
	return time.Since(start), time.Duration((cpu() - before) * float64(time.Second))
}

// month is what four weeks brought, with a ten-thousandth of all revoked in each.
type month struct {
	n          uint64
	count      int   // on the last list
	week, full int   // octets, signed: of the last week's change, and of all four
	list       int   // of the last list
	compact    int   // of the same in its compact form
	wrong      int   // answers of the index that the device holds, of all n
	publish    stats // of four
	apply      stats // of the four lists
}

type stats struct{ took, used []float64 } // seconds, ms

func (p *publisher) month(tb testing.TB) month {
	tb.Helper()
	m := month{n: p.n}
	var last []byte
	for range 4 {
		p.now = p.now.Add(week - time.Minute)
		p.revoke(tb, int(p.n/10_000))
		var list *authority.Published
		took, used := spent(tb, func() (err error) {
			list, err = p.Publish()
			return err
		})
		m.publish.add(took, used)
		took, used = spent(tb, func() error {
			_, err := p.device.Apply(list.Bundle)
			return err
		})
		m.apply.add(took, used)
		m.count, m.list = int(list.Count), len(list.Bundle)
		m.week, m.full = len(list.Changes[0].Statement), len(list.Changes[len(list.Changes)-1].Statement)
		last = list.Bundle
	}
	_, compact, err := p.Compact()
	if err != nil {
		tb.Fatal(err)
	}
	m.compact, m.wrong = len(compact.Statement), p.wrong(tb, last)
	return m
}

func (s *stats) add(took, used time.Duration) {
	s.took, s.used = append(s.took, took.Seconds()*1000), append(s.used, used.Seconds()*1000)
}

// wrong counts the serials about which a list answers otherwise than what was revoked.
func (p *publisher) wrong(tb testing.TB, bundle []byte) (wrong int) {
	tb.Helper()
	payload, err := wire.OpenStatement(bundle, wire.TypeBundle, p.Core().Realm, p.Core().StatementKey)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := wire.ParseBundle(payload)
	if err != nil {
		tb.Fatal(err)
	}
	set, err := revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data)
	if err != nil {
		tb.Fatal(err)
	}
	revoked := make([]bool, p.n)
	for s := range p.revoked {
		revoked[s] = true
	}
	for _, limit := range []int{0, 1 << 30} {
		index := revocation.NewIndex(set, limit)
		for s, want := range revoked {
			if index.Contains(uint32(s)) != want {
				wrong++
			}
		}
	}
	return wrong
}

// TestSignedListSizes holds what four weeks of a fleet cost that nobody was revoked in before.
func TestSignedListSizes(t *testing.T) {
	for _, c := range []struct {
		n               uint64
		weekly, monthly int // octets
	}{{100_000, 180, 0}, {1_000_000, 350, 800}} {
		m := newPublisher(t, c.n, 0).month(t)
		t.Logf("%d: weekly change %d, change of four weeks %d, list %d octets, compact %d", m.n, m.week, m.full, m.list, m.compact)
		if m.week > c.weekly || c.monthly > 0 && max(m.full, m.compact) > c.monthly {
			t.Errorf("%d: a weekly change of %d octets, at most %d; one of four weeks of %d and a compact list of %d, at most %d", m.n, m.week, c.weekly, m.full, m.compact, c.monthly)
		}
		if m.wrong > 0 {
			t.Errorf("%d: %d wrong answers", m.n, m.wrong)
		}
	}
}

var months []month

// BenchmarkPublish publishes four weekly lists of fleets, once each; in the largest one percent was revoked before.
func BenchmarkPublish(b *testing.B) {
	if len(months) > 0 {
		return
	}
	for _, c := range []struct {
		n     uint64
		count int
	}{{100_000, 0}, {1_000_000, 0}, {10_000_000, 100_000}} {
		months = append(months, newPublisher(b, c.n, c.count).month(b))
	}
}

func printMonths(w io.Writer) error {
	if len(months) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nFour weekly lists, a ten-thousandth more revoked on each, published by an authority whose serials are of a gap, as after a restore,")
	fmt.Fprintln(w, "and applied by a device: octets as signed; medians, time and CPU in ms; answers of both indexes about every serial below N.")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "N\trevoked\tweekly change\tof four weeks\tlist\tcompact\tpublish\tCPU\tapply\tCPU\twrong answers\t")
	for _, m := range months {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t%d\t%.0f\t%.0f\t%.1f\t%.1f\t%d\t\n", m.n, m.count, m.week, m.full, m.list, m.compact,
			median(m.publish.took), median(m.publish.used), median(m.apply.took), median(m.apply.used), m.wrong)
	}
	return t.Flush()
}
