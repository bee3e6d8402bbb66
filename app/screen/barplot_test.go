package screen_test

import (
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"marque/app/screen"
)

// plot draws so many bars, the n-th of them n high.
func plot(t *testing.T, n int, size fyne.Size) (*screen.BarPlot, fyne.Window) {
	t.Helper()
	var bars []screen.Bar
	for i := range n {
		bars = append(bars, screen.Bar{Number: i + 1, Value: i + 1})
	}
	p := screen.NewBarPlot("Lists", bars, strconv.Itoa, "accent")
	w := test.NewTempWindow(t, p)
	w.SetPadded(false)
	w.Resize(size)
	return p, w
}

// drawn returns the bars and the texts of a plot, and fails when anything lies outside or texts lie upon each other.
func drawn(t *testing.T, p *screen.BarPlot) (bars []*canvas.Rectangle, texts []*canvas.Text) {
	t.Helper()
	for _, o := range test.WidgetRenderer(p).Objects() {
		if end := o.Position().Add(o.Size()); o.Position().X < 0 || o.Position().Y < 0 || end.X > p.Size().Width+1 || end.Y > p.Size().Height+1 {
			t.Errorf("%T lies at %v up to %v in %v", o, o.Position(), end, p.Size())
		}
		switch o := o.(type) {
		case *canvas.Text:
			for _, other := range texts {
				if apart(o, other) {
					continue
				}
				t.Errorf("%q lies upon %q", o.Text, other.Text)
			}
			texts = append(texts, o)
		case *canvas.Rectangle:
			if o.TopLeftCornerRadius > 0 {
				bars = append(bars, o)
			}
		}
	}
	return bars, texts
}

func apart(a, b fyne.CanvasObject) bool {
	aEnd, bEnd := a.Position().Add(a.Size()), b.Position().Add(b.Size())
	return aEnd.X <= b.Position().X || bEnd.X <= a.Position().X || aEnd.Y <= b.Position().Y || bEnd.Y <= a.Position().Y
}

func TestBarPlot(t *testing.T) {
	for n, most := range map[int]int{0: 0, 1: 1, 2: 2, 9: 9, 26: 26, 60: 60, 500: 120, 4000: 120} {
		p, _ := plot(t, n, fyne.NewSize(500, 160))
		bars, texts := drawn(t, p)
		if len(bars) > most || len(bars) < min(n, 90) {
			t.Errorf("%d bars of %d", len(bars), n)
		}
		for i := 1; i < len(bars); i++ {
			if bars[i].Position().X < bars[i-1].Position().X+bars[i-1].Size().Width || bars[i].Size().Height < bars[i-1].Size().Height {
				t.Errorf("of %d, bar %d lies at %v, %v high, the one before at %v, %v high", n, i, bars[i].Position(), bars[i].Size(), bars[i-1].Position(), bars[i-1].Size())
			}
		}
		var said []string
		for _, s := range texts {
			said = append(said, s.Text)
		}
		if n > 0 && strings.Count(" "+strings.Join(said, " ")+" ", " "+strconv.Itoa(n)+" ") < 2 {
			t.Errorf("the newest of %d bars is not named: %v", n, said)
		}
		if len(texts) > 20 {
			t.Errorf("%d bars have %d labels", n, len(texts))
		}
	}
}

func TestBarPlotTellsOfTheBarUnderThePointer(t *testing.T) {
	p, _ := plot(t, 26, fyne.NewSize(500, 160))
	bars, _ := drawn(t, p)
	at := bars[11].Position().AddXY(1, 1)
	p.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	_, texts := drawn(t, p)
	if texts[1].Text != "12" || texts[2].Text != "12" { // its number and its value
		t.Errorf("it says %q, %q", texts[1].Text, texts[2].Text)
	}
	p.MouseOut()
	if _, texts = drawn(t, p); texts[1].Text != "26" {
		t.Errorf("it says %q", texts[1].Text)
	}
}
