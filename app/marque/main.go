// Marque is the authority at the command line: it founds a realm, enrols vehicles and applications, revokes them and publishes lists,
// and it verifies the log, of which anyone can hold a copy. It opens no connection.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"marque/app/confine"
	"marque/app/terminal"
)

// version is set by the linker.
var version = "unknown"

func main() {
	// Passphrases, PINs and share cards pass through every command.
	if err := confine.Hide(); err != nil {
		fmt.Fprintf(os.Stderr, "marque: %v\n", err)
		os.Exit(terminal.ExitFailure)
	}
	os.Exit(terminal.Run(newRoot(), os.Args[1:]))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "marque",
		Short: "An offline authority for identity keys of vehicles and the applications that serve them",
		Long: `An offline authority for identity keys of vehicles and the applications that serve them.

A device registers once and gets identity keys. From then on a peer's address and the realm's public parameters are all that is
needed to verify it, to encrypt to it, and to connect with it.

Exit codes: 0 done, 1 refused or failed (standard error says what, why and what to do next), 2 wrong usage.`,
	}
	root.AddCommand(newAuthority(), newDepot(), newAudit(), newQR(), newUSB(), newLabel(), newDemo(), newVersion())
	return root
}
