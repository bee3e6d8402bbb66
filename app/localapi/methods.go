package localapi

import (
	"errors"
	"fmt"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// Status says how service and authority stand. It works in every phase, for everybody, and keeps nothing awake.
func (c *Client) Status() (Status, error) {
	s, err := status.do(c, &none{})
	if err != nil {
		return Status{}, err
	}
	return *s, nil
}

// Core returns the realm's core, which the caller must not change: nil while there is no authority, and when the service is gone.
func (c *Client) Core() *wire.Core {
	c.mu.Lock()
	core := c.core
	c.mu.Unlock()
	if core != nil {
		return core
	}
	core, err := c.fetchCore()
	if err != nil {
		return nil
	}
	c.mu.Lock()
	c.core = core
	c.mu.Unlock()
	return core
}

func (c *Client) fetchCore() (*wire.Core, error) {
	b, err := core.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return wire.ParseCore(b.Bytes)
}

// CoreStatement is [authority.Authority.CoreStatement].
func (c *Client) CoreStatement() ([]byte, error) {
	out, err := signed.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return out.Bytes, nil
}

// SignOn signs an officer on, in addition to those who are. The passphrase stays with the caller, who clears it. Errors:
// hsm.ErrNoOfficer, hsm.ErrOfficerPassphrase, [ErrTooManyTries], [ErrManySessions], appliance.ErrNoOfficers for a passphrase vault.
func (c *Client) SignOn(in SignOn) (*Session, error) {
	s, err := signOn.do(c, &in)
	if err != nil {
		return nil, err
	}
	c.keep(s.Token)
	return s, nil
}

// SignOff ends a session of this client; nil ends all of them.
func (c *Client) SignOff(s *Session) error {
	var token string
	if s != nil {
		token = s.Token
	}
	dropped := c.forget(token)
	if len(dropped) == 0 {
		return nil
	}
	_, err := signOff.do(c, &tokens{Tokens: dropped})
	return err
}

// Unlock opens the vault. Secrets stay with the caller, who clears them. Errors: those of the vault, which leave it locked.
func (c *Client) Unlock(in Unlock) error {
	out, err := unlock.do(c, &in)
	if err != nil {
		return err
	}
	c.keep(out.Tokens...)
	return nil
}

// Lock seals the log, makes the service forget the master secret, and ends all sessions, of everybody.
func (c *Client) Lock() error {
	_, err := lock.do(c, &none{})
	c.forget("")
	return err
}

// Stop locks and ends the service.
func (c *Client) Stop() error {
	_, err := stop.do(c, &none{})
	c.forget("")
	if errors.Is(err, ErrGone) && nobody(c.probe(c.ctx)) { // it ended before its reply was read
		return nil
	}
	return err
}

// Review is [authority.Authority.Review].
func (c *Client) Review(request []byte) (*authority.Review, error) {
	parsed, err := wire.ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("review: %w", err)
	}
	out, err := review.do(c, &octets{Bytes: request})
	if err != nil {
		return nil, err
	}
	r := &authority.Review{Request: parsed, Hash: parsed.Hash(), Again: out.Again, Warning: out.Warning}
	if out.Problem != nil {
		r.Problem = out.Problem.err()
	}
	if r.Again {
		r.Address, err = replied(out.Address)
	}
	return r, err
}

// replied parses an address that came from the service.
func replied(text string) (wire.Address, error) {
	address, err := wire.ParseAddress(text)
	if err != nil {
		return wire.Address{}, fmt.Errorf("%w: %w", ErrReply, err)
	}
	return address, nil
}

// Enrol is [authority.Authority.Enrol].
func (c *Client) Enrol(request []byte) (*authority.Issued, error) {
	out, err := enrol.do(c, &octets{Bytes: request})
	if err != nil {
		return nil, err
	}
	if out.Issued == nil {
		return nil, ErrReply
	}
	out.Issued.Address, err = replied(out.Address)
	return out.Issued, err
}

// Identities is [authority.Authority.Identities].
func (c *Client) Identities(from uint32, n int) ([]authority.Identity, error) {
	out, err := list.do(c, &page{From: from, Count: n})
	if err != nil {
		return nil, err
	}
	return out.parse()
}

func (in *identities) parse() ([]authority.Identity, error) {
	ids := make([]authority.Identity, len(in.Identities))
	for i := range ids {
		id, err := in.Identities[i].parse()
		if err != nil {
			return nil, err
		}
		ids[i] = *id
	}
	return ids, nil
}

// Identity is [authority.Authority.Identity].
func (c *Client) Identity(address wire.Address) (*authority.Identity, error) {
	if address.IsZero() {
		return nil, authority.ErrNotFound
	}
	out, err := lookUp.do(c, &addressed{Address: address.String()})
	if err != nil {
		return nil, err
	}
	return out.parse()
}

