package remote

import (
	"io"

	"marque/app/appliance"
	"marque/app/ceremony"
	"marque/app/flow"
	"marque/app/localapi"
	"marque/hsm"
)

// ceremonyMeanings are the meanings of what goes wrong at foundings, with cards and with the TPM's keeper.
var ceremonyMeanings = []meaning{
	{hsm.ErrTPMOwned, flow.ErrTPMOwned},
	{hsm.ErrTPMFull, flow.ErrTPMFull},
	{hsm.ErrTPMCounters, flow.ErrTPMFull},
	{hsm.ErrTPMUnprotected, flow.ErrTPMUnprotected},
	{hsm.ErrTPMBank, flow.ErrTPMBank},
	{hsm.ErrWeakPIN, flow.ErrWeakPIN},
	{hsm.ErrSamePIN, flow.ErrSamePIN},
	{hsm.ErrShareText, flow.ErrCardText},
	{hsm.ErrOtherSet, flow.ErrOtherCards},
	{hsm.ErrSameShare, flow.ErrSameCard},
	{hsm.ErrShare, flow.ErrCardWrong},
	{appliance.ErrNoCards, flow.ErrNoCards},
	{appliance.ErrDrill, flow.ErrDrill},
	{appliance.ErrUsed, flow.ErrUsed},
	{hsm.ErrLockoutAuth, flow.ErrLockoutAuth},
	{appliance.ErrLockoutForm, flow.ErrLockoutAuth},
	{hsm.ErrApproval, flow.ErrApproval},
}

// Found implements flow.Founder.
func (s *Service) Found(plan *ceremony.Plan, secrets *flow.Secrets) (made *flow.Made, err error) {
	err = s.with(func(c *localapi.Client) error {
		founded, err := c.Found(localapi.Founding{
			Plan: plan.TOML(), Passphrase: secrets.Passphrase, PIN: secrets.PIN, Passphrases: secrets.Passphrases,
			Lockout: secrets.Lockout, ApprovalKey: secrets.ApprovalKey,
		})
		if err == nil {
			made = &flow.Made{Cards: founded.Cards, Next: founded.Next, Commitments: founded.Commitments, Core: founded.Core, Record: founded.Record}
		}
		return err
	})
	return made, err
}

// Discard implements flow.Founder.
func (s *Service) Discard() error { return s.with((*localapi.Client).Discard) }

// CheckCard implements flow.CardReader.
func (s *Service) CheckCard(card []byte) (check flow.CardCheck, err error) {
	err = s.with(func(c *localapi.Client) error {
		out, err := c.CheckCard(card)
		if err != nil {
			return err
		}
		check = flow.CardCheck{Index: out.Index, Total: out.Total, Seen: out.Seen}
		if out.Purpose == hsm.PurposeNext.String() {
			check.Purpose = flow.CardNext
		}
		return nil
	})
	return check, err
}

// Drill implements flow.CardReader.
func (s *Service) Drill(cards [][]byte) error {
	return s.with(func(c *localapi.Client) error { return c.Drill(cards) })
}

// WaiveDrill implements flow.CardReader.
func (s *Service) WaiveDrill() error { return s.with((*localapi.Client).WaiveDrill) }

// Backup implements flow.Copier.
func (s *Service) Backup(w io.Writer) (info *flow.BackupInfo, err error) {
	err = s.with(func(c *localapi.Client) error {
		out, err := c.Backup(w)
		info = backupOf(out)
		return err
	})
	return info, err
}

// Platform implements flow.PlatformKeeper.
func (s *Service) Platform() (p flow.Platform, err error) {
	err = s.with(func(c *localapi.Client) error {
		out, err := c.Platform()
		if err != nil {
			return err
		}
		p = flow.Platform{Changed: out.Changed, Approvals: out.Approvals, Retired: out.Retired}
		for _, r := range out.Now {
			p.Registers = append(p.Registers, flow.PlatformRegister{Index: r.Index, Digest: r.Digest})
		}
		return nil
	})
	return p, err
}

// ApprovePlatform implements flow.PlatformKeeper.
func (s *Service) ApprovePlatform(key []byte) error {
	return s.with(func(c *localapi.Client) error { return c.ApprovePlatform(localapi.Approval{Key: key}) })
}

// RetirePlatforms implements flow.PlatformKeeper.
func (s *Service) RetirePlatforms() error {
	return s.with(func(c *localapi.Client) error {
		_, err := c.RetirePlatforms()
		return err
	})
}

// ResetLockout implements flow.Forgiver.
func (s *Service) ResetLockout(auth []byte) error {
	return s.with(func(c *localapi.Client) error { return c.ResetLockout(auth) })
}
