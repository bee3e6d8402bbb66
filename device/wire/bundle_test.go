package wire_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"marque/device/wire"
)

func TestBundleRefuses(t *testing.T) {
	r := newRealm(t)
	for what, c := range map[string]struct {
		change func(b *wire.Bundle)
		want   error
	}{
		"a delta":                {func(b *wire.Bundle) { b.Kind = 1 }, wire.ErrValue},
		"n above 2^32":           {func(b *wire.Bundle) { b.N = 1<<32 + 1 }, wire.ErrValue},
		"more revoked than all":  {func(b *wire.Bundle) { b.N, b.Count = 1, 2 }, wire.ErrValue},
		"last before first":      {func(b *wire.Bundle) { b.FirstEpoch, b.LastEpoch = 2, 1 }, wire.ErrValue},
		"expires before update":  {func(b *wire.Bundle) { b.HardExpiry = b.NextUpdate - time.Second }, wire.ErrValue},
		"negative update":        {func(b *wire.Bundle) { b.NextUpdate = -time.Second }, wire.ErrValue},
		"half a second":          {func(b *wire.Bundle) { b.HardExpiry += time.Second / 2 }, wire.ErrValue},
		"expiry beyond u32":      {func(b *wire.Bundle) { b.HardExpiry = 1 << 32 * time.Second }, wire.ErrValue},
		"log beyond int64":       {func(b *wire.Bundle) { b.LogSize = 1 << 63 }, wire.ErrValue},
		"issued before 1970":     {func(b *wire.Bundle) { b.Issued = time.Unix(-1, 0) }, wire.ErrTime},
		"more than 16 MiB":       {func(b *wire.Bundle) { b.Data = make([]byte, wire.MaxBundle) }, wire.ErrTooLong},
		"the most of everything": {func(b *wire.Bundle) { b.N, b.Count, b.LastEpoch, b.Codec = 1<<32, 1<<32-1, 1<<32-1, 255 }, nil},
	} {
		b := r.bundle()
		c.change(b)
		if _, err := b.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestChangeRefuses(t *testing.T) {
	r := newRealm(t)
	for what, c := range map[string]struct {
		change func(c *wire.Change)
		want   error
	}{
		"to itself":              {func(c *wire.Change) { c.From = c.Sequence }, wire.ErrValue},
		"backwards":              {func(c *wire.Change) { c.From = c.Sequence + 1 }, wire.ErrValue},
		"n above 2^32":           {func(c *wire.Change) { c.N = 1<<32 + 1 }, wire.ErrValue},
		"more added than all":    {func(c *wire.Change) { c.N, c.Count = 1, 2 }, wire.ErrValue},
		"last before first":      {func(c *wire.Change) { c.FirstEpoch, c.LastEpoch = 2, 1 }, wire.ErrValue},
		"expires before update":  {func(c *wire.Change) { c.HardExpiry = c.NextUpdate - time.Second }, wire.ErrValue},
		"issued before 1970":     {func(c *wire.Change) { c.Issued = time.Unix(-1, 0) }, wire.ErrTime},
		"more than 16 MiB":       {func(c *wire.Change) { c.Data = make([]byte, wire.MaxBundle) }, wire.ErrTooLong},
		"the most of everything": {func(c *wire.Change) { c.N, c.Count, c.LastEpoch, c.Codec = 1<<32, 1<<32-1, 1<<32-1, 255 }, nil},
	} {
		change := r.change()
		c.change(change)
		if _, err := change.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPolicyAndCheckpointRefuse(t *testing.T) {
	r := newRealm(t)
	for what, change := range map[string]func(p *wire.Policy){
		"negative":        func(p *wire.Policy) { p.Past = -time.Second },
		"half a second":   func(p *wire.Policy) { p.Future = time.Second / 2 },
		"beyond u32":      func(p *wire.Policy) { p.HardExpiry = 1 << 32 * time.Second },
		"expiry too soon": func(p *wire.Policy) { p.HardExpiry = p.NextUpdate - time.Second },
	} {
		p := r.policy()
		change(p)
		if _, err := p.Marshal(); !isErr(err, wire.ErrValue) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c := r.checkpoint()
	c.Size = 1 << 63
	if _, err := c.Marshal(); !isErr(err, wire.ErrValue) {
		t.Errorf("log beyond int64: %v", err)
	}
}

func TestListStateByHand(t *testing.T) {
	in, _ := hex.DecodeString("00" + "14" + hex.EncodeToString([]byte("marque/v1/list-state")) +
		"000d" + hex.EncodeToString([]byte("fleet.example")) +
		"00000001" + "00000002" + "00000003" + "00000004" + "0000000100000000" + "00000000" + "ffffffff")
	want := sha256.Sum256(in)
	got := wire.ListState("fleet.example", 1, 2, 3, 4, 1<<32, []uint32{0, 1<<32 - 1})
	if got != [16]byte(want[:16]) {
		t.Errorf("%x, want %x", got, want[:16])
	}
}

// TestLongListState crosses the blocks in which serials are hashed.
func TestLongListState(t *testing.T) {
	for _, count := range []int{1023, 1024, 1025, 2048, 5000} {
		in := []byte("\x00\x14marque/v1/list-state\x00\x01a")
		in = append(in, make([]byte, 16)...)
		in = binary.BigEndian.AppendUint64(in, 1<<20)
		serials := make([]uint32, count)
		for i := range serials {
			serials[i] = uint32(3 * i)
			in = binary.BigEndian.AppendUint32(in, serials[i])
		}
		want := sha256.Sum256(in)
		if got := wire.ListState("a", 0, 0, 0, 0, 1<<20, serials); got != [16]byte(want[:16]) {
			t.Errorf("%d serials: %x, want %x", count, got, want[:16])
		}
	}
}

func TestListStateCoversEverything(t *testing.T) {
	long := make([]uint32, 5000)
	for i := range long {
		long[i] = uint32(2 * i)
	}
	states := [][16]byte{
		wire.ListState("a", 1, 2, 3, 4, 5, nil),
		wire.ListState("b", 1, 2, 3, 4, 5, nil),
		wire.ListState("a", 0, 2, 3, 4, 5, nil),
		wire.ListState("a", 1, 0, 3, 4, 5, nil),
		wire.ListState("a", 1, 2, 0, 4, 5, nil),
		wire.ListState("a", 1, 2, 3, 0, 5, nil),
		wire.ListState("a", 1, 2, 3, 4, 0, nil),
		wire.ListState("a", 1, 2, 3, 4, 5, []uint32{0}),
		wire.ListState("a", 1, 2, 3, 4, 5, long),
		wire.ListState("a", 1, 2, 3, 4, 5, long[:4999]),
		wire.ListState("a", 1, 2, 3, 4, 5, long[:1024]),
		wire.ListState("a", 1, 2, 3, 4, 5, long[:1025]),
	}
	seen := map[[16]byte]int{}
	for i, s := range states {
		if j, ok := seen[s]; ok {
			t.Errorf("%d and %d have the same state", i, j)
		}
		seen[s] = i
	}
}

func TestOrder(t *testing.T) {
	rising := []wire.Order{
		{}, {Sequence: 1}, {Sequence: 1<<32 - 1}, {Base: 1}, {Base: 1, Sequence: 5}, {Generation: 1}, {Generation: 1, Base: 1},
	}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%v against %v: %d", a, b, got)
			}
		}
	}
	if o := newRealm(t).bundle().Order(); o != (wire.Order{Generation: 1, Sequence: 2}) {
		t.Error(o)
	}
}
