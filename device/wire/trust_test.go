package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// foreignCore is the core of another realm.
func foreignCore(t testing.TB, domains ...string) *wire.Core {
	t.Helper()
	m := must(ibc.NewMaster(bytes.Repeat([]byte{0x71}, 32)))(t)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0x72}, 32))
	return &wire.Core{
		Realm: domains[0], Generation: 1, SPIDs: domains, Epoch0: founded.Add(24 * time.Hour), EpochLength: 7 * 24 * time.Hour,
		X: m.Params().X(), Z: m.Params().Z(), StatementKey: [32]byte(key.Public().(ed25519.PublicKey)),
	}
}

func trusted(c *wire.Core) wire.TrustedRealm { return wire.TrustedRealm{Core: c, SPIDs: c.SPIDs} }

// trust is a list of two realms, of which one demands hybrid sessions.
func (r *realm) trust(t testing.TB) *wire.Trust {
	t.Helper()
	l := r.trustNobody()
	l.Realms = []wire.TrustedRealm{trusted(foreignCore(t, "city.example")), trusted(foreignCore(t, "port.example", "tug.port.example"))}
	l.Realms[1].Hybrid = true
	return l
}

func (r *realm) trustNobody() *wire.Trust {
	return &wire.Trust{Core: r.core.Hash(), Sequence: 3, Issued: founded.Add(5 * time.Hour), HardExpiry: 365 * 24 * time.Hour}
}

// crowd is so many realms.
func crowd(t testing.TB, n int) (all []wire.TrustedRealm) {
	t.Helper()
	for i := range n {
		all = append(all, trusted(foreignCore(t, fmt.Sprintf("realm%02d.example", i))))
	}
	return all
}

func TestTrustRefuses(t *testing.T) {
	r := newRealm(t)
	for what, c := range map[string]struct {
		change func(l *wire.Trust)
		want   error
	}{
		"sequence 0":              {func(l *wire.Trust) { l.Sequence = 0 }, wire.ErrValue},
		"issued before 1970":      {func(l *wire.Trust) { l.Issued = time.Unix(-1, 0) }, wire.ErrTime},
		"issued between seconds":  {func(l *wire.Trust) { l.Issued = l.Issued.Add(time.Millisecond) }, wire.ErrTime},
		"expired when issued":     {func(l *wire.Trust) { l.HardExpiry = 0 }, wire.ErrValue},
		"a duration too long":     {func(l *wire.Trust) { l.HardExpiry = 1 << 32 * time.Second }, wire.ErrValue},
		"not sorted":              {func(l *wire.Trust) { l.Realms[0], l.Realms[1] = l.Realms[1], l.Realms[0] }, wire.ErrValue},
		"a realm twice":           {func(l *wire.Trust) { l.Realms[1] = l.Realms[0] }, wire.ErrOverlap},
		"a domain of two":         {func(l *wire.Trust) { l.Realms[0] = trusted(foreignCore(t, "city.example", "port.example")) }, wire.ErrOverlap},
		"fewer domains":           {func(l *wire.Trust) { l.Realms[1].SPIDs = l.Realms[1].SPIDs[:1] }, wire.ErrValue},
		"another domain":          {func(l *wire.Trust) { l.Realms[0].SPIDs = []string{"fleet.example"} }, wire.ErrValue},
		"no core":                 {func(l *wire.Trust) { l.Realms[0].Core = nil }, wire.ErrValue},
		"a core with a bad X":     {func(l *wire.Trust) { l.Realms[0].Core.X = [32]byte{} }, wire.ErrValue},
		"one realm too many":      {func(l *wire.Trust) { l.Realms = crowd(t, wire.MaxTrusted+1) }, wire.ErrValue},
		"as many as there may be": {func(l *wire.Trust) { l.Realms = crowd(t, wire.MaxTrusted) }, nil},
		"nobody":                  {func(l *wire.Trust) { l.Realms = nil }, nil},
	} {
		l := r.trust(t)
		c.change(l)
		b, err := l.Marshal()
		if !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			must(wire.ParseTrust(b))(t)
		}
	}
}

