package second

import (
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// phrase is a file of tests/vectors/words.
type phrase struct {
	Expect string `json:"expect"`
	Hash   string `json:"hash"`
	Bits   string `json:"bits"`
	Words  string `json:"words"`
}

// Words are digits to the base 2048 (PROTOCOL.md, section 2.2), of the English list of BIP-39.
func TestWords(t *testing.T) {
	replay(t, "words", 9, func(t *testing.T, v *phrase) {
		n, all := new(big.Int), strings.Fields(v.Words)
		ok := len(all) == 8
		for _, w := range all {
			digit := slices.Index(wordlists.English, w)
			ok = ok && digit >= 0
			n.Add(n.Lsh(n, 11), big.NewInt(int64(digit)))
		}
		if ok != (v.Expect == "ok") {
			t.Fatalf("%q: %v, the vector says %s", v.Words, ok, v.Expect)
		}
		if ok && (hex.EncodeToString(n.FillBytes(make([]byte, 11))) != v.Bits || v.Hash[:22] != v.Bits) {
			t.Errorf("%q are %x", v.Words, n)
		}
	})
}
