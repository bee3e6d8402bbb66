// Package revocation holds the set of revoked serials and the codecs that write it down.
//
// A [Set] is what a list says: which of the serials below n are revoked. [Encode] turns it into a few octets, [Decode] reads them
// back and believes nothing about them. The codec octet stands in the signed bundle, so that a better coder can be added without
// touching anything else.
//
// The package knows the standard library only. Signatures, sequence numbers, epochs and files are other packages' matters; what is
// decoded here was signed, but the decoder does not rely on that.
package revocation
