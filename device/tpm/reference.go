package tpm

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// reference is a Counter as text.
type reference struct {
	TPM   string `json:"tpm"`   // path
	Index uint32 `json:"index"` // of NV memory
	Auth  string `json:"auth"`  // 64 hexadecimal digits
}

// MarshalText names the counter: a line of JSON of at most 4,096 octets, with what it takes to advance it. Keep it where only the device can
// read it.
func (c *Counter) MarshalText() ([]byte, error) {
	b, err := json.Marshal(reference{TPM: c.path, Index: c.index, Auth: hex.EncodeToString(c.auth[:])})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReference, err)
	}
	if len(b) >= maxReference {
		return nil, fmt.Errorf("%w: its path is too long", ErrReference)
	}
	return append(b, '\n'), nil
}

// Parse reads what MarshalText wrote. It does not ask the TPM. Error: ErrReference.
func Parse(text []byte) (*Counter, error) {
	var r reference
	if len(text) > maxReference || json.Unmarshal(text, &r) != nil {
		return nil, ErrReference
	}
	c := &Counter{path: r.TPM, index: r.Index}
	auth, err := hex.DecodeString(r.Auth)
	if err != nil || copy(c.auth[:], auth) != authSize || r.Index < firstIndex || r.Index >= firstIndex+maxIndexes || r.TPM == "" || strings.ContainsRune(r.TPM, 0) {
		return nil, ErrReference
	}
	if again, err := c.MarshalText(); err != nil || !bytes.Equal(again, text) {
		return nil, ErrReference // unknown members, other spellings
	}
	return c, nil
}
