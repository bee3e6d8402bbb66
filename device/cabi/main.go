// Package main is Marque's library for programs that are not written in Go: marque.h on top of package device, built with
// -buildmode=c-shared or c-archive.
//
// What lives here: handles instead of pointers to devices, copies of what crosses the border, codes of errors. What may not: anything that
// package device does not do. marque.h is written by hand; the compiler compares it with the functions here, which are declared by it.
package main

// #include "thread.h"
import "C"

func main() {}

//export marque_abi
func marque_abi() C.uint32_t { return C.MARQUE_ABI }
