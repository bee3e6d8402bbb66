package hsm

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
)

// Officers are the people of a realm, with what each of them opens by a passphrase: an Ed25519 approval key, and, for a security
// officer, a share of the quorum secret. k of these shares give the secret back, k − 1 say nothing about it.
//
// The object is public and immutable: every change makes another one. It is only as authentic as the file that it came from
// until the secret of [Officers.Rebuild] has opened the vault; the secret depends on every name, role and key.
//
// Each officer has a random secret of 32 octets, encrypted under the passphrase; approval and sealing keys derive from it, and
// the share is encrypted to the sealing key. So a passphrase is changed by its officer alone, and officers are changed without
// the passphrases of those who stay.
type Officers struct{ file *officersFile }

// Officer is the public part of one officer.
type Officer struct {
	Number int // 1 to 64, by place in the file
	Name   string
	Role   Role
	Key    [32]byte // Ed25519, approvals
}

// Appointment says who is to be an officer. Names have 1 to 64 octets: letters of one alphabet, digits, . - ' and single spaces.
type Appointment struct {
	Name       string
	Role       Role
	Passphrase []byte // 8 to 1024 octets; nil in Reappoint for somebody who stays and keeps theirs
}

// Appoint makes the first officers of a realm and a new quorum secret, which takes needed of the security officers: at least 1
// and no more than there are. cost is the price of one guess at a passphrase. Randomness for the shares comes from crypto/rand
// alone. Errors: [ErrAppointment], [ErrWeakPassphrase], [ErrCost].
func Appoint(needed int, people []Appointment, cost Cost, rand io.Reader) (*Officers, *QuorumSecret, error) {
	none := &Officers{file: new(officersFile)}
	return none.succeed(needed, people, cost, rand)
}

// Reappoint changes officers, roles or how many are needed: people is everybody who is an officer afterwards. It takes the quorum
// secret of o as proof that the quorum agreed, and that o is not forged. Whoever is already an officer and has no passphrase in
// people keeps key and passphrase. Everything else is made again: polynomial, shares and the secret, under which the vault has to
// be sealed anew, see [Vault.Rekey]. Files and shares from before are of no use then.
// Errors: those of [Appoint], [ErrNoOfficer], and [ErrQuorumSecret] for another secret.
func (o *Officers) Reappoint(old *QuorumSecret, needed int, people []Appointment, cost Cost, rand io.Reader) (*Officers, *QuorumSecret, error) {
	if !old.opens(o.file) {
		return nil, nil, fmt.Errorf("change the officers: %w", ErrQuorumSecret)
	}
	return o.succeed(needed, people, cost, rand)
}

// succeed makes the officers that come after o.
func (o *Officers) succeed(needed int, people []Appointment, cost Cost, rand io.Reader) (*Officers, *QuorumSecret, error) {
	f := &officersFile{roster: roster{Format: officersFormat, Generation: o.file.Generation + 1}}
	for i := range people {
		entry, rec, err := o.appoint(&people[i], cost, rand)
		if err != nil {
			return nil, nil, fmt.Errorf("appoint officer %d: %w", i+1, err)
		}
		f.Officers, f.Records = append(f.Officers, *entry), append(f.Records, *rec)
	}
	if err := checkOfficers(needed, f.Officers); err != nil {
		return nil, nil, err
	}
	f.Needed = uint8(needed)
	secret, err := f.dealShares()
	if err != nil {
		return nil, nil, err
	}
	if err := f.check(); err != nil {
		secret.Erase()
		return nil, nil, err
	}
	return &Officers{file: f}, secret, nil
}

