package revocation_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"marque/device/revocation"
)

var update = flag.Bool("update", false, "write tests/vectors/codecs anew; say why in the commit")

const vectorDir = "../../tests/vectors/codecs"

// vector is one file: a stream, and the set that it is, or that it must be refused.
type vector struct {
	Comment string   `json:"comment"`
	Expect  string   `json:"expect"` // ok or refused
	Codec   int      `json:"codec"`
	N       uint64   `json:"n"`
	Count   int      `json:"count"`
	Data    string   `json:"data"`
	Serials []uint32 `json:"serials,omitempty"`
}

// sets are those of the vectors; "uniform" and "batches" follow from x ← 1664525·x + 1013904223 mod 2³², x = 1 at first, by x mod n.
func vectorSets(t *testing.T) map[string]*revocation.Set {
	t.Helper()
	x := uint32(1)
	draw := func(n uint32) uint32 { x = 1664525*x + 1013904223; return x % n }
	some := map[uint32]bool{}
	for len(some) < 100 {
		some[draw(10_000)] = true
	}
	var uniform, batches []uint32
	for s := range uint32(10_000) {
		if some[s] {
			uniform = append(uniform, s)
		}
	}
	for _, batch := range []uint32{3, 17, 18, 40} { // of 250 serials; nine in ten of them
		for s := range uint32(250) {
			if draw(10) > 0 {
				batches = append(batches, 250*batch+s)
			}
		}
	}
	return map[string]*revocation.Set{
		"empty": newSet(t, 10_000), "first": newSet(t, 1, 0), "last": newSet(t, 1<<32, math.MaxUint32), "ends": newSet(t, 1<<32, 0, math.MaxUint32),
		"all": newSet(t, 100, every(100)...), "odd": newSet(t, 201, evens(100)...), "uniform": newSet(t, 10_000, uniform...),
		"batches": newSet(t, 20_001, batches...),
	}
}

func vectors(t *testing.T) map[string]*vector {
	t.Helper()
	out := map[string]*vector{}
	for name, s := range vectorSets(t) {
		for codec, data := range map[string][]byte{
			"golomb": revocation.EncodeGolomb(s), "gaps": revocation.EncodeGaps(s), "blocks": revocation.EncodeBlocks(s, 250),
		} {
			number := map[string]int{"golomb": 1, "gaps": 2, "blocks": 3}[codec]
			if codec == "blocks" && s.N() > 1<<31 {
				continue // far more blocks than serials
			}
			v := &vector{Comment: "the set " + name, Expect: "ok", Codec: number, N: s.N(), Count: s.Len(), Data: hex.EncodeToString(data), Serials: s.Serials()}
			out[codec+"-"+name] = v
			if name == "uniform" || name == "batches" {
				refusals(out, codec+"-"+name, v)
			}
		}
	}
	bad := func(name, comment string, codec int, n uint64, count int, data string) {
		out[name] = &vector{Comment: comment, Expect: "refused", Codec: codec, N: n, Count: count, Data: data}
	}
	bad("codec-0", "there is no codec 0", 0, 10, 0, "")
	bad("codec-4", "there is no codec 4", 4, 10, 0, "")
	bad("golomb-divisor-0", "M = 0", 1, 10, 1, "0000000000")
	bad("golomb-divisor-n", "M above n", 1, 10, 1, "0000000b00")
	bad("golomb-divisor-alone", "M without gaps, of the empty set", 1, 10, 0, "00000001")
	bad("golomb-padding", "a one bit in the padding", 1, 10, 1, "0000000101")
	bad("blocks-size-1", "B = 1", 3, 10, 1, "000080")
	bad("blocks-size-alone", "B without blocks, of the empty set", 3, 10, 0, "0009")
	bad("blocks-many", "more than eight blocks for a serial", 3, 10_000, 1, "000180")
	return out
}

// refusals are what becomes of a stream by one change: nothing, or another set.
func refusals(out map[string]*vector, name string, good *vector) {
	data, err := hex.DecodeString(good.Data)
	if err != nil {
		panic(err)
	}
	bent := func(what, comment string, change func(v *vector)) {
		v := *good
		v.Comment, v.Expect, v.Serials = comment, "refused", nil
		change(&v)
		if s, err := v.decode(); err == nil {
			v.Comment, v.Expect, v.Serials = comment+", which is another set", "ok", s.Serials()
		}
		out[name+"-"+what] = &v
	}
	bent("trailing", "an octet of zero behind it", func(v *vector) { v.Data += "00" })
	bent("cut", "without its last octet", func(v *vector) { v.Data = v.Data[:len(v.Data)-2] })
	bent("more", "one serial more than there are", func(v *vector) { v.Count++ })
	bent("fewer", "one serial less", func(v *vector) { v.Count-- })
	bent("n", "the last serial is n", func(v *vector) { v.N = uint64(good.Serials[len(good.Serials)-1]) })
	bent("count", "count above n", func(v *vector) { v.N = uint64(v.Count) - 1 })
	bent("bits", "its last octets altered", func(v *vector) {
		b := bytes.Clone(data)
		for i := len(b) - 3; i < len(b); i++ {
			b[i] ^= 0xff
		}
		v.Data = hex.EncodeToString(b)
	})
}

func (v *vector) decode() (*revocation.Set, error) {
	data, err := hex.DecodeString(v.Data)
	if err != nil {
		return nil, err
	}
	return revocation.Decode(revocation.Codec(v.Codec), v.N, v.Count, data)
}

func TestVectors(t *testing.T) {
	want := vectors(t)
	if *update {
		writeVectors(t, want)
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) != len(want) {
		t.Errorf("%d files, %d vectors: run with -update (%v)", len(files), len(want), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := new(vector)
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(v); err != nil {
				t.Fatal(err)
			}
			s, err := v.decode()
			switch {
			case v.Expect == "refused" && !errors.Is(err, revocation.ErrData) && !errors.Is(err, revocation.ErrCodec):
				t.Errorf("must be refused: %v", err)
			case v.Expect == "ok" && (err != nil || !slices.Equal(s.Serials(), v.Serials)):
				t.Errorf("another set: %v", err)
			}
			if w := want[strings.TrimSuffix(filepath.Base(file), ".json")]; w == nil || w.Data != v.Data {
				t.Error("the encoder writes another stream")
			}
		})
	}
}

func writeVectors(t *testing.T, all map[string]*vector) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(vectorDir), os.MkdirAll(vectorDir, 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		b, err := json.Marshal(v)
		if err == nil {
			err = os.WriteFile(filepath.Join(vectorDir, name+".json"), append(b, '\n'), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
