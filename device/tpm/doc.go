// Package tpm gives a device a counter in a TPM 2.0, with which its folder cannot be set back to an earlier moment without notice, and seals the
// folder's key, without which a copy of the folder is of no use elsewhere.
//
// What lives here: making, reading and advancing one NV counter, the text that names it, and sealing one secret. What may not: identity keys,
// sessions with people, and anything that the authority's TPM needs. The package knows go-tpm and the standard library only. References to "Part" are to the TCG's TPM
// 2.0 Library.
package tpm
