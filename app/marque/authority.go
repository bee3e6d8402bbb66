package main

import (
	"github.com/spf13/cobra"
)

func newAuthority() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "authority",
		Short: "Found an authority and work with it",
		Long: `Found an authority and work with it.

An authority is one folder: the vault with the master secret, the officers who open it, and the database with identities, packages,
lists and the log. One process alone opens it, the service (marque authority serve); every other command talks to the service, and
starts one for itself when there is none.

The passphrase vault is of evaluation grade: whoever has the folder and the passphrase is the authority. A TPM vault opens on the
computer that it was made on, with a PIN, for as many security officers as its ceremony said.`,
	}
	cmd.AddCommand(
		newFound(), newServe(), newUnlock(), newLock(), newStop(), newStatus(),
		newEnrol(), newRenew(), newList(), newRevoke(), newUndo(), newRelease(), newPublish(), newCompact(), newRegions(), newApprovals(), newPolicy(), newPadding(), newTrust(),
		newDepots(), newReceipts(),
		newOfficers(), newPlatform(), newLockout(), newCards(),
		newBackup(), newRestore(), newReopen(), newRecover(), newRotate(), newDiscard(),
	)
	return cmd
}
