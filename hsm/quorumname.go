package hsm

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkName takes names that are read alike wherever they are shown: letters of one alphabet, digits, and . - ' between which single
// spaces may stand. Combining marks are refused, and letters that look like others, so that a name has one spelling, and nobody is
// appointed under what passes for the name of somebody else.
func checkName(name string) error {
	if len(name) < 1 || len(name) > maxOfficerName || !utf8.ValidString(name) {
		return fmt.Errorf("%w: a name has 1 to %d octets of UTF-8", ErrAppointment, maxOfficerName)
	}
	alphabets := make(map[*unicode.RangeTable]bool)
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .-'", r) {
			return fmt.Errorf("%w: a name has letters, digits, spaces and . - ' only", ErrAppointment)
		}
		if unicode.In(r, lookalikes, unicode.Other_Default_Ignorable_Code_Point) {
			return fmt.Errorf("%w: a name has no letter that is invisible or another way of writing one", ErrAppointment)
		}
		for _, alphabet := range []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic} {
			if unicode.Is(alphabet, r) {
				alphabets[alphabet] = true
			}
		}
	}
	if len(alphabets) > 1 {
		return fmt.Errorf("%w: a name has no letters of two alphabets that look alike", ErrAppointment)
	}
	if strings.Join(strings.Fields(name), " ") != name {
		return fmt.Errorf("%w: a name has single spaces, and none at its ends", ErrAppointment)
	}
	return nil
}

// lookalikes are the blocks of letters and digits that Unicode has for the sake of other character sets, of style, or of composing
// what has a character of its own.
var lookalikes = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00aa, Hi: 0x00aa, Stride: 1}, // feminine ordinal
		{Lo: 0x00ba, Hi: 0x00ba, Stride: 1}, // masculine ordinal
		{Lo: 0x02b0, Hi: 0x02ff, Stride: 1}, // modifier letters, apostrophes among them
		{Lo: 0x1100, Hi: 0x11ff, Stride: 1}, // parts of Hangul syllables
		{Lo: 0x1d00, Hi: 0x1dbf, Stride: 1}, // phonetic extensions
		{Lo: 0x2070, Hi: 0x209f, Stride: 1}, // superscripts and subscripts
		{Lo: 0x2100, Hi: 0x214f, Stride: 1}, // letterlike symbols
		{Lo: 0x3130, Hi: 0x318f, Stride: 1}, // Hangul, for compatibility
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1}, // parts of Hangul syllables
		{Lo: 0xd7b0, Hi: 0xd7ff, Stride: 1},
		{Lo: 0xf900, Hi: 0xfdff, Stride: 1}, // ideographs and presentation forms, for compatibility
		{Lo: 0xfe70, Hi: 0xfeff, Stride: 1},
		{Lo: 0xff00, Hi: 0xffef, Stride: 1}, // half and full width
	},
	R32: []unicode.Range32{
		{Lo: 0x1d400, Hi: 0x1d7ff, Stride: 1}, // mathematical letters and digits
		{Lo: 0x1ee00, Hi: 0x1eeff, Stride: 1},
		{Lo: 0x2f800, Hi: 0x2fa1f, Stride: 1}, // ideographs, for compatibility
	},
	LatinOffset: 2,
}
