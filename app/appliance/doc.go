// Package appliance joins the parts of an authority that one folder holds: the
// vault of package hsm, the database of package storage, and the rules of
// package authority.
//
// What lives here: founding the folder, opening it, unlocking and locking both
// parts together. What may not: rules, formats, and anything that talks to
// people; the programs call this package and then work with
// [Appliance.Authority].
//
// # The folder
//
//	vault         the master secret, under a passphrase, or under TPM and passphrase
//	authority.db  registry, lists and log
//
// It is built under another name beside its place, ".NAME.founding", and renamed
// when everything in it was read back, so that it is there as a whole or not at
// all. A founding that was killed leaves only that other folder. Nobody was told
// of the realm in it, so the next founding removes it.
package appliance
