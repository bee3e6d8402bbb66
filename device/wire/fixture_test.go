package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"marque/device/ibc"
	"marque/device/wire"
)

// Everything below follows from these: the seeds that the vectors state.
var (
	masterSeed    = bytes.Repeat([]byte{0x01}, 32)
	statementSeed = bytes.Repeat([]byte{0x02}, 32)
	founded       = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
)

// octets is a random source that repeats one octet.
type octets byte

func (o octets) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(o)
	}
	return len(b), nil
}

var _ io.Reader = octets(0)

// must fails the test on an error and returns the value otherwise.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func fill[A ~[16]byte | ~[32]byte | ~[48]byte | ~[64]byte](o byte) (a A) {
	for i := range len(a) {
		a[i] = o
	}
	return a
}

// realm is an authority's side of the formats.
type realm struct {
	master *ibc.Master
	key    ed25519.PrivateKey
	core   *wire.Core
}

func newRealm(t testing.TB) *realm {
	t.Helper()
	m := must(ibc.NewMaster(masterSeed))(t)
	key := ed25519.NewKeyFromSeed(statementSeed)
	return &realm{master: m, key: key, core: &wire.Core{
		Realm: "fleet.example", Generation: 1, SPIDs: []string{"depot.fleet.example", "fleet.example"},
		Epoch0: founded, EpochLength: 28 * 24 * time.Hour,
		X: m.Params().X(), Z: m.Params().Z(), StatementKey: [32]byte(key.Public().(ed25519.PublicKey)),
	}}
}

func (r *realm) sign(t testing.TB, typ wire.Type, payload []byte) []byte {
	t.Helper()
	return must(wire.SignStatement(r.key, typ, r.core.Realm, payload))(t)
}

func (r *realm) policy() *wire.Policy {
	return &wire.Policy{
		Core: r.core.Hash(), Sequence: 1, Past: 300 * time.Second, Future: 30 * time.Second,
		NextUpdate: 7 * 24 * time.Hour, HardExpiry: 28 * 24 * time.Hour,
	}
}

func (r *realm) checkpoint() *wire.Checkpoint {
	return &wire.Checkpoint{Core: r.core.Hash(), Size: 5, Root: fill[[32]byte](0x11), Time: founded.Add(time.Hour), Counter: 3}
}

func (r *realm) signCheckpoint(t testing.TB, c *wire.Checkpoint) []byte {
	t.Helper()
	return r.sign(t, wire.TypeCheckpoint, must(c.Marshal())(t))
}

func (r *realm) bundle() *wire.Bundle {
	return &wire.Bundle{
		Core: r.core.Hash(), Generation: 1, Sequence: 2, Previous: fill[[16]byte](0x21),
		State:  wire.ListState(r.core.Realm, 1, 0, 0, 12, 100, []uint32{3, 17}),
		Issued: founded.Add(2 * time.Hour), NextUpdate: 7 * 24 * time.Hour, HardExpiry: 28 * 24 * time.Hour,
		N: 100, Count: 2, Codec: 1, Data: []byte{0, 0, 0, 8, 0x3d, 0x50}, LastEpoch: 12,
		LogSize: 5, LogRoot: fill[[32]byte](0x22),
	}
}

// change is what brings the list before the bundle to it.
func (r *realm) change() *wire.Change {
	b := r.bundle()
	return &wire.Change{
		Core: r.core.Ref(), Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, From: 1, State: b.State, Issued: b.Issued, NextUpdate: b.NextUpdate,
		HardExpiry: b.HardExpiry, N: b.N, Count: 1, Codec: 2, Data: []byte{0x10}, LastEpoch: b.LastEpoch,
	}
}

// compact is the bundle without what it says of the log.
func (r *realm) compact() *wire.Change {
	b, c := r.bundle(), r.change()
	c.From, c.Count, c.Codec, c.Data = 0, b.Count, b.Codec, b.Data
	return c
}

// region is one of the two that the bundle's serials stand in.
func (r *realm) region(place uint32) *wire.RegionFile {
	b := r.bundle()
	data := [][]byte{{0x19, 0xc0}, nil}[place] // serials 3 and 17 of 64, none of 36
	return &wire.RegionFile{Core: r.core.Ref(), Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, Place: place, Data: data}
}

// regions is the bundle in two regions.
func (r *realm) regions() *wire.Regions {
	out := &wire.Regions{List: *r.bundle()}
	out.List.Codec, out.List.Data = 0, nil
	out.Regions = []wire.Region{{End: 64, Count: 2, Codec: 2, Hash: r.region(0).Hash()}, {End: 100, Codec: 1, Hash: r.region(1).Hash()}}
	return out
}

