// Package depot is a depot's folder: requests that were collected and compared, batches that were signed, packages that were handed
// out, and receipts that came back.
//
// What lives here: the depot's Ed25519 key and its records, sealed together in one file under a passphrase; what the depot signs; and
// the check of a folder against the manifest that the authority signed for it. What may not: any secret of the realm, which a depot
// does not have; and anything that talks to people.
//
// The file is replaced as a whole: written beside, synced, renamed. Somebody who can write to the folder can put an older one
// back, which the authority notices by the number of the next batch.
package depot
