// Package terminal is what the command-line programs share in talking to a person or a script: problems and exit codes, passphrases,
// files that come in and go out. It knows nothing of identities and keys.
package terminal
