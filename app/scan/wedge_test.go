package scan_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"marque/app/scan"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// box is the box of a window into which a scanner types.
type box struct {
	scan.Wedge
	now    time.Time
	speed  time.Duration // from key to key
	layout string
	caps   bool
	texts  []string
	errs   []error
}

func newBox(layout string, caps bool) *box {
	return &box{now: noon, speed: 8 * time.Millisecond, layout: layout, caps: caps}
}

func (b *box) got(text string, err error) {
	if text != "" {
		b.texts = append(b.texts, text)
	}
	if err != nil {
		b.errs = append(b.errs, err)
	}
	b.now = b.now.Add(b.speed)
}

func (b *box) runes(typed string) {
	for _, r := range typed {
		b.got(b.Rune(r, b.now))
	}
}

// scan is a code read by the scanner, with Enter.
func (b *box) scan(text string) {
	b.now = b.now.Add(2 * time.Second)
	b.runes(string(typed(strokes(text), b.layout, b.caps)))
	b.got(b.Enter(b.now))
}

// take returns all that was told since the last time.
func (b *box) take() (texts []string, errs []error) {
	texts, errs = b.texts, b.errs
	b.texts, b.errs = nil, nil
	return texts, errs
}

func TestWedgeUndoesLayouts(t *testing.T) {
	for _, layout := range []string{"US", "DE", "FR"} {
		for _, caps := range []bool{false, true} {
			r := rand.New(rand.NewPCG(5, 6))
			b := newBox(layout, caps)
			for i := range 200 { // without calibration: the check tells
				text := made(r, []string{"R", "P", "S", "C"}[i%4], 20+i)
				b.scan(text)
				texts, errs := b.take()
				if len(errs) != 0 || len(texts) != 1 || texts[0] != text {
					t.Fatalf("%s, Caps Lock %v: %q, %v, want %q", layout, caps, texts, errs, text)
				}
			}
			if name, on := b.Layout(); name != layout || on != caps {
				t.Errorf("%s, Caps Lock %v: found %s, %v", layout, caps, name, on)
			}
		}
	}
}

func TestWedgeIsCalibrated(t *testing.T) {
	for layout, want := range map[string]string{"US": "US", "DE": "DE", "FR": "FR", "DV": "another"} {
		for _, caps := range []bool{false, true} {
			b := newBox(layout, caps)
			b.scan(scan.Calibration)
			if texts, errs := b.take(); len(errs) != 0 || len(texts) != 1 || texts[0] != scan.Calibration {
				t.Fatalf("%s: %q, %v", layout, texts, errs)
			}
			if name, on := b.Layout(); name != want || on != caps {
				t.Errorf("%s, Caps Lock %v: found %s, %v", layout, caps, name, on)
			}
			text := made(rand.New(rand.NewPCG(7, 8)), "R", 200)
			b.scan(text)
			if texts, errs := b.take(); len(errs) != 0 || len(texts) != 1 || texts[0] != text {
				t.Errorf("%s: %q, %v", layout, texts, errs)
			}
		}
	}
	b := newBox("DV", false) // without calibration it is not understood, and nothing else is made of it
	b.scan(made(rand.New(rand.NewPCG(9, 10)), "R", 200))
	if texts, _ := b.take(); len(texts) > 0 && strings.HasPrefix(texts[0], "MQ1") {
		t.Errorf("%q", texts)
	}
}

func TestWedgeWithoutEnter(t *testing.T) {
	text := made(rand.New(rand.NewPCG(11, 12)), "R", 100)
	b := newBox("FR", false)
	b.runes(string(typed(strokes(text), "FR", false)))
	if texts, errs := b.take(); len(texts)+len(errs) != 0 {
		t.Fatalf("before the pause: %q, %v", texts, errs)
	}
	b.now = b.now.Add(time.Second)
	b.got(b.Tick(b.now))
	if texts, errs := b.take(); len(errs) != 0 || len(texts) != 1 || texts[0] != text {
		t.Errorf("%q, %v", texts, errs)
	}
}

