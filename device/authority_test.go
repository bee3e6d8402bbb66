package device_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"io"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"marque/device/ibc"
	"marque/device/revocation"
	"marque/device/wire"
)

// authority is a small authority for the tests: real keys, packages, log and lists, in memory. It panics where it is misused, so that
// examples can use it, too. What it issues can be bent with an edit.
type authority struct {
	master *ibc.Master
	signer ed25519.PrivateKey
	core   *wire.Core
	raw    []byte // of core
	policy []byte // statement
	clock  *clock
	log    []tlog.Hash // stored hashes
	size   int64
	next   uint32 // serial
	list   uint32 // sequence of the last list
	state  [16]byte
	epochs int       // keys in a package
	rand   io.Reader // of the keys; nil is crypto/rand
}

// edit bends what an authority issues.
type edit struct {
	content func(*wire.Content)
	entry   func(*wire.IssueEntry)
	pkg     func(*wire.Package)
	signer  ed25519.PrivateKey
	policy  []byte
	address string
	seq     uint32
	first   uint32 // epoch; 0 for the present one
}

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const week = 7 * 24 * time.Hour

var epoch0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// newAuthority founds a realm from a seed of one octet, so that two authorities differ.
func newAuthority(seed byte) *authority { return found(seed, nil, func(*wire.Core) {}) }

// found founds a realm on a clock of its own unless one is given; change bends its core.
func found(seed byte, c *clock, change func(*wire.Core)) *authority {
	if c == nil {
		c = &clock{t: epoch0.Add(40*week + 3*time.Hour)}
	}
	a := &authority{
		master: must(ibc.NewMaster(bytes.Repeat([]byte{seed}, 32))),
		signer: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed + 1}, 32)),
		clock:  c, epochs: 3,
	}
	p := a.master.Params()
	a.core = &wire.Core{
		Realm: "fleet.example", Generation: 1, SPIDs: []string{"depot.fleet.example", "fleet.example"}, Epoch0: epoch0, EpochLength: 4 * week,
		X: p.X(), Z: p.Z(), StatementKey: [32]byte(a.signer.Public().(ed25519.PublicKey)),
	}
	change(a.core)
	a.raw = must(a.core.Marshal())
	a.policy = a.signPolicy(func(*wire.Policy) {})
	a.record(&wire.FoundEntry{Core: a.hash()})
	return a
}

func (a *authority) hash() [32]byte { return wire.CoreHash(a.raw) }

func (a *authority) sign(t wire.Type, payload []byte) []byte {
	return must(wire.SignStatement(a.signer, t, a.core.Realm, payload))
}

func (a *authority) signPolicy(change func(*wire.Policy)) []byte {
	p := &wire.Policy{
		Core: a.hash(), Sequence: 1, Past: 300 * time.Second, Future: 30 * time.Second, NextUpdate: week, HardExpiry: 8 * week,
	}
	change(p)
	return a.sign(wire.TypePolicy, must(p.Marshal()))
}

// ReadHashes makes an authority the tlog.HashReader of its log.
func (a *authority) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = a.log[x]
	}
	return out, nil
}

// record appends to the log and returns the entry and its index.
func (a *authority) record(e wire.Entry) ([]byte, int64) {
	b := must((&wire.LogEntry{Time: a.clock.now().Truncate(time.Second), Entry: e}).Marshal())
	a.log = append(a.log, must(tlog.StoredHashes(a.size, b, a))...)
	a.size++
	return b, a.size - 1
}

// issue answers a request with a package.
func (a *authority) issue(request []byte, e edit) []byte {
	r := must(wire.ParseRequest(request))
	addr := must(wire.NewAddress(a.core.Realm, "", r.Name, a.next))
	if e.address != "" {
		addr = must(wire.ParseAddress(e.address))
	}
	a.next++
	if e.policy == nil {
		e.policy = a.policy
	}
	seq := max(e.seq, 1)
	first := must(a.core.Epoch(a.clock.now()))
	if e.first != 0 {
		first = e.first
	}
	c := &wire.Content{Address: addr, FirstEpoch: first, Policy: e.policy}
	var rs [][32]byte
	for i := range a.epochs {
		id := ibc.Identity{Core: a.hash(), Address: addr.String(), Epoch: first + uint32(i)}
		k := must(a.master.Extract(a.rand, id, r.U))
		c.Keys, rs = append(c.Keys, k), append(rs, k.R())
	}
	entry := &wire.IssueEntry{Address: addr, Request: r.Hash(), Sequence: seq, FirstEpoch: first, Count: len(rs), Keys: wire.KeysHash(rs)}
	if e.entry != nil {
		e.entry(entry)
	}
	a.prove(c, entry)
	if e.content != nil {
		e.content(c)
	}
	return a.pack(r, c, seq, e)
}

// prove logs an entry and puts it into a package's content.
func (a *authority) prove(c *wire.Content, entry wire.Entry) {
	b, index := a.record(entry)
	c.Entry, c.Index = b, uint64(index)
	c.Checkpoint = a.checkpoint(func(*wire.Checkpoint) {})
	for _, h := range must(tlog.ProveRecord(a.size, index, a)) {
		c.Path = append(c.Path, [32]byte(h))
	}
}

