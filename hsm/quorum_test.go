package hsm_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"marque/hsm"
)

func phrase(name string) []byte { return []byte("the passphrase of " + name) }

// people returns three security officers, of whom the third is a depot operator too, an operator and an auditor.
func people() []hsm.Appointment {
	return []hsm.Appointment{
		{Name: "Anna", Role: hsm.SecurityOfficer, Passphrase: phrase("Anna")},
		{Name: "Bo Müller-Lee", Role: hsm.SecurityOfficer, Passphrase: phrase("Bo Müller-Lee")},
		{Name: "Cy", Role: hsm.SecurityOfficer | hsm.DepotOperator, Passphrase: phrase("Cy")},
		{Name: "Dee", Role: hsm.DepotOperator, Passphrase: phrase("Dee")},
		{Name: "Eli", Role: hsm.Auditor, Passphrase: phrase("Eli")},
	}
}

func appoint(t testing.TB, needed int) (*hsm.Officers, *hsm.QuorumSecret) {
	t.Helper()
	o, secret, err := hsm.Appoint(needed, people(), cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return o, secret
}

// signOn signs on officers by their names.
func signOn(t *testing.T, o *hsm.Officers, names ...string) []*hsm.Credential {
	t.Helper()
	var present []*hsm.Credential
	for _, name := range names {
		for _, officer := range o.List() {
			if officer.Name != name {
				continue
			}
			c, err := o.SignOn(officer.Number, phrase(name))
			if err != nil {
				t.Fatal(err)
			}
			present = append(present, c)
		}
	}
	if len(present) != len(names) {
		t.Fatalf("not all of %v are officers", names)
	}
	return present
}

func TestAnyQuorumRebuildsTheSecret(t *testing.T) {
	all := []string{"Anna", "Bo Müller-Lee", "Cy", "Dee", "Eli"}
	for needed := 1; needed <= 3; needed++ {
		made, secret := appoint(t, needed)
		o, err := hsm.ParseOfficers(made.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		present := signOn(t, o, all...)
		for bits := range 1 << len(all) {
			var some []*hsm.Credential
			holders := 0
			for i := range all {
				if bits>>i&1 == 1 {
					some = append([]*hsm.Credential{present[i]}, some...)
					if i < 3 {
						holders++
					}
				}
			}
			got, err := o.Rebuild(some)
			switch {
			case holders < needed:
				if !errors.Is(err, hsm.ErrQuorum) || !strings.Contains(err.Error(), fmt.Sprintf("needs %d more", needed-holders)) {
					t.Errorf("%d of %d: %v", holders, needed, err)
				}
			case err != nil:
				t.Errorf("%d of %d: %v", holders, needed, err)
			case !hsm.SameSecret(got, secret):
				t.Errorf("%d of %d rebuilt another secret", holders, needed)
			}
		}
	}
}

func TestOneOfficerTwiceCountsOnce(t *testing.T) {
	o, _ := appoint(t, 2)
	if _, err := o.Rebuild(append(signOn(t, o, "Anna"), signOn(t, o, "Anna", "Dee")...)); !errors.Is(err, hsm.ErrQuorum) {
		t.Errorf("got %v", err)
	}
}

func TestSignOnRefuses(t *testing.T) {
	o, _ := appoint(t, 2)
	if _, err := o.SignOn(1, phrase("Bo Müller-Lee")); !errors.Is(err, hsm.ErrOfficerPassphrase) || !strings.Contains(err.Error(), "Anna") {
		t.Errorf("another's passphrase: %v", err)
	}
	if _, err := o.SignOn(1, bytes.Repeat([]byte{'a'}, 1025)); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("a long passphrase: %v", err)
	}
	for _, number := range []int{-1, 0, 6} {
		if _, err := o.SignOn(number, phrase("Anna")); !errors.Is(err, hsm.ErrNoOfficer) {
			t.Errorf("officer %d: %v", number, err)
		}
	}
}

func TestImpossibleAppointments(t *testing.T) {
	one := func(change func(*hsm.Appointment)) []hsm.Appointment {
		p := people()
		change(&p[0])
		return p
	}
	for name, c := range map[string]struct {
		needed int
		people []hsm.Appointment
		want   error
	}{
		"nobody needed":      {0, people(), hsm.ErrAppointment},
		"more than there":    {4, people(), hsm.ErrAppointment},
		"nobody":             {1, nil, hsm.ErrAppointment},
		"too many":           {1, make([]hsm.Appointment, 65), hsm.ErrNoOfficer},
		"weak passphrase":    {1, one(func(a *hsm.Appointment) { a.Passphrase = []byte("short") }), hsm.ErrWeakPassphrase},
		"no passphrase":      {1, one(func(a *hsm.Appointment) { a.Passphrase = nil }), hsm.ErrNoOfficer},
		"no name":            {1, one(func(a *hsm.Appointment) { a.Name = "" }), hsm.ErrAppointment},
		"long name":          {1, one(func(a *hsm.Appointment) { a.Name = strings.Repeat("a", 65) }), hsm.ErrAppointment},
		"name with controls": {1, one(func(a *hsm.Appointment) { a.Name = "An\nna" }), hsm.ErrAppointment},
		"name with spaces":   {1, one(func(a *hsm.Appointment) { a.Name = "Anna " }), hsm.ErrAppointment},
		"two spaces":         {1, one(func(a *hsm.Appointment) { a.Name = "An  na" }), hsm.ErrAppointment},
		"combining mark":     {1, one(func(a *hsm.Appointment) { a.Name = "Mu\u0308ller" }), hsm.ErrAppointment},
		"invisible letter":   {1, one(func(a *hsm.Appointment) { a.Name = "Cy\u3164" }), hsm.ErrAppointment},
		"two alphabets":      {1, one(func(a *hsm.Appointment) { a.Name = "\u0421y" }), hsm.ErrAppointment}, // Cyrillic, Latin
		"wide letters":       {1, one(func(a *hsm.Appointment) { a.Name = "\uff23\uff59" }), hsm.ErrAppointment},
		"styled letters":     {1, one(func(a *hsm.Appointment) { a.Name = "\U0001d402\U0001d432" }), hsm.ErrAppointment},
		"wide digit":         {1, one(func(a *hsm.Appointment) { a.Name = "Cy \uff12" }), hsm.ErrAppointment},
		"second spelling":    {1, one(func(a *hsm.Appointment) { a.Name = "\uf900" }), hsm.ErrAppointment},
		"decomposed":         {1, one(func(a *hsm.Appointment) { a.Name = "\u1100\u1161" }), hsm.ErrAppointment},
		"no UTF-8":           {1, one(func(a *hsm.Appointment) { a.Name = "\xff" }), hsm.ErrAppointment},
		"same name":          {1, one(func(a *hsm.Appointment) { a.Name = "CY" }), hsm.ErrAppointment},
		"no role":            {1, one(func(a *hsm.Appointment) { a.Role = 0 }), hsm.ErrAppointment},
		"unknown role":       {1, one(func(a *hsm.Appointment) { a.Role = 8 | 1 }), hsm.ErrAppointment},
		"auditor and more":   {1, one(func(a *hsm.Appointment) { a.Role = hsm.Auditor | hsm.SecurityOfficer }), hsm.ErrAppointment},
		"auditor who enrols": {1, one(func(a *hsm.Appointment) { a.Role = hsm.Auditor | hsm.DepotOperator }), hsm.ErrAppointment},
	} {
		if _, _, err := hsm.Appoint(c.needed, c.people, cheap, rand.Reader); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := hsm.Appoint(1, people(), hsm.Cost{}, rand.Reader); !errors.Is(err, hsm.ErrCost) {
		t.Errorf("no cost: %v", err)
	}
	if _, _, err := hsm.Appoint(1, people(), cheap, iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("appointed without randomness")
	}
}

func TestAtMost64Officers(t *testing.T) {
	var crowd []hsm.Appointment
	for i := range 65 {
		crowd = append(crowd, hsm.Appointment{Name: fmt.Sprint("Officer ", i), Role: hsm.SecurityOfficer, Passphrase: phrase("all")})
	}
	if _, _, err := hsm.Appoint(1, crowd, cheap, rand.Reader); !errors.Is(err, hsm.ErrAppointment) {
		t.Errorf("65 officers: %v", err)
	}
	o, _, err := hsm.Appoint(64, crowd[:64], cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hsm.ParseOfficers(o.Marshal()); err != nil {
		t.Errorf("64 officers: %v", err)
	}
}

func TestPassphraseChangesAlone(t *testing.T) {
	o, secret := appoint(t, 2)
	present := signOn(t, o, "Bo Müller-Lee")
	again, err := o.ChangePassphrase(1, phrase("Anna"), phrase("Anna, later"), cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != o.Hash() || again.Generation() != 1 {
		t.Error("the roster changed")
	}
	if _, err := again.SignOn(1, phrase("Anna")); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("the old passphrase: %v", err)
	}
	anna, err := again.SignOn(1, phrase("Anna, later"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Rebuild(append(present, anna))
	if err != nil || !hsm.SameSecret(got, secret) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := o.SignOn(1, phrase("Anna")); err != nil {
		t.Errorf("the object from before changed: %v", err)
	}
	if _, err := o.ChangePassphrase(1, phrase("Cy"), phrase("Anna"), cheap, rand.Reader); !errors.Is(err, hsm.ErrOfficerPassphrase) {
		t.Errorf("changed by another: %v", err)
	}
	if _, err := o.ChangePassphrase(1, phrase("Anna"), []byte("short"), cheap, rand.Reader); !errors.Is(err, hsm.ErrWeakPassphrase) {
		t.Errorf("weak: %v", err)
	}
	if _, err := o.ChangePassphrase(0, phrase("Anna"), phrase("Anna"), cheap, rand.Reader); !errors.Is(err, hsm.ErrNoOfficer) {
		t.Errorf("nobody: %v", err)
	}
}

func TestOfficerChangeMakesAnotherSecret(t *testing.T) {
	o, old := appoint(t, 2)
	before := signOn(t, o, "Anna", "Bo Müller-Lee")
	// Cy leaves, Fay comes, Dee becomes security officer, Anna and Dee are not asked for their passphrases; Bo has forgotten his.
	changed, secret, err := o.Reappoint(old, 3, []hsm.Appointment{
		{Name: "Dee", Role: hsm.SecurityOfficer},
		{Name: "Anna", Role: hsm.SecurityOfficer},
		{Name: "Bo Müller-Lee", Role: hsm.SecurityOfficer, Passphrase: []byte("another one of Bo")},
		{Name: "Fay", Role: hsm.DepotOperator, Passphrase: phrase("Fay")},
	}, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if hsm.SameSecret(old, secret) || changed.Generation() != 2 || changed.Hash() == o.Hash() || changed.Needed() != 3 {
		t.Error("not everything was made again")
	}
	if _, err := changed.Rebuild(before); !errors.Is(err, hsm.ErrOtherOfficers) {
		t.Errorf("shares of the officers before: %v", err)
	}
	bo, err := changed.SignOn(3, []byte("another one of Bo"))
	if err != nil {
		t.Fatal(err)
	}
	present := append(signOn(t, changed, "Anna", "Dee"), bo)
	got, err := changed.Rebuild(present)
	if err != nil || !hsm.SameSecret(got, secret) {
		t.Fatalf("another secret: %v", err)
	}
	if present[0].Officer().Key != before[0].Officer().Key || bo.Officer().Key == before[1].Officer().Key {
		t.Error("who stays keeps the key, who was appointed again has another")
	}
	if _, _, err := changed.Reappoint(secret, 1, []hsm.Appointment{{Name: "Cy", Role: hsm.SecurityOfficer}}, cheap, rand.Reader); !errors.Is(err, hsm.ErrNoOfficer) {
		t.Errorf("kept somebody who is no officer: %v", err)
	}
	same, again, err := o.Reappoint(old, 2, []hsm.Appointment{{Name: "Anna", Role: hsm.SecurityOfficer}, {Name: "Cy", Role: hsm.SecurityOfficer}}, cheap, rand.Reader)
	if err != nil || hsm.SameSecret(again, old) || same.Hash() == changed.Hash() {
		t.Errorf("another change: %v", err)
	}
}

func TestCredentialSigns(t *testing.T) {
	o, _ := appoint(t, 1)
	c := signOn(t, o, "Dee")[0]
	sig, err := c.Sign(nil, []byte("m"), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	key := c.Officer().Key
	if !ed25519.Verify(key[:], []byte("m"), sig) || !bytes.Equal(c.Public().(ed25519.PublicKey), key[:]) || o.List()[3].Key != key {
		t.Error("the signature is not of the officer's key")
	}
	if _, err := c.Sign(nil, make([]byte, 64), crypto.SHA512); err == nil {
		t.Error("signed a hash")
	}
	c.Erase()
	c.Erase()
	if _, err := c.Sign(nil, []byte("m"), nil); !errors.Is(err, hsm.ErrSignedOff) {
		t.Errorf("signed after signing off: %v", err)
	}
	anna := signOn(t, o, "Anna")
	anna[0].Erase()
	if _, err := o.Rebuild(anna); !errors.Is(err, hsm.ErrSignedOff) {
		t.Errorf("unlocked after signing off: %v", err)
	}
}

func TestQuorumSecretsDoNotPrint(t *testing.T) {
	o, secret := appoint(t, 1)
	c := signOn(t, o, "Anna")[0]
	for _, v := range []any{secret, *secret, c} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		j, _ := json.Marshal(v)
		for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %x %s", v, v, v, v), log.String(), string(j)} {
			if !strings.Contains(s, "redacted") || len(s) > 200 {
				t.Errorf("printed as %q", s)
			}
		}
	}
	secret.Erase()
	secret.Erase()
	got, err := o.Rebuild([]*hsm.Credential{c})
	if err != nil || hsm.SameSecret(got, secret) {
		t.Errorf("an erased secret is as good as a whole one: %v", err)
	}
}

func TestOfficersAreChangedByTheirQuorum(t *testing.T) {
	o, secret := appoint(t, 2)
	_, others := appoint(t, 2)
	next, fresh, err := o.Reappoint(secret, 1, people()[:2], cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := o.Rebuild(signOn(t, o, "Anna", "Cy"))
	if err != nil {
		t.Fatal(err)
	}
	gone.Erase()
	for name, wrong := range map[string]*hsm.QuorumSecret{"none": nil, "other officers'": others, "a later one": fresh, "an erased one": gone} {
		if _, _, err := o.Reappoint(wrong, 1, people()[:2], cheap, rand.Reader); !errors.Is(err, hsm.ErrQuorumSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := next.Reappoint(secret, 1, people()[:2], cheap, rand.Reader); !errors.Is(err, hsm.ErrQuorumSecret) {
		t.Errorf("the one from before: %v", err)
	}
}
