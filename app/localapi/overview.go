package localapi

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"marque/authority"
	"marque/hsm"
)

// overviewRoutes are the calls about what needs somebody.
var overviewRoutes = []route{overview}

var overview = call[instant, Overview]{"overview", signedOn, (*Server).overview, properties{quiet: true}}

// Overview is what of an authority may need somebody.
type Overview struct {
	authority.Overview

	Proposals []Waiting // open ones, the one that ends first at first
	Disk      Disk      // where the authority's folder is
}

// Waiting is a proposal that officers have not decided about yet.
type Waiting struct {
	Digest    [32]byte
	Action    authority.Action
	Count     int // how many identities it is about; 0 for other things
	Requester string
	Time      time.Time
	Expires   time.Time
	Missing   int
	Yours     bool // a security officer signed on in this client has not approved it yet
}

// Disk says how much room there is, in octets.
type Disk struct {
	Free  uint64 // for the account of the service
	Total uint64
}

// Overview reads what may need somebody: see [authority.Authority.Overview]. Officers who are signed on may ask; it keeps nobody signed
// on.
func (c *Client) Overview(since time.Time) (*Overview, error) {
	return overview.do(c, &instant{Time: since})
}

func (s *Server) overview(c *caller, in *instant) (*Overview, error) {
	a := s.authority().Authority()
	o, err := a.Overview(in.Time)
	if err != nil {
		return nil, err
	}
	out := &Overview{Overview: *o}
	if !s.authority().Locked() {
		if out.Proposals, err = waiting(a, c); err != nil {
			return nil, err
		}
	}
	out.Disk, err = disk(s.o.Dir)
	return out, err
}

// waiting lists the proposals that are open.
func waiting(a *authority.Authority, c *caller) ([]Waiting, error) {
	all, err := a.Pendings()
	if err != nil {
		return nil, err
	}
	var open []Waiting
	for i := range all {
		p := &all[i]
		if p.State != authority.StateOpen {
			continue
		}
		w := Waiting{
			Digest: p.Digest, Action: p.Action, Requester: p.Requester.Name, Time: p.Time, Expires: p.Expires, Missing: p.Missing,
		}
		w.Yours = slices.ContainsFunc(c.security(), func(o *hsm.Credential) bool {
			name := o.Officer().Name
			return !slices.ContainsFunc(p.Approved, func(by authority.Officer) bool { return by.Name == name })
		})
		if w.Count, err = identitiesIn(p); err != nil {
			return nil, err
		}
		open = append(open, w)
	}
	slices.SortStableFunc(open, func(x, y Waiting) int { return x.Expires.Compare(y.Expires) })
	return open, nil
}

// identitiesIn is how many identities a proposal is about, as far as that is what it is about.
func identitiesIn(p *authority.Pending) (int, error) {
	switch p.Action { //nolint:exhaustive // the others are about something else
	case authority.ActionBatch, authority.ActionRevoke:
		payload, err := authority.ParseRevokePayload(p.Payload)
		if err != nil {
			return 0, err
		}
		return len(payload.Addresses), nil
	case authority.ActionUndo, authority.ActionUndoMany:
		payload, err := authority.ParseUndoPayload(p.Payload)
		if err != nil {
			return 0, err
		}
		return len(payload.Addresses), nil
	case authority.ActionRelease:
		payload, err := authority.ParseReleasePayload(p.Payload)
		if err != nil {
			return 0, err
		}
		return len(payload.Addresses), nil
	}
	return 0, nil
}

func disk(dir string) (Disk, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return Disk{}, fmt.Errorf("ask for room on the disk: %w", err)
	}
	return Disk{Free: st.Bavail * uint64(st.Bsize), Total: st.Blocks * uint64(st.Bsize)}, nil
}
