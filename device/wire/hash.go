package wire

import (
	"crypto/sha256"

	"marque/device/ibc"
)

// labelled returns SHA-256(LP(label) ‖ parts…).
func labelled(label string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write(ibc.AppendLPString(nil, label))
	for _, p := range parts {
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}
