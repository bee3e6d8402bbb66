package appliance

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"marque/hsm"
)

const cardsFormat = "marque/v1/cards"

// cards is the file that says which share cards there are. It holds nothing secret.
type cards struct {
	Format   string    `json:"format"`
	Sets     []cardSet `json:"sets"`               // one for each purpose, in the order of their numbers
	Checksum []byte    `json:"checksum,omitempty"` // SHA-256 of the rest
}

// cardSet is one set of cards.
type cardSet struct {
	Commitments string `json:"commitments"` // hsm.Commitments.Text
	Seen        []int  `json:"seen"`        // cards that were re-entered and verified, ascending

	commitments *hsm.Commitments
}

// newCards returns the file for sets of different purposes, or nil when there are none.
func newCards(sets ...*hsm.Commitments) *cards {
	c := &cards{Format: cardsFormat}
	for _, s := range sets {
		if s != nil {
			c.Sets = append(c.Sets, cardSet{Commitments: s.Text(), Seen: []int{}, commitments: s})
		}
	}
	if len(c.Sets) == 0 {
		return nil
	}
	slices.SortFunc(c.Sets, func(x, y cardSet) int { return int(x.commitments.Purpose()) - int(y.commitments.Purpose()) })
	return c
}

// of returns the set of a purpose, or nil.
func (c *cards) of(p hsm.Purpose) *cardSet {
	if c == nil {
		return nil
	}
	for i := range c.Sets {
		if c.Sets[i].commitments.Purpose() == p {
			return &c.Sets[i]
		}
	}
	return nil
}

// verify checks a card, and names set and card in its error.
func (s *cardSet) verify(share *hsm.Share) error {
	if err := s.commitments.Verify(share); err != nil {
		set := share.Set()
		return fmt.Errorf("%s, set %X: %w", share.Purpose(), set[:4], err)
	}
	return nil
}

// see notes that a card was re-entered, and reports whether that is new.
func (s *cardSet) see(index int) bool {
	at, found := slices.BinarySearch(s.Seen, index)
	if !found {
		s.Seen = slices.Insert(s.Seen, at, index)
	}
	return !found
}

// marshal returns the only encoding of the file.
func (c *cards) marshal() []byte {
	sum := sha256.Sum256(encodeJSON(&cards{Format: c.Format, Sets: c.Sets}))
	var out bytes.Buffer
	if err := json.Indent(&out, encodeJSON(&cards{Format: c.Format, Sets: c.Sets, Checksum: sum[:]}), "", "  "); err != nil {
		panic("appliance: JSON that is none: " + err.Error())
	}
	return append(out.Bytes(), '\n')
}

func encodeJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("appliance: a type without an encoding: " + err.Error())
	}
	return b
}

// parseCards accepts nothing that marshal would not have written. Error: [ErrCards].
func parseCards(b []byte) (*cards, error) {
	if len(b) > maxCardsFile {
		return nil, fmt.Errorf("%w: longer than %d octets", ErrCards, maxCardsFile)
	}
	c := new(cards)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("%w: not JSON of the expected form", ErrCards)
	}
	if c.Format != cardsFormat || len(c.Sets) == 0 {
		return nil, fmt.Errorf("%w: not of format %s", ErrCards, cardsFormat)
	}
	for i := range c.Sets {
		if err := c.Sets[i].parse(); err != nil {
			return nil, err
		}
		if i > 0 && c.Sets[i-1].commitments.Purpose() >= c.Sets[i].commitments.Purpose() {
			return nil, fmt.Errorf("%w: its sets are out of order", ErrCards)
		}
	}
	if !bytes.Equal(c.marshal(), b) {
		return nil, fmt.Errorf("%w: its checksum or its form is wrong", ErrCards)
	}
	return c, nil
}

func (s *cardSet) parse() (err error) {
	if s.commitments, err = hsm.ParseCommitments(s.Commitments); err != nil {
		return fmt.Errorf("%w: %w", ErrCards, err)
	}
	for i, index := range s.Seen {
		if index < 1 || index > s.commitments.Total() || i > 0 && s.Seen[i-1] >= index {
			return fmt.Errorf("%w: it names cards that there are not", ErrCards)
		}
	}
	return nil
}

// readCards reads the file, or returns nil where there is none.
func readCards(path string) (*cards, error) {
	b, err := readFile(path, maxCardsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no cards were made
	}
	if err != nil {
		return nil, err
	}
	return parseCards(b)
}
