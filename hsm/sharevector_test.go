package hsm_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"marque/hsm"
)

// A card that was printed once must be read for as long as the realm lives, and so must an officers' file. These files were made
// once and are never made again.

type cardVector struct {
	Commitments  string   `json:"commitments"`
	Cards        []string `json:"cards"`
	X            string   `json:"x"` // of the seed
	StatementKey string   `json:"statementKey"`
}

func readVector(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCardsOfOldAreRead(t *testing.T) {
	var v cardVector
	if err := json.Unmarshal(readVector(t, "cards.json"), &v); err != nil {
		t.Fatal(err)
	}
	var shares []*hsm.Share
	for _, card := range v.Cards {
		s, err := hsm.ParseShare([]byte(card))
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, s)
	}
	c, err := hsm.ParseCommitments(v.Commitments)
	if err != nil {
		t.Fatal(err)
	}
	again, err := hsm.RebuildCommitments(shares[1:])
	if err != nil || again.Text() != v.Commitments {
		t.Errorf("other commitments: %v", err)
	}
	seed, err := hsm.Combine(c, shares[1:])
	if err != nil {
		t.Fatal(err)
	}
	p, err := seed.Params()
	if err != nil {
		t.Fatal(err)
	}
	x, key := p.X(), seed.StatementKey()
	if hex.EncodeToString(x[:]) != v.X || hex.EncodeToString(key[:]) != v.StatementKey {
		t.Error("another seed")
	}
}

func TestOfficersFileOfOldIsRead(t *testing.T) {
	b := readVector(t, "officers.json")
	o, err := hsm.ParseOfficers(b)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := o.Rebuild(signOn(t, o, "Cy", "Bo Müller-Lee"))
	if err != nil {
		t.Fatal(err)
	}
	if want := string(bytes.TrimSpace(readVector(t, "officers.quorum"))); hsm.QuorumHex(secret) != want {
		t.Error("another quorum secret")
	}
	if _, err := o.Rebuild(signOn(t, o, "Cy", "Dee", "Eli")); !errors.Is(err, hsm.ErrQuorum) {
		t.Errorf("one share: %v", err)
	}
}
