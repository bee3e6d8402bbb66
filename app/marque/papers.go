package main

import (
	"errors"
	"fmt"

	"marque/app/localapi"
	"marque/app/papers"
)

var errPapers = errors.New("the authority was founded, but its papers could not be written, and its cards exist nowhere: take it back with `marque authority discard`, and found it again")

// papersText says what to do with the files.
func papersText(p *papers.Papers, c *localapi.Custody) string {
	text := fmt.Sprintf("papers in %s: print what is below (the .pdf of each), then erase the folder\n", p.Folder)
	if c.Vault == vaultTPM {
		lockout := "the TPM has one already: it is in the envelope of the ceremony that set it\n"
		if p.Lockout != "" {
			lockout = p.Lockout + "\n    print it, put it into a sealed envelope, and erase the file: it forgives wrong PINs\n"
		}
		text += "  lockout authorisation  " + lockout
		text += fmt.Sprintf("  approval key           %s\n    the officers take it away, and erase it here: it approves firmware and boot loader after an update\n", p.ApprovalKey)
		text += officersText(c)
	}
	text += fmt.Sprintf("  backup cards           %s\n", cardsText(c.Backup, "none: if the vault is lost, so is the realm, and must be founded anew"))
	text += fmt.Sprintf("  cards of the next core %s\n", cardsText(c.Next, "none: after a compromise the realm must be founded anew"))
	text += fmt.Sprintf("  core                   %s\n  record                 %s\n", p.Core, p.Record)
	if c.Drill == localapi.DrillPending {
		text += "next: enter every card again from paper (marque authority cards check), then rehearse the loss of the vault (marque authority cards drill);\n" +
			"      nothing is issued before\n"
	}
	return text
}

func officersText(c *localapi.Custody) string {
	note := ""
	if c.Needed == 1 {
		note = ": one alone, nobody looks over that officer's shoulder"
	}
	return fmt.Sprintf("  unlocked by            %d of %d officers%s\n", c.Needed, len(c.Officers), note)
}

func cardsText(c *localapi.Cards, none string) string {
	if c == nil {
		return none
	}
	return fmt.Sprintf("%d, of which %d give the secret back", c.Total, c.Needed)
}
