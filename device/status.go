package device

import (
	"slices"
	"time"

	"marque/device/wire"
)

// Status is what a device knows about itself at one moment.
type Status struct {
	Name    string
	Kind    wire.Kind
	Request [32]byte  // hash of the enrolment request, shown as eight words
	Now     time.Time // the later of clock and time floor: what everything is judged by
	Floor   time.Time // the time floor; a clock before it is not believed
	Key     string    // what opens the folder: "key file", "sealed key file" or "passphrase"
	Counted bool      // a counter shows whether the folder was set back
	SetBack bool      // it was, and nobody is trusted before a list is applied that is not past its next update

	Rotating   bool // rotated to the core of the next three fields, without keys of it yet
	Realm      string
	CoreHash   [32]byte
	Generation uint32     // of the core
	HasNext    bool       // the core commits to a next one, so the realm can be rotated
	Former     *wire.Core // given up last, nil if there was none

	Installed  bool // the rest of this block is empty without keys
	Address    wire.Address
	Sequence   uint32 // of the package
	FirstEpoch uint32 // of the keys
	LastEpoch  uint32
	Epoch      uint32    // now; meaningful if KeyNow
	KeyNow     bool      // there is a key for now
	KeysUntil  time.Time // end of the last epoch
	Policy     wire.Policy
	Revoked    bool // this device is on the list: it signs and seals nothing

	List     ListStatus
	Held     []Span      // the serials below List.N that the list in force answers for: all, unless it is held in regions
	Trust    TrustStatus // other realms
	Alarms   []Alarm     // stay until the folder is gone, or their core was given up twice
	Peers    int         // keys known, at most MaxPeers
	Seen     int         // messages remembered
	Sessions int         // live
	Shared   SharedStatus
}

// ListStatus is the revocation list in force.
type ListStatus struct {
	Known      bool // false: nobody is trusted, and the rest is empty
	Order      wire.Order
	State      [16]byte
	Issued     time.Time
	NextUpdate time.Time
	HardExpiry time.Time
	Age        time.Duration // since Issued; 0 when a clock is behind the authority's
	FirstEpoch uint32        // that it answers for; of others nobody is trusted
	LastEpoch  uint32
	From       time.Time // start of the first of them
	Until      time.Time // end of the last one
	N          uint64    // the list speaks of serials below N
	Count      int       // revoked serials
	Memory     int       // octets that it takes in memory: see Options.ListMemory
	Stale      bool      // past NextUpdate: what it says is marked
	Expired    bool      // past HardExpiry: everything is refused
	Forked     bool      // union of two lists with one number
	Regional   bool      // some of its regions are not held: see Status.Held
}

// Status returns what the device knows about itself. It works before Install and after Close, too.
func (d *Device) Status() Status {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := Status{
		Name: d.wanted.Name, Kind: d.wanted.Kind, Request: d.request, Now: d.now(), Floor: time.UnixMilli(d.floor.any.Load()).UTC(),
		Key: sourceName(d.folder.root.source), Counted: d.counting.used, SetBack: d.counting.setBack,
		Alarms: slices.Clone(d.alarms), Peers: d.peers.len(), Seen: d.seen.len(), Sessions: len(d.sessions.all()), Shared: d.shared(),
	}
	if core, hash := d.inForce(); core != nil {
		s.Realm, s.CoreHash, s.Generation, s.HasNext, s.Rotating = core.Realm, hash, core.Generation, len(core.Next) > 0, d.realm == nil
	}
	if d.rotation != nil {
		s.Former = d.rotation.former.Core
	}
	if r := d.realm; r != nil {
		s.Installed, s.Address, s.Sequence = true, r.address, r.sequence
		s.FirstEpoch, s.LastEpoch, s.KeysUntil = r.keys.first, r.keys.last(), r.core.EpochStart(r.keys.last()+1)
		s.Policy, s.Revoked = *r.policy, d.list.revokes(r.address.Serial())
		if e, err := r.core.Epoch(s.Now); err == nil {
			s.Epoch, s.KeyNow = e, e >= s.FirstEpoch && e <= s.LastEpoch
		}
	}
	s.Trust = d.trustStatus(s.Now)
	if d.list != nil && d.realm != nil { // whoever sets the state back alone leaves a list without a realm
		s.Held, s.List = d.list.held(), d.list.status(s.Now, d.realm.core)
	}
	return s
}

// status describes a list of a core at a moment.
func (l *list) status(now time.Time, c *wire.Core) ListStatus {
	return ListStatus{
		Known: true, Order: l.order, State: l.state, Issued: l.issued, NextUpdate: l.nextUpdate, HardExpiry: l.hardExpiry,
		Age: max(now.Sub(l.issued), 0), FirstEpoch: l.first, LastEpoch: l.last, From: c.EpochStart(l.first), Until: c.EpochStart(max(l.last, l.last+1)),
		N: l.set.N(), Count: l.set.Len(), Memory: l.set.Octets(), Stale: !now.Before(l.nextUpdate), Expired: !now.Before(l.hardExpiry), Forked: l.forked, Regional: l.regional(),
	}
}
