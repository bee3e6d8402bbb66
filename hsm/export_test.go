package hsm

import (
	"encoding/json"
	"testing"
)

// Forge returns the vault file b with another cost and a checksum that fits.
func Forge(t *testing.T, b []byte, c Cost) []byte {
	t.Helper()
	f := new(file)
	if err := json.Unmarshal(b, f); err != nil {
		t.Fatal(err)
	}
	f.Cost = c
	b, err := f.marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Reparse parses a vault file and encodes it again.
func Reparse(b []byte) ([]byte, error) {
	f, err := parseFile(b)
	if err != nil {
		return nil, err
	}
	return f.marshal()
}
