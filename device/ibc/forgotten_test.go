package ibc_test

import (
	"bytes"
	"testing"

	"marque/device/ibc"
)

// keeping is a generator that remembers where it wrote to.
type keeping struct{ given [][]byte }

func (k *keeping) Read(b []byte) (int, error) {
	k.given = append(k.given, b)
	return copy(b, bytes.Repeat([]byte{0xa5}, len(b))), nil
}

// Whoever finds the randomness behind an enrolment key or an ephemeral secret in memory, and later the private key, has the secret itself:
// both follow from them. So it is overwritten once it was used.
func TestRandomnessIsForgotten(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	u, err := ibc.NewEnrolmentKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	seal := ibc.Seal{Mode: 0x13, Context: "test"}
	for what, draw := range map[string]func(*keeping) error{
		"enrolment key": func(k *keeping) error { _, err := ibc.NewEnrolmentKey(k); return err },
		"proof":         func(k *keeping) error { _, err := u.Prove(k, nil); return err },
		"issued key":    func(k *keeping) error { _, err := m.Extract(k, a.id, u.Public()); return err },
		"signature":     func(k *keeping) error { _, err := a.key.Sign(k, "test", nil); return err },
		"cold": func(k *keeping) error {
			_, _, err := a.key.EncapsulateCold(k, ibc.NewRecipient(m.Params(), a.id), seal)
			return err
		},
		"warm":        func(k *keeping) error { _, _, err := a.key.EncapsulateWarm(k, a.key.Public(), seal); return err },
		"content key": func(k *keeping) error { _, err := a.key.ContentKey(k, []ibc.Identity{a.id}, seal); return err },
	} {
		k := &keeping{}
		if err := draw(k); err != nil {
			t.Fatal(err)
		}
		if len(k.given) == 0 {
			t.Errorf("%s: nothing was drawn", what)
		}
		for _, b := range k.given {
			if !bytes.Equal(b, make([]byte, len(b))) {
				t.Errorf("%s: %d octets of randomness are still in memory", what, len(b))
			}
		}
	}
}
