package localapi

import (
	"marque/app/appliance"
)

// authority returns the appliance, nil while there is none.
func (s *Server) authority() *appliance.Appliance {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.appliance
}

func (s *Server) status(*caller, *none) (*Status, error) {
	out := &Status{
		Phase: Absent, Dir: s.o.Dir, Idle: s.o.Idle, Confined: s.o.Confined, Exposed: s.o.Exposed, Version: s.o.Version,
	}
	a := s.authority()
	if a == nil {
		return out, nil
	}
	status, custody, err := a.Status()
	if err != nil {
		return nil, err
	}
	out.Authority, out.Custody = status, s.custody(a, custody)
	switch {
	case a.Locked():
		out.Phase = Locked
	case out.Custody.Reason != "":
		out.Phase = ReadOnly
	default:
		out.Phase = Open
	}
	return out, nil
}

func (s *Server) custody(a *appliance.Appliance, in *appliance.Custody) *Custody {
	out := &Custody{
		Vault: in.Vault, Grade: in.Grade, Reasons: in.Reasons, Needed: in.Needed, Present: s.desk.names(), Drill: Drill(in.Drill),
		Counter: in.Counter, Backup: cardsOf(in.Backup), Next: cardsOf(in.Next),
	}
	if in.ReadOnly != nil {
		out.Reason = in.ReadOnly.Error()
	}
	if in.TPMError != nil {
		out.NoTPM = in.TPMError.Error()
	}
	if t := in.TPM; t != nil {
		out.TPM = &TPM{TriesLeft: t.TriesLeft, LockedOut: t.LockedOut, Until: t.Until, Counter: t.Counter, Changed: t.Changed}
	}
	for _, o := range in.Officers {
		out.Officers = append(out.Officers, officerOf(o))
	}
	if last := a.LastBackup(); last != nil {
		info := BackupInfo(*last)
		out.LastBackup = &info
	}
	return out
}

func cardsOf(set *appliance.CardSet) *Cards {
	if set == nil {
		return nil
	}
	return &Cards{Needed: set.Needed, Total: set.Total, Seen: set.Seen}
}

func (s *Server) core(*caller, *none) (*octets, error) {
	core, err := s.authority().Authority().Core().Marshal()
	return &octets{Bytes: core}, err
}

func (s *Server) coreStatement(*caller, *none) (*octets, error) {
	statement, err := s.authority().Authority().CoreStatement()
	return &octets{Bytes: statement}, err
}

func (s *Server) newest(*caller, *none) (*listed, error) {
	sequence, list, err := s.authority().Authority().NewestList()
	return &listed{Sequence: sequence, List: list}, err
}

func (s *Server) lock(*caller, *none) (*none, error) { return &none{}, s.lockAll() }

// lockAll ends all sessions and locks the vault.
func (s *Server) lockAll() error {
	s.desk.clear()
	if a := s.authority(); a != nil && !a.Locked() {
		return a.Lock()
	}
	return nil
}

func (s *Server) stop(*caller, *none) (*none, error) {
	err := s.lockAll()
	s.ended()
	return &none{}, err
}
