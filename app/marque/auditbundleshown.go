package main

import (
	"encoding/hex"
	"time"

	"marque/app/inspect"
	"marque/app/words"
	"marque/device/wire"
)

// maxRanges is the most ranges of serials that the answer names, of what was added and of what left.
const maxRanges = 1_000

// bundlesShown is what was found, as JSON shows it.
type bundlesShown struct {
	OK       bool          `json:"ok"`
	Verified bool          `json:"verified"` // every list, under the core with these words
	Words    string        `json:"words,omitempty"`
	LogSize  uint64        `json:"log_size,omitempty"` // of the log that they were looked up in
	Lists    []bundleShown `json:"lists"`
	Steps    []stepShown   `json:"steps"`
}

// bundleShown is one list.
type bundleShown struct {
	File       string    `json:"file"`
	Kind       string    `json:"kind"`
	Realm      string    `json:"realm"`
	Verified   bool      `json:"verified"`
	Generation uint32    `json:"generation"`
	Base       uint32    `json:"base"`
	Sequence   uint32    `json:"sequence"`
	From       uint32    `json:"from,omitempty"`
	State      string    `json:"state"`
	Previous   string    `json:"previous,omitempty"`
	Issued     time.Time `json:"issued"`
	NextUpdate time.Time `json:"next_update"`
	HardExpiry time.Time `json:"hard_expiry"`
	Age        int64     `json:"age"` // seconds; negative when it is issued in the future
	Standing   string    `json:"standing"`
	N          uint64    `json:"n"`
	Count      uint32    `json:"count"`
	Share      float64   `json:"share"` // of n, from 0 to 1
	Octets     int       `json:"octets"`
	Payload    int       `json:"payload"`
	Bound      float64   `json:"bound"` // octets
	Codec      uint8     `json:"codec,omitempty"`

	FirstEpoch uint32    `json:"first_epoch"`
	LastEpoch  uint32    `json:"last_epoch"`
	Covers     time.Time `json:"covers,omitzero"` // from here
	Until      time.Time `json:"until,omitzero"`  // to here, exclusive

	LogSize uint64        `json:"log_size,omitempty"`
	LogRoot string        `json:"log_root,omitempty"`
	Hash    string        `json:"sha256"`
	Entry   *uint64       `json:"entry,omitempty"` // of the log that records it, from 0
	Regions []regionShown `json:"regions,omitempty"`
	Wrong   []string      `json:"wrong"`
}

// regionShown is a range of serials with a file of its own.
type regionShown struct {
	From  uint64 `json:"from"`
	End   uint64 `json:"end"`
	Count uint32 `json:"count"`
	Given bool   `json:"given"`
}

// stepShown is what a list says after those before it.
type stepShown struct {
	From     string    `json:"from"`
	To       string    `json:"to"`
	Twin     string    `json:"twin,omitempty"` // the file of the same number
	Same     bool      `json:"same"`
	Fork     bool      `json:"fork"`
	Leads    *bool     `json:"leads,omitempty"` // of a change
	Newer    int64     `json:"newer"`           // seconds
	Compared bool      `json:"compared"`
	Added    *runShown `json:"added,omitempty"`
	Removed  *runShown `json:"removed,omitempty"`
	Wrong    []string  `json:"wrong"`

	number, before wire.Order
}

// runShown is a set of serials: the first ranges of it, both ends included.
type runShown struct {
	Count  uint64      `json:"count"`
	Ranges [][2]uint32 `json:"ranges"`
	More   int         `json:"more,omitempty"` // ranges that are left out
}

// The standings of a list.
const (
	standingInForce = "in order"
	standingStale   = "stale"
	standingExpired = "expired"
	standingFuture  = "issued in the future"
)

