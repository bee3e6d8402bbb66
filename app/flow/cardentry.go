package flow

import (
	"bytes"
	"strings"
)

// What a card looks like on paper.
const (
	CardGroups = 43 // groups of a card
	CardGroup  = 4  // characters of a group
	cardPrefix = "MQ1S"

	cardSize = CardGroups * CardGroup
)

// CardEntry is one share card as it is typed from paper, group by group, or scanned. It holds a secret: whoever is done with it calls
// Clear. Only the group that is being typed is shown.
type CardEntry struct {
	text   [cardSize]byte
	filled int // groups
	At     int // the group that is being typed
	Wrong  bool
}

// Filled returns how many groups were accepted.
func (e *CardEntry) Filled() int { return e.filled }

// Whole reports whether all groups were accepted.
func (e *CardEntry) Whole() bool { return e.filled == CardGroups }

// Empty reports whether nothing was accepted.
func (e *CardEntry) Empty() bool { return e.filled == 0 }

// CheckGroup says why what was typed cannot be the present group; zero when it can, and the key ceremony.group.short while more is to come.
func (e *CardEntry) CheckGroup(typed string) Text {
	typed = plainGroup(typed)
	for i, r := range typed {
		switch {
		case e.At == 0 && i < CardGroup && r != rune(cardPrefix[i]):
			return Say("ceremony.group.prefix", "Prefix", cardPrefix)
		case e.At == 0, r >= 'A' && r <= 'Z', r >= '2' && r <= '7':
		case strings.ContainsRune("0189", r):
			return Say("ceremony.group.digit", "Digit", string(r), "Letter", map[rune]string{'0': "O", '1': "I", '8': "B", '9': "G"}[r])
		default:
			return Say("ceremony.group.letter")
		}
	}
	switch {
	case len(typed) < CardGroup:
		return Say("ceremony.group.short", "Count", CardGroup-len(typed))
	case len(typed) > CardGroup:
		return Say("ceremony.group.long")
	}
	return Text{}
}

// Accept takes the present group, if it can be one, and goes on to the next.
func (e *CardEntry) Accept(typed string) bool {
	if e.At >= CardGroups || !e.CheckGroup(typed).IsZero() {
		return false
	}
	copy(e.text[e.At*CardGroup:], plainGroup(typed))
	e.Wrong = false
	e.At++
	e.filled = max(e.filled, e.At)
	return true
}

// Back goes to the group before, and returns what stands there, to be typed over.
func (e *CardEntry) Back() string { return e.to(e.At - 1) }

// On goes to the next group that was typed.
func (e *CardEntry) On() string { return e.to(e.At + 1) }

func (e *CardEntry) to(at int) string {
	e.At = min(max(at, 0), e.filled)
	return e.Group()
}

// Group returns what was accepted for the present group; empty when nothing was yet.
func (e *CardEntry) Group() string {
	if e.At >= e.filled {
		return ""
	}
	return string(e.text[e.At*CardGroup : (e.At+1)*CardGroup])
}

// Scan takes the whole card at once, and reports whether it is one by its look.
func (e *CardEntry) Scan(code string) bool {
	plain := plainGroup(code)
	if len(plain) != cardSize || !strings.HasPrefix(plain, cardPrefix) {
		return false
	}
	for at := range CardGroups {
		probe := CardEntry{At: at}
		if !probe.CheckGroup(plain[at*CardGroup : (at+1)*CardGroup]).IsZero() {
			return false
		}
	}
	copy(e.text[:], plain)
	e.filled, e.At, e.Wrong = CardGroups, CardGroups, false
	return true
}

// LooksLikeCard reports whether a code is a share card, from its beginning.
func LooksLikeCard(code string) bool { return strings.HasPrefix(plainGroup(code), cardPrefix) }

// Take returns a copy of the whole card for the caller to clear, nil when it is not whole.
func (e *CardEntry) Take() []byte {
	if !e.Whole() {
		return nil
	}
	return bytes.Clone(e.text[:])
}

// Clear overwrites it.
func (e *CardEntry) Clear() { *e = CardEntry{} }

// plainGroup drops what people put between groups, and raises small letters.
func plainGroup(typed string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\n", "", "\r", "", "\t", "").Replace(typed))
}