func TestWedgeRefuses(t *testing.T) {
	text := made(rand.New(rand.NewPCG(13, 14)), "R", 100)
	other := func(b *box) { b.got(b.Other(b.now)) }
	for name, test := range map[string]struct {
		do  func(*box)
		why error
	}{
		"a hotkey first":     {func(b *box) { other(b); b.runes(text) }, scan.ErrHotkey},
		"a hotkey within":    {func(b *box) { b.runes(text[:20]); other(b); b.runes(text[20:]) }, scan.ErrHotkey},
		"a hotkey last":      {func(b *box) { b.runes(text); other(b) }, scan.ErrHotkey},
		"^C":                 {func(b *box) { b.runes("\x03") }, scan.ErrHotkey},
		"control characters": {func(b *box) { b.runes("MQ1R\x1b[2J\x00\x7f") }, scan.ErrHotkey},
		"a right-to-left":    {func(b *box) { b.runes("MQ1R\u202eABC") }, scan.ErrHotkey},
		"no UTF-8":           {func(b *box) { b.runes("MQ1R\xff\xff") }, scan.ErrHotkey},
		"Tabs and Escapes": {func(b *box) {
			for range 500 {
				other(b)
			}
		}, scan.ErrHotkey},
		"a person":              {func(b *box) { b.speed = 120 * time.Millisecond; b.runes(text) }, scan.ErrSlow},
		"a person with a burst": {func(b *box) { b.runes("MQ1R"); b.speed = 90 * time.Millisecond; b.runes("ABCDEFG") }, scan.ErrSlow},
		"a text that is cut":    {func(b *box) { b.runes(text[:50]) }, scan.ErrLayout},
		"another alphabet":      {func(b *box) { b.runes("ЬЙ1К12345") }, scan.ErrLayout},
	} {
		for _, end := range []bool{true, false} {
			b := newBox("US", false)
			test.do(b)
			if end {
				b.got(b.Enter(b.now))
			} else {
				b.now = b.now.Add(time.Second)
				b.got(b.Tick(b.now))
			}
			texts, errs := b.take()
			why := test.why
			if !end && errors.Is(why, scan.ErrLayout) {
				why = scan.ErrCut // for want of an Enter
			}
			if len(texts) != 0 || len(errs) != 1 || !errors.Is(errs[0], scan.ErrRefused) || !errors.Is(errs[0], why) {
				t.Errorf("%s, Enter %v: %q, %v", name, end, texts, errs)
			}
			b.speed = 8 * time.Millisecond
			b.scan(text)
			if texts, errs := b.take(); len(errs) != 0 || len(texts) != 1 || texts[0] != text {
				t.Errorf("%s, Enter %v, the next code: %q, %v", name, end, texts, errs)
			}
		}
	}
}

func TestWedgeInAFlood(t *testing.T) {
	b := newBox("US", false)
	b.speed = time.Millisecond
	b.runes(strings.Repeat("A", 1<<20))
	if texts, errs := b.take(); len(texts) != 0 || len(errs) != 1 || !errors.Is(errs[0], scan.ErrLong) {
		t.Errorf("1 MB: %d texts, %v", len(texts), errs)
	}
	for range 10_000 {
		b.got(b.Enter(b.now))
	}
	if texts, errs := b.take(); len(texts)+len(errs) != 0 {
		t.Errorf("Enters: %q, %v", texts, errs)
	}
	for range 100 {
		b.runes("https://a")
		b.got(b.Enter(b.now))
	}
	if texts, errs := b.take(); len(texts) > 1 || len(errs) < 99 || !errors.Is(errs[50], scan.ErrFlood) {
		t.Errorf("%d texts, %d refusals", len(texts), len(errs))
	}
}

func TestWedgePassesForeignCodes(t *testing.T) {
	b := newBox("US", false)
	b.scan("https://example.org/a")
	if texts, errs := b.take(); len(errs) != 0 || len(texts) != 1 || texts[0] != "https://example.org/a" {
		t.Errorf("%q, %v", texts, errs)
	}
}

// FuzzWedge types anything at any speed: each text is printable ASCII, not too long, and if it begins like ours its check holds.
func FuzzWedge(f *testing.F) {
	f.Add("MQ1RABC\n", uint8(8))
	f.Add(scan.Calibration+"\n", uint8(1))
	f.Add("?A&R\x03\n\x00\n", uint8(30))
	f.Add(made(rand.New(rand.NewPCG(15, 16)), "R", 10)+"\n", uint8(8))
	f.Fuzz(func(t *testing.T, keys string, milliseconds uint8) {
		b := newBox("US", false)
		b.speed = time.Duration(milliseconds) * time.Millisecond
		for _, r := range keys {
			switch r {
			case '\n':
				b.got(b.Enter(b.now))
			case '\x00':
				b.got(b.Other(b.now))
			case '\x01':
				b.now = b.now.Add(time.Second)
				b.got(b.Tick(b.now))
			default:
				b.got(b.Rune(r, b.now))
			}
		}
		texts, errs := b.take()
		for _, text := range texts {
			if len(text) > scan.MaxText || strings.Trim(text, printable) != "" {
				t.Fatalf("%q", text)
			}
		}
		for _, err := range errs {
			if !errors.Is(err, scan.ErrRefused) {
				t.Fatal(err)
			}
		}
	})
}
