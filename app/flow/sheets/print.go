package sheets

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"marque/app/ceremony"
	"marque/app/flow"
)

// patience is how long the printing system may take to accept a page.
const patience = 20 * time.Second

// printers are the commands that print a PDF, the first one that there is counts.
var printers = []string{"lp", "lpr"}

// Print hands a page to the printing system, which keeps a copy until it was printed, and that of CUPS for a day after, unless it was
// told otherwise. Only the path stands in the command line. It is flow.Parts.Print.
func Print(path string) error {
	for _, name := range printers {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := exec.CommandContext(ctx, program, path).Run(); err != nil { //nolint:gosec // one of printers, from the PATH
			return fmt.Errorf("%w: %s: %w", flow.ErrNoPrinter, name, err)
		}
		return nil
	}
	return fmt.Errorf("%w: neither lp nor lpr is installed", flow.ErrNoPrinter)
}

// TPM returns the path of the TPM that can be used: the one that was named, or the kernel's where this account may use it; empty for none.
func TPM(named string) string {
	if named != "" {
		return named
	}
	f, err := os.OpenFile(ceremony.DefaultTPM, os.O_RDWR, 0)
	if err != nil {
		return ""
	}
	_ = f.Close() // nothing was asked
	return ceremony.DefaultTPM
}
