package terminal

// MaxPassphrase is the longest passphrase in octets that a file or a person may give.
const MaxPassphrase = 1024
