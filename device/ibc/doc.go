// Package ibc is the mathematics of Marque: identity signatures after Galindo and
// Garcia over ristretto255, issued self-certified, the Boneh–Franklin key
// encapsulation on BLS12-381 for peers never heard from (cold), and
// Diffie–Hellman with a verified peer (warm). PROTOCOL.md in the parent folder,
// sections 3 to 5, is its specification.
//
// Roles: a [Master] extracts a [PartialKey] for a device's [EnrolmentKey]; the
// device completes it to a [PrivateKey]; everybody else needs only [Params] and
// an [Identity] to verify ([PublicKey], [Batch]) and to encapsulate ([Recipient]).
//
// What may not live here: time, revocation, addresses and their rules, files,
// framing. Nothing in this package keeps global state.
//
// Operations on secrets take constant time as far as the libraries beneath do:
// circl's G1 and G2 multiplications and go-ristretto's operations that are not
// named Public. Verification works on public data and takes variable time.
package ibc
