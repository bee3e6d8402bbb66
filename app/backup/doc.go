// Package backup is the format in which an authority's database leaves its folder: one file, encrypted under the key of the
// database, that shows every changed octet.
//
// What lives here: the archive's encoding, [Writer] and [Reader]. What may not: what a database means, and where files lie; package
// appliance makes archives of a running authority and authorities of archives.
//
// # The archive
//
//	magic    21   "marque/v1/backup" and the octets 0D 0A 1A 0A 00
//	length    4   of the header, big endian, at most 17,039,360 (MaxHeader)
//	header        deterministic CBOR (RFC 8949, section 4.2.1), see below
//	chunks        each 65,536 octets of the database and a tag of 16, the last one 0 to 65,536 and a tag
//
// The header is in the clear, because it has what opens the rest: the array
//
//	[1, core hash, Unix seconds, counter, log size, number of the newest list, salt, vault, officers, cards, newest list]
//
// Core hash and salt are byte strings of 32 octets; vault, officers and cards are the files of these names as they were, empty where
// there is none; the newest list is a statement of type bundle, so that whoever finds an archive, without any key, has a list to merge.
// Nothing in the header is authentic before the last chunk was verified.
//
// The chunks are STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) with AES-256-GCM: the nonce is the number of the chunk, from 0, as 11
// octets big endian, and one octet, 1 in the last chunk and 0 in the others. So none can be dropped, moved or repeated, and the end
// cannot be cut off. The key is HKDF-SHA-512(key of the database, salt, "marque/v1/backup"), 32 octets, the salt random, so that it
// encrypts one archive. The associated data of each chunk is SHA-256(magic ‖ length ‖ header).
package backup
