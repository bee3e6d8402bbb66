package localapi

import "marque/authority"

var pastLists = call[listsBefore, pastListed]{"past-lists", signedOn, (*Server).pastLists, properties{quiet: true}}

// listRoutes are the calls about the history of lists.
var listRoutes = []route{pastLists}

// What it takes and gives.
type (
	listsBefore struct {
		Before uint32
		Count  int
	}
	pastListed struct{ Lists []authority.PastList }
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
