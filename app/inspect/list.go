package inspect

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/revocation"
	"marque/device/wire"
)

// The errors of files.
var (
	// ErrNoList: it is no list at all.
	ErrNoList = errors.New("it is neither a revocation list, nor a change of one, nor a region of one; check that the right file was named")
	// ErrNoPlace: it is a region of a list that is not there.
	ErrNoPlace = errors.New("it is a region, and the statement of its list was not named; name list-N-regions.mqg beside it")
)

// Kind is how a list is written.
type Kind string

// The kinds.
const (
	Full     Kind = "full list"
	Change   Kind = "change"
	Regional Kind = "list in regions"
	Compact  Kind = "compact list" // a change that begins with nobody
)

// List is one file as it is to be explained. What its kind does not have is zero.
type List struct {
	Kind     Kind
	Name     string // of the file
	Octets   int    // of the statement
	Hash     [32]byte
	Realm    string // that it says it is of
	Verified bool   // its signature holds, and it is of the core that was given

	Order      wire.Order
	From       uint32 // the oldest list that a change leads from; 0 of a compact list
	State      [16]byte
	Previous   [16]byte // not of a change or compact list
	Issued     time.Time
	NextUpdate time.Time
	HardExpiry time.Time
	N          uint64
	Count      uint32 // revoked serials; of a change those that it adds
	FirstEpoch uint32
	LastEpoch  uint32
	LogSize    uint64 // this and the root: not of a change or compact list
	LogRoot    [32]byte

	Codec   uint8 // not of a list in regions
	Payload int   // octets of the coded serials; of a list in regions those that were given
	// Set is what the payload says, nil when that is not known: it does not decode, or regions are missing.
	Set     *revocation.Set
	Regions []Region // of a list in regions

	Wrong []string // what is wrong with the file by itself, clauses in plain English

	regions *wire.Regions
	core    []byte // that it names: a hash, or the first octets of one
}

// Region is a range of serials of a [Regional] list.
type Region struct {
	From, End uint64 // the serials from From on that are below End
	Count     uint32
	Given     bool // its file was given, and is the one that was signed

	serials []uint32
}

// Read reads a file of a list. Without a core its signature is not verified; with one, what does not hold is in Wrong. The error is
// [ErrNoList] around the reason, for everything that is not a list at all.
func Read(name string, b []byte, core *wire.Core) (*List, error) {
	p, err := wire.PeekStatement(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", err.Error(), ErrNoList)
	}
	l := &List{Name: name, Octets: len(b), Hash: sha256.Sum256(b), Realm: p.Realm}
	switch p.Type {
	case wire.TypeBundle:
		err = l.readFull(p.Payload)
	case wire.TypeChange:
		err = l.readChange(p.Payload)
	case wire.TypeRegions:
		err = l.readRegions(p.Payload)
	default:
		return nil, ErrNoList
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", err.Error(), ErrNoList)
	}
	if core != nil {
		l.verify(b, p.Type, core)
	}
	return l, nil
}

func (l *List) complain(format string, args ...any) {
	l.Wrong = append(l.Wrong, fmt.Sprintf(format, args...))
}

// verify compares it with the core of its realm.
func (l *List) verify(b []byte, t wire.Type, core *wire.Core) {
	hash := core.Hash()
	switch _, err := wire.OpenStatement(b, t, core.Realm, core.StatementKey); {
	case errors.Is(err, wire.ErrRealm):
		l.complain("it is of another realm than the core")
	case err != nil:
		l.complain("its signature does not hold under the core: it was changed, or another authority made it")
	case !slices.Equal(l.core, hash[:len(l.core)]):
		l.complain("its signature holds, but it names another core")
	default:
		l.Verified = true
	}
}

func (l *List) readFull(payload []byte) error {
	b, err := wire.ParseBundle(payload)
	if err != nil {
		return err
	}
	l.Kind = Full
	l.take(b)
	l.Codec, l.Payload = b.Codec, len(b.Data)
	l.decode(b.Data)
	l.compareState()
	return nil
}

// take takes what a full list and a list in regions say alike.
func (l *List) take(b *wire.Bundle) {
	l.Order, l.State, l.Previous, l.core = b.Order(), b.State, b.Previous, b.Core[:]
	l.Issued, l.NextUpdate, l.HardExpiry = b.Issued, b.Issued.Add(b.NextUpdate), b.Issued.Add(b.HardExpiry)
	l.N, l.Count, l.FirstEpoch, l.LastEpoch, l.LogSize, l.LogRoot = b.N, b.Count, b.FirstEpoch, b.LastEpoch, b.LogSize, b.LogRoot
}

func (l *List) readChange(payload []byte) error {
	c, err := wire.ParseChange(payload)
	if err != nil {
		return err
	}
	l.Kind, l.Order, l.From, l.State, l.core = Change, c.Order(), c.From, c.State, c.Core[:]
	l.Issued, l.NextUpdate, l.HardExpiry = c.Issued, c.Issued.Add(c.NextUpdate), c.Issued.Add(c.HardExpiry)
	l.N, l.Count, l.FirstEpoch, l.LastEpoch, l.Codec, l.Payload = c.N, c.Count, c.FirstEpoch, c.LastEpoch, c.Codec, len(c.Data)
	l.decode(c.Data)
	if c.From == 0 {
		l.Kind = Compact
		l.compareState()
	}
	return nil
}

// NamesLog says whether the kind says what it continues, and the log.
func (l *List) NamesLog() bool { return l.Kind != Change && l.Kind != Compact }

func (l *List) decode(data []byte) {
	set, err := revocation.Decode(revocation.Codec(l.Codec), l.N, int(l.Count), data)
	if err != nil {
		l.complain("its serials cannot be read: %v", err)
		return
	}
	l.Set = set
}

// compareState compares what it says of its serials with the serials.
func (l *List) compareState() {
	if l.Set != nil && l.State != l.stateOf(l.Set) {
		l.complain("its state is not that of its serials")
	}
}

// stateOf returns the state that the list would have with other serials.
func (l *List) stateOf(s *revocation.Set) [16]byte {
	return wire.ListState(l.Realm, l.Order.Generation, l.Order.Base, l.FirstEpoch, l.LastEpoch, l.N, s.Serials())
}

// Bound returns the octets that the payload needs on average, whatever the code, if the serials have no pattern: log₂ C(n, count) / 8.
func (l *List) Bound() float64 { return revocation.Bound(l.N, int(l.Count)) / 8 }