// checkpoint signs the head of the log.
func (a *authority) checkpoint(change func(*wire.Checkpoint)) []byte {
	c := &wire.Checkpoint{Core: a.hash(), Size: uint64(a.size), Root: [32]byte(must(tlog.TreeHash(a.size, a))), Time: a.clock.now().Truncate(time.Second)}
	change(c)
	return a.sign(wire.TypeCheckpoint, must(c.Marshal()))
}

func (a *authority) pack(r *wire.Request, c *wire.Content, seq uint32, e edit) []byte {
	p := &wire.Package{Core: a.raw, RequestHash: r.Hash(), Sequence: seq}
	key := must(hpke.NewDHKEMPublicKey(must(ecdh.X25519().NewPublicKey(r.HPKEKey[:]))))
	enc, sender, err := hpke.NewSender(key, hpke.HKDFSHA256(), hpke.AES256GCM(), wire.PackageInfo(a.hash(), p.RequestHash, seq))
	check(err)
	p.Enc, p.Ciphertext = [32]byte(enc), must(sender.Seal(nil, must(c.Marshal())))
	if e.pkg != nil {
		e.pkg(p)
	}
	signer := a.signer
	if e.signer != nil {
		signer = e.signer
	}
	return must(wire.SignStatement(signer, wire.TypePackage, a.core.Realm, must(p.Marshal())))
}

// publish signs the next list.
func (a *authority) publish(serials ...uint32) []byte {
	a.list++
	return a.bundle(a.list, serials, func(*wire.Bundle) {})
}

// bundle signs a list with any number; change bends it after its state was set.
func (a *authority) bundle(seq uint32, serials []uint32, change func(*wire.Bundle)) []byte {
	n, first := uint64(a.next), must(a.core.Epoch(a.clock.now()))-1
	set := must(revocation.NewSet(n, serials))
	codec, data := revocation.Encode(set)
	last := first + 14
	b := &wire.Bundle{
		Core: a.hash(), Generation: 1, Base: 1, Sequence: seq, Previous: a.state, Issued: a.clock.now().Truncate(time.Second),
		NextUpdate: week, HardExpiry: 8 * week, N: n, Count: uint32(len(serials)), Codec: uint8(codec), Data: data,
		FirstEpoch: first, LastEpoch: last, LogSize: uint64(a.size), LogRoot: [32]byte(must(tlog.TreeHash(a.size, a))),
		State: wire.ListState(a.core.Realm, 1, 1, first, last, n, set.Serials()),
	}
	change(b)
	a.state = b.State
	return a.sign(wire.TypeBundle, must(b.Marshal()))
}

// change signs what brings list from, and every later one, to a list of its bundle.
func (a *authority) change(bundle []byte, from uint32, added []uint32, change func(*wire.Change)) []byte {
	b := must(wire.ParseBundle(must(wire.OpenStatement(bundle, wire.TypeBundle, a.core.Realm, a.core.StatementKey))))
	codec, data := revocation.Encode(must(revocation.NewSet(b.N, added)))
	c := &wire.Change{
		Core: a.core.Ref(), Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, From: from, State: b.State,
		Issued: b.Issued, NextUpdate: b.NextUpdate, HardExpiry: b.HardExpiry, N: b.N, Count: uint32(len(added)), Codec: uint8(codec), Data: data,
		FirstEpoch: b.FirstEpoch, LastEpoch: b.LastEpoch,
	}
	change(c)
	return a.sign(wire.TypeChange, must(c.Marshal()))
}

// cut signs the list of a bundle in regions that end at the given serials.
func (a *authority) cut(bundle []byte, change func(*wire.Regions), ends ...uint64) (list []byte, regions [][]byte) {
	b := must(wire.ParseBundle(must(wire.OpenStatement(bundle, wire.TypeBundle, a.core.Realm, a.core.StatementKey))))
	set := must(revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data))
	m := &wire.Regions{List: *b}
	m.List.Codec, m.List.Data = 0, nil
	from := uint64(0)
	for i, end := range ends {
		part := must(set.Part(from, end)).Set
		codec, data := revocation.Encode(part)
		f := &wire.RegionFile{
			Core: a.core.Ref(), Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, Place: uint32(i), Data: data,
		}
		m.Regions = append(m.Regions, wire.Region{End: end, Count: uint32(part.Len()), Codec: uint8(codec), Hash: f.Hash()})
		regions = append(regions, must(f.Marshal()))
		from = end
	}
	change(m)
	return a.sign(wire.TypeRegions, must(m.Marshal())), regions
}

// key makes the private key of an address in this epoch, for tests that play an enrolled attacker.
func (a *authority) key(addr wire.Address) *ibc.PrivateKey {
	u := must(ibc.NewEnrolmentKey(nil))
	id := ibc.Identity{Core: a.hash(), Address: addr.String(), Epoch: must(a.core.Epoch(a.clock.now()))}
	return must(u.Complete(a.master.Params(), id, must(a.master.Extract(nil, id, u.Public()))))
}
