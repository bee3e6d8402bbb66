// Package words shows hashes as words that two people can compare: the first 88 bits as eight words, 11 bits each, of the BIP-39
// English list, most significant bits first. Fingerprints of realms and of requests are shown so.
//
// It knows nothing of what was hashed, and it is not a code for secrets: words are printed and logged.
package words

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// Count is the number of words of a fingerprint, Size the number of octets that they stand for.
const (
	Count = 8
	Size  = 11
)

const (
	wordBits = 11
	maxText  = 1024 // octets that Parse looks at; eight words with single spaces take at most 71
)

// ErrWords says that a text is not eight words of the list. The text is never part of the message, only the position of the first
// wrong word is.
var ErrWords = errors.New("words: not a fingerprint of eight words; compare them with the original and type them again")

// index maps every word of the list to its number.
var index = sync.OnceValue(func() map[string]uint {
	m := make(map[string]uint, len(wordlists.English))
	for i, w := range wordlists.English {
		m[w] = uint(i) // 0 … 2047
	}
	return m
})

// Of returns the eight words of the first [Size] octets of hash. It panics when hash is shorter, as no hash is.
func Of(hash []byte) [Count]string {
	if len(hash) < Size {
		panic(fmt.Sprintf("words: a hash of %d octets, at least %d are needed", len(hash), Size))
	}
	var out [Count]string
	acc, held, next := uint(0), 0, 0
	for i := range out {
		for held < wordBits {
			acc = acc<<8 | uint(hash[next])
			held += 8
			next++
		}
		held -= wordBits
		out[i] = wordlists.English[acc>>held&(1<<wordBits-1)]
	}
	return out
}

// Text returns the words of [Of] with single spaces between them.
func Text(hash []byte) string {
	w := Of(hash)
	return strings.Join(w[:], " ")
}

// Parse returns the 88 bits that eight words stand for. Case and white space do not matter; everything else is [ErrWords].
func Parse(text string) ([Size]byte, error) {
	var out [Size]byte
	if len(text) > maxText {
		return out, fmt.Errorf("%w: the text is longer than %d octets", ErrWords, maxText)
	}
	fields := strings.Fields(text)
	if len(fields) != Count {
		return out, fmt.Errorf("%w: there are %d words", ErrWords, len(fields))
	}
	acc, held, next := uint(0), 0, 0
	for i, f := range fields {
		n, ok := index()[lower(f)]
		if !ok {
			return [Size]byte{}, fmt.Errorf("%w: word %d is not in the list", ErrWords, i+1)
		}
		acc = acc<<wordBits | n
		for held += wordBits; held >= 8; next++ {
			held -= 8
			out[next] = byte(acc >> held) // the octet on top is meant
		}
	}
	return out, nil
}

// Match reports whether text is the eight words of hash, written in any way that [Parse] takes.
func Match(text string, hash []byte) bool {
	got, err := Parse(text)
	return err == nil && len(hash) >= Size && got == [Size]byte(hash)
}

// lower folds ASCII letters only: Unicode folding would take letters that merely look like those of the list.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
