package localapi

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"marque/app/appliance"
	"marque/app/ceremony"
	"marque/app/words"
	"marque/device/wire"
	"marque/hsm"
)

// record writes down what a founding did. It reads everything from what was made, not from what was asked for.
func (s *Server) record(plan *ceremony.Plan, in *Founding, made *appliance.Founded, began time.Time) ([]byte, error) {
	core, err := wire.OpenCore(made.Core)
	if err != nil {
		return nil, err
	}
	hash := core.Hash()
	r := &ceremony.Record{
		Plan: plan, Program: s.o.Version, Began: began.UTC(), Ended: s.o.Clock().UTC(),
		CoreHash: hash, Words: spaced(words.Of(hash[:])), Epoch0: core.Epoch0, StatementKey: core.StatementKey, NextCore: core.Next,
	}
	r.Steps = steps(plan, in, r.Ended)
	for _, text := range made.Commitments {
		c, err := hsm.ParseCommitments(text)
		if err != nil {
			return nil, err
		}
		r.CardSets = append(r.CardSets, ceremony.CardSet{
			Purpose: c.Purpose().String(), Cards: ceremony.Cards{Needed: c.Needed(), Total: c.Total()}, Set: c.Set(), Commitments: text,
		})
	}
	if officers := made.Appliance.Officers(); officers != nil {
		for _, o := range officers.List() {
			r.Officers = append(r.Officers, ceremony.OfficerKey{Name: o.Name, Key: o.Key})
		}
	}
	if plan.Vault.Kind != ceremony.VaultTPM {
		return r.Text(), nil
	}
	if err := measured(r, in, made.Appliance); err != nil {
		return nil, err
	}
	return r.Text(), nil
}

func spaced(all [8]string) (text string) {
	for i, word := range all {
		if i > 0 {
			text += " "
		}
		text += word
	}
	return text
}

// steps is what was done, in its order.
func steps(plan *ceremony.Plan, in *Founding, at time.Time) []ceremony.Step {
	done := []string{"checked the ceremony file as a whole"}
	add := func(did bool, what string) {
		if did {
			done = append(done, what)
		}
	}
	add(in.Backup != "", "took the registry from a backup")
	add(len(in.Cards) > 0, fmt.Sprintf("put the seed together from %d share cards", len(in.Cards)))
	add(len(in.OldCore) > 0, "compared the new core with what the old one had committed to")
	add(len(in.Cards) == 0, "drew the seed of the realm")
	add(plan.Vault.Kind == ceremony.VaultTPM && in.Lockout != nil, "protected the TPM against guessed PINs with a new lockout authorisation")
	add(len(plan.Officers) > 0, fmt.Sprintf("appointed %d officers", len(plan.Officers)))
	add(!plan.Backup.None(), "made the backup cards")
	add(!plan.Next.None(), "drew the seed of the next core, made its cards, and forgot it")
	done = append(done, "sealed the vault, wrote the registry, and signed core, policy and the first list", "opened all of it again as every later start will")
	add(plan.Waived, "waived the restore drill, as the ceremony file says")
	all := make([]ceremony.Step, len(done))
	for i, what := range done {
		all[i] = ceremony.Step{Time: at, What: what}
	}
	return all
}

// measured adds what the TPM measured and who approves it.
func measured(r *ceremony.Record, in *Founding, a *appliance.Appliance) error {
	p, err := a.Platform()
	if err != nil {
		return err
	}
	for _, pcr := range p.Now {
		r.Platform = append(r.Platform, ceremony.Measurement{Index: pcr.Index, Digest: pcr.Digest})
	}
	key, err := parseApprovalKey(in.ApprovalKey)
	if err != nil {
		return err
	}
	if r.ApprovalKey, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		return errors.Join(errApprovalKey, err)
	}
	return nil
}
