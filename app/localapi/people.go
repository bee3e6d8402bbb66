package localapi

import (
	"crypto/rand"

	"marque/app/selftest"
	"marque/authority"
	"marque/device/wire"
)

// The calls about the realm's rules and about the service itself.
var (
	rules    = call[none, ruleBook]{"rules", anyone, (*Server).rules, properties{quiet: true}}
	selfTest = call[none, tested]{"self-test", signedOn, (*Server).selfTest, properties{}}
)

// peopleRoutes are these calls.
var peopleRoutes = []route{rules, selfTest}

// What they take and give.
type (
	ruleBook struct {
		Core, Policy []byte // statements
		Needs        map[authority.Action]authority.Requirement
	}
	tested struct{ Results []SelfTest }
)

// Rules is what a realm goes by.
type Rules struct {
	Core   *wire.Core   // not to be changed
	Policy *wire.Policy // likewise, in force

	CoreStatement, PolicyStatement []byte // as they were signed

	Needs map[authority.Action]authority.Requirement // officers who decide; nil where there are none
}

// SelfTest is what came of one test of the service's algorithms.
type SelfTest struct {
	Name   string
	Failed string // why; empty when it passed
}

// Rules returns what the realm goes by. It works while the authority is locked.
func (c *Client) Rules() (*Rules, error) {
	out, err := rules.do(c, &none{})
	if err != nil {
		return nil, err
	}
	core, err := wire.OpenCore(out.Core)
	if err != nil {
		return nil, err
	}
	b, err := wire.OpenStatement(out.Policy, wire.TypePolicy, core.Realm, core.StatementKey)
	if err != nil {
		return nil, err
	}
	policy, err := wire.ParsePolicy(b)
	if err != nil {
		return nil, err
	}
	return &Rules{Core: core, Policy: policy, CoreStatement: out.Core, PolicyStatement: out.Policy, Needs: out.Needs}, nil
}

// SelfTest has the service test its algorithms and its random generator again, in a tenth of a second, and returns one result for each.
func (c *Client) SelfTest() ([]SelfTest, error) {
	out, err := selfTest.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return out.Results, nil
}

func (s *Server) rules(*caller, *none) (*ruleBook, error) {
	a := s.authority().Authority()
	core, err := a.CoreStatement()
	if err != nil {
		return nil, err
	}
	return &ruleBook{Core: core, Policy: a.PolicyStatement(), Needs: a.Needs()}, nil
}

func (s *Server) selfTest(*caller, *none) (*tested, error) {
	out := &tested{}
	for _, r := range selftest.Each(rand.Reader) {
		one := SelfTest{Name: r.Name}
		if r.Err != nil {
			one.Failed = r.Err.Error()
		}
		out.Results = append(out.Results, one)
	}
	return out, nil
}