// appoint makes or takes over one officer, as yet without a share.
func (o *Officers) appoint(a *Appointment, cost Cost, rand io.Reader) (*officerEntry, *record, error) {
	if a.Passphrase == nil {
		i := slices.IndexFunc(o.file.Officers, func(e officerEntry) bool { return e.Name == a.Name })
		if i < 0 {
			return nil, nil, fmt.Errorf("%w, and a new one needs a passphrase", ErrNoOfficer)
		}
		entry, rec := o.file.Officers[i], o.file.Records[i]
		entry.Role, rec.Share = a.Role, nil
		return &entry, &rec, nil
	}
	if err := checkName(a.Name); err != nil {
		return nil, nil, err
	}
	page := newPage()
	defer freePage(page)
	secret := page[:officerKeySize]
	if _, err := io.ReadFull(rand, secret); err != nil {
		return nil, nil, fmt.Errorf("draw an officer's secret: %w", err)
	}
	rec, err := newRecord(a.Name, secret, a.Passphrase, cost, rand)
	if err != nil {
		return nil, nil, err
	}
	approval, err := approvalKey(secret)
	if err != nil {
		return nil, nil, err
	}
	defer clear(approval)
	sealing, err := sealingKey(secret)
	if err != nil {
		return nil, nil, err
	}
	entry := &officerEntry{
		Name: a.Name, Role: a.Role,
		Approval: bytes.Clone(approval[ed25519.SeedSize:]), Sealing: sealing.PublicKey().Bytes(),
	}
	return entry, rec, nil
}

// dealShares draws a new quorum secret and gives every security officer a share.
func (f *officersFile) dealShares() (*QuorumSecret, error) {
	var holders []int
	for i := range f.Officers {
		if f.Officers[i].Role.Has(SecurityOfficer) {
			holders = append(holders, i+1)
		}
	}
	d, err := deal(int(f.Needed), holders)
	if err != nil {
		return nil, err
	}
	defer d.erase()
	for _, p := range d.points {
		f.Commitments = append(f.Commitments, bytes.Clone(p[:]))
	}
	hash := f.hash()
	for _, number := range holders {
		value := d.values[number]
		f.Records[number-1].Share, err = sealShare(f.Officers[number-1].Sealing, hash, number, value[:])
		clear(value[:])
		if err != nil {
			return nil, err
		}
	}
	return newQuorumSecret(&d.secret, hash)
}

// ParseOfficers reads what [Officers.Marshal] wrote, and nothing else: at most 128 KiB. Errors: [ErrOfficersCorrupt], with
// [ErrCost] for Argon2id parameters that are out of bounds.
func ParseOfficers(b []byte) (*Officers, error) {
	f, err := parseOfficers(b)
	if err != nil {
		return nil, err
	}
	return &Officers{file: f}, nil
}

// Marshal returns the file: JSON with a checksum, the only encoding of these officers.
func (o *Officers) Marshal() []byte { return o.file.marshal() }

// Hash returns the hash of the roster: everything but the records. A new passphrase leaves it as it is.
func (o *Officers) Hash() [32]byte { return o.file.hash() }

// Generation counts the changes of officers, from 1.
func (o *Officers) Generation() uint32 { return o.file.Generation }

// Needed returns how many security officers unlock the vault together.
func (o *Officers) Needed() int { return int(o.file.Needed) }

// List returns the officers in the order of their numbers.
func (o *Officers) List() []Officer {
	list := make([]Officer, len(o.file.Officers))
	for i := range list {
		list[i] = o.officer(i + 1)
	}
	return list
}

func (o *Officers) officer(number int) Officer {
	e := &o.file.Officers[number-1]
	return Officer{Number: number, Name: e.Name, Role: e.Role, Key: [32]byte(e.Approval)}
}

