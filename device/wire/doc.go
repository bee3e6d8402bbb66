// Package wire holds everything of a realm that is written down or sent: addresses, the core of a realm, signed
// statements, enrolment requests, key packages, revocation bundles, log entries, and the layout of messages.
//
// Here lives: encoding, decoding, every bound (limits.go), and the checks that need nothing but the bytes and a public
// key. PROTOCOL.md in the folder above is the authority for each byte.
//
// Here may not live: secrets that outlive a call, clocks, files, network, policy decisions. Whether a message is fresh,
// a peer revoked or a core pinned is decided by package device; what may be signed, by package authority.
//
// Every object has exactly one encoding. A parser checks the length first, then decodes strictly, then encodes what it
// understood and compares: for every accepted b, marshal(parse(b)) equals b.
//
// Values are plain structs. None of them may be changed while another goroutine reads it; the functions themselves keep
// no state and may be called concurrently. Results of parsing may share memory with the input.
package wire
