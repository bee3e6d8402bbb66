package device

import (
	"fmt"
	"slices"
	"sync"

	"marque/device/ibc"
	"marque/device/wire"
)

// peers remembers the keys of the MaxPeers peers that were heard from last: a key is there only after a signature under it verified. It
// finds keys by identity, to seal warm, and by reference, for the short forms. It is safe for concurrent use.
type peers struct {
	mu     sync.Mutex
	known  *lru[peerID, *peer]
	byRef  map[[8]byte][]*peer
	byName map[string]*peer     // one of those with this address, by its text
	tables int                  // how many may still have a table
	home   [32]byte             // hash of this device's own core; zero before there are keys
	doubly *lru[peerID, peerID] // identities with two valid keys, which are refused
	abroad *lru[peerID, peerID] // the same of other realms, whose authorities could make as many as would fill the first one
}

// peerID is what at most one key may exist for.
type peerID struct {
	realm  [32]byte // hash of its core
	serial uint32
	epoch  uint32
}

// peer is one verified key of a peer.
type peer struct {
	address wire.Address
	key     *ibc.PublicKey
	shown   shown
	table   bool // the key has its table for fast verification
}

func (p *peer) id() peerID {
	of := p.key.Identity()
	return peerID{of.Core, p.address.Serial(), of.Epoch}
}

// shown says whether a peer showed that it knows this device's key, and of which epoch: that of another realm need not change with the peer's.
type shown struct {
	ok    bool
	epoch uint32
}

// newPeers makes an empty memory of peers, of whom so many may have tables.
func newPeers(tables int) *peers {
	return &peers{
		known: newLRU[peerID, *peer](MaxPeers), byRef: map[[8]byte][]*peer{}, byName: map[string]*peer{}, tables: tables,
		doubly: newLRU[peerID, peerID](MaxPeers), abroad: newLRU[peerID, peerID](MaxPeers),
	}
}

// belong says which realm is this device's own.
func (p *peers) belong(home [32]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.home = home
}

// refusals are the identities of a realm that are refused. The caller holds mu.
func (p *peers) refusals(realm [32]byte) *lru[peerID, peerID] {
	if realm == p.home {
		return p.doubly
	}
	return p.abroad
}

// find returns the verified key of an address of a realm in an epoch, and whether the peer knows this device's key of an epoch of its own.
func (p *peers) find(realm [32]byte, a wire.Address, epoch, mine uint32) (k *peer, knowsMe, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok = p.known.get(peerID{realm, a.Serial(), epoch})
	if !ok || k.address != a {
		return nil, false, false
	}
	return k, k.shown == shown{true, mine}, true
}

// named returns the address that a text is, if a peer has it.
func (p *peers) named(text []byte) (wire.Address, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.byName[string(text)]; k != nil {
		return k.address, true
	}
	return wire.Address{}, false
}

// candidates are keys that a sender's name may mean.
type candidates struct {
	n    int
	keys [maxTries]*peer
}

// realmOf returns the hash of the core of a key that a reference may mean.
func (p *peers) realmOf(ref [8]byte) (core [32]byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.byRef[ref] {
		return k.key.Identity().Core, true
	}
	return core, false
}

// byReference returns the peers of a realm that a reference of this epoch may mean.
func (p *peers) byReference(ref [8]byte, realm [32]byte, epoch uint32) (c candidates) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.byRef[ref] {
		if of := k.key.Identity(); of.Epoch == epoch && of.Core == realm && c.n < maxTries {
			c.keys[c.n] = k
			c.n++
		}
	}
	return c
}

// refused says whether an identity is one of those with two keys.
func (p *peers) refused(realm [32]byte, a wire.Address, epoch uint32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.refusals(realm).get(peerID{realm, a.Serial(), epoch})
	return ok
}

