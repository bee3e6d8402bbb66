// Package hsm guards the master seed of a realm.
//
// What lives here: the [Vault], its file, and everything that derives from the
// seed (PROTOCOL.md section 3). What may not: rules about who is enrolled or
// revoked, which belong to package authority, and any copy of the seed outside
// this package. A vault hands out results only: partial keys, signatures, and
// the key of the store.
//
// A vault of the kind "passphrase" keeps the seed in a file under a passphrase.
// Whoever copies the file may guess passphrases for as long as they like, slowed
// down by Argon2id (RFC 9106) alone.
//
// A vault of the kind "tpm" needs two secrets. The [TPM] of the computer releases
// one for a PIN, of which it counts the wrong ones, and only on a platform that the
// officers approved: firmware and boot loader as the TPM measured them. The other
// is a passphrase, or comes from the officers' shares. A stolen disk is worth
// nothing without both, nor is a broken TPM. Approvals lie in the file beside the
// seed, signed one by one, so that a firmware update is approved without opening
// the vault; a counter in the TPM retires old ones in every copy of the file. A
// second counter counts changes of PIN, officers and approval key: copies of the
// file from before stay shut, whoever signs approvals for them. A third one tells a
// restored database from the newest.
//
// Whoever controls the system while the vault is unlocked is not kept out, and
// the owner of the TPM can destroy what it holds, though not read it.
//
// While a vault is unlocked, what derives from the seed is in the memory of the
// process. The statement and storage keys lie on a page that the system is
// asked not to swap; x, z and the working copies of the libraries underneath do
// not. Lock erases what this package holds. Marque claims no more than that.
package hsm
