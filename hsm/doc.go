// Package hsm guards the master seed of a realm.
//
// What lives here: the [Vault], its file, and everything that derives from the
// seed (PROTOCOL.md section 3). What may not: rules about who is enrolled or
// revoked, which belong to package authority, and any copy of the seed outside
// this package. A vault hands out results only: partial keys, signatures, and
// the key of the store.
//
// The one kind of vault so far keeps the seed in a file under a passphrase. It
// is evaluation grade: whoever copies the file may guess passphrases for as
// long as they like, slowed down by Argon2id (RFC 9106) alone.
//
// While a vault is unlocked, what derives from the seed is in the memory of the
// process. The statement and storage keys lie on a page that the system is
// asked not to swap; x, z and the working copies of the libraries underneath do
// not. Lock erases what this package holds. Marque claims no more than that.
package hsm
