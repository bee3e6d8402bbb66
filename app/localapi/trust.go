package localapi

import "marque/authority"

var (
	trusted    = call[none, authority.TrustList]{"trusted", anyone, (*Server).trusted, properties{quiet: true}}
	trust      = call[Trust, Outcome]{"trust", security, (*Server).trust, properties{}}
	renewTrust = call[none, authority.TrustList]{"renew-trust", security, (*Server).renewTrust, properties{}}
)

// trustRoutes are the calls about other realms.
var trustRoutes = []route{trusted, trust, renewTrust}

// Trust says what becomes of another realm.
type Trust struct {
	Realm  string
	Core   []byte // encoded: its vehicles are talked to from now on; nil: no more
	Hybrid bool   // its policy demands sessions with ML-KEM
}

// Trusted is [authority.Authority.Trusted].
func (c *Client) Trusted() (*authority.TrustList, error) { return trusted.do(c, &none{}) }

// Trust changes whom the realm trusts. What is not done at once is a proposal, which others approve.
func (c *Client) Trust(in Trust) (*Outcome, error) { return trust.do(c, &in) }

// RenewTrust is [authority.Authority.RenewTrust].
func (c *Client) RenewTrust() (*authority.TrustList, error) { return renewTrust.do(c, &none{}) }

func (s *Server) trusted(*caller, *none) (*authority.TrustList, error) {
	return s.authority().Authority().Trusted()
}

func (s *Server) trust(c *caller, in *Trust) (*Outcome, error) {
	p, err := s.authority().Authority().NewTrustPayload(in.Realm, in.Core, in.Hybrid)
	if err != nil {
		return nil, err
	}
	payload, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionTrust, payload)
}

func (s *Server) renewTrust(*caller, *none) (*authority.TrustList, error) {
	return s.authority().Authority().RenewTrust()
}
