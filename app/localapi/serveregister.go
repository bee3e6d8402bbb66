package localapi

import (
	"marque/authority"
	"marque/device/wire"
)

func (s *Server) review(_ *caller, in *octets) (*reviewed, error) {
	r, err := s.authority().Authority().Review(in.Bytes)
	if err != nil {
		return nil, err
	}
	out := &reviewed{Again: r.Again, Warning: r.Warning}
	if r.Again {
		out.Address = r.Address.String()
	}
	if r.Problem != nil {
		out.Problem = newProblem(r.Problem)
	}
	return out, nil
}

func (s *Server) enrol(_ *caller, in *octets) (*issued, error) {
	made, err := s.authority().Authority().Enrol(in.Bytes)
	if err != nil {
		return nil, err
	}
	return &issued{Issued: made, Address: made.Address.String()}, nil
}

func (s *Server) list(_ *caller, in *page) (*identities, error) {
	ids, err := s.authority().Authority().Identities(in.From, in.Count)
	if err != nil {
		return nil, err
	}
	return identitiesOf(ids), nil
}

func identitiesOf(ids []authority.Identity) *identities {
	out := &identities{Identities: make([]identity, len(ids))}
	for i := range ids {
		out.Identities[i] = identity{Identity: &ids[i], Address: ids[i].Address.String()}
	}
	return out
}

func (s *Server) lookUp(_ *caller, in *addressed) (*identity, error) {
	address, err := wire.ParseAddress(in.Address)
	if err != nil {
		return nil, err
	}
	id, err := s.authority().Authority().Identity(address)
	if err != nil {
		return nil, err
	}
	return &identity{Identity: id, Address: in.Address}, nil
}

func (s *Server) publish(*caller, *none) (*authority.Published, error) {
	return s.authority().Authority().Publish()
}
