package localapi

import (
	"fmt"

	"marque/authority"
	"marque/device/wire"
)

// The calls about depots and receipts.
var (
	depots         = call[none, depotList]{"depots", anyone, (*Server).depots, properties{quiet: true}}
	addDepot       = call[octets, Outcome]{"add-depot", security, (*Server).addDepot, properties{}}
	revokeDepot    = call[depotEnd, Outcome]{"revoke-depot", security, (*Server).revokeDepot, properties{}}
	takeBatch      = call[octets, takenBatch]{"take-batch", operator, (*Server).takeBatch, properties{limit: maxHandOver}}
	acceptReceipts = call[octets, accepts]{"accept-receipts", operator, (*Server).acceptReceipts, properties{limit: maxHandOver}}
	receipts       = call[page, receiptList]{"receipts", signedOn, (*Server).receipts, properties{}}
	signManifest   = call[manifestFiles, octets]{"sign-manifest", operator, (*Server).signManifest, properties{limit: maxManifestCall}}
)

// What they take and give.
type (
	depotList struct{ Depots []authority.Depot }
	depotEnd  struct {
		Name   string
		Reason string // as wire.ParseReason takes it
	}
	takenBatch struct {
		Depot authority.Depot
		Again bool
	}
	receipt struct {
		*authority.Receipt

		Address string
	}
	accepted struct {
		Receipt *receipt // nil when it was refused
		Again   bool
		Warning string
		Failed  *problem // why it was refused
	}
	accepts struct {
		Depot    string // empty when no depot handed them over
		Sequence uint32
		List     wire.Order `json:",omitzero"`
		Accepted []accepted
	}
	receiptList   struct{ Receipts []receipt }
	manifestFiles struct{ Files []wire.File }
)

// Acceptance is what became of one receipt: one of both is nil.
type Acceptance struct {
	Accepted *authority.Accepted
	Err      error
}

// Acceptances are what became of a receipt, or of all that a depot handed over at once.
type Acceptances struct {
	Depot    string // empty when no depot handed them over
	Sequence uint32
	List     wire.Order // that the depot says it hands out; zero when it does not say
	Each     []Acceptance
}

// Depots is [authority.Authority.Depots].
func (c *Client) Depots() ([]authority.Depot, error) {
	out, err := depots.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return out.Depots, nil
}

// AddDepot has the officers who are here ask for the registration of a depot, by the statement that it asks with.
func (c *Client) AddDepot(registration []byte) (*Outcome, error) {
	return addDepot.do(c, &octets{Bytes: registration})
}

// RevokeDepot revokes the registered depot of that name.
func (c *Client) RevokeDepot(name, reason string) (*Outcome, error) {
	return revokeDepot.do(c, &depotEnd{Name: name, Reason: reason})
}

// TakeBatch is [authority.Authority.TakeBatch].
func (c *Client) TakeBatch(statement []byte) (*authority.Taken, error) {
	out, err := takeBatch.do(c, &octets{Bytes: statement})
	if err != nil {
		return nil, err
	}
	core := c.Core()
	if core == nil {
		return nil, ErrGone
	}
	batch, err := wire.OpenBatch(statement, core)
	if err != nil {
		return nil, err
	}
	return &authority.Taken{Depot: out.Depot, Batch: batch, Again: out.Again}, nil
}

// AcceptReceipts is [authority.Authority.AcceptReceipt] of one receipt, or of all that a depot handed over in one statement. The error is
// about them together.
func (c *Client) AcceptReceipts(b []byte) (*Acceptances, error) {
	out, err := acceptReceipts.do(c, &octets{Bytes: b})
	if err != nil {
		return nil, err
	}
	all := &Acceptances{Depot: out.Depot, Sequence: out.Sequence, List: out.List}
	for _, a := range out.Accepted {
		one := Acceptance{}
		switch {
		case a.Failed != nil && a.Receipt == nil:
			one.Err = a.Failed.err()
		case a.Failed == nil && a.Receipt != nil:
			r, err := a.Receipt.parse()
			if err != nil {
				return nil, err
			}
			one.Accepted = &authority.Accepted{Receipt: *r, Again: a.Again, Warning: a.Warning}
		default:
			return nil, ErrReply
		}
		all.Each = append(all.Each, one)
	}
	return all, nil
}

// Receipts is [authority.Authority.Receipts].
func (c *Client) Receipts(from uint32, n int) ([]authority.Receipt, error) {
	out, err := receipts.do(c, &page{From: from, Count: n})
	if err != nil {
		return nil, err
	}
	var list []authority.Receipt
	for i := range out.Receipts {
		r, err := out.Receipts[i].parse()
		if err != nil {
			return nil, err
		}
		list = append(list, *r)
	}
	return list, nil
}

