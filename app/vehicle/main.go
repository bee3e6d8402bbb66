// Marque-vehicle is what runs on a vehicle, or beside an application that serves vehicles: it asks an authority for identity keys,
// installs them, and with them signs, verifies, seals, opens, and holds sessions. It knows nothing of the authority's side.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"marque/app/terminal"
)

// version is set by the linker.
var version = "unknown"

func main() { os.Exit(terminal.Run(newRoot(), os.Args[1:])) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "marque-vehicle",
		Short: "Identity keys for a vehicle or an application: sign, verify, seal, open, connect",
		Long: `Identity keys for a vehicle or an application.

A device folder is made once (new), shows its request to the authority, and gets a key package back (install).
From then on it signs and verifies messages, seals and opens them, and holds sessions with any peer of the
realm whose address it knows. Nothing about peers is stored beforehand, and nothing is fetched.

Exit codes: 0 done, 1 refused or failed (standard error says what, why and what to do next), 2 wrong usage.`,
		Version: version,
	}
	f := &folder{}
	root.AddCommand(
		newNew(f), newInstall(f), newRotate(f), newStatus(f),
		newSign(f), newVerify(f), newSeal(f), newOpen(f),
		newApply(f), newReceipt(f), newListen(f), newDial(f), newLists(f), newPost(f), newFetch(f),
	)
	for _, cmd := range root.Commands() {
		if cmd.HasSubCommands() { // these have the flags then
			continue
		}
		f.flags(cmd)
	}
	return root
}
