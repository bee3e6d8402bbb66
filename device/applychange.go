package device

import (
	"bytes"
	"fmt"

	"marque/device/revocation"
	"marque/device/wire"
)

// applyChange brings the list in force to a later one. Since changes only add serials, one that reaches back far enough fits every list
// between, and the state shows that what comes out is the list that was signed. The caller holds saving.
func (d *Device) applyChange(statement []byte, s situation) (*Applied, error) {
	old, mark := s.old, s.mark
	c, err := openChange(statement, s.of)
	if err != nil {
		if wire.Sniff(statement) == wire.FoundRegions {
			return nil, fmt.Errorf("the serials of this list stand in regions, which are applied together with it: %w", ErrRegionMissing)
		}
		return nil, s.rotated.explainChange(err, statement, s.of)
	}
	if c.From == 0 {
		return d.applyComplete(c, s)
	}
	order := c.Order().Compare(mark.order)
	switch {
	case old == nil:
		return nil, fmt.Errorf("no list is in force that it could continue: %w", ErrListGap)
	case mark.known && order < 0:
		return nil, fmt.Errorf("number %d comes after it: %w", mark.order.Sequence, ErrOldList)
	case order == 0:
		return d.sameNumber(c, s)
	case c.Generation != old.order.Generation || c.Base != old.order.Base || old.forked:
		return nil, fmt.Errorf("list %d cannot be continued to list %d: %w", old.order.Sequence, c.Sequence, ErrListGap)
	case old.regional():
		return nil, fmt.Errorf("list %d is held in regions, which no change continues; take list %d in regions: %w", old.order.Sequence, c.Sequence, ErrListGap)
	case old.order.Sequence < c.From:
		return nil, fmt.Errorf("list %d is in force, and the change begins at list %d: %w", old.order.Sequence, c.From, ErrListGap)
	}
	l, file, err := old.continued(c, s.of.core.Realm)
	if err != nil {
		return nil, err
	}
	ended, err := d.enforce(s, l, file)
	return d.applied(l, s, ended, true), err
}

// applyComplete takes a change that begins with nobody, which is a list that says nothing of the log. The caller holds saving.
func (d *Device) applyComplete(c *wire.Change, s situation) (*Applied, error) {
	b := &wire.Bundle{
		Core: s.of.hash, Generation: c.Generation, Base: c.Base, Sequence: c.Sequence, State: c.State, Issued: c.Issued, NextUpdate: c.NextUpdate,
		HardExpiry: c.HardExpiry, N: c.N, Count: c.Count, Codec: c.Codec, Data: c.Data, FirstEpoch: c.FirstEpoch, LastEpoch: c.LastEpoch,
	}
	if err := d.comparePlace(b, s); err != nil {
		return nil, err
	}
	l, err := newList(b, s.of.core.Realm, d.o.ListMemory)
	if err != nil {
		return nil, err
	}
	return d.take(l, coded{revocation.Codec(b.Codec), b.Data}, b, s)
}

// openChange checks everything about a change that needs no list.
func openChange(statement []byte, r *public) (*wire.Change, error) {
	payload, err := wire.OpenStatement(statement, wire.TypeChange, r.core.Realm, r.core.StatementKey)
	if err != nil {
		return nil, statementError(err)
	}
	c, err := wire.ParseChange(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if c.Core != r.core.Ref() {
		return nil, fmt.Errorf("the change was signed for another core: %w", ErrUnknownRealm)
	}
	return c, nil
}

// continued returns the list that a change leads to, and who is revoked as its file has it.
func (l *list) continued(c *wire.Change, realm string) (*list, coded, error) {
	added, err := revocation.Decode(revocation.Codec(c.Codec), c.N, int(c.Count), c.Data)
	if err != nil {
		return nil, coded{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if l.set.N() > c.N {
		return nil, coded{}, fmt.Errorf("it speaks of fewer serials than the list in force: %w", ErrListGap)
	}
	set := revocation.Expand(l.set).Union(added)
	if wire.ListState(realm, c.Generation, c.Base, c.FirstEpoch, c.LastEpoch, c.N, set.Serials()) != c.State {
		return nil, coded{}, fmt.Errorf("it leads to another state than it names: %w", ErrListGap)
	}
	return &list{
		order: c.Order(), state: c.State, issued: c.Issued, nextUpdate: c.Issued.Add(c.NextUpdate), hardExpiry: c.Issued.Add(c.HardExpiry),
		first: c.FirstEpoch, last: c.LastEpoch, set: revocation.NewIndex(set, l.memory), memory: l.memory,
	}, encodeSet(set), nil
}

// sameNumber takes a change to the number that is in force. It says nothing new, or else the authority signed two lists under one number: of
// the other one this is what is known.
func (d *Device) sameNumber(c *wire.Change, s situation) (*Applied, error) {
	old := s.old
	added, err := revocation.Decode(revocation.Codec(c.Codec), c.N, int(c.Count), c.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	other := &list{
		order: c.Order(), state: c.State, issued: c.Issued, nextUpdate: c.Issued.Add(c.NextUpdate), hardExpiry: c.Issued.Add(c.HardExpiry),
		first: c.FirstEpoch, last: c.LastEpoch, set: revocation.NewIndex(added, 0),
	}
	forked := other.state != old.state || !old.sameDates(other)
	if !forked || old.forked && !old.adds(other) {
		return d.applied(old, s, 0, false), nil
	}
	l := old.union(other)
	ended, err := d.enforce(s, l, l.coded())
	if err != nil {
		return nil, err
	}
	return d.applied(l, s, ended, true), ErrForked
}

// explainChange says of a change that was refused whether it seems to be of the former core or of the next one, as explain does: a change
// carries four octets of the core's hash.
func (r *rotation) explainChange(err error, statement []byte, present *public) error {
	next := present.core.Next
	switch {
	case r != nil && bytes.Contains(statement, r.former.CoreHash[:4]):
		return fmt.Errorf("%w: %w", ErrRotated, err)
	case len(next) > 0 && bytes.Contains(statement, next[:4]):
		return fmt.Errorf("%w: %w", ErrRotateFirst, err)
	}
	return err
}
