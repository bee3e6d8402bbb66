package hsm_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"marque/hsm"
)

func officers(f *hsm.OfficersFields) []any { return f.Roster["officers"].([]any) }

func entry(f *hsm.OfficersFields, i int) map[string]any { return officers(f)[i].(map[string]any) }

func octets(n int) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, n)) }

func TestOfficersFileIsStrict(t *testing.T) {
	o, _ := appoint(t, 2)
	good := o.Marshal()
	if again, err := hsm.ParseOfficers(good); err != nil || !bytes.Equal(again.Marshal(), good) {
		t.Fatalf("its own file: %v", err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := hsm.ParseOfficers(bad); !errors.Is(err, hsm.ErrOfficersCorrupt) {
			t.Fatalf("octet %d flipped: %v", i, err)
		}
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "null": []byte("null\n"), "trailing": append(bytes.Clone(good), ' '), "cut off": good[:len(good)-1],
		"too long": bytes.Repeat([]byte(" "), 1<<17+1), "spaces": bytes.ReplaceAll(good, []byte("  "), []byte(" ")),
	} {
		if _, err := hsm.ParseOfficers(bad); !errors.Is(err, hsm.ErrOfficersCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForgedOfficersFileIsRefused(t *testing.T) {
	o, _ := appoint(t, 2)
	for name, change := range map[string]func(f *hsm.OfficersFields){
		"format":           func(f *hsm.OfficersFields) { f.Roster["format"] = "marque/v1/vault" },
		"generation 0":     func(f *hsm.OfficersFields) { f.Roster["generation"] = 0 },
		"needs nobody":     func(f *hsm.OfficersFields) { f.Roster["needed"] = 0 },
		"needs one":        func(f *hsm.OfficersFields) { f.Roster["needed"] = 1 },
		"needs four":       func(f *hsm.OfficersFields) { f.Roster["needed"] = 4 },
		"no commitments":   func(f *hsm.OfficersFields) { f.Roster["commitments"] = nil },
		"short commitment": func(f *hsm.OfficersFields) { f.Roster["commitments"] = []string{octets(32), octets(31)} },
		"no point":         func(f *hsm.OfficersFields) { f.Roster["commitments"].([]any)[1] = octets(32) },
		"identity": func(f *hsm.OfficersFields) {
			f.Roster["commitments"].([]any)[1] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		},
		"same key":          func(f *hsm.OfficersFields) { entry(f, 0)["approval"] = entry(f, 1)["approval"] },
		"same sealing key":  func(f *hsm.OfficersFields) { entry(f, 0)["sealing"] = entry(f, 1)["sealing"] },
		"short key":         func(f *hsm.OfficersFields) { entry(f, 0)["approval"] = octets(31) },
		"name":              func(f *hsm.OfficersFields) { entry(f, 0)["name"] = "An\u0000na" },
		"same name":         func(f *hsm.OfficersFields) { entry(f, 0)["name"] = "eli" },
		"role":              func(f *hsm.OfficersFields) { entry(f, 0)["role"] = 5 },
		"operator share":    func(f *hsm.OfficersFields) { f.Records[3]["share"] = octets(80) },
		"no share":          func(f *hsm.OfficersFields) { delete(f.Records[0], "share") },
		"short salt":        func(f *hsm.OfficersFields) { f.Records[0]["salt"] = octets(31) },
		"short record":      func(f *hsm.OfficersFields) { f.Records[0]["key"] = octets(47) },
		"a record too few":  func(f *hsm.OfficersFields) { f.Records = f.Records[1:] },
		"a record too many": func(f *hsm.OfficersFields) { f.Records = append(f.Records, f.Records[0]) },
	} {
		if _, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), change)); !errors.Is(err, hsm.ErrOfficersCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, cost := range []map[string]any{
		{"time": 0, "memoryKiB": 8, "threads": 1},
		{"time": 17, "memoryKiB": 8, "threads": 1},
		{"time": 1, "memoryKiB": 1<<20 + 1, "threads": 1},
		{"time": 1, "memoryKiB": 8, "threads": 0},
		{"time": 1, "memoryKiB": 8, "threads": 2},
	} {
		b := hsm.ForgeOfficers(t, o.Marshal(), func(f *hsm.OfficersFields) { f.Records[0]["argon2id"] = cost })
		if _, err := hsm.ParseOfficers(b); !errors.Is(err, hsm.ErrCost) {
			t.Errorf("%v: %v", cost, err)
		}
	}
}

// What parses can still be forged. It gives nobody anything.
func TestAlteredRosterGivesNobodyTheSecret(t *testing.T) {
	o, _ := appoint(t, 2)
	for name, change := range map[string]func(f *hsm.OfficersFields){
		"an operator made security officer": func(f *hsm.OfficersFields) {
			entry(f, 3)["role"] = int(hsm.SecurityOfficer)
			f.Records[3]["share"] = f.Records[0]["share"]
		},
		"another approval key": func(f *hsm.OfficersFields) { entry(f, 3)["approval"] = octets(32) },
		"another name":         func(f *hsm.OfficersFields) { entry(f, 3)["name"] = "Mallory" },
		"another generation":   func(f *hsm.OfficersFields) { f.Roster["generation"] = 9 },
	} {
		forged, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), change))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := forged.SignOn(1, phrase("Anna")); !errors.Is(err, hsm.ErrOfficersCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := forged.Rebuild(signOn(t, o, "Anna", "Cy")); !errors.Is(err, hsm.ErrOtherOfficers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForgedKeysAndSharesAreNoticedAtSignOn(t *testing.T) {
	o, _ := appoint(t, 2)
	key, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), func(f *hsm.OfficersFields) { entry(f, 3)["approval"] = octets(32) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.SignOn(4, phrase("Dee")); !errors.Is(err, hsm.ErrOfficersCorrupt) {
		t.Errorf("another approval key: %v", err)
	}
	for _, value := range [][32]byte{{}, {1}, {31: 0xff}} {
		if _, err := hsm.ForgeUnlockShare(t, o, 1, value).SignOn(1, phrase("Anna")); !errors.Is(err, hsm.ErrOfficersCorrupt) {
			t.Errorf("another share: %v", err)
		}
	}
}

func TestRecordsCannotBeExchanged(t *testing.T) {
	o, _ := appoint(t, 2)
	swapped, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), func(f *hsm.OfficersFields) {
		f.Records[0], f.Records[1] = f.Records[1], f.Records[0]
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := swapped.SignOn(1, phrase("Bo Müller-Lee")); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("signed on as Anna with Bo's record: %v", err)
	}
	shares, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), func(f *hsm.OfficersFields) {
		f.Records[0]["share"] = f.Records[1]["share"]
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shares.SignOn(1, phrase("Anna")); !errors.Is(err, hsm.ErrOfficersCorrupt) {
		t.Errorf("Bo's share opened: %v", err)
	}
	cost, err := hsm.ParseOfficers(hsm.ForgeOfficers(t, o.Marshal(), func(f *hsm.OfficersFields) {
		f.Records[0]["argon2id"] = map[string]any{"time": 2, "memoryKiB": 8, "threads": 1}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cost.SignOn(1, phrase("Anna")); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("another cost: %v", err)
	}
}

func FuzzOfficers(f *testing.F) {
	o, _ := appoint(f, 2)
	f.Add(o.Marshal())
	f.Add([]byte(`{"format":"marque/v1/officers"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, err := hsm.ParseOfficers(b); err == nil && !bytes.Equal(o.Marshal(), b) {
			t.Errorf("accepted %q", b)
		}
	})
}
