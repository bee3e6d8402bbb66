package authority

import (
	"fmt"
	"slices"
	"strings"
)

// OfficersPayload says who are the officers from now on, and who were ([ActionOfficers]).
type OfficersPayload struct {
	Was, Needed int             // security officers who unlock, before and from now on
	Officers    []OfficerChange // everybody who is an officer before or from now on, 1 to 128
}

// OfficerChange is what becomes of one person.
type OfficerChange struct {
	Name     string // 1 to 64 octets, printable
	Was, Now Role   // 0: no officer
	New      bool   // gets a new key and passphrase; always so for somebody who was no officer
}

// Appointed is somebody who is to be an officer.
type Appointed struct {
	Name string
	Role Role
	New  bool // also if they are an officer already: a new key and passphrase
}

// NewOfficersPayload returns the change from a roster, of which was security officers unlock, to the people named, of whom needed do.
// Error: [ErrPayloadForm].
func NewOfficersPayload(before *Roster, was, needed int, after []Appointed) (*OfficersPayload, error) {
	p := &OfficersPayload{Was: was, Needed: needed}
	for _, o := range before.officers {
		p.Officers = append(p.Officers, OfficerChange{Name: o.Name, Was: o.Role})
	}
	for i, person := range after {
		if slices.ContainsFunc(after[:i], func(other Appointed) bool { return strings.EqualFold(other.Name, person.Name) }) {
			return nil, malformed("officer %d has a name that stands there twice", i+1)
		}
		k := slices.IndexFunc(p.Officers, func(o OfficerChange) bool { return o.Name == person.Name })
		if k < 0 {
			p.Officers = append(p.Officers, OfficerChange{Name: person.Name, Now: person.Role, New: true})
			continue
		}
		p.Officers[k].Now, p.Officers[k].New = person.Role, person.New
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

type officerChangeArray struct {
	_        struct{} `cbor:",toarray"`
	Name     string
	Was, Now uint8
	New      uint8
}

type officersArray struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8
	Was, Needed uint8
	Officers    []officerChangeArray
}

func (p *OfficersPayload) check() error {
	if len(p.Officers) > 2*maxOfficers {
		return malformed("%d people", len(p.Officers))
	}
	for i, o := range p.Officers {
		if err := o.check(); err != nil {
			return malformed("officer %d: %v", i+1, err)
		}
		for _, other := range p.Officers[:i] {
			if strings.EqualFold(other.Name, o.Name) {
				return malformed("officer %d has a name that stands there twice", i+1)
			}
		}
	}
	before, after := p.count(func(o OfficerChange) Role { return o.Was }), p.count(func(o OfficerChange) Role { return o.Now })
	switch {
	case p.Was < 1 || p.Was > before.security || before.all > maxOfficers:
		return malformed("%d of %d security officers unlocked before", p.Was, before.security)
	case p.Needed < 1 || p.Needed > after.security:
		return malformed("%d of %d security officers cannot unlock", p.Needed, after.security)
	case after.all > maxOfficers:
		return malformed("more than %d officers", maxOfficers)
	}
	return nil
}

func (o *OfficerChange) check() error {
	if !checkText(o.Name, maxOfficerName) {
		return fmt.Errorf("a name has 1 to %d printable octets", maxOfficerName)
	}
	for _, r := range []Role{o.Was, o.Now} {
		if r != 0 && r.check() != nil {
			return fmt.Errorf("role %d is none", uint8(r))
		}
	}
	switch {
	case o.Was == 0 && o.Now == 0:
		return fmt.Errorf("%s neither was an officer nor becomes one", o.Name)
	case o.Was == 0 && !o.New:
		return fmt.Errorf("%s was no officer and needs a key", o.Name)
	case o.Now == 0 && o.New:
		return fmt.Errorf("%s is dismissed and gets no key", o.Name)
	}
	return nil
}

type headcount struct{ all, security int }

func (p *OfficersPayload) count(role func(OfficerChange) Role) (n headcount) {
	for _, o := range p.Officers {
		if role(o) != 0 {
			n.all++
		}
		if role(o).Has(SecurityOfficer) {
			n.security++
		}
	}
	return n
}

// remaining returns how many security officers there are afterwards.
func (p *OfficersPayload) remaining() int {
	return p.count(func(o OfficerChange) Role { return o.Now }).security
}

// against makes sure that the payload starts from the officers of a roster, all of them.
func (p *OfficersPayload) against(r *Roster) error {
	var were int
	for _, o := range p.Officers {
		if o.Was == 0 {
			continue
		}
		were++
		if !slices.ContainsFunc(r.officers, func(have Officer) bool { return have.Name == o.Name && have.Role == o.Was }) {
			return fmt.Errorf("%w: %s is not %s now", ErrPayload, o.Name, o.Was)
		}
	}
	if were != len(r.officers) {
		return fmt.Errorf("%w: it does not name all who are officers now", ErrPayload)
	}
	return nil
}

// Marshal returns the array [1, was, needed, [[name, was, now, new 0/1]…]]. Error: [ErrPayloadForm].
func (p *OfficersPayload) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	a := officersArray{Version: payloadVersion, Was: uint8(p.Was), Needed: uint8(p.Needed)}
	for _, o := range p.Officers {
		e := officerChangeArray{Name: o.Name, Was: uint8(o.Was), Now: uint8(o.Now)}
		if o.New {
			e.New = 1
		}
		a.Officers = append(a.Officers, e)
	}
	return encodeApproval(&a), nil
}

// ParseOfficersPayload reads what [OfficersPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseOfficersPayload(b []byte) (*OfficersPayload, error) {
	var a officersArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &OfficersPayload{Was: int(a.Was), Needed: int(a.Needed)}
	for i, o := range a.Officers {
		if o.New > 1 {
			return nil, malformed("officer %d: new is 0 or 1", i+1)
		}
		p.Officers = append(p.Officers, OfficerChange{Name: o.Name, Was: Role(o.Was), Now: Role(o.Now), New: o.New == 1})
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *OfficersPayload) words() []string {
	were := p.count(func(o OfficerChange) Role { return o.Was })
	lines := []string{
		"Change the officers; the vault is sealed anew",
		fmt.Sprintf("unlock: from %d of %d security officers to %d of %d", p.Was, were.security, p.Needed, p.remaining()),
	}
	for _, o := range p.Officers {
		lines = append(lines, o.Name+": "+o.words())
	}
	return lines
}

func (o *OfficerChange) words() (s string) {
	switch {
	case o.Was == 0:
		return "becomes " + o.Now.String() + ", with a new key"
	case o.Now == 0:
		return "is dismissed, was " + o.Was.String()
	case o.Was == o.Now:
		s = "stays " + o.Now.String()
	default:
		s = "from " + o.Was.String() + " to " + o.Now.String()
	}
	if o.New {
		return s + ", with a new key"
	}
	return s + ", keeps the key"
}
