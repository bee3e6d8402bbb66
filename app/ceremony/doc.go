// Package ceremony is the ceremony file, which says what an authority is founded with, and the record of what was then done.
//
// What lives here: reading a file strictly, with all its mistakes reported together and each with its line; and writing a record for
// print. What may not: doing anything of it, which is for package appliance, and asking anybody, which is for the programs. Neither a
// file nor a record has a secret in it.
package ceremony