func (id *identity) parse() (*authority.Identity, error) {
	if id.Identity == nil {
		return nil, ErrReply
	}
	var err error
	id.Identity.Address, err = replied(id.Address)
	return id.Identity, err
}

// NewestList is [authority.Authority.NewestList].
func (c *Client) NewestList() (sequence uint32, list []byte, err error) {
	out, err := newest.do(c, &none{})
	if err != nil {
		return 0, nil, err
	}
	return out.Sequence, out.List, nil
}

// Revoke withdraws identities: one by a security officer, several by as many as the table of package authority says. What is not
// done at once is a proposal, which others approve.
func (c *Client) Revoke(in Revoke) (*Outcome, error) { return revoke.do(c, &in) }

// Publish is [authority.Authority.Publish].
func (c *Client) Publish() (*authority.Published, error) { return publish.do(c, &none{}) }

// ConfirmClock takes the officers' word that the present time is at: see [authority.Authority.ConfirmClock].
func (c *Client) ConfirmClock(at time.Time) (*Outcome, error) {
	return confirm.do(c, &instant{Time: at})
}

// SetPolicy changes the realm's policy.
func (c *Client) SetPolicy(in Policy) (*Outcome, error) { return policy.do(c, &in) }

// SetPadding changes how lists are padded; the zero value pads none.
func (c *Client) SetPadding(in authority.Padding) (*Outcome, error) { return pad.do(c, &in) }

// Proposals returns what officers decide about, the newest last.
func (c *Client) Proposals() ([]Proposal, error) {
	out, err := pendings.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return out.Proposals, nil
}

// Approve approves a proposal by all security officers who are signed on through this client and have not yet.
func (c *Client) Approve(proposal [32]byte) (*Outcome, error) {
	return approve.do(c, &digest{Digest: proposal[:]})
}

// Refuse ends a proposal, for a reason that is kept with it.
func (c *Client) Refuse(proposal [32]byte, reason string) error {
	_, err := refuse.do(c, &refusal{Digest: proposal[:], Reason: reason})
	return err
}

// Found founds the authority, leaves it unlocked, and begins the sessions of those whose passphrases it took. The secrets in it stay
// with the caller, who clears them, and so do the cards that come back.
func (c *Client) Found(in Founding) (*Founded, error) {
	out, err := found.do(c, &in)
	if err != nil {
		return nil, err
	}
	c.keep(out.Tokens...)
	return &out.Founded, nil
}

// Discard removes an authority that was founded and never used, together with its counters in the TPM: one whose cards got lost, whose
// drill is still to come. It ends all sessions. Error: appliance.ErrUsed.
func (c *Client) Discard() error {
	_, err := discard.do(c, &none{})
	if err == nil {
		c.forget("")
		c.mu.Lock()
		c.core = nil
		c.mu.Unlock()
	}
	return err
}

// CheckCard verifies a card that its holder has entered again.
func (c *Client) CheckCard(card []byte) (*CardCheck, error) {
	return checkCard.do(c, &octets{Bytes: card})
}

// Drill restores the seed of these cards into a second vault, compares it, and records that the drill was passed.
func (c *Client) Drill(texts [][]byte) error {
	_, err := drill.do(c, &cards{Cards: texts})
	return err
}

// WaiveDrill records, for ever, that there was no drill.
func (c *Client) WaiveDrill() error {
	_, err := waiveDrill.do(c, &none{})
	return err
}

// ChangeOfficers appoints everybody who is an officer afterwards, and ends all sessions.
func (c *Client) ChangeOfficers(in OfficersChange) error {
	_, err := changeOfficers.do(c, &in)
	return err
}

// ChangePassphrase changes the passphrase of an officer.
func (c *Client) ChangePassphrase(officer string, from, to []byte) error {
	_, err := changePassphrase.do(c, &passphrases{Name: officer, Old: from, New: to})
	return err
}

// Platform reads what the TPM measured. It works while the vault is locked.
func (c *Client) Platform() (*Platform, error) { return platform.do(c, &none{}) }

// ApprovePlatform approves the platform that runs now.
func (c *Client) ApprovePlatform(in Approval) error {
	_, err := approvePlatform.do(c, &in)
	return err
}

// RetirePlatforms withdraws all approvals but the one that fits now, and returns how often that was done.
func (c *Client) RetirePlatforms() (uint64, error) {
	out, err := retirePlatforms.do(c, &none{})
	if err != nil {
		return 0, err
	}
	return out.Number, nil
}

// ResetLockout makes the TPM forget wrong PINs.
func (c *Client) ResetLockout(auth []byte) error {
	_, err := resetLockout.do(c, &octets{Bytes: auth})
	return err
}

// Reopen ends read-only.
func (c *Client) Reopen(in Reopening) (*Reopened, error) { return reopen.do(c, &in) }
