// Package storage keeps everything an authority must remember in one bbolt
// file: the registry of identities, the packages made for them, the published
// lists, and the log that records every change.
//
// What lives here: transactions, records, the Merkle tree of the log, and the
// protection of all of it against damage and curious readers. What may not:
// rules about who is enrolled, renewed or revoked, which belong to package
// authority, and anything that knows a master secret.
//
// # Transactions
//
// [Store.View] and [Store.Update] hand a [Tx] to a function; nothing is read or
// written outside one. An Update is committed as a whole, flushed to the disk
// before it returns, or not at all. That is what makes the log trustworthy: an
// entry appended with [Tx.AppendLog] is committed with the change it records.
//
// # What can be read without the key
//
// The log, its checkpoints, the core, the policy and the published lists are in
// the clear, so that an auditor needs no secret; so is what officers decided.
// Identities, packages and what officers are still asked to decide are
// sealed with AES-256-GCM under keys that derive from the storage key; until
// [Store.Unlock] they answer [ErrLocked].
//
// The keys of the indexes are in the clear: names and request hashes stand in
// the log anyway, and an enrolment key U is a public key.
//
// # Damage
//
// bbolt notices neither flipped bits nor a truncated file. Here, sealed values
// are authenticated together with their key, public values carry a digest, and
// log entries are covered by the tree. Whatever does not match is answered with
// [ErrCorrupt] and never returned. Digests and tree find accidents; only the
// authority's signatures, which package authority checks, find a forger.
//
// Two limits. A flipped pointer between bbolt's own index pages can lead it in
// circles, which ends the program instead of giving an error; it never gives
// wrong data. And nothing here notices that the whole file was replaced by an
// older one: package authority does, where it has a counter.
package storage
