package localapi

import (
	"errors"
	"slices"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
)

// holderName is under which wrong passphrases of a passphrase vault are counted. No officer has it.
const holderName = ""

// officerOf takes over the public part of an officer. Roles have the same numbers in both packages.
func officerOf(o hsm.Officer) Officer {
	return Officer{Name: o.Name, Role: authority.Role(o.Role).String(), Key: o.Key}
}

func wrongPassphrase(err error) bool {
	return errors.Is(err, hsm.ErrPassphrase) || errors.Is(err, hsm.ErrOfficerPassphrase)
}

func (s *Server) signOn(c *caller, in *SignOn) (*Session, error) {
	a := s.authority()
	if err := knows(a, in.Officer); err != nil {
		return nil, err
	}
	var credential *hsm.Credential
	round := s.desk.now()
	err := s.people.attempt(c.peer.uid, in.Officer, wrongPassphrase, func() (err error) {
		credential, err = a.SignOn(in.Officer, in.Passphrase)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.begin(c, &session{credential: credential}, round)
}

// knows makes sure that there is such an officer, so that nobody fills the service's memory with names.
func knows(a *appliance.Appliance, name string) error {
	officers := a.Officers()
	if officers == nil {
		return appliance.ErrNoOfficers
	}
	for _, o := range officers.List() {
		if o.Name == name {
			return nil
		}
	}
	return hsm.ErrNoOfficer
}

// begin begins a session of the caller; round is that of before the passphrase was looked at.
func (s *Server) begin(c *caller, begun *session, round uint64) (*Session, error) {
	begun.uid = c.peer.uid
	token, err := s.desk.begin(begun, round, s.o.Clock())
	if err != nil {
		begun.erase()
		return nil, err
	}
	out := &Session{Token: token}
	if begun.credential != nil {
		out.Officer = officerOf(begun.credential.Officer())
	}
	return out, nil
}

func (s *Server) signOff(c *caller, in *tokens) (*none, error) {
	for _, token := range in.Tokens {
		if mine := s.desk.find(token, c.peer.uid); mine != nil {
			s.desk.end(func(other *session) bool { return other == mine })
		}
	}
	return &none{}, nil
}

func (s *Server) unlock(c *caller, in *Unlock) (*tokens, error) {
	a := s.authority()
	if a.Locked() {
		s.desk.stir(s.o.Clock()) // else it might count as idle before its session has begun
	}
	if a.Officers() != nil {
		if err := a.UnlockQuorum(in.PIN, c.credentials()); err != nil {
			return nil, err
		}
		return &tokens{}, nil
	}
	round := s.desk.now()
	err := s.people.attempt(c.peer.uid, holderName, wrongPassphrase, func() error { return a.Unlock(in.Passphrase) })
	if err != nil {
		return nil, err
	}
	begun, err := s.begin(c, &session{holder: true}, round)
	if err != nil {
		return nil, err
	}
	return &tokens{Tokens: []string{begun.Token}}, nil
}

func (s *Server) changePassphrase(c *caller, in *passphrases) (*none, error) {
	a := s.authority()
	if err := knows(a, in.Name); err != nil {
		return nil, err
	}
	err := s.people.attempt(c.peer.uid, in.Name, wrongPassphrase, func() error { return a.ChangePassphrase(in.Name, in.Old, in.New) })
	if err != nil {
		return nil, err
	}
	// Whoever knew the old passphrase may have signed on with it elsewhere.
	s.desk.renew(func(other *session) bool { return other.name() == in.Name && !slices.Contains(c.sessions, other) })
	return &none{}, nil
}

func (s *Server) changeOfficers(c *caller, in *OfficersChange) (*none, error) {
	change := appliance.Reappointment{Needed: in.Needed, PIN: in.PIN, NewPIN: in.NewPIN}
	for _, p := range in.Officers {
		role, err := parseRole(p.Role)
		if err != nil {
			return nil, err
		}
		change.People = append(change.People, hsm.Appointment{Name: p.Name, Role: role, Passphrase: p.Passphrase})
	}
	if in.ApprovalKey != nil {
		key, err := parseApprovalKey(in.ApprovalKey)
		if err != nil {
			return nil, err
		}
		change.ApprovalKey = key
	}
	a := s.authority()
	before := a.Officers()
	err := a.ChangeOfficers(c.security(), change)
	if a.Officers() != before { // also when something failed after that
		s.desk.renew(everybody) // credentials of before are worthless now
	}
	return &none{}, err
}

// parseRole reads a role as [Officer] has it.
func parseRole(text string) (hsm.Role, error) {
	for _, role := range []hsm.Role{
		hsm.SecurityOfficer, hsm.DepotOperator, hsm.SecurityOfficer | hsm.DepotOperator, hsm.Auditor,
	} {
		if authority.Role(role).String() == text {
			return role, nil
		}
	}
	return 0, errRole
}

var errRole = errors.Join(ErrRequest, hsm.ErrAppointment)
