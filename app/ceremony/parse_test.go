package ceremony_test

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"marque/app/ceremony"
	"marque/authority"
)

func example(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExampleParses(t *testing.T) {
	p, err := ceremony.Parse(example(t))
	if err != nil {
		t.Fatal(err)
	}
	want := &ceremony.Plan{
		Realm: "fleet.example", SPIDs: []string{"depot.fleet.example"},
		Vault: ceremony.Vault{Kind: ceremony.VaultTPM, TPM: "/dev/tpmrm0"},
		Officers: []ceremony.Officer{
			{Name: "Ada Byron", Role: authority.SecurityOfficer},
			{Name: "Ben Okri", Role: authority.SecurityOfficer | authority.DepotOperator},
			{Name: "Cem Yılmaz", Role: authority.SecurityOfficer},
			{Name: "Dana Ortiz", Role: authority.DepotOperator},
			{Name: "Eva Lind", Role: authority.Auditor},
		},
		Unlock: 2, Backup: ceremony.Cards{Needed: 3, Total: 5}, Next: ceremony.Cards{Needed: 3, Total: 5},
		EpochLength: 28 * 24 * time.Hour, NextUpdate: 7 * 24 * time.Hour, HardExpiry: 28 * 24 * time.Hour,
		Past: 5 * time.Minute, Future: 30 * time.Second,
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("%+v\nwant %+v", p, want)
	}
}

func TestShortestFile(t *testing.T) {
	p, err := ceremony.Parse([]byte("realm = 'fleet.example'\nvault.kind = 'passphrase'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.EpochLength != authority.DefaultEpochLength || p.HardExpiry != authority.DefaultHardExpiry || p.Past != authority.DefaultPast || !p.Backup.None() {
		t.Errorf("%+v", p)
	}
}

// Each change to the example is one mistake, told with its line.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct{ old, instead, want string }{
		"realm":                {`realm = "fleet.example"`, `realm = "Fleet Example"`, `line 9: realm is not a domain name; write a domain name such as fleet.example`},
		"realm missing":        {`realm = "fleet.example"`, ``, `realm is missing; write realm = `},
		"realm a number":       {`realm = "fleet.example"`, `realm = 7`, `line 9: realm is not a text; write it in quotes`},
		"SP-ID":                {`["depot.fleet.example"]`, `["depot.fleet.example", "~"]`, `line 11: sp-ids has something that is not a domain name, entry 2`},
		"SP-ID twice":          {`["depot.fleet.example"]`, `["fleet.example"]`, `line 11: sp-ids names a domain twice, entry 1`},
		"SP-IDs no list":       {`["depot.fleet.example"]`, `"depot.fleet.example"`, `line 11: sp-ids is not a list of texts`},
		"SP-IDs of numbers":    {`["depot.fleet.example"]`, `[7]`, `line 11: sp-ids has an entry that is not a text`},
		"vault":                {`kind = "tpm"`, `kind = "paper"`, `vault.kind is not a kind of vault; write "tpm", or "passphrase"`},
		"TPM":                  {`tpm = "/dev/tpmrm0"`, `tpm = ""`, `vault.tpm is not a path`},
		"unified":              {`unified = false`, `unified = "no"`, `vault.unified is not true or false`},
		"name missing":         {`name = "Ada Byron"`, ``, `officer 1: name is missing`},
		"name":                 {`name = "Ada Byron"`, `name = "Ada/../Byron"`, `officer 1: name cannot be one; write 1 to 64 octets`},
		"name twice":           {`name = "Ben Okri"`, `name = "ADA BYRON"`, `officer 2: name is that of another officer`},
		"role":                 {`role = "auditor"`, `role = "boss"`, `officer 5: role is not a role; write "security officer"`},
		"auditor and operator": {`role = "auditor"`, `role = "auditor and depot operator"`, `an auditor has no other role`},
		"too many unlock":      {"[unlock]\nneeded = 2", "[unlock]\nneeded = 4", `unlock.needed is impossible; write 1 to 3, since there are 3 security officers`},
		"nobody unlocks":       {"[unlock]\nneeded = 2", "[unlock]\nneeded = 0", `unlock.needed is impossible`},
		"unlock missing":       {"[unlock]\nneeded = 2", "", `unlock.needed is missing; write [unlock] and below it needed = 2`},
		"cards":                {"[backup]\n", "[backup]\n#", `backup.cards is missing`},
		"cards needed":         {"cards = 5\nneeded = 3\n# \"before", "cards = 5\nneeded = 6\n# \"before", `backup.needed must say how many of the cards give the secret back; write 1 to 5`},
		"too many cards":       {"cards = 5\nneeded = 3\n# \"before", "cards = 33\nneeded = 3\n# \"before", `backup.cards is impossible; write 1 to 32, or 0 for none`},
		"drill":                {`drill = "before issuing"`, `drill = "later"`, `backup.drill is neither; write "before issuing"`},
		"next core":            {"[next-core]\ncards = 5\nneeded = 3", "", `next-core.cards is missing; write [next-core] and below it cards = 5`},
		"epochs":               {`length = "28d"`, `length = "30m"`, `epochs.length is too short; write "1h" or more`},
		"epochs no unit":       {`length = "28d"`, `length = "28"`, `epochs.length is not a duration; write a whole number and a unit`},
		"expiry":               {`hard-expiry = "28d"`, `hard-expiry = "6d"`, `lists.hard-expiry is before next-update (7d)`},
		"unknown key":          {`past = "5m"`, "past = \"5m\"\npassed = \"5m\"", `messages.passed is not known here; known are past, future`},
		"unknown table":        {`[messages]`, "[extra]\n[messages]", `extra is not known here; known are realm, sp-ids`},
		"no TOML":              {`[vault]`, `[vault`, `line 14: this is not TOML`},
		"key twice":            {`past = "5m"`, "past = \"5m\"\npast = \"6m\"", `this is not TOML`},
	} {
		t.Run(name, func(t *testing.T) {
			before := example(t)
			if bytes.Count(before, []byte(c.old)) == 0 {
				t.Fatalf("the example has no %q", c.old)
			}
			_, err := ceremony.Parse(bytes.Replace(before, []byte(c.old), []byte(c.instead), 1))
			var m *ceremony.MistakesError
			if !errors.As(err, &m) || !errors.Is(err, ceremony.ErrFile) {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
			if len(m.List) != 1 {
				t.Errorf("%d mistakes: %v", len(m.List), err)
			}
		})
	}
}

func TestAllMistakesTogetherAndInOrder(t *testing.T) {
	_, err := ceremony.Parse([]byte("sp-ids = 3\nrealm = 'no realm'\n[vault]\nkind = 'paper'\n[[officer]]\nname = ''\n[epochs]\nlength = 'x'\n[unlock]\nneeded='2'\n"))
	var m *ceremony.MistakesError
	if !errors.As(err, &m) || len(m.List) < 6 {
		t.Fatalf("%v", err)
	}
	for i := 1; i < len(m.List); i++ {
		if m.List[i].Line < m.List[i-1].Line {
			t.Errorf("line %d after line %d", m.List[i].Line, m.List[i-1].Line)
		}
	}
}

func TestPassphraseVaultHasNoOfficers(t *testing.T) {
	_, err := ceremony.Parse(bytes.Replace(bytes.Replace(example(t), []byte(`kind = "tpm"`), []byte(`kind = "passphrase"`), 1), []byte(`tpm = "/dev/tpmrm0"`), nil, 1))
	if err == nil || !strings.Contains(err.Error(), "does not go with a passphrase vault") {
		t.Errorf("%v", err)
	}
}

func TestNotText(t *testing.T) {
	for _, b := range [][]byte{bytes.Repeat([]byte("#"), 1<<16+1), []byte("realm = \"\xff\"")} {
		if _, err := ceremony.Parse(b); !errors.Is(err, ceremony.ErrFile) {
			t.Errorf("%v", err)
		}
	}
}

func TestOfficersFile(t *testing.T) {
	officers, needed, err := ceremony.ParseOfficers([]byte("[unlock]\nneeded = 1\n[[officer]]\nname = 'Ada'\nrole = 'security officer'\n"))
	if err != nil || needed != 1 || len(officers) != 1 || officers[0].Name != "Ada" {
		t.Fatalf("%v, %d, %v", officers, needed, err)
	}
	if _, _, err := ceremony.ParseOfficers(example(t)); !errors.Is(err, ceremony.ErrFile) || !strings.Contains(err.Error(), "realm is not known here") {
		t.Errorf("a whole ceremony file: %v", err)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 90 * time.Minute: "1h30m", 28 * 24 * time.Hour: "28d", 25*time.Hour + time.Second: "1d1h1s",
	} {
		if got := ceremony.Duration(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

// Whatever is taken says the same when it is written and read again.
func FuzzParse(f *testing.F) {
	f.Add(string(example(f)))
	f.Add("realm = 'fleet.example'\nvault.kind = 'passphrase'\n")
	f.Add("realm = 'fleet.example'\n[vault]\nkind='tpm'\ntpm='\"\\ \t'\n[[officer]]\nname='A'\nrole='security officer'\n[unlock]\nneeded=1\n[backup]\ncards=0\n[next-core]\ncards=0\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ceremony.Parse([]byte(text))
		if err != nil {
			if !errors.Is(err, ceremony.ErrFile) {
				t.Fatal(err)
			}
			return
		}
		again, err := ceremony.Parse(p.TOML())
		if err != nil {
			t.Fatalf("%s\n%v", p.TOML(), err)
		}
		if len(p.SPIDs) == 0 {
			p.SPIDs = again.SPIDs
		}
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v\n%+v", p, again)
		}
	})
}
