package hsm

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"marque/device/ibc"
)

const officersFormat = "marque/v1/officers"

// roster is the part of an officers' file that the quorum secret depends on. Officers are numbered from 1 in its order.
type roster struct {
	Format      string         `json:"format"`
	Generation  uint32         `json:"generation"`  // 1 at the founding, one more with every change of officers
	Needed      uint8          `json:"needed"`      // security officers that unlock
	Commitments [][]byte       `json:"commitments"` // Needed points of 32 octets
	Officers    []officerEntry `json:"officers"`
}

type officerEntry struct {
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Approval []byte `json:"approval"` // Ed25519 public key, 32 octets
	Sealing  []byte `json:"sealing"`  // X25519 public key, 32 octets
}

// record is what an officer opens with a passphrase.
type record struct {
	Cost  Cost   `json:"argon2id"`
	Salt  []byte `json:"salt"`            // 32 octets
	Key   []byte `json:"key"`             // the officer's own secret, encrypted
	Share []byte `json:"share,omitempty"` // HPKE to the officer's sealing key; security officers have one
}

type officersFile struct {
	roster
	Records  []record `json:"records"`
	Checksum []byte   `json:"checksum,omitempty"` // SHA-256 of the rest, tells damage from a wrong passphrase
}

// hash returns SHA-256(LP("marque/v1/officers") ‖ compact JSON of the roster).
func (r *roster) hash() [32]byte {
	return sha256.Sum256(append(ibc.AppendLPString(nil, officersFormat), encodeJSON(r)...))
}

func (r *roster) points() [][pointSize]byte {
	points := make([][pointSize]byte, len(r.Commitments))
	for i, c := range r.Commitments {
		points[i] = [pointSize]byte(c)
	}
	return points
}

// encodeJSON encodes a value of this file, all of which have an encoding.
func encodeJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("hsm: a type without an encoding: " + err.Error())
	}
	return b
}

func (f *officersFile) marshal() []byte {
	sum := sha256.Sum256(encodeJSON(&officersFile{roster: f.roster, Records: f.Records}))
	b := encodeJSON(&officersFile{roster: f.roster, Records: f.Records, Checksum: sum[:]})
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		panic("hsm: JSON that is none: " + err.Error())
	}
	return append(out.Bytes(), '\n')
}

// parseOfficers accepts nothing that marshal would not have written.
func parseOfficers(b []byte) (*officersFile, error) {
	if len(b) > maxOfficersFile {
		return nil, fmt.Errorf("%w: longer than %d octets", ErrOfficersCorrupt, maxOfficersFile)
	}
	f := new(officersFile)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%w: not JSON of the expected form", ErrOfficersCorrupt)
	}
	if f.Format != officersFormat {
		return nil, fmt.Errorf("%w: not of format %s", ErrOfficersCorrupt, officersFormat)
	}
	if !bytes.Equal(f.marshal(), b) {
		return nil, fmt.Errorf("%w: its checksum or its form is wrong", ErrOfficersCorrupt)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOfficersCorrupt, err)
	}
	return f, nil
}

func (f *officersFile) check() error {
	if f.Generation < 1 || len(f.Records) != len(f.Officers) {
		return fmt.Errorf("%w: generation or number of records", ErrAppointment)
	}
	if err := checkOfficers(int(f.Needed), f.Officers); err != nil {
		return err
	}
	if len(f.Commitments) != int(f.Needed) {
		return fmt.Errorf("%w: number of commitments", ErrAppointment)
	}
	for _, c := range f.Commitments {
		if len(c) != pointSize {
			return fmt.Errorf("%w: length of a commitment", ErrAppointment)
		}
	}
	if _, err := decodePoints(f.points()); err != nil {
		return fmt.Errorf("%w: %w", ErrAppointment, err)
	}
	for i := range f.Records {
		if err := f.Records[i].check(f.Officers[i].Role.Has(SecurityOfficer)); err != nil {
			return fmt.Errorf("officer %d: %w", i+1, err)
		}
	}
	return nil
}

func (r *record) check(share bool) error {
	want := 0
	if share {
		want = sealedShareSize
	}
	if len(r.Salt) != saltSize || len(r.Key) != sealedKeySize || len(r.Share) != want {
		return fmt.Errorf("%w: length of a record", ErrAppointment)
	}
	return r.Cost.check()
}

// checkOfficers checks who is appointed, and that the quorum can be reached.
func checkOfficers(needed int, officers []officerEntry) error {
	if len(officers) > maxOfficers {
		return fmt.Errorf("%w: at most %d", ErrAppointment, maxOfficers)
	}
	holders := 0
	for i := range officers {
		o := &officers[i]
		if err := checkName(o.Name); err != nil {
			return fmt.Errorf("officer %d: %w", i+1, err)
		}
		if err := o.Role.check(); err != nil {
			return fmt.Errorf("officer %d: %w", i+1, err)
		}
		if len(o.Approval) != officerKeySize || len(o.Sealing) != officerKeySize {
			return fmt.Errorf("officer %d: %w: length of a key", i+1, ErrAppointment)
		}
		if o.Role.Has(SecurityOfficer) {
			holders++
		}
		for j := range i {
			if strings.EqualFold(officers[j].Name, o.Name) || bytes.Equal(officers[j].Approval, o.Approval) || bytes.Equal(officers[j].Sealing, o.Sealing) {
				return fmt.Errorf("%w: officers %d and %d have the same name or key", ErrAppointment, j+1, i+1)
			}
		}
	}
	if needed < 1 || needed > holders {
		return fmt.Errorf("%w: unlocking takes at least one security officer and no more than there are (%d)", ErrAppointment, holders)
	}
	return nil
}
