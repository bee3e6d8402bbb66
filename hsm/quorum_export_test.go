package hsm

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"
)

// SameSecret compares two quorum secrets, which nothing outside of this package can.
func SameSecret(a, b *QuorumSecret) bool {
	return subtle.ConstantTimeCompare(a.octets(), b.octets()) == 1
}

// OfficersFields is an officers' file in parts that a test can change.
type OfficersFields struct {
	Roster  map[string]any
	Records []map[string]any
}

// ForgeOfficers returns the file b after change, with a checksum that fits.
func ForgeOfficers(t *testing.T, b []byte, change func(f *OfficersFields)) []byte {
	t.Helper()
	var fields OfficersFields
	if err := json.Unmarshal(b, &fields.Roster); err != nil {
		t.Fatal(err)
	}
	var records struct{ Records []map[string]any }
	if err := json.Unmarshal(b, &records); err != nil {
		t.Fatal(err)
	}
	fields.Records = records.Records
	change(&fields)
	fields.Roster["records"] = fields.Records
	b, err := json.Marshal(fields.Roster)
	if err != nil {
		t.Fatal(err)
	}
	f := new(officersFile)
	if err := json.Unmarshal(b, f); err != nil {
		t.Fatal(err)
	}
	return f.marshal()
}

// QuorumHex shows a quorum secret, for the vectors.
func QuorumHex(s *QuorumSecret) string { return hex.EncodeToString(s.octets()) }

// ForgeUnlockShare gives an officer another unlock share, as anybody can who has the file and knows the officer's public key.
func ForgeUnlockShare(t *testing.T, o *Officers, number int, value [32]byte) *Officers {
	t.Helper()
	sealed, err := sealShare(o.file.Officers[number-1].Sealing, o.Hash(), number, value[:])
	if err != nil {
		t.Fatal(err)
	}
	f := &officersFile{roster: o.file.roster, Records: slices.Clone(o.file.Records)}
	f.Records[number-1].Share = sealed
	return &Officers{file: f}
}
