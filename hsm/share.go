package hsm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"

	"github.com/cloudflare/circl/group"

	"marque/device/ibc"
)

// Purpose is what a set of share cards is for. Cards of different purposes have nothing in common: neither the scalar, nor the
// polynomial, nor the labels under which keys derive from it. The shares that unlock a vault are no cards, see [Officers].
type Purpose uint8

const (
	// PurposeBackup is the seed of the realm as it is.
	PurposeBackup Purpose = 1
	// PurposeNext is the seed of the next core, which exists nowhere else.
	PurposeNext Purpose = 2
)

// String returns "backup", "next core" or "unknown".
func (p Purpose) String() string {
	switch p {
	case PurposeBackup:
		return "backup"
	case PurposeNext:
		return "next core"
	default:
		return "unknown"
	}
}

func (p Purpose) label() string {
	if p == PurposeNext {
		return "marque/v1/share/next"
	}
	return "marque/v1/share/backup"
}

const (
	shareVersion  = 1 // of cards
	publicVersion = 2 // of commitments
)

// shareHead is what all cards of a set have in common besides the encrypted seed.
type shareHead struct {
	purpose Purpose
	m, n    uint8
	set     [setSize]byte // hash of the commitments
}

// octets returns version ‖ purpose ‖ m ‖ n ‖ set: 20 octets.
func (h *shareHead) octets() []byte {
	return append([]byte{shareVersion, byte(h.purpose), h.m, h.n}, h.set[:]...)
}

// aead returns the cipher for the seed under the shared scalar. The scalar is random and encrypts once: the nonce is zero. That
// no other scalar decrypts is not left to the cipher: the head has the hash of a commitment to this one.
func (h *shareHead) aead(scalar *[scalarSize]byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha512.New, scalar[:], h.octets(), h.purpose.label(), 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a set of shares: %w", err)
	}
	defer clear(key)
	return newGCM(key)
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("set up AES-256: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("set up GCM: %w", err)
	}
	return gcm, nil
}

// Share is one card of a set: with m − 1 others it gives back the seed, with fewer nothing. Its text is described at
// [Share.Text]. Only the value is secret. It is safe for concurrent use, but for Erase.
type Share struct {
	unprinted
	head   shareHead
	index  uint8 // 1 to n
	sealed [seedSize + tagSize]byte
	value  [scalarSize]byte
}

// Purpose says what the set is for.
func (s *Share) Purpose() Purpose { return s.head.purpose }

// Index returns the number of the card in its set, 1 to Total.
func (s *Share) Index() int { return int(s.index) }

// Needed returns how many cards of the set it takes: 1 to Total.
func (s *Share) Needed() int { return int(s.head.m) }

// Total returns how many cards the set has, at most 32.
func (s *Share) Total() int { return int(s.head.n) }

// Set returns the number of the set, 16 octets: the hash of its commitments.
func (s *Share) Set() [16]byte { return s.head.set }

// Erase overwrites the card's secret, which is of no use afterwards.
func (s *Share) Erase() { clear(s.value[:]) }

// Split makes n cards of a seed, any m of which give it back, 1 ≤ m ≤ n ≤ 32, and the commitments that every card can be
// verified against. Each call makes another set, and cards of two sets do not combine. Errors: [ErrShareNumbers], and
// [ErrCredentials] for a seed that was erased.
//
// A seed is not a scalar. What is shared is a random scalar s of ristretto255; the seed is encrypted with AES-256-GCM under
// HKDF-SHA-512(s, salt = head, info = "marque/v1/share/backup" or ".../next"), with the head as associated data, and the 48
// octets stand on every card.
func Split(seed *Seed, p Purpose, m, n int) (*Commitments, []*Share, error) {
	if err := checkNumbers(m, n); err != nil {
		return nil, nil, fmt.Errorf("split a seed: %w", err)
	}
	if p != PurposeBackup && p != PurposeNext {
		return nil, nil, fmt.Errorf("split a seed: %w: no such purpose", ErrShareNumbers)
	}
	if err := seed.check(); err != nil {
		return nil, nil, fmt.Errorf("split a seed: %w", err)
	}
	indexes := make([]int, n)
	for i := range indexes {
		indexes[i] = i + 1
	}
	d, err := deal(m, indexes)
	if err != nil {
		return nil, nil, err
	}
	defer d.erase()
	c := &Commitments{purpose: p, n: uint8(n), points: d.points}
	head := c.head()
	gcm, err := head.aead(&d.secret)
	if err != nil {
		return nil, nil, err
	}
	sealed := gcm.Seal(nil, make([]byte, gcm.NonceSize()), seed.octets(), head.octets()) //nolint:gosec // zero nonce: the key encrypts once
	c.sealed = sha256.Sum256(sealed)
	shares := make([]*Share, n)
	for i, index := range indexes {
		shares[i] = &Share{head: head, index: uint8(index), sealed: [seedSize + tagSize]byte(sealed), value: d.values[index]}
	}
	return c, shares, nil
}