// SignOn opens what an officer holds; it costs the time and memory of the record's [Cost]. Errors, which name the officer:
// [ErrNoOfficer], [ErrOfficerPassphrase], [ErrOfficersCorrupt].
func (o *Officers) SignOn(number int, passphrase []byte) (*Credential, error) {
	if number < 1 || number > len(o.file.Officers) {
		return nil, fmt.Errorf("sign on as officer %d: %w", number, ErrNoOfficer)
	}
	scratch := newPage()
	defer freePage(scratch)
	officer := o.officer(number)
	secret, err := o.file.Records[number-1].open(officer.Name, passphrase, scratch)
	if err != nil {
		return nil, fmt.Errorf("sign on as %s: %w", officer.Name, err)
	}
	approval, err := approvalKey(secret)
	if err != nil {
		return nil, err
	}
	defer clear(approval)
	if !bytes.Equal(approval[ed25519.SeedSize:], officer.Key[:]) {
		return nil, fmt.Errorf("sign on as %s: %w: another approval key", officer.Name, ErrOfficersCorrupt)
	}
	c := &Credential{officer: officer, roster: o.Hash(), page: newPage()}
	copy(c.page, approval)
	if officer.Role.Has(SecurityOfficer) {
		if err := o.takeShare(c, secret); err != nil {
			c.Erase()
			return nil, err
		}
	}
	return c, nil
}

// takeShare puts the unlock share into c.
func (o *Officers) takeShare(c *Credential, secret []byte) error {
	key, err := sealingKey(secret)
	if err != nil {
		return err
	}
	number := c.officer.Number
	b, err := openShare(key, c.roster, number, o.file.Records[number-1].Share)
	if err != nil {
		return err
	}
	defer clear(b)
	if len(b) != scalarSize || !fits(o.file.points(), number, (*[scalarSize]byte)(b)) {
		return fmt.Errorf("officer %d: %w: the share does not fit its commitments", number, ErrOfficersCorrupt)
	}
	copy(c.page[shareAt:], b)
	return nil
}

// ChangePassphrase encrypts an officer's secret anew under another passphrase. Nothing else changes: neither keys and shares,
// nor the quorum secret. An old copy of the file still opens with the old passphrase; where that is known to somebody,
// [Officers.Reappoint] with a new passphrase is the remedy. Errors: those of [Officers.SignOn], [ErrWeakPassphrase], [ErrCost].
func (o *Officers) ChangePassphrase(number int, from, to []byte, cost Cost, rand io.Reader) (*Officers, error) {
	if number < 1 || number > len(o.file.Officers) {
		return nil, fmt.Errorf("change the passphrase of officer %d: %w", number, ErrNoOfficer)
	}
	page := newPage()
	defer freePage(page)
	name, old := o.file.Officers[number-1].Name, &o.file.Records[number-1]
	secret, err := old.open(name, from, page)
	if err != nil {
		return nil, fmt.Errorf("change the passphrase of %s: %w", name, err)
	}
	rec, err := newRecord(name, secret, to, cost, rand)
	if err != nil {
		return nil, fmt.Errorf("change the passphrase of %s: %w", name, err)
	}
	rec.Share = old.Share
	f := &officersFile{roster: o.file.roster, Records: slices.Clone(o.file.Records)}
	f.Records[number-1] = *rec
	return &Officers{file: f}, nil
}

// Rebuild gives back the quorum secret from the security officers who have signed on. Whoever is there twice counts once, and
// officers without a share do not count. Errors: [ErrQuorum], which says how many more are needed, [ErrOtherOfficers], [ErrSignedOff].
func (o *Officers) Rebuild(present []*Credential) (*QuorumSecret, error) {
	hash := o.Hash()
	values := make(map[int]*[scalarSize]byte)
	defer func() {
		for _, v := range values {
			clear(v[:])
		}
	}()
	for _, c := range present {
		if c.roster != hash {
			return nil, fmt.Errorf("%s: %w", c.officer.Name, ErrOtherOfficers)
		}
		if !c.officer.Role.Has(SecurityOfficer) || values[c.officer.Number] != nil || len(values) == o.Needed() {
			continue
		}
		value, err := c.share()
		if err != nil {
			return nil, err
		}
		values[c.officer.Number] = &value
	}
	if missing := o.Needed() - len(values); missing > 0 {
		return nil, fmt.Errorf("%w: %d of %d, needs %d more", ErrQuorum, len(values), o.Needed(), missing)
	}
	scalar, err := rebuild(values)
	if err != nil {
		return nil, err
	}
	defer clear(scalar[:])
	return newQuorumSecret(&scalar, hash)
}
