package wire_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/device/wire"
)

func TestCoreRefuses(t *testing.T) {
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprintf("d%02d.example", i)
	}
	for what, c := range map[string]struct {
		change func(c *wire.Core)
		want   error
	}{
		"no domain":          {func(c *wire.Core) { c.SPIDs = nil }, wire.ErrValue},
		"17 domains":         {func(c *wire.Core) { c.SPIDs, c.Realm = many, many[0] }, wire.ErrValue},
		"unsorted":           {func(c *wire.Core) { slices.Reverse(c.SPIDs) }, wire.ErrValue},
		"duplicate":          {func(c *wire.Core) { c.SPIDs[0] = c.SPIDs[1] }, wire.ErrValue},
		"upper-case domain":  {func(c *wire.Core) { c.SPIDs[0] = "Depot.fleet.example" }, wire.ErrSPID},
		"2,049 octets":       {func(c *wire.Core) { c.SPIDs = longDomains(129); c.Realm = c.SPIDs[0] }, wire.ErrTooLong},
		"realm not listed":   {func(c *wire.Core) { c.Realm = "other.example" }, wire.ErrValue},
		"epoch 0 in 1969":    {func(c *wire.Core) { c.Epoch0 = time.Unix(-1, 0) }, wire.ErrTime},
		"half a second":      {func(c *wire.Core) { c.Epoch0 = c.Epoch0.Add(time.Second / 2) }, wire.ErrTime},
		"epoch of 3,599 s":   {func(c *wire.Core) { c.EpochLength = 3599 * time.Second }, wire.ErrValue},
		"epoch of 0 s":       {func(c *wire.Core) { c.EpochLength = 0 }, wire.ErrValue},
		"epoch of 2^32 s":    {func(c *wire.Core) { c.EpochLength = 1 << 32 * time.Second }, wire.ErrValue},
		"negative epoch":     {func(c *wire.Core) { c.EpochLength = -time.Hour }, wire.ErrValue},
		"half a hash":        {func(c *wire.Core) { c.Next = make([]byte, 16) }, wire.ErrValue},
		"X is the identity":  {func(c *wire.Core) { c.X = [32]byte{} }, wire.ErrValue},
		"X is no point":      {func(c *wire.Core) { c.X = fill[[32]byte](0xff) }, wire.ErrValue},
		"Z is the identity":  {func(c *wire.Core) { c.Z = [48]byte{0xc0} }, wire.ErrValue},
		"Z is no point":      {func(c *wire.Core) { c.Z = fill[[48]byte](0x99) }, wire.ErrValue},
		"Z not in the group": {func(c *wire.Core) { c.Z = outsideG1 }, wire.ErrValue},
	} {
		core := newRealm(t).core
		c.change(core)
		if _, err := core.Marshal(); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// longDomains returns 16 domains: 15 of 128 octets and a last one.
func longDomains(last int) []string {
	domains := make([]string, 16)
	for i := range domains {
		domains[i] = fmt.Sprintf("%02d.", i) + strings.Repeat("d", 60) + "." + strings.Repeat("e", 56) + ".example"
	}
	domains[15] += strings.Repeat("e", last-len(domains[15]))
	return domains
}

// A core with the longest domains fits its statement, and a package of the most keys.
func TestCoreOfLongestDomains(t *testing.T) {
	r := newRealm(t)
	r.core.SPIDs = longDomains(128)
	r.core.Realm = r.core.SPIDs[0]
	c := must(wire.OpenCore(r.sign(t, wire.TypeCore, must(r.core.Marshal())(t))))(t)
	if len(strings.Join(c.SPIDs, "")) != 2048 {
		t.Error("not the longest")
	}
}

// outsideG1 is a point of the curve, x = 4, whose order is not r.
var outsideG1 = [48]byte{0: 0x80, 47: 4}

func TestEpochs(t *testing.T) {
	c := newRealm(t).core
	length := c.EpochLength
	for _, e := range []struct {
		at   time.Time
		want uint32
	}{
		{founded, 0},
		{founded.Add(length - time.Nanosecond), 0},
		{founded.Add(length), 1},
		{c.EpochStart(13), 13},
		{c.EpochStart(13).Add(-time.Nanosecond), 12},
		{c.EpochStart(13).In(time.FixedZone("", 7200)), 13},
	} {
		if got, err := c.Epoch(e.at); err != nil || got != e.want {
			t.Errorf("%v: %d, %v", e.at, got, err)
		}
	}
	for _, at := range []time.Time{founded.Add(-time.Nanosecond), {}, time.Unix(0, 0)} {
		if e, err := c.Epoch(at); !isErr(err, wire.ErrNoEpoch) {
			t.Errorf("%v: %d, %v", at, e, err)
		}
	}
	if at := c.EpochStart(math.MaxUint32); at.Year() != 9999 {
		t.Error(at)
	}
	c.EpochLength = time.Hour
	if _, err := c.Epoch(time.Unix(math.MaxInt64/2, 0)); !isErr(err, wire.ErrNoEpoch) {
		t.Error(err)
	}
}

func TestIdentityOfAnotherRealm(t *testing.T) {
	c := newRealm(t).core
	for in, want := range map[string]error{
		"//fleet.example/Sbus~1":       nil,
		"//depot.fleet.example/Sbus~1": nil,
		"//other.example/Sbus~1":       wire.ErrForeignAddress,
		"//x.fleet.example/Sbus~1":     wire.ErrForeignAddress,
		"//example/Sbus~1":             wire.ErrForeignAddress,
	} {
		id, err := c.Identity(must(wire.ParseAddress(in))(t), 3)
		if !isErr(err, want) {
			t.Errorf("%s: %v", in, err)
		}
		if want == nil && (id.Core != c.Hash() || id.Address != in || id.Epoch != 3) {
			t.Errorf("%s: %+v", in, id)
		}
	}
	if _, err := c.Identity(wire.Address{}, 3); !isErr(err, wire.ErrForeignAddress) {
		t.Error(err)
	}
}

func TestCoreHash(t *testing.T) {
	c := newRealm(t).core
	h := wire.CoreHash(must(c.Marshal())(t))
	if c.Hash() != h || c.Ref() != [4]byte(h[:4]) {
		t.Error("Hash, CoreHash and Ref disagree")
	}
	c.Generation++
	if c.Hash() == h {
		t.Error("the hash does not cover the generation")
	}
}
