package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

// status is how an authority stands, as JSON shows it.
type status struct {
	Realm       string    `json:"realm"`
	Words       string    `json:"words"`
	CoreHash    string    `json:"core_hash"`
	Core        uint32    `json:"core_generation"`
	Phase       string    `json:"phase"`
	Reason      string    `json:"reason,omitempty"` // why it is read-only
	Grade       string    `json:"grade"`
	Reasons     []string  `json:"reasons"`
	Vault       string    `json:"vault"`
	Officers    int       `json:"officers"`
	Needed      int       `json:"needed"`
	Present     []string  `json:"present"`
	Drill       string    `json:"drill"`
	Counter     uint64    `json:"counter"`
	TPM         *tpmState `json:"tpm,omitempty"`
	NoTPM       string    `json:"no_tpm,omitempty"` // why it did not answer
	Epoch       uint32    `json:"epoch"`
	Identities  uint64    `json:"identities"`
	Revoked     int       `json:"revoked"`
	Unpublished int       `json:"unpublished"`
	Padding     *padding  `json:"padding,omitempty"` // of lists; none where there is none
	Trust       uint32    `json:"trust,omitempty"`   // number of the newest list of trusted realms
	Depots      int       `json:"depots"`
	Behind      int       `json:"depots_behind"` // without the newest list, as far as they said
	Unreceived  int       `json:"unreceived"`    // identities that no receipt came of
	Alarms      int       `json:"alarms"`        // that receipts raised
	List        uint32    `json:"list"`
	NextUpdate  time.Time `json:"next_update"`
	HardExpiry  time.Time `json:"hard_expiry"`
	LogSize     uint64    `json:"log_size"`
	LogRoot     string    `json:"log_root"`
	Confined    []string  `json:"confined"`
	Exposed     []string  `json:"exposed"`
}

// padding is how lists hide how many are revoked, as JSON shows it.
type padding struct {
	Step    uint32 `json:"step"`
	Share   uint32 `json:"share"`
	Reserve int    `json:"reserve"` // serials that lists can be padded with yet
	Listed  int    `json:"listed"`  // on the newest list
}

func paddingOf(s *authority.Status) *padding {
	if !s.Padding.On() && s.List.Padding == 0 {
		return nil
	}
	return &padding{Step: s.Padding.Step, Share: s.Padding.Share, Reserve: s.Reserve, Listed: s.List.Padding}
}

// tpmState is how the TPM stands, as JSON shows it.
type tpmState struct {
	TriesLeft int       `json:"tries_left"`
	LockedOut bool      `json:"locked_out"`
	Until     time.Time `json:"until,omitzero"`
	Counter   uint64    `json:"counter"`
	Changed   string    `json:"changed,omitempty"`
}

func newStatus() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status --dir FOLDER",
		Short:   "Show how the authority stands, without unlocking it",
		Example: "  marque authority status --dir fleet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(_ *localapi.Client, s *localapi.Status) error {
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), statusOf(s))
				}
				cmd.Print(statusText(s))
				return nil
			})
		},
	}
	h.flags(cmd)
	h.tpmFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func statusOf(s *localapi.Status) status {
	a, c := s.Authority, s.Custody
	out := status{
		Realm: a.Realm, Words: words.Text(a.CoreHash[:]), CoreHash: hex.EncodeToString(a.CoreHash[:]), Core: a.Generation,
		Phase: string(s.Phase), Reason: c.Reason, Grade: c.Grade, Reasons: some(c.Reasons), Vault: c.Vault, Officers: len(c.Officers), Needed: c.Needed,
		NoTPM: c.NoTPM, Present: some(c.Present), Drill: string(c.Drill), Counter: c.Counter, Epoch: a.Epoch,
		Identities: a.Identities, Revoked: a.Revoked, Unpublished: a.Unpublished, Padding: paddingOf(a), Trust: a.Trust,
		Depots: a.Depots, Behind: a.Behind, Unreceived: a.Unreceived, Alarms: a.Alarms,
		List: a.List.Sequence, NextUpdate: a.List.NextUpdate, HardExpiry: a.List.HardExpiry,
		LogSize: a.LogSize, LogRoot: hex.EncodeToString(a.LogRoot[:]), Confined: some(s.Confined), Exposed: some(s.Exposed),
	}
	if t := c.TPM; t != nil {
		out.TPM = &tpmState{TriesLeft: t.TriesLeft, LockedOut: t.LockedOut, Until: t.Until, Counter: t.Counter, Changed: t.Changed}
	}
	return out
}