// Combine gives back the seed from exactly as many cards as the set needs, in any order. Every card is verified first, and an
// error names the one that is wrong. Whose seed it is, commitments do not say: where [Seed.Params] are those of a core, it is the
// core's. Errors: [ErrOtherSet], [ErrSameShare], [ErrTooFewShares], [ErrTooManyShares], [ErrShare].
func Combine(c *Commitments, shares []*Share) (*Seed, error) {
	for _, s := range shares {
		if err := c.Verify(s); err != nil {
			return nil, err
		}
	}
	values, err := gather(shares, c.Needed())
	if err != nil {
		return nil, err
	}
	scalar, err := rebuild(values)
	if err != nil {
		return nil, err
	}
	defer clear(scalar[:])
	head := c.head()
	gcm, err := head.aead(&scalar)
	if err != nil {
		return nil, err
	}
	seed := &Seed{page: newPage()}
	if _, err := gcm.Open(seed.page[:0], make([]byte, gcm.NonceSize()), shares[0].sealed[:], head.octets()); err != nil {
		seed.Erase()
		return nil, fmt.Errorf("combine cards: %w: what they have in common was altered on all of them, and in the commitments", ErrShare)
	}
	return seed, nil
}

// gather checks that the shares are m different ones of one set and returns their values by index.
func gather(shares []*Share, m int) (map[int]*[scalarSize]byte, error) {
	values := make(map[int]*[scalarSize]byte, len(shares))
	for _, s := range shares {
		if s.head != shares[0].head || !bytes.Equal(s.sealed[:], shares[0].sealed[:]) {
			return nil, fmt.Errorf("card %d: %w", s.index, ErrOtherSet)
		}
		if values[s.Index()] != nil {
			return nil, fmt.Errorf("card %d: %w", s.index, ErrSameShare)
		}
		values[s.Index()] = &s.value
	}
	switch {
	case len(values) < m:
		return nil, fmt.Errorf("%w: %d of %d, needs %d more", ErrTooFewShares, len(values), m, m-len(values))
	case len(values) > m:
		return nil, fmt.Errorf("%w: %d instead of %d", ErrTooManyShares, len(values), m)
	}
	return values, nil
}

// Commitments are the public half of a set of cards: with them a card is verified without any other. They belong into the
// record of the ceremony; whoever lost them gets them back with [RebuildCommitments]. They are immutable.
type Commitments struct {
	purpose Purpose
	n       uint8
	sealed  [sumSize]byte     // SHA-256 of the encrypted seed
	points  [][pointSize]byte // m of them
}

// Purpose says what the set is for.
func (c *Commitments) Purpose() Purpose { return c.purpose }

// Needed returns how many cards of the set it takes: 1 to Total.
func (c *Commitments) Needed() int { return len(c.points) }

// Total returns how many cards the set has, at most 32.
func (c *Commitments) Total() int { return int(c.n) }

// Set returns the number of the set, 16 octets, that stands on every card: the beginning of SHA-256 over
// LP("marque/v1/share/set") ‖ purpose ‖ m ‖ n ‖ commitments.
func (c *Commitments) Set() (set [16]byte) {
	b := append(ibc.AppendLPString(nil, "marque/v1/share/set"), byte(c.purpose), byte(len(c.points)), c.n)
	for _, p := range c.points {
		b = append(b, p[:]...)
	}
	sum := sha256.Sum256(b)
	copy(set[:], sum[:])
	return set
}

func (c *Commitments) head() shareHead {
	return shareHead{purpose: c.purpose, m: uint8(len(c.points)), n: c.n, set: c.Set()}
}

// Verify checks one card, and names it in its error: [ErrOtherSet], [ErrShare].
func (c *Commitments) Verify(s *Share) error {
	if s.head != c.head() {
		return fmt.Errorf("card %d: %w", s.index, ErrOtherSet)
	}
	if sha256.Sum256(s.sealed[:]) != c.sealed {
		return fmt.Errorf("card %d: %w (its encrypted seed is another)", s.index, ErrShare)
	}
	if s.index < 1 || s.index > c.n || !fits(c.points, int(s.index), &s.value) {
		return fmt.Errorf("card %d: %w", s.index, ErrShare)
	}
	return nil
}

// RebuildCommitments gives back the commitments of a set from exactly as many of its cards as are needed, where nothing else is
// left. It cannot say which of them is wrong, nor whether the encrypted seed was altered on all. Errors: [ErrOtherSet], [ErrSameShare], [ErrTooFewShares], [ErrTooManyShares], [ErrShare].
func RebuildCommitments(shares []*Share) (*Commitments, error) {
	if len(shares) == 0 {
		return nil, ErrTooFewShares
	}
	first := shares[0]
	values, err := gather(shares, first.Needed())
	if err != nil {
		return nil, err
	}
	var x, y []group.Scalar
	for i, value := range values {
		v := curve.NewScalar()
		if err := v.UnmarshalBinary(value[:]); err != nil {
			return nil, fmt.Errorf("card %d: %w", i, ErrShare)
		}
		x, y = append(x, scalarOf(i)), append(y, v)
	}
	c := &Commitments{purpose: first.head.purpose, n: first.head.n, sealed: sha256.Sum256(first.sealed[:]), points: interpolate(x, y)}
	if c.head() != first.head {
		return nil, fmt.Errorf("one of %d cards: %w", len(shares), ErrShare)
	}
	return c, nil
}
