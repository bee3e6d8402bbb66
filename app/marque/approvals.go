package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

var (
	errDigest    = errors.New("that is no digest; write the 64 characters that `marque authority approvals list` shows, or the first 8 or more of them")
	errAmbiguous = errors.New("several requests begin with that; write more of the digest")
	errNoRequest = errors.New("no request has that digest; look at `marque authority approvals list`")
)

// minDigest is how many characters of a digest name a request.
const minDigest = 8

// outcome is what became of something that officers decide about, as JSON shows it.
type outcome struct {
	Done     bool      `json:"done"`
	Proposal *proposal `json:"proposal,omitempty"`
}

// proposal is something that officers decide about, as JSON shows it.
type proposal struct {
	Digest    string    `json:"digest"`
	Action    string    `json:"action"`
	Words     []string  `json:"words"`
	Requester string    `json:"requester"`
	Time      time.Time `json:"time"`
	Expires   time.Time `json:"expires"`
	Approved  []string  `json:"approved"`
	Missing   int       `json:"missing"`
	State     string    `json:"state"`
	Refused   string    `json:"refused,omitempty"`
}

func proposalOf(p *localapi.Proposal) *proposal {
	return &proposal{
		Digest: hex.EncodeToString(p.Digest[:]), Action: string(p.Action), Words: wordsOf(p), Requester: p.Requester, Time: p.Time, Expires: p.Expires,
		Approved: p.Approved, Missing: p.Missing, State: p.State, Refused: p.Refused,
	}
}

// wordsOf says the payload, with hashes and keys of depots, and cores of other realms, as the words that people compare, too.
func wordsOf(p *localapi.Proposal) []string {
	lines := slices.Clone(p.Words)
	switch p.Action {
	case authority.ActionDepot:
		if d, err := authority.ParseDepotPayload(p.Payload); err == nil {
			lines = append(lines, "the words at the depot: "+words.Text(d.Registration[:]), "the words of its key: "+words.Text(d.Key[:]))
		}
	case authority.ActionDepotRevoke:
		if d, err := authority.ParseDepotRevokePayload(p.Payload); err == nil {
			lines = append(lines, "the words of its key: "+words.Text(d.Key[:]))
		}
	case authority.ActionTrust:
		if t, err := authority.ParseTrustPayload(p.Payload); err == nil {
			hash := t.CoreHash()
			lines = append(lines, "the words of its core: "+words.Text(hash[:]))
		}
	default:
	}
	return lines
}

func outcomeOf(o *localapi.Outcome) outcome {
	if o.Proposal == nil {
		return outcome{Done: o.Done}
	}
	return outcome{Done: o.Done, Proposal: proposalOf(o.Proposal)}
}

// show says what was done, or who is missing.
func (o *outcome) show(cmd *cobra.Command, done string) {
	if o.Done {
		cmd.Println(done)
		return
	}
	cmd.Printf("not done yet: %s\n", errUndecided)
	if o.Proposal != nil {
		cmd.Print(o.Proposal.text())
	}
}

func (p *proposal) text() string {
	text := fmt.Sprintf("%s  %s, %s\n", p.Digest, p.Action, p.State)
	for _, line := range p.Words {
		text += "  " + line + "\n"
	}
	text += fmt.Sprintf("  asked by %s at %s, approved by %s\n", p.Requester, p.Time.Format(time.RFC3339), orNobody(p.Approved))
	switch {
	case p.Refused != "":
		text += fmt.Sprintf("  refused %s\n", p.Refused)
	case p.Missing > 0:
		text += fmt.Sprintf("  %d more must approve before %s\n", p.Missing, p.Expires.Format(time.RFC3339))
	}
	return text
}

func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

func newApprovals() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approvals",
		Short: "Decide about what takes more officers than one",
		Long: `What one officer may not do alone waits until enough others approve it, seven days at most. What is approved is the digest of the
exact payload, which is shown in words. Nobody approves twice, their own request included.`,
	}
	cmd.AddCommand(newApprovalsList(), newApprove(), newRefuse())
	return cmd
}

func newApprovalsList() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list --dir FOLDER --officer NAME", Short: "List what was asked for, and what became of it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				found, err := c.Proposals()
				if err != nil {
					return advice.Wrap("the requests were not listed", err)
				}
				list := []*proposal{}
				for i := range found {
					list = append(list, proposalOf(&found[i]))
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), list)
				}
				for _, p := range list {
					cmd.Print(p.text())
				}
				if len(list) == 0 {
					cmd.Println("nothing was asked for")
				}
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newApprove() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use: "approve --dir FOLDER --officer NAME DIGEST", Short: "Approve a request; the last approval that it takes carries it out", Args: cobra.ExactArgs(1),
		Example: "  marque authority approvals approve --dir fleet --officer 'Ben Okri' 5f3a91c0",
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				const what = "the request was not approved"
				p, err := request(c, args[0])
				if err != nil {
					return advice.Wrap(what, err)
				}
				o, err := c.Approve(p.Digest)
				if err != nil {
					return advice.Wrap(what, err)
				}
				if o.Proposal == nil {
					o.Proposal = p
				}
				shown := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				shown.show(cmd, "approved, and done: "+strings.Join(p.Words, ", "))
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newRefuse() *cobra.Command {
	var h home
	var reason string
	cmd := &cobra.Command{
		Use: "refuse --dir FOLDER --officer NAME DIGEST --reason TEXT", Short: "Refuse a request, which ends it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				p, err := request(c, args[0])
				if err == nil {
					err = c.Refuse(p.Digest, reason)
				}
				if err != nil {
					return advice.Wrap("the request was not refused", err)
				}
				cmd.Println("refused")
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, which is kept (required)")
	terminal.Required(cmd, "reason")
	return cmd
}

// request finds the open request whose digest begins with the text.
func request(c *localapi.Client, text string) (*localapi.Proposal, error) {
	text = strings.ToLower(text)
	if len(text) < minDigest || len(text) > 64 || strings.Trim(text, "0123456789abcdef") != "" {
		return nil, errDigest
	}
	list, err := c.Proposals()
	if err != nil {
		return nil, err
	}
	var found *localapi.Proposal
	for i := range list {
		if !strings.HasPrefix(hex.EncodeToString(list[i].Digest[:]), text) {
			continue
		}
		if found != nil {
			return nil, errAmbiguous
		}
		found = &list[i]
	}
	if found == nil {
		return nil, errNoRequest
	}
	return found, nil
}
