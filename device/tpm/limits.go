package tpm

const (
	firstIndex = 0x01805600 // of those that the owner gives out (Part 1, 37.2)
	maxIndexes = 64
	authSize   = 32 // octets, the most for SHA-256
	nonceSize  = 16 // octets, of this side in a session
	valueSize  = 8  // octets

	keyBits    = 128  // of AES, in sessions: every TPM has it
	nameSize   = 34   // octets: an algorithm and a hash
	maxSecret  = 128  // octets, the most that every TPM seals
	maxBlob    = 1024 // octets
	headerSize = 10   // octets: tag, size, response code

	maxReference = 4096 // octets

	maxTries = 12 // of a command that the TPM asks to send again: 4 s in all
)
