package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marque/app/ceremony"
	"marque/app/terminal"
	"marque/authority"
)

// planFlags say on the command line what a ceremony file would say.
type planFlags struct {
	vault                               string
	realm                               string
	spIDs                               []string
	needed                              int
	epochLength, nextUpdate, hardExpiry time.Duration
}

func (p *planFlags) flags(cmd *cobra.Command, h *home) {
	f := cmd.Flags()
	f.StringVar(&p.vault, "vault", ceremony.VaultPassphrase, "what opens the vault: passphrase or tpm")
	f.StringVar(&p.realm, "realm", "", "the realm: a domain name, which is also the SP-ID of its addresses")
	f.StringSliceVar(&p.spIDs, "sp-id", nil, "further SP-IDs that the realm's addresses may have, at most 15")
	f.StringArrayVar(&h.officers, "officer", nil, "of a TPM vault: a security officer, once for each (default: one, called officer)")
	f.IntVar(&p.needed, "needed", 0, "of a TPM vault: how many of them unlock together (default: 2, or the only one)")
	f.DurationVar(&p.epochLength, "epoch-length", authority.DefaultEpochLength, "how long one key is good for, an hour or more")
	f.DurationVar(&p.nextUpdate, "next-update", authority.DefaultNextUpdate, "after which a list counts as stale")
	f.DurationVar(&p.hardExpiry, "hard-expiry", authority.DefaultHardExpiry, "after which a list is refused")
}

// plan is what to found: from the file, from flags, or from the person at the terminal.
func (h *home) plan(cmd *cobra.Command, o *foundOptions, p *planFlags) (*ceremony.Plan, error) {
	if o.ceremony != "" {
		for _, name := range []string{"vault", "realm", "sp-id", "officer", "needed", "epoch-length", "next-update", "hard-expiry"} {
			if cmd.Flags().Changed(name) {
				return nil, fmt.Errorf("--%s: %w", name, errCeremonyOnly)
			}
		}
		return h.readPlan(o.ceremony)
	}
	if p.realm == "" {
		plan, err := askPlan()
		if errors.Is(err, terminal.ErrNoTerminal) {
			err = errRealm
		}
		return plan, err
	}
	return h.planOf(p)
}

// planOf is the plan of the flags. What they say goes through the same checks as a file.
func (h *home) planOf(p *planFlags) (*ceremony.Plan, error) {
	plan := &ceremony.Plan{
		Realm: p.realm, SPIDs: p.spIDs, Vault: ceremony.Vault{Kind: p.vault},
		EpochLength: p.epochLength, NextUpdate: p.nextUpdate, HardExpiry: p.hardExpiry, Past: authority.DefaultPast, Future: authority.DefaultFuture,
	}
	switch p.vault {
	case ceremony.VaultPassphrase:
	case ceremony.VaultTPM:
		plan.Vault.TPM = ceremony.DefaultTPM
		if h.tpm != "" {
			plan.Vault.TPM = h.tpm
		}
		names := h.officers
		if len(names) == 0 {
			names = []string{"officer"}
		}
		for _, name := range names {
			plan.Officers = append(plan.Officers, ceremony.Officer{Name: name, Role: authority.SecurityOfficer})
		}
		if plan.Unlock = p.needed; plan.Unlock == 0 {
			plan.Unlock = min(2, len(names))
		}
	default:
		return nil, errVault
	}
	return checked(plan)
}

// checked passes a plan through the reader of ceremony files. Lines mean nothing to somebody who wrote none.
func checked(plan *ceremony.Plan) (*ceremony.Plan, error) {
	p, err := ceremony.Parse(plan.TOML())
	var m *ceremony.MistakesError
	if errors.As(err, &m) {
		text := make([]string, len(m.List))
		for i, one := range m.List {
			text[i] = one.Text
		}
		err = fmt.Errorf("%w: %s", errPlan, strings.Join(text, ", "))
	}
	return p, err
}

var errPlan = errors.New("that cannot be founded")

// askPlan asks for what a ceremony file says. Each answer may be empty for what stands in brackets.
func askPlan() (*ceremony.Plan, error) {
	for {
		var q interview
		plan := q.all()
		if q.err != nil {
			return nil, q.err
		}
		p, err := checked(plan)
		if err == nil {
			yes, err := terminal.Confirm("\n" + planText(p) + "\n")
			if err == nil && !yes {
				err = terminal.ErrInterrupted
			}
			return p, err
		}
		again, err := terminal.YesNo(fmt.Sprintf("\n%v.\nStart again?", err))
		if err != nil || !again {
			return nil, errors.Join(errPlan, err)
		}
	}
}

// interview asks until something fails.
type interview struct{ err error }

