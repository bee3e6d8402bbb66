package localapi

import (
	"errors"
	"fmt"
	"io"
	"os"

	"marque/app/appliance"
	"marque/app/ceremony"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

// found founds the authority of a plan and begins the sessions of those who gave their passphrases.
func (s *Server) found(c *caller, in *Founding) (*founded, error) {
	plan, err := ceremony.Parse(in.Plan)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.appliance != nil {
		s.mu.Unlock()
		return nil, authority.ErrFounded
	}
	began := s.o.Clock()
	made, err := s.make(plan, in)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	out := &founded{Founded: Founded{Cards: made.Cards, Next: made.Next, Commitments: made.Commitments, Core: made.Core}}
	// From here on nothing may fail: the cards in out exist nowhere else.
	if out.Tokens, err = s.welcome(c, plan, in); err != nil {
		s.log.Printf("found: nobody is signed on: %v", err)
	}
	if out.Record, err = s.record(plan, in, made, began); err != nil {
		out.Record = []byte("The authority was founded, but its record could not be put together: " + err.Error() + "\n")
	}
	out.Status = Status{Phase: Open, Dir: s.o.Dir}
	if status, err := s.status(c, &none{}); err == nil {
		out.Status = *status
	}
	return out, nil
}

// make founds the authority. The caller holds s.mu.
func (s *Server) make(plan *ceremony.Plan, in *Founding) (*appliance.Founded, error) {
	f := appliance.Founding{
		Realm: authority.Founding{
			Realm: plan.Realm, SPIDs: plan.SPIDs, EpochLength: plan.EpochLength,
			Past: plan.Past, Future: plan.Future, NextUpdate: plan.NextUpdate, HardExpiry: plan.HardExpiry,
		},
		Passphrase: in.Passphrase, Needed: plan.Unlock,
		Backup: appliance.Cards(plan.Backup), Next: appliance.Cards(plan.Next),
	}
	if plan.Waived {
		f.Realm.Drill = authority.DrillWaived
	}
	if err := s.guard(&f, plan, in); err != nil {
		return nil, err
	}
	if err := inherit(&f, in); err != nil {
		return nil, err
	}
	if f.Seed != nil {
		defer f.Seed.Erase()
	}
	if in.Backup != "" {
		database, err := s.imported(in.Backup)
		if err != nil {
			return nil, err
		}
		defer database.Close()
		f.Database = database
	}
	made, err := appliance.Found(s.o.Dir, f, s.options())
	if err != nil {
		return nil, err
	}
	s.appliance = made.Appliance
	s.desk.stir(s.o.Clock())
	if err := s.dropImported(); err != nil {
		s.log.Printf("found: %v", err)
	}
	return made, nil
}

// guard adds what keeps the master secret.
func (s *Server) guard(f *appliance.Founding, plan *ceremony.Plan, in *Founding) error {
	for _, o := range plan.Officers {
		passphrase, ok := in.Passphrases[o.Name]
		if !ok {
			return fmt.Errorf("%s: %w: there is no passphrase", o.Name, hsm.ErrAppointment)
		}
		f.Officers = append(f.Officers, hsm.Appointment{Name: o.Name, Role: hsm.Role(o.Role), Passphrase: passphrase})
	}
	if plan.Vault.Kind != ceremony.VaultTPM {
		return nil
	}
	key, err := parseApprovalKey(in.ApprovalKey)
	if err != nil {
		return err
	}
	// The service remembers no TPM of a founding that comes to nothing: it would become that of somebody else's.
	path := plan.Vault.TPM
	if s.o.TPM != "" && path == ceremony.DefaultTPM {
		path = s.o.TPM
	}
	f.TPM = &appliance.NewTPM{Path: path, PIN: in.PIN, Lockout: in.Lockout, ApprovalKey: key, Unified: plan.Vault.Unified}
	return nil
}

// inherit adds what comes from an older authority: the seed from its cards, and the core that committed to it.
func inherit(f *appliance.Founding, in *Founding) (err error) {
	if len(in.OldCore) > 0 {
		if f.Core, err = wire.OpenCore(in.OldCore); err != nil {
			return fmt.Errorf("the old core: %w", err)
		}
	}
	if len(in.Cards) == 0 {
		return nil
	}
	shares := make([]*hsm.Share, 0, len(in.Cards))
	defer func() {
		for _, share := range shares {
			share.Erase()
		}
	}()
	for i, text := range in.Cards {
		share, err := hsm.ParseShare(text)
		if err != nil {
			return fmt.Errorf("card %d of those given: %w", i+1, err)
		}
		shares = append(shares, share)
	}
	commitments, err := hsm.RebuildCommitments(shares)
	if in.Commitments != "" {
		commitments, err = hsm.ParseCommitments(in.Commitments)
		f.Commitments = []string{in.Commitments}
	}
	if err != nil {
		return fmt.Errorf("the cards: %w", err)
	}
	if f.Seed, err = hsm.Combine(commitments, shares); err != nil {
		return fmt.Errorf("the cards: %w", err)
	}
	return nil
}

// welcome begins the sessions of a founding: of the passphrase's holder, or of the security officers.
func (s *Server) welcome(c *caller, plan *ceremony.Plan, in *Founding) ([]string, error) {
	if len(plan.Officers) == 0 {
		begun, err := s.begin(c, &session{holder: true}, s.desk.now())
		if err != nil {
			return nil, err
		}
		return []string{begun.Token}, nil
	}
	var tokens []string
	for _, o := range plan.Officers {
		if !o.Role.Has(authority.SecurityOfficer) {
			continue
		}
		round := s.desk.now()
		credential, err := s.authority().SignOn(o.Name, in.Passphrases[o.Name])
		if err != nil {
			return nil, err
		}
		begun, err := s.begin(c, &session{credential: credential}, round)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, begun.Token)
	}
	return tokens, nil
}

