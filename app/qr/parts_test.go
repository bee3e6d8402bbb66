package qr_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"marque/app/qr"
)

// octets returns n octets that are the same in every run.
func octets(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(b)
	return b
}

func split(t *testing.T, n int, d qr.Density) (*qr.Series, []byte) {
	t.Helper()
	payload := octets(n)
	s, err := qr.Split('L', payload, d)
	if err != nil {
		t.Fatalf("%d octets: %v", n, err)
	}
	return s, payload
}

func TestAnyNeededPartsGiveThePayloadBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 15, 16, 17, 269, 270, 271, 541, 3000, 20_000, qr.MaxPayload} {
		s, payload := split(t, n, qr.DefaultDensity())
		order := random.Perm(s.Total())
		var j qr.Joiner
		for i, index := range order[:s.Needed()] {
			got, progress, err := j.Add(s.Text(index))
			if err != nil || progress.Arrived() != i+1 || progress.Needed != s.Needed() || len(progress.Have) != s.Total() {
				t.Fatalf("%d octets, part %d: %+v, %v", n, i, progress, err)
			}
			if last := i == s.Needed()-1; last != (got != nil) {
				t.Fatalf("%d octets: after %d of %d parts there is a payload: %v", n, i+1, s.Needed(), got != nil)
			} else if last && (got.Type != 'L' || !bytes.Equal(got.Payload, payload)) {
				t.Fatalf("%d octets came back as %d others", n, len(got.Payload))
			}
		}
	}
}

func TestPartsCanBeTypedByAScanner(t *testing.T) {
	s, _ := split(t, 5000, qr.Density{Octets: qr.MaxPart, Spare: 50})
	for i := range s.Total() {
		text := s.Text(i)
		if len(text) > qr.MaxText || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			t.Fatalf("part %d: %d octets, %q", i, len(text), text)
		}
	}
}

func TestRepeatedAndForeignPartsDoNotDisturb(t *testing.T) {
	a, payload := split(t, 2000, qr.DefaultDensity())
	b, _ := split(t, 2001, qr.DefaultDensity())
	var j qr.Joiner
	for i := range a.Needed() {
		for _, text := range []string{a.Text(i), b.Text(0), a.Text(i)} {
			got, _, err := j.Add(text)
			if err != nil {
				t.Fatal(err)
			}
			if got != nil {
				if i != a.Needed()-1 || !bytes.Equal(got.Payload, payload) {
					t.Fatalf("after part %d came %d octets", i, len(got.Payload))
				}
				return
			}
		}
	}
	t.Fatal("nothing came together")
}

func TestEveryAlteredLetterIsNoticed(t *testing.T) {
	s, _ := split(t, 40, qr.Density{Octets: 20})
	text := s.Text(1)
	for i := range text {
		for _, letter := range "A7" {
			altered := text[:i] + string(letter) + text[i+1:]
			if altered == text {
				continue
			}
			var j qr.Joiner
			if _, _, err := j.Add(altered); !errors.Is(err, qr.ErrPart) {
				t.Fatalf("letter %d altered: %v", i, err)
			}
		}
	}
	for _, bad := range []string{"", "MQ1P", text[:len(text)-1], text + "A", strings.ToLower(text), " " + text, text + "======"} {
		var j qr.Joiner
		if _, _, err := j.Add(bad); !errors.Is(err, qr.ErrPart) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestForgedPartIsNoticedAndTheSeriesBeginsAnew(t *testing.T) {
	s, payload := split(t, 1000, qr.DefaultDensity())
	forged := qr.Forge(s, 2) // of the same series, with another content and a check that holds
	for _, order := range [][]string{{forged, s.Text(2)}, {s.Text(2), forged}, {s.Text(0), s.Text(1), forged, s.Text(3)}} {
		var j qr.Joiner
		var err error
		for _, text := range order {
			_, _, err = j.Add(text)
		}
		if !errors.Is(err, qr.ErrSeries) {
			t.Fatalf("a forged part: %v", err)
		}
		var got *qr.Joined
		for i := 0; got == nil; i++ {
			if got, _, err = j.Add(s.Text(i)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got.Payload, payload) {
			t.Fatal("something else came together")
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		kind    qr.Type
		payload []byte
		density qr.Density
		want    error
	}{
		"empty":         {'R', nil, qr.DefaultDensity(), qr.ErrLongPayload},
		"too long":      {'R', octets(qr.MaxPayload + 1), qr.DefaultDensity(), qr.ErrLongPayload},
		"too many":      {'R', octets(255*16 + 1), qr.Density{Octets: 16}, qr.ErrLongPayload},
		"no type":       {'r', octets(1), qr.DefaultDensity(), qr.ErrPart},
		"too dense":     {'R', octets(1), qr.Density{Octets: qr.MaxPart + 1}, qr.ErrPart},
		"too thin":      {'R', octets(1), qr.Density{Octets: 15}, qr.ErrPart},
		"too redundant": {'R', octets(1), qr.Density{Octets: 16, Spare: 201}, qr.ErrPart},
	} {
		if _, err := qr.Split(test.kind, test.payload, test.density); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzJoiner(f *testing.F) {
	for _, n := range []int{1, 40, 300} {
		s, err := qr.Split('P', octets(n), qr.Density{Octets: 20, Spare: 50})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.Text(0), s.Text(s.Total()-1))
		f.Add(qr.Forge(s, 0), s.Text(0))
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		var j qr.Joiner
		for _, text := range []string{first, second, first} {
			got, progress, err := j.Add(text)
			if err == nil && (progress.Arrived() == 0 || progress.Arrived() > len(progress.Have)) {
				t.Fatalf("taken, but %+v", progress)
			}
			if got == nil {
				continue
			}
			if again, err := qr.Split(got.Type, got.Payload, qr.Density{Octets: qr.MaxPart, Spare: 0}); err != nil || again.Total() > 255 {
				t.Fatalf("what came together cannot be split: %v", err)
			}
		}
	})
}