// explain puts together what is known.
func (a *bundleAudit) explain(lists []*inspect.List, now time.Time) *bundlesShown {
	r := &bundlesShown{OK: true, Verified: a.realm != nil, Lists: []bundleShown{}, Steps: []stepShown{}}
	if a.realm != nil {
		hash := a.realm.Hash()
		r.Words = words.Text(hash[:])
	}
	steps := inspect.Compare(lists)
	for _, l := range lists {
		var entry *uint64
		if a.entries != nil {
			r.LogSize = a.entries.Size
			if index, ok := inspect.InLog(l, a.entries); ok {
				entry = &index
			}
		}
		shown := shownBundle(l, a.realm, now)
		shown.Entry = entry
		r.Lists = append(r.Lists, shown)
		r.OK, r.Verified = r.OK && len(l.Wrong) == 0, r.Verified && l.Verified
	}
	for i := range steps {
		if a.entries != nil {
			steps[i].Account(a.entries)
		}
		r.Steps = append(r.Steps, shownStep(&steps[i]))
		r.OK = r.OK && len(steps[i].Wrong) == 0
	}
	return r
}

func shownBundle(l *inspect.List, core *wire.Core, now time.Time) bundleShown {
	out := bundleShown{
		File: l.Name, Kind: string(l.Kind), Realm: l.Realm, Verified: l.Verified,
		Generation: l.Order.Generation, Base: l.Order.Base, Sequence: l.Order.Sequence, From: l.From, State: hex.EncodeToString(l.State[:]),
		Issued: l.Issued, NextUpdate: l.NextUpdate, HardExpiry: l.HardExpiry, Age: int64(now.Sub(l.Issued).Seconds()), Standing: standing(l, now),
		N: l.N, Count: l.Count, Octets: l.Octets, Payload: l.Payload, Bound: l.Bound(), Codec: l.Codec,
		FirstEpoch: l.FirstEpoch, LastEpoch: l.LastEpoch, Hash: hex.EncodeToString(l.Hash[:]), Wrong: some(l.Wrong),
	}
	if l.N > 0 {
		out.Share = float64(l.Count) / float64(l.N)
	}
	if l.NamesLog() {
		out.Previous, out.LogSize, out.LogRoot = hex.EncodeToString(l.Previous[:]), l.LogSize, hex.EncodeToString(l.LogRoot[:])
	}
	if core != nil {
		out.Covers, out.Until = epochStart(core, uint64(l.FirstEpoch)), epochStart(core, uint64(l.LastEpoch)+1)
	}
	for _, r := range l.Regions {
		out.Regions = append(out.Regions, regionShown{r.From, r.End, r.Count, r.Given})
	}
	return out
}

// epochStart is no later than the end of the year 9999, and zero for epochs after it.
func epochStart(core *wire.Core, epoch uint64) time.Time {
	const last = 253_402_300_799
	seconds := uint64(core.EpochLength/time.Second) * epoch
	if at := core.Epoch0.Unix() + int64(min(seconds, last)); at <= last {
		return time.Unix(at, 0).UTC()
	}
	return time.Time{}
}

func standing(l *inspect.List, now time.Time) string {
	switch {
	case now.Before(l.Issued):
		return standingFuture
	case !now.Before(l.HardExpiry):
		return standingExpired
	case !now.Before(l.NextUpdate):
		return standingStale
	}
	return standingInForce
}

func shownStep(s *inspect.Step) stepShown {
	out := stepShown{
		From: s.From.Name, To: s.To.Name, Same: s.Same, Fork: s.Fork, Newer: int64(s.To.Issued.Sub(s.From.Issued).Seconds()),
		Compared: s.Compared, Wrong: some(s.Wrong), number: s.To.Order, before: s.From.Order,
	}
	if s.Twin != nil {
		out.Twin = s.Twin.Name
	}
	if s.To.Kind == inspect.Change {
		out.Leads = &s.Leads
	}
	if s.Compared {
		out.Added, out.Removed = shownRun(s.Added), shownRun(s.Removed)
	}
	return out
}

func shownRun(ranges []inspect.Range) *runShown {
	out := &runShown{Count: inspect.Count(ranges), Ranges: [][2]uint32{}}
	for i, r := range ranges {
		if i == maxRanges {
			out.More = len(ranges) - i
			break
		}
		out.Ranges = append(out.Ranges, [2]uint32{r.First, r.Last})
	}
	return out
}
