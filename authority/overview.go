package authority

import (
	"cmp"
	"fmt"
	"sort"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// The most that an overview names.
const (
	MaxNewest = 8 // identities that were issued last
	MaxNamed  = 3 // identities that are revoked, and on no list yet
)

// Overview is what of an authority may need somebody, as far as its database knows.
type Overview struct {
	Time        time.Time // by the authority's clock
	List        uint32    // sequence of the newest list
	Active      int       // identities in order whose keys last
	Unpublished []string  // names of some that are revoked and on no list yet, at most [MaxNamed]; none while locked
	Ending      Ending
	Drilled     time.Time // when the cards were last tried, and gave the seed back; zero for never
	Enrolled    int       // identities that were issued since the time asked for; 0 while locked
	Newest      []Newcomer
}

// Ending says whose last key ends within [EndingSoon], of the identities in order.
type Ending struct {
	Count int
	First time.Time // when the first of these keys ends, exclusive; zero for none
}

// Newcomer is an identity that was issued since the time asked for. There are at most [MaxNewest], the newest first.
type Newcomer struct {
	Name    string
	Serial  uint32
	Kind    wire.Kind
	Issued  time.Time
	Receipt bool // it said that it has its keys
	Revoked bool // or suspended

	Suspended bool // until it is released
}

// Overview reads what may need somebody from the log and the end of the registry, in a few milliseconds for a million identities. Errors:
// those of storage.
func (a *Authority) Overview(since time.Time) (*Overview, error) {
	since = since.Truncate(time.Second) // as the registry keeps them
	o := &Overview{}
	err := a.current(func(tx *storage.Tx) error {
		o.Time, o.List, o.Drilled = a.now(), a.ledger.order.Sequence, a.ledger.drilled
		if err := a.survey(o); err != nil {
			return err
		}
		if a.store.Locked() {
			return nil
		}
		if err := a.nameUnpublished(tx, o); err != nil {
			return err
		}
		return a.newcomers(tx, o, since)
	})
	if err != nil {
		return nil, fmt.Errorf("overview: %w", err)
	}
	return o, nil
}

// survey counts what the log alone says.
func (a *Authority) survey(o *Overview) error {
	epoch, err := a.core.Epoch(o.Time)
	if err != nil {
		return fmt.Errorf("the clock: %w", err)
	}
	soon, err := a.core.Epoch(o.Time.Add(EndingSoon))
	if err != nil {
		return fmt.Errorf("the clock: %w", err)
	}
	first := soon
	for serial, s := range a.ledger.standings {
		last := a.ledger.lastEpochs[serial]
		if s != inOrder || last < epoch {
			continue
		}
		o.Active++
		if last < soon {
			o.Ending.Count++
			first = min(first, last)
		}
	}
	if o.Ending.Count > 0 {
		o.Ending.First = a.core.EpochStart(first + 1)
	}
	return nil
}

// nameUnpublished names some of those that are revoked and on no list yet.
func (a *Authority) nameUnpublished(tx *storage.Tx, o *Overview) error {
	if a.ledger.unlisted == 0 {
		return nil
	}
	for serial, s := range a.ledger.standings {
		if s != unlisted || a.ledger.leftOut(uint32(serial)) {
			continue
		}
		id, err := tx.Identity(uint32(serial))
		if err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
		if o.Unpublished = append(o.Unpublished, id.Address.Name()); len(o.Unpublished) == MaxNamed {
			break
		}
	}
	return nil
}

// newcomers finds those who were issued since a time: serials are given away in the order of time.
func (a *Authority) newcomers(tx *storage.Tx, o *Overview, since time.Time) error {
	issued := int(a.ledger.issued())
	var failed error
	begin := sort.Search(issued, func(i int) bool {
		id, err := tx.Identity(a.ledger.given(i))
		if err != nil {
			failed = cmp.Or(failed, err)
			return true
		}
		return !id.Issued.Before(since)
	})
	if failed != nil {
		return fmt.Errorf("read the registry: %w", failed)
	}
	o.Enrolled = issued - begin
	for i := issued - 1; i >= max(begin, issued-MaxNewest); i-- {
		id, err := tx.Identity(a.ledger.given(i))
		if err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
		r, err := newestReceipt(tx, id)
		if err != nil {
			return err
		}
		o.Newest = append(o.Newest, Newcomer{
			Name: id.Address.Name(), Serial: id.Serial, Kind: id.Kind, Issued: id.Issued, Receipt: r != nil,
			Revoked: id.Revoked != nil, Suspended: id.Revoked != nil && id.Revoked.Suspended(),
		})
	}
	return nil
}

// given returns the serial that was given away as the i-th, from 0.
func (l *ledger) given(i int) uint32 {
	k := sort.Search(len(l.gaps), func(k int) bool { return l.gaps[k].given > uint64(i) })
	if k == 0 {
		return uint32(i)
	}
	g := l.gaps[k-1]
	return g.Next + uint32(uint64(i)-g.given)
}

// leftOut reports whether a serial is one of a gap.
func (l *ledger) leftOut(serial uint32) bool {
	k := sort.Search(len(l.gaps), func(k int) bool { return l.gaps[k].First > serial })
	return k > 0 && serial < l.gaps[k-1].Next
}
