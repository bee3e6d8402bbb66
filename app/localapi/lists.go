package localapi

import "marque/authority"

var (
	pastLists   = call[listsBefore, pastListed]{"past-lists", signedOn, (*Server).pastLists, properties{quiet: true}}
	listChanges = call[none, listChanged]{"list-changes", signedOn, (*Server).listChanges, properties{quiet: true}}
	compact     = call[none, compacted]{"compact-list", signedOn, (*Server).compact, properties{quiet: true}}
	regions     = call[regionCount, authority.RegionalList]{"regions", signedOn, (*Server).regions, properties{quiet: true}}
)

// listRoutes are the calls about the history of lists, and about what leads from one to another.
var listRoutes = []route{pastLists, listChanges, compact, regions}

// What they take and give.
type (
	listsBefore struct {
		Before uint32
		Count  int
	}
	pastListed  struct{ Lists []authority.PastList }
	regionCount struct{ Most int }
	compacted   struct {
		Sequence uint32
		List     authority.ListChange
	}
	listChanged struct {
		Sequence uint32
		Changes  []authority.ListChange
	}
)

// PastLists is [authority.Authority.PastLists].
func (c *Client) PastLists(before uint32, n int) ([]authority.PastList, error) {
	out, err := pastLists.do(c, &listsBefore{Before: before, Count: n})
	if err != nil {
		return nil, err
	}
	return out.Lists, nil
}

func (s *Server) pastLists(_ *caller, in *listsBefore) (*pastListed, error) {
	lists, err := s.authority().Authority().PastLists(in.Before, max(in.Count, 0))
	return &pastListed{Lists: lists}, err
}

// ListChanges is [authority.Authority.ListChanges].
func (c *Client) ListChanges() (sequence uint32, changes []authority.ListChange, err error) {
	out, err := listChanges.do(c, &none{})
	if err != nil {
		return 0, nil, err
	}
	return out.Sequence, out.Changes, nil
}

func (s *Server) listChanges(*caller, *none) (*listChanged, error) {
	sequence, changes, err := s.authority().Authority().ListChanges()
	return &listChanged{Sequence: sequence, Changes: changes}, err
}

// Compact is [authority.Authority.Compact].
func (c *Client) Compact() (sequence uint32, list *authority.ListChange, err error) {
	out, err := compact.do(c, &none{})
	if err != nil {
		return 0, nil, err
	}
	return out.Sequence, &out.List, nil
}

func (s *Server) compact(*caller, *none) (*compacted, error) {
	sequence, list, err := s.authority().Authority().Compact()
	if err != nil {
		return nil, err
	}
	return &compacted{Sequence: sequence, List: *list}, nil
}

// Regions is [authority.Authority.Regions].
func (c *Client) Regions(most int) (*authority.RegionalList, error) {
	return regions.do(c, &regionCount{Most: most})
}

func (s *Server) regions(_ *caller, in *regionCount) (*authority.RegionalList, error) {
	return s.authority().Authority().Regions(in.Most)
}
