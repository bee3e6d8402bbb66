package main

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

// status is how an authority stands, as JSON shows it.
type status struct {
	Realm       string    `json:"realm"`
	Words       string    `json:"words"`
	CoreHash    string    `json:"core_hash"`
	Grade       string    `json:"grade"`
	Vault       string    `json:"vault"`
	Epoch       uint32    `json:"epoch"`
	Identities  uint64    `json:"identities"`
	Revoked     int       `json:"revoked"`
	Unpublished int       `json:"unpublished"`
	List        uint32    `json:"list"`
	NextUpdate  time.Time `json:"next_update"`
	HardExpiry  time.Time `json:"hard_expiry"`
	LogSize     uint64    `json:"log_size"`
	LogRoot     string    `json:"log_root"`
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
			return h.locked(func(a *appliance.Appliance) error {
				s, err := a.Authority().Status()
				if err != nil {
					return advice.Wrap("the status was not read", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), statusOf(&s, a))
				}
				cmd.Print(statusText(&s, a))
				return nil
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func statusOf(s *authority.Status, a *appliance.Appliance) status {
	return status{
		Realm: s.Realm, Words: words.Text(s.CoreHash[:]), CoreHash: hex.EncodeToString(s.CoreHash[:]), Grade: s.Grade, Vault: a.Kind(), Epoch: s.Epoch,
		Identities: s.Identities, Revoked: s.Revoked, Unpublished: s.Unpublished,
		List: s.List.Sequence, NextUpdate: s.List.NextUpdate, HardExpiry: s.List.HardExpiry,
		LogSize: s.LogSize, LogRoot: hex.EncodeToString(s.LogRoot[:]),
	}
}

func statusText(s *authority.Status, a *appliance.Appliance) string {
	text := fmt.Sprintf("realm       %s (%s grade)\nvault       %s (%s grade)\nwords       %s\nepoch       %d\nidentities  %d, %d of them revoked\n",
		s.Realm, s.Grade, a.Kind(), a.Grade(), words.Text(s.CoreHash[:]), s.Epoch, s.Identities, s.Revoked)
	text += fmt.Sprintf("list        %d, next update due %s, refused from %s\n",
		s.List.Sequence, s.List.NextUpdate.Format(time.RFC3339), s.List.HardExpiry.Format(time.RFC3339))
	if s.Unpublished > 0 {
		text += fmt.Sprintf("unpublished %d revoked: publish a list, nobody knows of them yet\n", s.Unpublished)
	}
	return text + fmt.Sprintf("log         %d entries, root %x\n", s.LogSize, s.LogRoot)
}
