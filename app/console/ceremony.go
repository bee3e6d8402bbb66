package main

import (
	"time"

	"marque/app/flow"
	"marque/app/flow/sheets"
)

// ceremonial is what foundings need of this computer.
func ceremonial(o options) flow.Ceremony {
	papers := sheets.Beside(o.Dir, time.Now)
	return flow.Ceremony{
		Papers: papers, Drafts: sheets.DraftBeside(o.Dir), Read: readFile, Print: sheets.Print, Carry: papers.Carry, Archive: sheets.Archive, TPM: sheets.TPM(o.TPM),
	}
}