// SignManifest is [authority.Authority.SignManifest].
func (c *Client) SignManifest(files []wire.File) ([]byte, error) {
	out, err := signManifest.do(c, &manifestFiles{Files: files})
	if err != nil {
		return nil, err
	}
	return out.Bytes, nil
}

func (r *receipt) parse() (*authority.Receipt, error) {
	if r.Receipt == nil {
		return nil, ErrReply
	}
	var err error
	r.Receipt.Address, err = replied(r.Address)
	return r.Receipt, err
}

func (s *Server) depots(*caller, *none) (*depotList, error) {
	all, err := s.authority().Authority().Depots()
	return &depotList{Depots: all}, err
}

func (s *Server) addDepot(c *caller, in *octets) (*Outcome, error) {
	r, err := wire.OpenRegistration(in.Bytes, s.authority().Authority().Core())
	if err != nil {
		return nil, err
	}
	payload, err := (&authority.DepotPayload{Name: r.Name, Key: r.Key, Registration: wire.RegistrationHash(in.Bytes)}).Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionDepot, payload)
}

func (s *Server) revokeDepot(c *caller, in *depotEnd) (*Outcome, error) {
	reason, err := wire.ParseReason(in.Reason)
	if err != nil {
		return nil, err
	}
	all, err := s.authority().Authority().Depots()
	if err != nil {
		return nil, err
	}
	key, err := keyOf(all, in.Name)
	if err != nil {
		return nil, err
	}
	payload, err := (&authority.DepotRevokePayload{Name: in.Name, Key: key, Reason: reason}).Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionDepotRevoke, payload)
}

// keyOf returns the key of the depot that has a name now, or else had it last: after a reopening it may be that of a depot that lapsed, too.
func keyOf(all []authority.Depot, name string) (key [32]byte, err error) {
	err = authority.ErrNoDepot
	lapsed := false
	for _, d := range all {
		switch {
		case d.Name != name:
		case d.Revoked == nil && !d.Lapsed:
			return d.Key, nil
		case d.Revoked == nil:
			key, err, lapsed = d.Key, nil, true
		case !lapsed:
			key, err = d.Key, nil // Propose says that it is revoked
		}
	}
	return key, err
}

func (s *Server) takeBatch(_ *caller, in *octets) (*takenBatch, error) {
	taken, err := s.authority().Authority().TakeBatch(in.Bytes)
	if err != nil {
		return nil, err
	}
	return &takenBatch{Depot: taken.Depot, Again: taken.Again}, nil
}

// acceptReceipts goes on while the client is there.
func (s *Server) acceptReceipts(c *caller, in *octets) (*accepts, error) {
	a, out := s.authority().Authority(), &accepts{}
	all := [][]byte{in.Bytes}
	if wire.Sniff(in.Bytes) == wire.FoundReceipts {
		r, err := a.OpenReceipts(in.Bytes)
		if err != nil {
			return nil, err
		}
		all, out.Depot, out.Sequence, out.List = r.Receipts, r.Name, r.Sequence, r.List
	}
	for i, b := range all {
		if err := c.ctx.Err(); err != nil {
			return nil, fmt.Errorf("after %d of %d receipts: %w", i, len(all), err)
		}
		got, err := a.AcceptReceipt(b)
		if err != nil {
			out.Accepted = append(out.Accepted, accepted{Failed: newProblem(err)})
			continue
		}
		one := &receipt{Receipt: &got.Receipt, Address: got.Address.String()}
		out.Accepted = append(out.Accepted, accepted{Receipt: one, Again: got.Again, Warning: got.Warning})
		s.desk.touch(c.sessions, s.o.Clock()) // thousands of them take longer than anybody stays idle
	}
	return out, nil
}

func (s *Server) receipts(_ *caller, in *page) (*receiptList, error) {
	all, err := s.authority().Authority().Receipts(in.From, in.Count)
	if err != nil {
		return nil, err
	}
	out := &receiptList{Receipts: make([]receipt, len(all))}
	for i := range all {
		out.Receipts[i] = receipt{Receipt: &all[i], Address: all[i].Address.String()}
	}
	return out, nil
}

func (s *Server) signManifest(_ *caller, in *manifestFiles) (*octets, error) {
	b, err := s.authority().Authority().SignManifest(in.Files)
	return &octets{Bytes: b}, err
}

// Bounds of these calls, in octets of JSON.
const (
	maxHandOver     = 12 << 20 // wire.MaxBatch in Base64
	maxManifestCall = 40 << 20 // as many files as a manifest has, with hashes as numbers
)
