package hsm_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"marque/hsm"
)

func TestCardSurvivesPrintAndTyping(t *testing.T) {
	seed, c, shares := split(t, 2, 3)
	var typed []*hsm.Share
	for _, s := range shares[1:] {
		if n := len(s.Text()); n != 172 {
			t.Errorf("a card has %d characters", n)
		}
		again, err := hsm.ParseShare([]byte(strings.ToLower(strings.ReplaceAll(string(s.Lines()), " ", " - "))))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Text(), s.Text()) || again.Index() != s.Index() || again.Needed() != 2 || again.Total() != 3 ||
			again.Set() != c.Set() || again.Purpose() != hsm.PurposeBackup {
			t.Error("another card was read")
		}
		typed = append(typed, again)
	}
	public, err := hsm.ParseCommitments(c.Text())
	if err != nil {
		t.Fatal(err)
	}
	if public.Needed() != 2 || public.Total() != 3 || public.Purpose() != hsm.PurposeBackup {
		t.Error("other commitments were read")
	}
	got, err := hsm.Combine(public, typed)
	if err != nil || !same(t, seed, got) {
		t.Fatalf("another seed: %v", err)
	}
}

func TestEveryMistypedCharacterIsNoticed(t *testing.T) {
	_, _, shares := split(t, 1, 1)
	text := shares[0].Text()
	for i := range text {
		for _, c := range []byte("A7018=*\x00\xff") {
			if text[i] == c {
				continue
			}
			bad := bytes.Clone(text)
			bad[i] = c
			if _, err := hsm.ParseShare(bad); !errors.Is(err, hsm.ErrShareText) {
				t.Fatalf("character %d as %q: %v", i, c, err)
			}
		}
		if _, err := hsm.ParseShare(text[:i]); !errors.Is(err, hsm.ErrShareText) {
			t.Fatalf("cut off after %d: %v", i, err)
		}
	}
	_, err := hsm.ParseShare(append(bytes.Clone(text[:40]), append([]byte("8"), text[41:]...)...))
	if err == nil || !strings.Contains(err.Error(), "group 11 ") {
		t.Errorf("the group is not named: %v", err)
	}
	if _, err := hsm.ParseShare(append(text, text...)); !errors.Is(err, hsm.ErrShareText) {
		t.Errorf("two cards in one: %v", err)
	}
	if _, err := hsm.ParseShare(bytes.Repeat([]byte{' '}, 1<<20)); !errors.Is(err, hsm.ErrShareText) {
		t.Errorf("a megabyte of spaces: %v", err)
	}
}

func TestCardFieldsOutOfRange(t *testing.T) {
	_, _, shares := split(t, 2, 3)
	good := hsm.CardOctets(t, string(shares[0].Text()))
	for name, change := range map[string]func(b []byte) []byte{
		"version":          func(b []byte) []byte { b[0] = 2; return b },
		"purpose 0":        func(b []byte) []byte { b[1] = 0; return b },
		"purpose 3":        func(b []byte) []byte { b[1] = 3; return b },
		"m = 0":            func(b []byte) []byte { b[2] = 0; return b },
		"m > n":            func(b []byte) []byte { b[2] = 4; return b },
		"n = 33":           func(b []byte) []byte { b[3] = 33; return b },
		"index 0":          func(b []byte) []byte { b[20] = 0; return b },
		"index > n":        func(b []byte) []byte { b[20] = 4; return b },
		"value not scalar": func(b []byte) []byte { copy(b[69:], bytes.Repeat([]byte{0xff}, 32)); return b },
		"too long":         func(b []byte) []byte { return append(b, 0) },
		"too short":        func(b []byte) []byte { return b[:len(b)-1] },
	} {
		text := hsm.CardText("MQ1S", change(bytes.Clone(good)))
		if _, err := hsm.ParseShare([]byte(text)); !errors.Is(err, hsm.ErrShareText) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommitmentFieldsOutOfRange(t *testing.T) {
	_, c, _ := split(t, 2, 3)
	good := hsm.CardOctets(t, c.Text())
	for name, change := range map[string]func(b []byte) []byte{
		"version 1":     func(b []byte) []byte { return append([]byte{1}, append(b[1:4:4], b[36:]...)...) },
		"version 3":     func(b []byte) []byte { b[0] = 3; return b },
		"purpose":       func(b []byte) []byte { b[1] = 9; return b },
		"m = 0":         func(b []byte) []byte { b[2] = 0; return b[:36] },
		"n < m":         func(b []byte) []byte { b[3] = 1; return b },
		"one more":      func(b []byte) []byte { return append(b, b[36:68]...) },
		"one less":      func(b []byte) []byte { return b[:68] },
		"nothing":       func([]byte) []byte { return nil },
		"no point":      func(b []byte) []byte { copy(b[36:68], bytes.Repeat([]byte{0xff}, 32)); return b },
		"identity":      func(b []byte) []byte { clear(b[36:68]); return b },
		"last identity": func(b []byte) []byte { clear(b[68:]); return b },
	} {
		if _, err := hsm.ParseCommitments(hsm.CardText("MQ1C", change(bytes.Clone(good)))); !errors.Is(err, hsm.ErrShareText) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "MQ1S", "MQ1C", c.Text() + "A", strings.ToLower(c.Text()), c.Text()[:20] + "\n" + c.Text()[20:], strings.Repeat("A", 1<<20)} {
		if _, err := hsm.ParseCommitments(text); !errors.Is(err, hsm.ErrShareText) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func FuzzShare(f *testing.F) {
	_, _, shares := split(f, 2, 3)
	f.Add(shares[0].Text())
	f.Add(shares[1].Lines())
	f.Add([]byte("MQ1S"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := hsm.ParseShare(text)
		if err != nil {
			return
		}
		typed := slices.DeleteFunc(bytes.ToUpper(text), func(b byte) bool { return strings.IndexByte(" -\n\r\t", b) >= 0 })
		if !bytes.Equal(s.Text(), typed) {
			t.Errorf("read %q, wrote %q", text, s.Text())
		}
		if again, err := hsm.ParseShare(s.Lines()); err != nil || !bytes.Equal(again.Text(), s.Text()) {
			t.Errorf("the printed card is not read: %v", err)
		}
	})
}

func FuzzCommitments(f *testing.F) {
	_, c, _ := split(f, 2, 3)
	f.Add(c.Text())
	f.Add("MQ1C")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := hsm.ParseCommitments(text); err == nil && c.Text() != text {
			t.Errorf("read %q, wrote %q", text, c.Text())
		}
	})
}
