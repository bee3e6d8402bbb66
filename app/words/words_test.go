package words_test

import (
	"bytes"
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39/wordlists"

	"marque/app/words"
)

func TestKnown(t *testing.T) {
	for hash, want := range map[string]string{
		strings.Repeat("\x00", 32):             "abandon abandon abandon abandon abandon abandon abandon abandon",
		strings.Repeat("\xff", 11):             "zoo zoo zoo zoo zoo zoo zoo zoo",
		"\x00\x20" + strings.Repeat("\x00", 9): "ability abandon abandon abandon abandon abandon abandon abandon", // 00000000001 0…
		strings.Repeat("\x00", 10) + "\x01":    "abandon abandon abandon abandon abandon abandon abandon ability",
		// The first eight words of two test vectors of BIP-39.
		strings.Repeat("\x80", 16): "letter advice cage absurd amount doctor acoustic avoid",
		strings.Repeat("\x7f", 16): "legal winner thank year wave sausage worth useful",
	} {
		got := words.Of([]byte(hash))
		if all := strings.Join(got[:], " "); all != want || words.Text([]byte(hash)) != all {
			t.Errorf("%x: %s, want %s", hash, all, want)
		}
	}
}

// TestAgainstBigInteger computes the words in another way: as the digits of one number to the base 2048.
func TestAgainstBigInteger(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		hash := randomHash(r)
		n, digit := new(big.Int).SetBytes(hash[:words.Size]), new(big.Int)
		got := words.Of(hash)
		for i := words.Count - 1; i >= 0; i-- {
			n.DivMod(n, big.NewInt(2048), digit)
			if want := wordlists.English[digit.Int64()]; got[i] != want {
				t.Fatalf("%x: word %d is %s, want %s", hash, i+1, got[i], want)
			}
		}
	}
}

func TestParseReturnsTheBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		hash := randomHash(r)
		got, err := words.Parse(words.Text(hash))
		if err != nil || !bytes.Equal(got[:], hash[:words.Size]) {
			t.Fatalf("%x: %x, %v", hash, got, err)
		}
	}
}

func TestMatch(t *testing.T) {
	hash := randomHash(rand.New(rand.NewPCG(5, 6)))
	text := words.Text(hash)
	for _, same := range []string{text, strings.ToUpper(text), "  " + strings.ReplaceAll(text, " ", " \t\r\n") + "\n"} {
		if !words.Match(same, hash) {
			t.Errorf("%q does not match", same)
		}
	}
	behind := bytes.Clone(hash)
	behind[words.Size] ^= 1
	if !words.Match(text, behind) {
		t.Error("bits after the 88th count")
	}
	for bit := range 8 * words.Size {
		other := bytes.Clone(hash)
		other[bit/8] ^= 0x80 >> (bit % 8)
		if words.Match(text, other) {
			t.Errorf("matches although bit %d differs", bit)
		}
	}
	for name, short := range map[string][]byte{"nil": nil, "ten octets": hash[:10]} {
		if words.Match(text, short) {
			t.Errorf("%s matches", name)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := strings.Fields(words.Text(make([]byte, words.Size)))
	with := func(i int, w string) string {
		changed := append([]string(nil), good...)
		changed[i] = w
		return strings.Join(changed, " ")
	}
	for name, c := range map[string]struct{ text, says string }{
		"nothing":             {"", "0 words"},
		"seven words":         {strings.Join(good[:7], " "), "7 words"},
		"nine words":          {strings.Join(good, " ") + " zoo", "9 words"},
		"first word unknown":  {with(0, "Zxcvb"), "word 1 "},
		"last word unknown":   {with(7, "zxcvb"), "word 8 "},
		"a prefix of a word":  {with(3, "aban"), "word 4 "},
		"a hyphen":            {with(2, "abandon-"), "word 3 "},
		"the Kelvin sign":     {with(4, "\u212angdom"), "word 5 "},
		"not even UTF-8":      {with(5, "\xff\xfe"), "word 6 "},
		"longer than allowed": {strings.Repeat(" ", 1020) + strings.Join(good, " "), "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := words.Parse(c.text)
			if !errors.Is(err, words.ErrWords) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want ErrWords about %q", err, c.says)
			}
			if got != [words.Size]byte{} {
				t.Error("bits came back with an error")
			}
			for _, typed := range []string{"xcvb", "aban", "ngdom"} {
				if strings.Contains(err.Error(), typed) {
					t.Errorf("the message repeats what was typed: %v", err)
				}
			}
		})
	}
}

func TestOfShortHashPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	words.Of(make([]byte, words.Size-1))
}

func FuzzParse(f *testing.F) {
	f.Add("abandon ability able about above absent absorb zoo")
	f.Add("  ZOO zoo\tzoo zoo zoo zoo zoo zoo\n")
	f.Add("zoo zoo zoo")
	f.Fuzz(func(t *testing.T, text string) {
		bits, err := words.Parse(text)
		if err != nil {
			if !errors.Is(err, words.ErrWords) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if want := strings.ToLower(strings.Join(strings.Fields(text), " ")); words.Text(bits[:]) != want {
			t.Fatalf("%q stands for %q", text, words.Text(bits[:]))
		}
	})
}

func randomHash(r *rand.Rand) []byte {
	hash := make([]byte, 32)
	for i := range hash {
		hash[i] = byte(r.Uint32())
	}
	return hash
}
