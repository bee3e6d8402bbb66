package device

import (
	"slices"
	"time"
)

// TrustStatus is the trust list in force, and the realms on it.
type TrustStatus struct {
	Known      bool // false: no other realm is trusted, and the rest is empty
	Sequence   uint32
	Issued     time.Time
	HardExpiry time.Time
	Expired    bool // past HardExpiry: no other realm is trusted
	Realms     []RealmStatus
}

// RealmStatus is another realm that the trust list names.
type RealmStatus struct {
	Realm      string
	CoreHash   [32]byte
	Generation uint32   // of its core
	SPIDs      []string // of its addresses
	Hybrid     bool     // it is called by hybrid sessions
	List       ListStatus
}

// trustStatus describes the other realms at a moment. The caller holds mu.
func (d *Device) trustStatus(now time.Time) TrustStatus {
	t := &d.trust
	s := TrustStatus{Known: !t.issued.IsZero()}
	if !s.Known {
		return s
	}
	s.Sequence, s.Issued, s.HardExpiry, s.Expired = t.sequence, t.issued, t.expires, !now.Before(t.expires)
	for _, a := range t.allies {
		r := RealmStatus{Realm: a.core.Realm, CoreHash: a.hash, Generation: a.core.Generation, SPIDs: slices.Clone(a.core.SPIDs), Hybrid: a.hybrid}
		if a.list != nil {
			r.List = a.list.status(now, a.core)
		}
		s.Realms = append(s.Realms, r)
	}
	return s
}