// discard removes an authority that was never used. While it cannot, the authority stays as it was, locked.
func (s *Server) discard(*caller, *none) (*none, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.appliance == nil {
		return nil, authority.ErrNotFounded
	}
	if c, err := s.appliance.Custody(); err != nil || c.Drill != appliance.DrillPending {
		return nil, errors.Join(err, appliance.ErrUsed)
	}
	s.desk.renew(everybody)
	err := s.appliance.Close()
	s.appliance = nil
	if err == nil {
		err = appliance.Discard(s.o.Dir, s.options())
	}
	if err != nil {
		return nil, errors.Join(err, s.open())
	}
	return &none{}, nil
}

// importPath is where a backup waits for a founding or a restoring.
func (s *Server) importPath() string { return s.place.path() + importSuffix }

const importSuffix = ".imported"

func (s *Server) importBackup(_ *caller, r io.Reader) (out *name, err error) {
	if s.authority() != nil {
		return nil, authority.ErrFounded
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	if err := s.dropImported(); err != nil {
		return nil, err
	}
	w, err := os.OpenFile(s.importPath(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	_, err = io.Copy(w, r)
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("import: %w", err), s.dropImported())
	}
	return &name{Name: s.place.name + importSuffix}, nil
}

// imported opens what was imported under a name.
func (s *Server) imported(name string) (*os.File, error) {
	if name != s.place.name+importSuffix {
		return nil, ErrImport
	}
	r, err := os.Open(s.importPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrImport
	}
	return r, err
}

func (s *Server) dropImported() error {
	if err := os.Remove(s.importPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove an imported backup: %w", err)
	}
	return nil
}

// restore puts the authority of an imported backup into the folder.
func (s *Server) restore(_ *caller, in *restoration) (*none, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.appliance != nil {
		return nil, authority.ErrFounded
	}
	archive, err := s.imported(in.Backup)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	k := appliance.Keys{PIN: in.PIN, Officers: in.Passphrases, Passphrase: in.Passphrase}
	a, err := appliance.Restore(s.o.Dir, archive, k, s.options())
	if err != nil {
		return nil, err
	}
	s.appliance = a
	return &none{}, s.dropImported()
}

func (s *Server) backup(_ *caller, w io.Writer) (*BackupInfo, error) {
	info, err := s.authority().Backup(w)
	if err != nil {
		return nil, err
	}
	out := BackupInfo(*info)
	return &out, nil
}

func (s *Server) checkCard(_ *caller, in *octets) (*CardCheck, error) {
	check, err := s.authority().CheckCard(in.Bytes)
	if err != nil {
		return nil, err
	}
	return &CardCheck{Purpose: check.Purpose.String(), Index: check.Index, Total: check.Total, Seen: check.Seen}, nil
}

func (s *Server) drill(_ *caller, in *cards) (*none, error) {
	return &none{}, s.authority().Drill(in.Cards)
}

func (s *Server) waiveDrill(*caller, *none) (*none, error) {
	return &none{}, s.authority().WaiveDrill()
}
