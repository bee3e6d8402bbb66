package device_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// chatter sends messages over sessions, each way, until the clock says stop; none may come twice.
func chatter(t *testing.T, ends ...*device.PacketSession) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for _, s := range ends {
		writers.Go(func() {
			for n := uint64(0); ; n++ {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
				if _, err := s.Write(binary.BigEndian.AppendUint64(nil, n)); err != nil {
					t.Errorf("write: %v", err)
					return
				}
			}
		})
		readers.Go(func() {
			seen, b := map[[8]byte]bool{}, make([]byte, 8)
			for {
				if _, err := s.Read(b); err != nil {
					return
				}
				if seen[[8]byte(b)] {
					t.Errorf("%x came twice", b)
				}
				seen[[8]byte(b)] = true
			}
		})
	}
	return func() {
		close(done)
		writers.Wait()
		for _, s := range ends {
			check(s.Close())
		}
		readers.Wait()
	}
}

// Sessions over datagrams get new keys, too, on a network that loses, repeats and reorders.
func TestPacketRekey(t *testing.T) {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(5, 6))
	var late [][]byte
	up := false
	roughly := func(b []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		switch n := rnd.IntN(6); {
		case !up:
		case n == 0:
			return nil
		case n == 1:
			return [][]byte{b, b}
		case n == 2:
			late = append(late, b)
			return nil
		}
		out := append([][]byte{b}, late...)
		late = nil
		return out
	}
	for name, c := range map[string]struct {
		fleet  *fleet
		change func([]byte) [][]byte
		rounds uint32
	}{"plain": {newFleet(t), faithful, 10}, "hybrid": {hybridFleet(t), faithful, 10}, "rough": {newFleet(t), roughly, 3}} {
		t.Run(name, func(t *testing.T) {
			bus, tram := c.fleet.packetPair(t, c.change)
			a, b := talk(t, bus, tram, address(c.fleet.tram))
			mu.Lock()
			up = true
			mu.Unlock()
			stop := chatter(t, a, b)
			defer stop()
			for i := range c.rounds {
				c.fleet.clock.add(12 * time.Hour)
				reach(t, i+1, a, b)
			}
			if a.Hybrid() != (name == "hybrid") || b.Hybrid() != a.Hybrid() {
				t.Errorf("hybrid %v, %v", a.Hybrid(), b.Hybrid())
			}
		})
	}
}

// Whatever message of the handshake inside gets lost, the session goes on under the old keys and then under new ones: whichever side calls, or
// both.
func TestPacketRekeyLoss(t *testing.T) {
	f := newFleet(t)
	for lost := range 8 {
		var mu sync.Mutex
		left := -1
		bus, tram := f.packetPair(t, func(b []byte) [][]byte {
			mu.Lock()
			defer mu.Unlock()
			if b[0] == wire.ModeRecord && left >= 0 {
				if left--; left < 0 {
					return nil
				}
			}
			return [][]byte{b}
		})
		a, b := talk(t, bus, tram, address(f.tram))
		f.clock.add(12 * time.Hour)
		mu.Lock()
		left = lost
		mu.Unlock()
		for _, s := range [][]*device.PacketSession{{a}, {b}, {a, b}, {b, a}}[lost%4] {
			must(s.Write([]byte("x")))
		}
		reach(t, 1, a, b)
		for _, pair := range [][2]*device.PacketSession{{a, b}, {b, a}} {
			must(pair[0].Write([]byte("y")))
			check(pair[1].SetReadDeadline(time.Now().Add(5 * time.Second)))
			buf := make([]byte, 1)
			for buf[0] != 'y' {
				must(pair[1].Read(buf))
			}
		}
	}
}

// A session whose peer does not answer goes on until its keys are a day old; a record under them does not count any more then.
func TestPacketRekeyUnanswered(t *testing.T) {
	f := newFleet(t)
	var mu sync.Mutex
	mute := false
	tram := f.tram.ListenPacket(&rough{PacketConn: socket(t), change: func(b []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if mute {
			return nil
		}
		return [][]byte{b}
	}})
	defer tram.Close()
	bus := f.bus.ListenPacket(socket(t))
	defer bus.Close()
	a, b := talk(t, bus, tram, address(f.tram))
	mu.Lock()
	mute = true
	mu.Unlock()
	f.clock.add(24*time.Hour - time.Millisecond)
	must(a.Write([]byte("x")))
	wantMessage(t, b, "x")
	f.clock.add(time.Millisecond)
	_, err := a.Write([]byte("y"))
	wantErr(t, err, device.ErrSessionEnded, "write")
	if a.Generation()+b.Generation() != 0 {
		t.Error("new keys without an answer")
	}
}

// A call that a policy overtook is given up for one under that policy.
func TestPacketRekeyOvertakenByAPolicy(t *testing.T) {
	f := newFleet(t)
	var mute atomic.Bool
	answers := make(chan struct{}, 64)
	tram := f.tram.ListenPacket(&rough{PacketConn: socket(t), change: func(b []byte) [][]byte {
		if mute.Load() {
			answers <- struct{}{}
			return nil
		}
		return [][]byte{b}
	}})
	defer tram.Close()
	bus := f.bus.ListenPacket(socket(t))
	defer bus.Close()
	a, b := talk(t, bus, tram, address(f.tram))
	demands := f.signPolicy(func(p *wire.Policy) { p.Sequence, p.Hybrid = 2, true })
	packages := [][]byte{f.following(t, f.bus, edit{policy: demands}), f.following(t, f.tram, edit{policy: demands})}
	mute.Store(true)
	f.clock.add(12 * time.Hour)
	must(a.Write([]byte("x")))
	<-answers
	must(f.bus.Install(packages[0], f.hash()))
	must(f.tram.Install(packages[1], f.hash()))
	mute.Store(false)
	for end := time.Now().Add(10 * time.Second); a.Generation() == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		must(a.Write([]byte("y")))
	}
	reach(t, 1, a, b)
	if !a.Hybrid() || !b.Hybrid() {
		t.Error("the session is not hybrid")
	}
}
