package remote

import (
	"errors"
	"fmt"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// ChangePassphrase implements flow.Appointer.
func (s *Service) ChangePassphrase(officer string, from, to []byte) error {
	return s.with(func(c *localapi.Client) error { return c.ChangePassphrase(officer, from, to) })
}

var roleNames = map[flow.Role]string{
	flow.SecurityOfficer: authority.SecurityOfficer.String(), flow.DepotOperator: authority.DepotOperator.String(),
	flow.BothRoles: (authority.SecurityOfficer | authority.DepotOperator).String(), flow.Auditor: authority.Auditor.String(),
}

// ChangeOfficers implements flow.Appointer.
func (s *Service) ChangeOfficers(change flow.OfficersChange) error {
	in := localapi.OfficersChange{Needed: change.Needed, PIN: change.PIN, NewPIN: change.NewPIN, ApprovalKey: change.ApprovalKey}
	for _, o := range change.Officers {
		in.Officers = append(in.Officers, localapi.Appointment{Name: o.Name, Role: roleNames[o.Role], Passphrase: o.Passphrase})
	}
	err := s.with(func(c *localapi.Client) error { return c.ChangeOfficers(in) })
	if errors.Is(err, authority.ErrNotOfficer) {
		return fmt.Errorf("%w: %w", flow.ErrApproval, err)
	}
	return err
}

// Rules implements flow.Governor.
func (s *Service) Rules() (rules *flow.Rules, err error) {
	err = s.with(func(c *localapi.Client) error {
		r, err := c.Rules()
		if err == nil {
			rules = &flow.Rules{
				Core: r.Core, Policy: r.Policy, CoreStatement: r.CoreStatement, PolicyStatement: r.PolicyStatement,
				Deciders: r.Needs[authority.ActionPolicy].Officers,
			}
			err = readTrust(c, rules)
		}
		return err
	})
	return rules, err
}

func readTrust(c *localapi.Client, rules *flow.Rules) error {
	list, err := c.Trusted()
	if err == nil {
		rules.Trusted = *list
	}
	return err
}

// SetPolicy implements flow.Governor.
func (s *Service) SetPolicy(t flow.Terms) (bool, error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) {
		return c.SetPolicy(localapi.Policy{
			NextUpdate: t[flow.TermStale], HardExpiry: t[flow.TermRefused], Past: t[flow.TermPast], Future: t[flow.TermFuture],
		})
	})
}

// ConfirmClock implements flow.Governor.
func (s *Service) ConfirmClock(at time.Time) (bool, error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.ConfirmClock(at) })
}

// decide asks for something that officers decide about, and reports whether it is done.
func (s *Service) decide(ask func(c *localapi.Client) (*localapi.Outcome, error)) (done bool, err error) {
	err = s.with(func(c *localapi.Client) error {
		o, err := ask(c)
		if err == nil {
			done = o.Done
		}
		return err
	})
	return done, err
}

// Depots implements flow.DepotRegister.
func (s *Service) Depots() (all []authority.Depot, err error) {
	err = s.with(func(c *localapi.Client) error {
		all, err = c.Depots()
		return err
	})
	return all, err
}

// Registration implements flow.DepotRegister.
func (s *Service) Registration(statement []byte) (r *wire.Registration, err error) {
	err = s.with(func(c *localapi.Client) error {
		core := c.Core()
		if core == nil {
			return localapi.ErrGone
		}
		r, err = wire.OpenRegistration(statement, core)
		return err
	})
	return r, err
}

// AddDepot implements flow.DepotRegister.
func (s *Service) AddDepot(registration []byte) (bool, error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.AddDepot(registration) })
}

// RevokeDepot implements flow.DepotRegister.
func (s *Service) RevokeDepot(name string, reason wire.Reason) (bool, error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.RevokeDepot(name, reason.String()) })
}

// AcceptReceipts implements flow.DepotRegister.
func (s *Service) AcceptReceipts(b []byte) (handed *flow.Handed, err error) {
	err = s.with(func(c *localapi.Client) error {
		all, err := c.AcceptReceipts(b)
		if err != nil {
			return err
		}
		handed = &flow.Handed{Depot: all.Depot, Sequence: all.Sequence, List: all.List.Sequence}
		for _, one := range all.Each {
			switch {
			case one.Err != nil:
				handed.Refused = append(handed.Refused, translate(one.Err))
				continue
			case one.Accepted.Again:
				handed.Again++
			default:
				handed.Taken++
			}
			if one.Accepted.Warning != "" {
				handed.Odd++
			}
		}
		return nil
	})
	return handed, err
}

// Info implements flow.Informer.
func (s *Service) Info() (info flow.ServiceInfo, err error) {
	err = s.with(func(c *localapi.Client) error {
		status, err := c.Status()
		info = flow.ServiceInfo{Version: status.Version, Confined: status.Confined, Exposed: status.Exposed}
		return err
	})
	return info, err
}

// SelfTest implements flow.Informer.
func (s *Service) SelfTest() (results []flow.SelfTest, err error) {
	err = s.with(func(c *localapi.Client) error {
		all, err := c.SelfTest()
		for _, r := range all {
			results = append(results, flow.SelfTest{Name: r.Name, Failed: r.Failed != ""})
		}
		return err
	})
	return results, err
}