// some is not nil: JSON shows an empty list as one.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func statusText(s *localapi.Status) string {
	a, c := s.Authority, s.Custody
	text := fmt.Sprintf("realm       %s (%s grade)\n", a.Realm, c.Grade)
	for _, reason := range c.Reasons {
		text += fmt.Sprintf("  because   %s\n", reason)
	}
	text += fmt.Sprintf("state       %s%s\nwords       %s\n", s.Phase, because(c.Reason), words.Text(a.CoreHash[:]))
	text += custodyText(c)
	text += fmt.Sprintf("epoch       %d\nidentities  %d, %d of them revoked\n", a.Epoch, a.Identities, a.Revoked)
	text += fmt.Sprintf("list        %d, next update due %s, refused from %s\n",
		a.List.Sequence, a.List.NextUpdate.Format(time.RFC3339), a.List.HardExpiry.Format(time.RFC3339))
	text += paddingText(a)
	if a.Trust > 0 {
		text += fmt.Sprintf("trust list  %d; see marque authority trust list\n", a.Trust)
	}
	if a.Unpublished > 0 {
		text += fmt.Sprintf("unpublished %d revoked: publish a list, nobody knows of them yet\n", a.Unpublished)
	}
	text += fmt.Sprintf("receipts    %d missing\n", a.Unreceived)
	if a.Depots > 0 {
		text += fmt.Sprintf("depots      %d registered, %d of them not known to have list %d\n", a.Depots, a.Behind, a.List.Sequence)
	}
	if a.Alarms > 0 {
		text += fmt.Sprintf("ALARM       %d from receipts: keys are in two hands, or somebody else issues keys; see the log, and ask those devices' operators\n", a.Alarms)
	}
	text += fmt.Sprintf("log         %d entries, root %x\n", a.LogSize, a.LogRoot)
	if len(s.Confined) > 0 {
		text += fmt.Sprintf("service     %s\n", strings.Join(s.Confined, ", "))
	}
	if len(s.Exposed) > 0 {
		text += fmt.Sprintf("exposed     %s\n", strings.Join(s.Exposed, ", "))
	}
	return text
}

// custodyText says how the master secret is kept.
func custodyText(c *localapi.Custody) string {
	text := fmt.Sprintf("vault       %s\n", c.Vault)
	if len(c.Officers) > 0 {
		text += fmt.Sprintf("officers    %d, %d of the security officers unlock%s\n", len(c.Officers), c.Needed, alone(c.Needed))
	}
	if len(c.Present) > 0 {
		text += fmt.Sprintf("present     %s\n", strings.Join(c.Present, ", "))
	}
	text += fmt.Sprintf("drill       %s\n", c.Drill)
	if c.Backup != nil {
		text += fmt.Sprintf("backup      %d of %d cards\n", c.Backup.Needed, c.Backup.Total)
	}
	if c.Next != nil {
		text += fmt.Sprintf("next core   %d of %d cards\n", c.Next.Needed, c.Next.Total)
	}
	if c.Counter > 0 {
		text += fmt.Sprintf("counter     %d in the newest checkpoint\n", c.Counter)
	}
	switch {
	case c.TPM != nil:
		text += tpmText(c.TPM)
	case c.NoTPM != "":
		text += fmt.Sprintf("TPM         %s\n", c.NoTPM)
	}
	return text
}

func alone(needed int) string {
	if needed == 1 {
		return ", one alone"
	}
	return ""
}

func tpmText(t *localapi.TPM) string {
	text := fmt.Sprintf("TPM         counter %d, %d tries left\n", t.Counter, t.TriesLeft)
	if t.LockedOut {
		text = fmt.Sprintf("TPM         counter %d, LOCKED OUT until %s at the latest\n", t.Counter, t.Until.Format(time.RFC3339))
	}
	if t.Changed != "" {
		text += fmt.Sprintf("platform    NOT approved: %s\n", t.Changed)
	}
	return text
}
