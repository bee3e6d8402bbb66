//go:build race

package revocation_test

// mutants are few where decoding takes ten times as long, and nothing runs beside it. All million of them run on 32 bits: package tests.
const mutants = 20_000
