package main

import (
	"io/fs"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
)

// advice is what to do about errors whose text does not say it.
var advice = terminal.Advice{
	{hsm.ErrNoTPM, "name it with --tpm, let this account use it (on Debian: the group tss), and switch it on in the firmware's setup"},
	{hsm.ErrOtherTPM, "name with --tpm the one that the vault was made with; put the disk back into its computer if it was moved"},
	{hsm.ErrPlatformChanged, "after an update on purpose: `marque authority platform show`, compare, then `marque authority platform approve`; else look for tampering"},
	{hsm.ErrApprovalRetired, "start the version that is approved, or approve this one: `marque authority platform approve`"},
	{hsm.ErrQuorum, "name more security officers who are here with --officer"},
	{hsm.ErrNoOfficer, "look at `marque authority officers list`; names are written exactly so"},
	{hsm.ErrWrongPIN, "look at the tries that are left before the next one; each is given back after two hours with the computer switched on"},
	{hsm.ErrLockedOut, "leave the computer switched on until then and type no PIN meanwhile, or open the sealed envelope: `marque authority lockout reset`"},
	{hsm.ErrTPMOwned, "take the owner's authorisation value back (tpm2_changeauth -c owner), and found again; clear the TPM only if nothing that it guards is needed"},
	{hsm.ErrTPMFull, "remove counters and keys that nobody uses any more from the TPM (tpm2_nvreadpublic, tpm2_nvundefine), and found again"},
	{hsm.ErrTPMCounters, "found again where a founding was cut off, which discards its vault; or use another computer"},
	{hsm.ErrTPMUnprotected, "found again with a folder for papers that has the TPM's lockout authorisation, from the envelope of the ceremony that set it"},
	{hsm.ErrTPMBank, "switch PCRs of SHA-256 on in the firmware's setup, restart, and found again"},
	{hsm.ErrLockoutAuth, "wait for a day, then give the right one: that of the envelope, or for a founding in the folder for papers"},
	{authority.ErrDrillPending, "`marque authority cards drill` with backup cards, or `marque authority cards waive` for good"},
	{authority.ErrRolledBack, "put the newest database back, or `marque authority reopen` with the newest lists that can be found"},
	{authority.ErrRestored, "`marque authority reopen` with the newest lists that can be found"},
	{authority.ErrCounterLost, "`marque authority reopen` with the newest lists that can be found"},
	{authority.ErrTogether, "name all officers who decide in one command, each with --officer"},
	{localapi.ErrSignOn, "name who is here with --officer"},
	{terminal.ErrNoTerminal, "give the passphrase with --passphrase-file, and the PIN of a TPM vault with --pin-file"},
	{fs.ErrNotExist, "check the name of the file or folder"},
	{fs.ErrPermission, "check who may read and write there"},
	{authority.ErrClockAhead, "compare it with another clock; set it if it is wrong, and if it is right run this again with --clock-is-right"},
	{wire.ErrAddress, "write it as `marque authority list` shows it, such as //fleet.example/Sbus-4711~0"},
	{wire.ErrSPID, "write it like fleet.example: labels of lower-case letters, digits and inner hyphens"},
	{wire.ErrProof, "make a new request on the device"},
	{wire.ErrEncoding, "copy it from the device again"},
	{wire.ErrChecksum, "take the picture again, or copy the .mqr file"},
}
