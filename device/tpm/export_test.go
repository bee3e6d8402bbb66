package tpm

// Normal reads a sealed secret as Unseal does, and writes it again.
func Normal(sealed []byte) ([]byte, error) {
	b, err := parseBlob(sealed)
	if err != nil {
		return nil, err
	}
	return b.marshal()
}
