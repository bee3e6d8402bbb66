package qr

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/reedsolomon"
)

// The errors of parts.
var (
	// ErrPart says that a text is no part, or was damaged: its check does not hold.
	ErrPart = errors.New("qr: this is not a whole part of a series; scan it again")
	// ErrLongPayload says that a payload does not fit into codes.
	ErrLongPayload = errors.New("qr: this is too long for a series of codes; pass it on as a file on a stick")
	// ErrSeries says that the parts of one series do not belong together: somebody made at least one of them to spoil it.
	ErrSeries = errors.New("qr: the parts of this series contradict each other; show the series anew, and scan nothing else meanwhile")
)

// A part as text: "MQ1P" ‖ Base32(head ‖ shard ‖ CRC-32 of both), upper case without padding: the letters and digits that a hand
// scanner types alike on every keyboard. The head has 16 octets: identifier of the series (8), type (1), parts needed (1), parts
// in all (1), number of this part from 0 (1), length of the payload (4).
const (
	partMark   = "MQ1P"
	partHead   = 16
	partCheck  = crc32.Size
	identifier = 8
)

var partText = base32.StdEncoding.WithPadding(base32.NoPadding)

// Type says what a payload is, one upper-case letter: R a request, P a package, L a list, A a receipt, B a batch, C a checkpoint,
// K a core, S a share card. What each looks like, others know.
type Type byte

// String says what a payload is, in words: "a request".
func (t Type) String() string {
	switch t {
	case 'R':
		return "a request"
	case 'P':
		return "a package"
	case 'L':
		return "a list"
	case 'A':
		return "a receipt"
	case 'B':
		return "a batch"
	case 'C':
		return "a checkpoint"
	case 'K':
		return "a core"
	case 'S':
		return "a share card"
	}
	return "something of another kind"
}

func (t Type) check() error {
	if t < 'A' || t > 'Z' {
		return fmt.Errorf("%w: its type is no letter", ErrPart)
	}
	return nil
}

// Series is a payload as parts of which any Needed give it back (Reed–Solomon over GF(2⁸), systematic: the first Needed parts are
// the payload itself). It is immutable.
type Series struct {
	id     [identifier]byte
	kind   Type
	needed int
	length int
	shards [][]byte
}

// Density is how much a code of a series carries, and how many more codes there are than needed.
type Density struct {
	Octets int // of payload in one code, 16 to MaxPart
	Spare  int // further parts per 100 needed, 0 to 200
}

// DefaultDensity is what a telephone or a depot's camera reads from a screen: version 12 at the most, twice as many parts as needed.
func DefaultDensity() Density { return Density{Octets: DefaultPart, Spare: 100} }

// Split makes a series of a payload of 1 to MaxPayload octets. Errors: [ErrLongPayload], also for a density at which it would take
// more than 255 parts, and [ErrPart] for a type or density out of range.
func Split(t Type, payload []byte, d Density) (*Series, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if d.Octets < minPart || d.Octets > MaxPart || d.Spare < 0 || d.Spare > maxSpare {
		return nil, fmt.Errorf("%w: the density is out of range", ErrPart)
	}
	if len(payload) == 0 || len(payload) > MaxPayload {
		return nil, fmt.Errorf("%w: it has %d octets", ErrLongPayload, len(payload))
	}
	needed := (len(payload) + d.Octets - 1) / d.Octets
	spare := (needed*d.Spare + 99) / 100
	if needed == 1 {
		spare = 0 // one code says it all
	}
	if needed > maxParts {
		return nil, fmt.Errorf("%w: it would take %d codes", ErrLongPayload, needed)
	}
	spare = min(spare, maxParts-needed)
	s := &Series{id: seriesID(t, payload), kind: t, needed: needed, length: len(payload)}
	width := (len(payload) + needed - 1) / needed
	s.shards = make([][]byte, needed+spare)
	for i := range s.shards {
		s.shards[i] = make([]byte, width)
		if from := i * width; i < needed && from < len(payload) {
			copy(s.shards[i], payload[from:])
		}
	}
	if spare == 0 {
		return s, nil
	}
	code, err := reedsolomon.New(needed, spare)
	if err == nil {
		err = code.Encode(s.shards)
	}
	if err != nil {
		return nil, fmt.Errorf("qr: code a series: %w", err)
	}
	return s, nil
}

// seriesID names a payload: the first 8 octets of SHA-256("marque/v1/series" ‖ type ‖ payload).
func seriesID(t Type, payload []byte) (id [identifier]byte) {
	h := sha256.New()
	h.Write([]byte("marque/v1/series"))
	h.Write([]byte{byte(t)})
	h.Write(payload)
	copy(id[:], h.Sum(nil))
	return id
}

// Needed returns how many parts give the payload back.
func (s *Series) Needed() int { return s.needed }

// Total returns how many parts there are.
func (s *Series) Total() int { return len(s.shards) }

