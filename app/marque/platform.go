package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
)

var errApprovalSource = errors.New("nothing approves the platform; give --approval-key, or --signature over the digest that `marque authority platform show` prints")

// maxSignature is the longest signature file, in octets.
const maxSignature = 1024

func newPlatform() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "platform",
		Short: "Show what the TPM measured, approve it after an update, retire old approvals",
		Long: `A TPM vault opens on approved platforms only: firmware, option ROMs, boot loader, Secure Boot. After an update that somebody made on
purpose, the officers' approval key approves what runs then; nothing is sealed anew.`,
	}
	cmd.AddCommand(newPlatformShow(), newPlatformApprove(), newPlatformRetire())
	return cmd
}

func newPlatformShow() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show --dir FOLDER", Short: "Show what the TPM measured since the start", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, _ *localapi.Status) error {
				p, err := c.Platform()
				if err != nil {
					return advice.Wrap("the platform was not read", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), platformOf(p))
				}
				cmd.Print(platformOf(p).text())
				return nil
			})
		},
	}
	h.flags(cmd)
	h.tpmFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// platform is what the TPM measured, as JSON shows it.
type platform struct {
	PCRs      map[int]string `json:"pcrs"`
	Changed   string         `json:"changed,omitempty"`
	Digest    string         `json:"digest"`
	Approvals int            `json:"approvals"`
	Retired   uint64         `json:"retired"`

	order []int
}

func platformOf(p *localapi.Platform) *platform {
	out := &platform{PCRs: map[int]string{}, Changed: p.Changed, Digest: hex.EncodeToString(p.Digest), Approvals: p.Approvals, Retired: p.Retired}
	for _, pcr := range p.Now {
		out.order = append(out.order, pcr.Index)
		out.PCRs[pcr.Index] = hex.EncodeToString(pcr.Digest)
	}
	return out
}

func (p *platform) text() string {
	text := ""
	for _, i := range p.order {
		text += fmt.Sprintf("PCR %-2d     %s\n", i, p.PCRs[i])
	}
	state := "approved"
	if p.Changed != "" {
		state = "NOT approved: " + p.Changed
	}
	return text + fmt.Sprintf("platform   %s\napprovals  %d in the vault's file; earlier ones were retired %s\nto sign    %s\n", state, p.Approvals, times(p.Retired), p.Digest)
}

func times(n uint64) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

func newPlatformApprove() *cobra.Command {
	var h home
	var keyFile, signatureFile string
	cmd := &cobra.Command{
		Use:   "approve --dir FOLDER --officer NAME… {--approval-key FILE | --signature FILE}",
		Short: "Approve the platform that runs now",
		Long: `Signs what the TPM measured since the start with the officers' approval key, or takes a signature that was made elsewhere over the digest
that "platform show" prints (ECDSA over P-256, ASN.1 DER). The vault stays locked. Do this only after an update that was made on purpose,
and after somebody else compared the measurements with what the update's maker announced.`,
		Example: "  marque authority platform approve --dir fleet --officer 'Ada Byron' --approval-key /media/stick/approval-key.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the platform was not approved"
			a, err := approvalOf(keyFile, signatureFile)
			if err != nil {
				return advice.Wrap(what, err)
			}
			defer clear(a.Key)
			return h.signedOn(func(c *localapi.Client) error {
				if err := c.ApprovePlatform(a); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Println("the platform that runs now is approved; unlock, then retire the approvals of before (marque authority platform retire)")
				return nil
			})
		},
	}
	h.signFlags(cmd)
	cmd.Flags().StringVar(&keyFile, "approval-key", "", "the officers' approval key, from its safe")
	cmd.Flags().StringVar(&signatureFile, "signature", "", "or a file with the approval key's signature over the digest")
	cmd.MarkFlagsMutuallyExclusive("approval-key", "signature")
	return cmd
}

func approvalOf(keyFile, signatureFile string) (a localapi.Approval, err error) {
	switch {
	case keyFile != "":
		a.Key, err = papers.ReadApprovalKey(keyFile)
	case signatureFile != "":
		a.Signature, err = terminal.Read(nil, signatureFile, maxSignature)
	default:
		err = errApprovalSource
	}
	return a, err
}

func newPlatformRetire() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:   "retire --dir FOLDER --officer NAME…",
		Short: "Withdraw all approvals but that of the platform that runs now",
		Long: `Lets the vault, and every copy of it, open on the platform that runs now and on none that was approved before. It cannot be taken back:
a return to the old firmware takes a new approval.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				n, err := c.RetirePlatforms()
				if err != nil {
					return advice.Wrap("no approval was retired", err)
				}
				cmd.Printf("the approvals of before are retired; that was done %s by now\n", times(n))
				return nil
			})
		},
	}
	h.openFlags(cmd)
	return cmd
}

func newLockout() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lockout",
		Short: "Make the TPM forget wrong PINs",
	}
	cmd.AddCommand(newLockoutReset())
	return cmd
}

func newLockoutReset() *cobra.Command {
	var h home
	var file string
	cmd := &cobra.Command{
		Use:   "reset --dir FOLDER --officer NAME",
		Short: "Make the TPM forget wrong PINs, with the authorisation from the sealed envelope",
		Long: `After ten wrong PINs the TPM locks itself. One try comes back every two hours while the computer is switched on; the lockout authorisation
from the ceremony's sealed envelope gives all of them back at once. If it is wrong, the TPM takes none for a day.`,
		Example: "  marque authority lockout reset --dir fleet --officer 'Ada Byron'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.signedOn(func(c *localapi.Client) error {
				const what = "the TPM still counts the wrong PINs"
				typed, err := terminal.Passphrase(file, "Lockout authorisation, 32 letters and digits", false)
				if err != nil {
					return advice.Wrap(what, err)
				}
				defer clear(typed)
				auth, err := papers.TypedLockout(typed)
				if err != nil {
					return advice.Wrap(what, err)
				}
				if err := c.ResetLockout(auth); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Println("the TPM forgot the wrong PINs; seal the envelope again")
				return nil
			})
		},
	}
	h.signFlags(cmd)
	cmd.Flags().StringVar(&file, "lockout-file", "", "a file with the lockout authorisation in its first line (default: ask at the terminal)")
	return cmd
}