// enrolment returns a request and the key it was made with.
func enrolment(t testing.TB, name string) (*wire.Request, *ibc.EnrolmentKey) {
	t.Helper()
	u := must(ibc.NewEnrolmentKey(octets(0x03)))(t)
	r := &wire.Request{
		Kind: wire.KindVehicle, Name: name, U: u.Public(), HPKEKey: fill[[32]byte](0x04), Nonce: fill[[16]byte](0x05),
		Time: founded.Add(time.Minute),
	}
	r.Proof = must(u.Prove(octets(0x06), must(r.Body())(t)))(t)
	return r, u
}

func bus(t testing.TB) wire.Address {
	t.Helper()
	return must(wire.ParseAddress("//fleet.example/Sbus-471~17"))(t)
}

// content makes two keys for the request, and a log of five entries whose third records them.
func (r *realm) content(t testing.TB, request *wire.Request, sequence uint32) *wire.Content {
	t.Helper()
	c := &wire.Content{Address: bus(t), FirstEpoch: 7, Policy: r.sign(t, wire.TypePolicy, must(r.policy().Marshal())(t))}
	var rs [][32]byte
	for e := c.FirstEpoch; e < c.FirstEpoch+2; e++ {
		k := must(r.master.Extract(octets(0x07), must(r.core.Identity(c.Address, e))(t), request.U))(t)
		c.Keys = append(c.Keys, k)
		rs = append(rs, k.R())
	}
	issue := &wire.IssueEntry{
		Address: c.Address, Request: request.Hash(), Sequence: sequence, FirstEpoch: 7, Count: 2, Keys: wire.KeysHash(rs),
	}
	c.Entry = must((&wire.LogEntry{Time: founded.Add(time.Hour), Entry: issue}).Marshal())(t)
	c.Index = 2
	head := r.checkpoint()
	c.Path, head.Root = prove(t, [][]byte{{0}, {1}, c.Entry, {3}, {4}}, 2)
	c.Checkpoint = r.signCheckpoint(t, head)
	return c
}

// prove builds a log in memory.
func prove(t testing.TB, entries [][]byte, index int64) (path [][32]byte, root [32]byte) {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, _ error) {
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, e := range entries {
		stored = append(stored, must(tlog.StoredHashes(int64(i), e, read))(t)...)
	}
	size := int64(len(entries))
	for _, h := range must(tlog.ProveRecord(size, index, read))(t) {
		path = append(path, h)
	}
	return path, must(tlog.TreeHash(size, read))(t)
}

func (r *realm) pkg(t testing.TB) *wire.Package {
	t.Helper()
	request, _ := enrolment(t, "bus-471")
	return &wire.Package{
		Core: must(r.core.Marshal())(t), RequestHash: request.Hash(), Sequence: 1, Enc: fill[[32]byte](0x08),
		Ciphertext: bytes.Repeat([]byte{0x09}, 40),
	}
}

func entries(t testing.TB) []wire.Entry {
	t.Helper()
	return []wire.Entry{
		&wire.FoundEntry{Core: fill[[32]byte](0x31)},
		&wire.IssueEntry{Address: bus(t), Request: fill[[32]byte](0x32), Sequence: 1, FirstEpoch: 7, Count: 13, Keys: fill[[32]byte](0x33)},
		&wire.RevokeEntry{Serial: 17, Reason: wire.ReasonStolen, Effective: founded.Add(3 * time.Hour)},
		&wire.PublishEntry{Generation: 1, Sequence: 2, State: fill[[16]byte](0x34), Bundle: fill[[32]byte](0x35)},
		&wire.ExpireEntry{Serial: 17, LastEpoch: 19},
		&wire.DrillEntry{Outcome: wire.DrillPassed},
		&wire.PolicyEntry{Sequence: 2, Hash: fill[[32]byte](0x36)},
		&wire.DecideEntry{Action: "revoke", Proposal: fill[[32]byte](0x37), Approvals: fill[[32]byte](0x38)},
		&wire.ReopenEntry{
			Generation: 2, Base: 1, Sequence: 2, NextSerial: 65_554, List: fill[[16]byte](0x39), Size: 40, Root: fill[[32]byte](0x3a), Counter: 5,
		},
		&wire.LostEntry{NextSerial: 82},
		&wire.SealEntry{},
		&wire.DepotEntry{Name: "depot-south", Key: depotKey(), Registration: fill[[32]byte](0x3b)},
		&wire.DepotRevokeEntry{Key: depotKey(), Reason: wire.ReasonStolen},
		&wire.BatchEntry{Key: depotKey(), Sequence: 3, Hash: fill[[32]byte](0x3c)},
		&wire.AlarmEntry{What: wire.AlarmTwoReceipts, Serial: 17, Receipt: fill[[32]byte](0x3d)},
		&wire.UndoEntry{Serial: 17},
		&wire.ReleaseEntry{Serial: 17},
		&wire.PaddingEntry{Step: 64, Share: 50},
		&wire.ReserveEntry{NextSerial: 51},
		&wire.TrustEntry{Sequence: 2, Hash: fill[[32]byte](0x3e)},
	}
}

