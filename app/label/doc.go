// Package label makes what goes on paper: labels for vehicles, share cards, the ceremony's record.
//
// What lives here: sheets and single labels as PDF ([Sheet], [Single]) and in the language of label printers ([ZPL]), cards ([Cards]) and
// records ([Record]). What may not: what stands on them, which the callers know.
//
// The same input gives the same octets: codes are drawn as vectors, and the only date is the one that is given. A label shows who
// something is, and never a request: whoever photographs it learns an address.
package label
