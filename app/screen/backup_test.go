package screen_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

func TestBordersOnBackupAreWhole(t *testing.T) {
	s := newStage(t, fleet(t), sizes[0], false)
	backing(time.Hour, flow.BackupNone)(s)
	s.layOut()
	visitWindow(s.window, func(o fyne.CanvasObject, at fyne.Position) {
		scroll, ok := o.(*container.Scroll)
		if !ok {
			return
		}
		visit(scroll.Content, at, func(o fyne.CanvasObject, border fyne.Position) {
			r, ok := o.(*canvas.Rectangle)
			if !ok || r.StrokeWidth == 0 {
				return
			}
			left, right := border.X-at.X, at.X+scroll.Size().Width-border.X-r.Size().Width
			if left < r.StrokeWidth || right < r.StrokeWidth {
				t.Errorf("a border is %.1f and %.1f inside of what the scroller shows", left, right)
			}
		})
	})
}
