// Package appliance joins the parts of an authority that one folder holds: the
// vault of package hsm, the database of package storage, and the rules of
// package authority.
//
// What lives here: founding the folder, recovering and rotating it, opening it, unlocking and locking its parts together, its officers
// and share cards, backups, and how good its custody is. What may not: rules and formats of the parts, and anything that talks to
// people; the service calls this package and then works with [Appliance.Authority].
//
// # The folder
//
//	vault         the master secret, under a passphrase, or under TPM, PIN and quorum
//	officers      of a TPM vault: who they are, and what each of them opens with a passphrase
//	authority.db  registry, lists and log
//	last-backup   what the last backup held, and when; nothing depends on it
//	cards         which share cards there are, public, and which of them were re-entered; absent where none were made
//
// It is built under another name beside its place, ".NAME.founding", and renamed
// when everything in it was read back, so that it is there as a whole or not at
// all. A founding that was killed leaves only that other folder. Nobody was told
// of the realm in it, so the next founding removes it, and its counters from the TPM. A backup is restored in ".NAME.restoring",
// whose vault is a living realm's and is never taken out of the TPM. ".NAME.snapshot" is a copy of the database while a backup is
// written.
//
// A change of officers first writes "officers.next", with the hash of the vault that does not open for them yet; then the vault is
// sealed anew; then they take the place of the others. Whoever opens the folder in between sees from the vault which officers are its.
// Files with the suffix ".new" were being written when the program was killed, and mean nothing. "vault.rekeyed" is a vault that was
// sealed anew for a change which was cut off before it took the vault's place. It opens nothing, and must be left where it is: the next
// change reads from it how often the vault was sealed anew, so that a copy of it never opens. That change replaces it.
package appliance
