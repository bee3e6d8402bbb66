package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

var (
	errFindings   = errors.New("the log contradicts itself or what was signed; stop issuing, keep a copy of the folder, and find out who changed it")
	errOtherRealm = errors.New("the log is of a realm with other words; check that the right folder was named")
)

// audit is what an audit found, as JSON shows it.
type audit struct {
	OK          bool     `json:"ok"`
	Realm       string   `json:"realm"`
	Words       string   `json:"words"`
	LogSize     uint64   `json:"log_size"`
	LogRoot     string   `json:"log_root"`
	Issued      uint64   `json:"issued"`
	Revoked     int      `json:"revoked"`
	Unpublished int      `json:"unpublished"`
	Lists       uint32   `json:"lists"`
	Checkpoints int      `json:"checkpoints"`
	Findings    []string `json:"findings"`
}

func newAudit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Verify what an authority did, without trusting it"}
	cmd.AddCommand(newAuditVerify(), newAuditManifest(), newAuditBundle(), newAuditTrust())
	return cmd
}

func newAuditVerify() *cobra.Command {
	var dir, expect string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify --dir FOLDER",
		Short: "Verify the whole log of an authority, without any secret",
		Long: `Computes the log's tree anew, follows every rule through its entries, and compares them with all checkpoints and lists that were
signed. Needs only the database of the authority's folder, so it also works on a copy. Whether it is the right realm, its words tell.`,
		Example: "  marque audit verify --dir fleet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := appliance.Audit(dir)
			if err != nil {
				return advice.Wrap("the log was not verified", err)
			}
			if asJSON {
				err = terminal.JSON(cmd.OutOrStdout(), auditOf(r))
			} else {
				cmd.Print(auditText(r))
			}
			switch {
			case err != nil:
				return advice.Wrap("the result was not printed", err)
			case !r.OK():
				return advice.Wrap("the log does not hold", errFindings)
			case expect != "" && !words.Match(expect, r.CoreHash[:]):
				return advice.Wrap("the log is not the one expected", errOtherRealm)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the authority's folder, or a copy of it (required)")
	cmd.Flags().StringVar(&expect, "words", "", "the eight words that the realm must have")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "dir")
	return cmd
}

func auditOf(r *authority.AuditReport) audit {
	a := audit{
		OK: r.OK(), Realm: r.Realm, Words: words.Text(r.CoreHash[:]), LogSize: r.Size, LogRoot: hex.EncodeToString(r.Root[:]),
		Issued: r.Issued, Revoked: r.Revoked, Unpublished: r.Unpublished, Lists: r.Lists, Checkpoints: r.Checkpoints, Findings: []string{},
	}
	for _, f := range r.Findings {
		a.Findings = append(a.Findings, f.String())
	}
	return a
}

func auditText(r *authority.AuditReport) string {
	text := fmt.Sprintf("realm        %s\nwords        %s\nlog          %d entries, root %x\nissued       %d, %d of them revoked, %d not yet published\n",
		r.Realm, words.Text(r.CoreHash[:]), r.Size, r.Root, r.Issued, r.Revoked, r.Unpublished)
	text += fmt.Sprintf("lists        %d\ncheckpoints  %d\n", r.Lists, r.Checkpoints)
	for _, f := range r.Findings {
		text += fmt.Sprintf("WRONG        %s\n", f)
	}
	if r.OK() {
		text += "every entry, checkpoint and list holds\n"
	}
	return text
}