// The largest trust list that its parts allow fits.
func TestTrustAtItsLargest(t *testing.T) {
	r := newRealm(t)
	l := r.trustNobody()
	for i := range wire.MaxTrusted {
		var domains []string
		for j := range wire.MaxSPIDs {
			domains = append(domains, fmt.Sprintf("%02d-%02d.%s.%s", i, j, strings.Repeat("a", 61), strings.Repeat("b", 60)))
		}
		c := foreignCore(t, domains...)
		c.Next = make([]byte, 32)
		l.Realms = append(l.Realms, trusted(c))
	}
	b := r.sign(t, wire.TypeTrust, must(l.Marshal())(t))
	if again := must(wire.OpenTrust(b, r.core))(t); len(again.Realms) != wire.MaxTrusted {
		t.Errorf("%d realms", len(again.Realms))
	}
	t.Logf("%d octets", len(b))
}

// A trust list is of one realm, and leaves that realm's own domains alone.
func TestOpenTrust(t *testing.T) {
	r := newRealm(t)
	if l := must(wire.OpenTrust(r.sign(t, wire.TypeTrust, must(r.trust(t).Marshal())(t)), r.core))(t); l.Sequence != 3 || !l.Realms[1].Hybrid {
		t.Errorf("read as %+v", l)
	}
	for what, c := range map[string]struct {
		change func(l *wire.Trust)
		want   error
	}{
		"another core":      {func(l *wire.Trust) { l.Core[0] ^= 1 }, wire.ErrRealm},
		"home's domain":     {func(l *wire.Trust) { l.Realms[0] = trusted(foreignCore(t, "city.example", "fleet.example")) }, wire.ErrOverlap},
		"home's other name": {func(l *wire.Trust) { l.Realms[0] = trusted(foreignCore(t, "depot.fleet.example")) }, wire.ErrOverlap},
		"home itself":       {func(l *wire.Trust) { l.Realms = []wire.TrustedRealm{trusted(r.core)} }, wire.ErrOverlap},
	} {
		l := r.trust(t)
		c.change(l)
		if _, err := wire.OpenTrust(r.sign(t, wire.TypeTrust, must(l.Marshal())(t)), r.core); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func trustCases(t *testing.T, out map[string]*vector) {
	t.Helper()
	r := newRealm(t)
	b := must(r.trust(t).Marshal())(t)
	with := func(old, v string, n int) string {
		return hex.EncodeToString(bytes.Replace(b, []byte(old), []byte(v), n))
	}
	city := string(must(foreignCore(t, "city.example").Marshal())(t))
	port := []byte("port.example")
	for name, v := range map[string]*vector{
		"trust-domains": {Comment: "other domains beside a core than in it", Expect: "ErrValue", Input: hex.EncodeToString(
			bytes.Replace(b, []byte("\x81\x6ccity.example\x00"), []byte("\x81\x6ccitx.example\x00"), 1))},
		"trust-order": {Comment: "realms not sorted", Expect: "ErrValue", Input: with("city.example", "zity.example", -1)},
		"trust-twice": {Comment: "two realms with a domain in common", Expect: "ErrOverlap", Input: hex.EncodeToString(
			bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\x70tug."), []byte("\x70tuh.")), []byte("city.example"), port))},
		"trust-hybrid":  {Comment: "hybrid 2", Expect: "ErrValue", Input: with("\x6ccity.example\x00", "\x6ccity.example\x02", 1)},
		"trust-core":    {Comment: "a core with version 2", Expect: "ErrValue", Input: with(city, "\x8b\x02"+city[2:], 1)},
		"trust-expired": {Comment: "hard expiry 0", Expect: "ErrValue", Input: with("\x1a\x01\xe1\x33\x80", "\x00", 1)},
	} {
		v.Object = "trust"
		out[name] = v
	}
	out["trust"].Comment = "two realms, of which one demands hybrid sessions"
	out["trust-2"].Comment = "nobody"
}
