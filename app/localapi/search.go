package localapi

import (
	"errors"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// The calls that find identities.
var (
	search  = call[authority.Query, searched]{"search", signedOn, (*Server).search, properties{}}
	history = call[addressed, historic]{"history", signedOn, (*Server).history, properties{}}
	fleet   = call[instant, fleeted]{"fleet", signedOn, (*Server).fleet, properties{quiet: true}}
)

// searchRoutes are those of this file.
var searchRoutes = []route{search, history, fleet}

// What they give. With Indexing, the registry is still being read, and there is nothing else.
type (
	foundRow struct {
		*authority.Row

		Address string
	}
	searched struct {
		Indexing *authority.IndexingError `json:",omitempty"`
		Results  *authority.Results       `json:",omitempty"` // without its rows
		Rows     []foundRow
	}
	historic struct {
		Indexing   *authority.IndexingError `json:",omitempty"`
		Row        *foundRow                `json:",omitempty"`
		Present    uint32
		Events     []authority.Event
		Namesakes  []foundRow
		ReceiptDue bool
	}
	fleeted struct {
		Indexing *authority.IndexingError `json:",omitempty"`
		Fleet    *authority.Fleet         `json:",omitempty"`
	}
)

// Search is [authority.Authority.Search].
func (c *Client) Search(q authority.Query) (*authority.Results, error) {
	out, err := search.do(c, &q)
	switch {
	case err != nil:
		return nil, err
	case out.Indexing != nil:
		return nil, out.Indexing
	case out.Results == nil:
		return nil, ErrReply
	}
	out.Results.Rows, err = rowsOf(out.Rows)
	return out.Results, err
}

// History is [authority.Authority.History].
func (c *Client) History(address wire.Address) (*authority.History, error) {
	if address.IsZero() {
		return nil, authority.ErrNotFound
	}
	out, err := history.do(c, &addressed{Address: address.String()})
	switch {
	case err != nil:
		return nil, err
	case out.Indexing != nil:
		return nil, out.Indexing
	case out.Row == nil:
		return nil, ErrReply
	}
	h := &authority.History{Present: out.Present, Events: out.Events, ReceiptDue: out.ReceiptDue}
	row, err := out.Row.parse()
	if err != nil {
		return nil, err
	}
	h.Row = *row
	h.Namesakes, err = rowsOf(out.Namesakes)
	return h, err
}

// Fleet is [authority.Authority.Fleet].
func (c *Client) Fleet(since time.Time) (*authority.Fleet, error) {
	out, err := fleet.do(c, &instant{Time: since})
	switch {
	case err != nil:
		return nil, err
	case out.Indexing != nil:
		return nil, out.Indexing
	case out.Fleet == nil:
		return nil, ErrReply
	}
	return out.Fleet, nil
}

func (r *foundRow) parse() (*authority.Row, error) {
	if r.Row == nil {
		return nil, ErrReply
	}
	var err error
	r.Row.Address, err = replied(r.Address)
	return r.Row, err
}

func rowsOf(found []foundRow) ([]authority.Row, error) {
	rows := make([]authority.Row, len(found))
	for i := range found {
		row, err := found[i].parse()
		if err != nil {
			return nil, err
		}
		rows[i] = *row
	}
	return rows, nil
}

func foundRows(rows []authority.Row) []foundRow {
	found := make([]foundRow, len(rows))
	for i := range rows {
		found[i] = foundRow{Row: &rows[i], Address: rows[i].Address.String()}
	}
	return found
}

func (s *Server) search(c *caller, in *authority.Query) (*searched, error) {
	results, err := s.authority().Authority().Search(c.ctx, *in)
	if indexing, ok := errors.AsType[*authority.IndexingError](err); ok {
		return &searched{Indexing: indexing}, nil
	}
	if err != nil {
		return nil, err
	}
	rows := foundRows(results.Rows)
	results.Rows = nil
	return &searched{Results: results, Rows: rows}, nil
}

func (s *Server) history(c *caller, in *addressed) (*historic, error) {
	address, err := wire.ParseAddress(in.Address)
	if err != nil {
		return nil, err
	}
	h, err := s.authority().Authority().History(c.ctx, address)
	if indexing, ok := errors.AsType[*authority.IndexingError](err); ok {
		return &historic{Indexing: indexing}, nil
	}
	if err != nil {
		return nil, err
	}
	return &historic{
		Row: &foundRow{Row: &h.Row, Address: h.Address.String()}, Present: h.Present,
		Events: h.Events, Namesakes: foundRows(h.Namesakes), ReceiptDue: h.ReceiptDue,
	}, nil
}

func (s *Server) fleet(c *caller, in *instant) (*fleeted, error) {
	f, err := s.authority().Authority().Fleet(c.ctx, in.Time)
	if indexing, ok := errors.AsType[*authority.IndexingError](err); ok {
		return &fleeted{Indexing: indexing}, nil
	}
	return &fleeted{Fleet: f}, err
}
