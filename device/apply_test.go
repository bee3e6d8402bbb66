package device_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// A list answers the same whatever memory it may take, over a restart and with changes on top of it.
func TestListMemory(t *testing.T) {
	f := newFleet(t)
	var serials []uint32
	for i := range uint32(2000) {
		serials = append(serials, 3+50*i)
	}
	f.next = 100_000
	list := f.publish(serials...)
	full := f.publish(slices.Concat([]uint32{1}, serials)...)
	change := f.change(full, f.list-1, []uint32{1}, asIs)
	for name, test := range map[string]struct {
		limit, least, most int
	}{
		"default": {0, 12_500, 12_504},
		"least":   {1, 1, 3000},
		"exact":   {12_500, 12_500, 12_504},
		"short":   {12_499, 1, 3000},
	} {
		o := f.options()
		o.ListMemory = test.limit
		d := f.load(t, crash(t, f.dirs[f.park]), o)
		must(d.Apply(list))
		if octets := d.Status().List.Memory; octets < test.least || octets > test.most {
			t.Errorf("%s: %d octets", name, octets)
		}
		must(d.Apply(change))
		d = f.reload(t, d, o)
		f.clock.add(time.Hour) // past the lost record of messages
		_, err := d.Verify(must(f.tram.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrRevoked, name)
		must(d.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
		if l := d.Status().List; l.Count != 2001 || l.N != 100_000 {
			t.Errorf("%s: %+v", name, l)
		}
		_, err = d.Apply(f.change(full, f.list-1, serials[:1], func(c *wire.Change) { c.State[0] ^= 1 }))
		wantErr(t, err, device.ErrForked, name)
		if l := d.Status().List; l.Count != 2001 {
			t.Errorf("%s: a union of %d", name, l.Count)
		}
	}
	o := f.options()
	o.ListMemory = -1
	_, err := device.Load(f.dirs[f.park], o)
	wantErr(t, err, device.ErrOptions, "negative")
}

// BenchmarkApply applies lists of ten million identities, of which one in a hundred is revoked, to the disk; and changes of one in ten
// thousand.
func BenchmarkApply(b *testing.B) {
	const n = 10_000_000
	f := newFleet(b)
	f.next = n
	r := rand.New(rand.NewPCG(1, 2))
	revoked := map[uint32]bool{}
	for len(revoked) < n/100 {
		revoked[3+r.Uint32N(n-3)] = true
	}
	serials := make([]uint32, 0, len(revoked))
	for s := range revoked {
		serials = append(serials, s)
	}
	slices.Sort(serials)
	for _, limit := range []int{1, 0} {
		o := f.options()
		o.ListMemory = limit
		f.bus = f.reload(b, f.bus, o)
		must(f.bus.Apply(f.publish(serials...)))
		name := fmt.Sprintf("in %d octets", f.bus.Status().List.Memory)
		b.Run("a list "+name, func(b *testing.B) {
			apply(b, f.bus, func() []byte { return f.publish(serials...) })
		})
		b.Run("a change "+name, func(b *testing.B) {
			apply(b, f.bus, func() []byte { return f.change(f.publish(serials...), f.list-1, nil, asIs) })
		})
	}
}

// apply measures Apply alone; the time of CPU, of all threads, is what other programs do not lengthen.
func apply(b *testing.B, d *device.Device, list func() []byte) {
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		next := list()
		runtime.GC()
		before := cpu()
		b.StartTimer()
		must(d.Apply(next))
		spent += cpu() - before
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "ms-of-CPU/op")
}

// cpu is what this process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