// Text returns part i, 0 ≤ i < Total, as the text of a code: at most MaxText octets.
func (s *Series) Text(i int) string {
	b := make([]byte, 0, partHead+len(s.shards[i])+partCheck)
	b = append(b, s.id[:]...)
	b = append(b, byte(s.kind), byte(s.needed), byte(len(s.shards)), byte(i))
	b = binary.BigEndian.AppendUint32(b, uint32(s.length))
	b = append(b, s.shards[i]...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return partMark + partText.EncodeToString(b)
}

// part is one parsed part.
type part struct {
	id            [identifier]byte
	kind          Type
	needed, total int
	index         int
	length        int
	shard         []byte
}

// IsPart reports whether a text begins like a part of a series, whole or not.
func IsPart(text string) bool { return len(text) > len(partMark) && text[:len(partMark)] == partMark }

func parsePart(text string) (*part, error) {
	if !IsPart(text) || len(text) > MaxText {
		return nil, ErrPart
	}
	b, err := partText.DecodeString(text[len(partMark):])
	if err != nil || len(b) <= partHead+partCheck || partText.EncodeToString(b) != text[len(partMark):] {
		return nil, ErrPart
	}
	body := b[:len(b)-partCheck]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(b[len(body):]) {
		return nil, ErrPart
	}
	p := &part{
		id: [identifier]byte(body), kind: Type(body[8]), needed: int(body[9]), total: int(body[10]), index: int(body[11]),
		length: int(binary.BigEndian.Uint32(body[12:])), shard: body[partHead:],
	}
	width := len(p.shard)
	switch {
	case p.kind.check() != nil, width > MaxPart:
	case p.needed < 1 || p.total < p.needed || p.index >= p.total:
	case p.length < 1 || p.length > MaxPayload || width != (p.length+p.needed-1)/p.needed:
	default:
		return p, nil
	}
	return nil, ErrPart
}

// same reports whether two parts can be of one series.
func (p *part) same(q *part) bool {
	return p.id == q.id && p.kind == q.kind && p.needed == q.needed && p.total == q.total && p.length == q.length && len(p.shard) == len(q.shard)
}

// Joined is a payload that came together.
type Joined struct {
	Type    Type
	Payload []byte
}

// Progress is how far a series has come: for the picture of which parts arrived.
type Progress struct {
	Type   Type
	Needed int
	Have   []bool // by part
}

// Arrived returns how many parts have arrived.
func (p Progress) Arrived() (n int) {
	for _, have := range p.Have {
		if have {
			n++
		}
	}
	return n
}

// Joiner puts series together from parts in any order, repeated or not, of several series at once: whoever begins again with the
// same series goes on where they were. It keeps the [maxSeries] series that were seen last. The zero value is ready. It is not safe
// for concurrent use.
type Joiner struct {
	series []*collection // the one seen last comes first
}

// collection is what has arrived of one series.
type collection struct {
	first  *part
	shards [][]byte
	have   int
}

// Add takes the text of one code. It returns the payload once enough parts have arrived, and nil before; the progress is that of
// the part's series. Errors: [ErrPart], which changes nothing, and [ErrSeries], after which that series begins anew.
func (j *Joiner) Add(text string) (*Joined, Progress, error) {
	p, err := parsePart(text)
	if err != nil {
		return nil, Progress{}, err
	}
	c := j.find(p)
	if !c.first.same(p) || c.shards[p.index] != nil && !bytes.Equal(c.shards[p.index], p.shard) {
		j.drop(c)
		return nil, Progress{}, ErrSeries
	}
	if c.shards[p.index] == nil {
		c.shards[p.index] = p.shard
		c.have++
	}
	progress := c.progress()
	if c.have < c.first.needed {
		return nil, progress, nil
	}
	j.drop(c)
	joined, err := c.join()
	return joined, progress, err
}

// Reset forgets all series.
func (j *Joiner) Reset() { j.series = nil }

// find returns the collection of a part's series and moves it to the front.
func (j *Joiner) find(p *part) *collection {
	c := &collection{first: p, shards: make([][]byte, p.total)}
	for i, known := range j.series {
		if known.first.id == p.id {
			c = known
			j.series = append(j.series[:i], j.series[i+1:]...)
			break
		}
	}
	j.series = append([]*collection{c}, j.series...)
	j.series = j.series[:min(len(j.series), maxSeries)]
	return c
}

func (j *Joiner) drop(c *collection) {
	for i, known := range j.series {
		if known == c {
			j.series = append(j.series[:i], j.series[i+1:]...)
			return
		}
	}
}

func (c *collection) progress() Progress {
	p := Progress{Type: c.first.kind, Needed: c.first.needed, Have: make([]bool, len(c.shards))}
	for i, s := range c.shards {
		p.Have[i] = s != nil
	}
	return p
}

// join computes the payload and compares it with its identifier.
func (c *collection) join() (*Joined, error) {
	if spare := c.first.total - c.first.needed; spare > 0 {
		code, err := reedsolomon.New(c.first.needed, spare)
		if err == nil {
			err = code.ReconstructData(c.shards)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSeries, err)
		}
	}
	payload := bytes.Join(c.shards[:c.first.needed], nil)
	for _, padding := range payload[c.first.length:] {
		if padding != 0 {
			return nil, ErrSeries
		}
	}
	payload = payload[:c.first.length]
	if seriesID(c.first.kind, payload) != c.first.id {
		return nil, ErrSeries
	}
	return &Joined{Type: c.first.kind, Payload: payload}, nil
}
