// Package authority holds the rules of a realm: who is enrolled and under which
// address, who is revoked, what the published list says, and that nothing of it
// happens without an entry in the log.
//
// What lives here: [Authority] with its operations, and [VerifyLog], which
// checks all of them afterwards from public values alone. What may not: master
// secrets, which stay behind [Master]; files, which belong to package storage;
// and words for people, which belong to the programs.
//
// Every change is one transaction: the log entry, the records that it speaks of,
// the package or list that it makes, and a signed checkpoint of the new head are
// stored together or not at all. A package or a list is returned only after that,
// and, where there is a [Counter], after it went up: a database that is set back is
// then noticed, and is read-only until [Authority.Reopen].
package authority
