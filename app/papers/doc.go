// Package papers writes what a founding brings about besides the authority: share cards, lockout authorisation, approval key, core and
// record, as files for print and for sticks.
//
// What lives here: the folder of these files, the pages, and erasing them. What may not: founding, and reading cards back.
package papers
