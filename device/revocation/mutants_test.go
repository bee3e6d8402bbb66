//go:build !race

package revocation_test

const mutants = 1_000_000