// sent is the time of all messages, in milliseconds.
var sent = founded.Add(time.Hour + 250*time.Millisecond)

func broadcast(t testing.TB, short bool) *wire.Broadcast {
	t.Helper()
	b := &wire.Broadcast{Ref: [4]byte{1, 2, 3, 4}, Time: sent, Short: short, Sig: fill[[64]byte](0x41), Payload: []byte("free road")}
	if short {
		b.KeyRef = [8]byte{8, 7, 6, 5, 4, 3, 2, 1}
	} else {
		b.Sender, b.R = bus(t), fill[[32]byte](0x42)
	}
	return b
}

func plain(t testing.TB, known bool) *wire.Plain {
	t.Helper()
	p := &wire.Plain{Time: sent, Sig: fill[[64]byte](0x43), Payload: []byte("bay 12")}
	if known {
		p.Sender = wire.Sender{Known: true, KeyRef: [8]byte{8, 7, 6, 5, 4, 3, 2, 1}}
	} else {
		p.Sender = wire.Sender{Address: bus(t), R: fill[[32]byte](0x44)}
	}
	return p
}

// sealed puts a plaintext and 16 octets of tag where the ciphertext belongs.
func sealed(t testing.TB, mode byte, p *wire.Plain) *wire.Sealed {
	t.Helper()
	size := 48
	if mode == wire.ModeWarm {
		size = 32
	}
	return &wire.Sealed{
		Mode: mode, Ref: [4]byte{1, 2, 3, 4}, Epoch: 7, Ephemeral: bytes.Repeat([]byte{0x45}, size),
		Ciphertext: append(must(p.Marshal())(t), make([]byte, 16)...),
	}
}

// several is sealed with wraps that are fillers, too.
func several(t testing.TB, mode byte, n int, p *wire.Plain) *wire.Several {
	t.Helper()
	size := 48
	if mode == wire.ModeWarmSeveral {
		size = 32
	}
	s := &wire.Several{
		Mode: mode, Ref: [4]byte{1, 2, 3, 4}, Epoch: 7, Commit: fill[[32]byte](0x46), Ephemeral: bytes.Repeat([]byte{0x45}, size),
		Wraps: make([][48]byte, n), Ciphertext: append(must(p.Marshal())(t), make([]byte, 16)...),
	}
	for i := range s.Wraps {
		s.Wraps[i] = [48]byte{byte(i), 0x47}
	}
	return s
}

// opening is sealed with a filler, too.
func opening(t testing.TB) *wire.Opening {
	t.Helper()
	p := plain(t, false)
	p.Payload = must(early("are you free?").Marshal())(t)
	return &wire.Opening{
		Ref: [4]byte{1, 2, 3, 4}, Epoch: 7, U: fill[[48]byte](0x45), Ciphertext: append(must(p.Marshal())(t), make([]byte, 16)...),
	}
}

func early(data string) *wire.Early {
	return &wire.Early{List: 2, Noise: fill[[48]byte](0x54), Data: []byte(data)}
}

func auth(t testing.TB) *wire.Auth {
	t.Helper()
	return &wire.Auth{Address: bus(t), Epoch: 7, List: 2, R: fill[[32]byte](0x51), Sig: fill[[64]byte](0x52)}
}

// authR is what the one who was called says of itself.
func authR(t testing.TB) *wire.Auth {
	t.Helper()
	a := auth(t)
	a.Address = wire.Address{}
	return a
}

func hello(t testing.TB) *wire.Hello {
	t.Helper()
	return &wire.Hello{Ref: [4]byte{1, 2, 3, 4}, Callee: wire.Callee(fill[[32]byte](0x53), bus(t))}
}

func hybridHello(t testing.TB) *wire.Hello {
	t.Helper()
	h := hello(t)
	h.Hybrid = true
	return h
}
