package remote

import (
	"errors"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

// Overview implements flow.Overviewer.
func (s *Service) Overview(since time.Time) (outlook *flow.Outlook, err error) {
	err = s.with(func(c *localapi.Client) error {
		o, err := c.Overview(since)
		if err != nil {
			return err
		}
		outlook = outlookOf(o)
		fleet, err := c.Fleet(since)
		switch {
		case errors.Is(err, authority.ErrIndexing):
			return nil
		case err != nil:
			return err
		}
		outlook.Fleet = fleetOf(fleet, o.List)
		return nil
	})
	return outlook, err
}

func outlookOf(in *localapi.Overview) *flow.Outlook {
	out := &flow.Outlook{Overview: in.Overview, Disk: flow.Disk(in.Disk)}
	for _, w := range in.Proposals {
		out.Waiting = append(out.Waiting, flow.Waiting{
			Action: w.Action, Count: w.Count, Requester: w.Requester, Time: w.Time, Missing: w.Missing, Yours: w.Yours,
		})
	}
	return out
}

// singly is how many lists, the newest ones, are shown each.
const singly = 3

// fleetOf sums up who holds which list.
func fleetOf(in *authority.Fleet, newest uint32) *flow.Fleet {
	out := &flow.Fleet{}
	for list := newest; list > 0 && len(out.Held) < singly; list-- {
		out.Held = append(out.Held, flow.Held{List: list})
	}
	for _, h := range in.Held {
		if behind := int(newest) - int(h.Sequence); len(out.Held) > 0 && behind < len(out.Held) {
			out.Held[max(behind, 0)].Count += h.Count // one that is newer than the newest known here counts as that
			continue
		}
		out.Older.Count += h.Count
		out.Older.List = max(out.Older.List, h.Sequence)
	}
	behind := 0
	for _, d := range in.Depots {
		behind += d.Behind
		if d.Behind > out.DepotHeld && d.Depot != "" {
			out.Depot, out.DepotHeld = d.Depot, d.Behind
		}
	}
	if 2*out.DepotHeld <= behind {
		out.Depot, out.DepotHeld = "", 0
	}
	return out
}

// Lookup implements flow.Finder.
func (s *Service) Lookup(text string, n int) (hits []flow.Hit, all int, err error) {
	err = s.with(func(c *localapi.Client) error {
		r, err := c.Search(authority.Query{Text: text, Count: n})
		if err != nil {
			return err
		}
		all = r.Matches
		for i := range r.Rows {
			row := &r.Rows[i]
			hits = append(hits, flow.Hit{Name: row.Address.Name(), Address: row.Address.String(), Standing: standings[row.Standing]})
		}
		return nil
	})
	return hits, all, err
}

var standings = map[authority.Standing]flow.Standing{
	authority.StandingActive: flow.Active, authority.StandingSuspended: flow.Suspended, authority.StandingRevoked: flow.Revoked, authority.StandingExpired: flow.Expired,
}