// learn remembers a key under which s has just verified. It fails with ErrTwoKeys if another one verified before, and then both are
// refused. From the second use on a key is prepared, and has a table as long as there is room for one.
func (p *peers) learn(a wire.Address, key *ibc.PublicKey, knows shown, s signed) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := peerID{key.Identity().Core, a.Serial(), key.Identity().Epoch}
	if _, ok := p.refusals(id.realm).get(id); ok {
		return ErrTwoKeys
	}
	old, ok := p.known.get(id)
	if ok && (old.address != a || old.key.R() != key.R()) {
		p.known.drop(id)
		p.unindex(old)
		p.refusals(id.realm).put(id, id)
		return twoKeys(a, old.key.R(), key, s)
	}
	if ok {
		if knows.ok {
			old.shown = knows
		}
		switch {
		case old.table:
		case p.tables > 0:
			old.table = true
			p.tables--
			old.key.Precompute()
		default:
			old.key.Prepare()
		}
		return nil
	}
	p.add(&peer{address: a, key: key, shown: knows})
	return nil
}

func (p *peers) add(n *peer) {
	if gone, evicted := p.known.put(n.id(), n); evicted {
		p.unindex(gone)
	}
	ref := n.key.Reference()
	p.byRef[ref] = append(p.byRef[ref], n)
	p.byName[n.address.String()] = n
}

func (p *peers) unindex(gone *peer) {
	if gone.table {
		p.tables++
	}
	if p.byName[gone.address.String()] == gone {
		delete(p.byName, gone.address.String())
	}
	ref := gone.key.Reference()
	p.byRef[ref] = slices.DeleteFunc(p.byRef[ref], func(k *peer) bool { return k == gone })
	if len(p.byRef[ref]) == 0 {
		delete(p.byRef, ref)
	}
}

// len is the number of keys known.
func (p *peers) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.known.items)
}

// encode writes what decodePeers reads, those of one realm, least recently used first, of the last ones as many as have room in so many octets.
func (p *peers) encode(e *encoder, realm [32]byte, room int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	doubly := p.doubly.all()
	known := slices.DeleteFunc(p.known.all(), func(k *peer) bool { return k.id().realm != realm })
	known = recent(known, room-4-4-8*len(doubly))
	e.u32(uint32(len(known)))
	for _, k := range known {
		r := k.key.R()
		e.text(k.address.String())
		e.u32(k.key.Identity().Epoch)
		e.raw(r[:])
		e.flag(k.shown.ok)
	}
	e.u32(uint32(len(doubly)))
	for _, id := range doubly {
		e.u32(id.serial)
		e.u32(id.epoch)
	}
}

// decodePeers reads peers of one realm; r is nil when no keys are installed, and then there are none.
func decodePeers(d *decoder, r *realm, tables int) (*peers, error) {
	p := newPeers(tables)
	if r != nil {
		p.home = r.hash
	}
	for range d.count(MaxPeers) {
		text, epoch := d.text(), d.u32()
		var pub [32]byte
		d.copy(pub[:])
		knowsMe := d.flag()
		if d.bad || r == nil {
			return nil, fmt.Errorf("known peers: %w", ErrCorrupt)
		}
		a, err := wire.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("known peers: %w: %w", ErrCorrupt, err)
		}
		key, err := r.publicKey(a, epoch, pub)
		if err != nil {
			return nil, fmt.Errorf("known peers: %w: %w", ErrCorrupt, err)
		}
		p.add(&peer{address: a, key: key, shown: shown{knowsMe, epoch}})
	}
	for range d.count(MaxPeers) {
		id := peerID{p.home, d.u32(), d.u32()}
		p.doubly.put(id, id)
	}
	return p, nil
}

// forget drops the keys of a realm that is no longer trusted. What has two keys stays refused.
func (p *peers) forget(realm [32]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.known.all() {
		if k.id().realm == realm {
			p.known.drop(k.id())
			p.unindex(k)
		}
	}
}

// doublyAbroad are the identities with two keys of other realms, which encode leaves out.
func (p *peers) doublyAbroad() []peerID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.abroad.all()
}

func (p *peers) refuseAbroad(id peerID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abroad.put(id, id)
}