func (q *interview) ask(what, otherwise string) string {
	if q.err != nil {
		return otherwise
	}
	var answer string
	if answer, q.err = terminal.Ask(fmt.Sprintf("%s [%s]: ", what, otherwise)); answer == "" {
		return otherwise
	}
	return answer
}

// number asks until there is one.
func (q *interview) number(what string, otherwise int) int {
	for {
		n, err := strconv.Atoi(q.ask(what, strconv.Itoa(otherwise)))
		if err == nil || q.err != nil {
			return n
		}
	}
}

func (q *interview) duration(what string, otherwise time.Duration) time.Duration {
	for {
		answer := q.ask(what, ceremony.Duration(otherwise))
		if d, ok := ceremony.ParseDuration(answer); ok || q.err != nil {
			return d
		}
	}
}

func (q *interview) all() *ceremony.Plan {
	p := &ceremony.Plan{Realm: q.ask("Realm, a domain name", "fleet.example")}
	if ids := q.ask("Further SP-IDs, separated by spaces", "none"); ids != "none" {
		p.SPIDs = strings.Fields(ids)
	}
	p.Vault.Kind = q.ask("Vault: tpm, or passphrase for evaluation", ceremony.VaultTPM)
	if p.Vault.Kind == ceremony.VaultTPM {
		p.Vault.TPM = q.ask("TPM", ceremony.DefaultTPM)
		p.Vault.Unified = q.ask("Does the computer start from a unified kernel image, yes or no", "no") == "yes"
		q.officers(p)
	}
	p.Backup = q.cards("Backup cards of the master secret, 0 for none", p.Unlock)
	if !p.Backup.None() {
		p.Waived = q.ask("Restore drill: before issuing, or waived, which is shown for ever", "before issuing") == "waived"
	}
	p.Next = q.cards("Cards of the next core, for after a compromise, 0 for none", p.Unlock)
	p.EpochLength = q.duration("How long one key is good for", authority.DefaultEpochLength)
	p.NextUpdate = q.duration("After which a list is stale", authority.DefaultNextUpdate)
	p.HardExpiry = q.duration("After which a list is refused", authority.DefaultHardExpiry)
	p.Past = q.duration("How old a message may be", authority.DefaultPast)
	p.Future = q.duration("How far ahead of the clock", authority.DefaultFuture)
	return p
}

func (q *interview) officers(p *ceremony.Plan) {
	roles := []authority.Role{authority.SecurityOfficer, authority.DepotOperator, authority.SecurityOfficer | authority.DepotOperator, authority.Auditor}
	for q.err == nil {
		name := q.ask(fmt.Sprintf("Officer %d, full name", len(p.Officers)+1), "no more")
		if name == "no more" {
			break
		}
		role := q.ask("Role: security officer, depot operator, security officer and depot operator, auditor", authority.SecurityOfficer.String())
		i := slices.IndexFunc(roles, func(r authority.Role) bool { return r.String() == role })
		if i < 0 {
			continue
		}
		p.Officers = append(p.Officers, ceremony.Officer{Name: name, Role: roles[i]})
	}
	p.Unlock = q.number("How many security officers unlock together", min(2, max(1, p.Security())))
}

func (q *interview) cards(what string, unlock int) ceremony.Cards {
	otherwise := 0
	if unlock > 0 {
		otherwise = 5
	}
	total := q.number(what, otherwise)
	if total == 0 {
		return ceremony.Cards{}
	}
	return ceremony.Cards{Total: total, Needed: q.number("How many of them give the secret back", total/2+1)}
}

// planText says what a plan would found.
func planText(p *ceremony.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "realm       %s %s\nvault       %s %s\n", p.Realm, strings.Join(p.SPIDs, " "), p.Vault.Kind, p.Vault.TPM)
	for _, o := range p.Officers {
		fmt.Fprintf(&b, "officer     %s, %s\n", o.Name, o.Role)
	}
	if len(p.Officers) > 0 {
		fmt.Fprintf(&b, "unlock      %d of %d security officers\n", p.Unlock, p.Security())
	}
	drill := ", drill before issuing"
	if p.Waived {
		drill = ", drill waived"
	}
	fmt.Fprintf(&b, "backup      %s\nnext core   %s\n", planCards(p.Backup, drill), planCards(p.Next, ""))
	fmt.Fprintf(&b, "epochs      %s\nlists       stale after %s, refused after %s\nmessages    at most %s old, %s ahead\n",
		ceremony.Duration(p.EpochLength), ceremony.Duration(p.NextUpdate), ceremony.Duration(p.HardExpiry), ceremony.Duration(p.Past), ceremony.Duration(p.Future))
	return b.String()
}

func planCards(c ceremony.Cards, note string) string {
	if c.None() {
		return "no cards"
	}
	return fmt.Sprintf("%d of %d cards%s", c.Needed, c.Total, note)
}
