package words_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/words"
)

var update = flag.Bool("update", false, "write tests/vectors/words anew; say why in the commit")

const vectorDir = "../../tests/vectors/words"

// vector is one file: a hash and its words, or a text that is none.
type vector struct {
	Comment string `json:"comment"`
	Expect  string `json:"expect"`         // ok or refused
	Hash    string `json:"hash,omitempty"` // hexadecimal
	Bits    string `json:"bits,omitempty"` // the first 88, hexadecimal
	Words   string `json:"words"`
}

func vectors() map[string]vector {
	out := map[string]vector{}
	for name, hash := range map[string]string{
		"zeros": strings.Repeat("00", 32), "ones": strings.Repeat("ff", 32), "count": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"last-bit": strings.Repeat("00", 10) + "01" + strings.Repeat("00", 21), "behind": strings.Repeat("00", 11) + strings.Repeat("ff", 21),
	} {
		b, err := hex.DecodeString(hash)
		if err != nil {
			panic(err)
		}
		out[name] = vector{"the words of a hash", "ok", hash, hash[:22], words.Text(b)}
	}
	eight := out["count"].Words
	for name, bad := range map[string]string{
		"seven": eight[:strings.LastIndexByte(eight, ' ')], "nine": eight + " abandon", "unknown": "marque" + eight[strings.IndexByte(eight, ' '):], "none": "",
	} {
		out[name] = vector{Comment: name, Expect: "refused", Words: bad}
	}
	return out
}

func TestVectors(t *testing.T) {
	all := vectors()
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			want, err := json.MarshalIndent(v, "", "  ")
			want = append(want, '\n')
			path := filepath.Join(vectorDir, name+".json")
			if err == nil && *update {
				err = os.WriteFile(path, want, 0o600)
			}
			got, err2 := os.ReadFile(path)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Fatalf("the file says something else: run with -update (%v, %v)", err, err2)
			}
			bits, err := words.Parse(v.Words)
			if (err == nil) != (v.Expect == "ok") || err == nil && hex.EncodeToString(bits[:]) != v.Bits {
				t.Errorf("%x, %v", bits, err)
			}
		})
	}
}
