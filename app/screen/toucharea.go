package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// touchArea makes of something that is only drawn something to tap, and to point at. Either function may be nil.
type touchArea struct {
	widget.BaseWidget

	content fyne.CanvasObject
	tapped  func()
	pointed func(at bool)
}

var (
	_ fyne.Tappable     = (*touchArea)(nil)
	_ desktop.Hoverable = (*touchArea)(nil)
)

func newTouchArea(content fyne.CanvasObject, tapped func(), pointed func(bool)) *touchArea {
	a := &touchArea{content: content, tapped: tapped, pointed: pointed}
	a.ExtendBaseWidget(a)
	return a
}

// Tapped implements fyne.Tappable.
func (a *touchArea) Tapped(*fyne.PointEvent) {
	if a.tapped != nil {
		a.tapped()
	}
}

// MouseIn implements desktop.Hoverable.
func (a *touchArea) MouseIn(*desktop.MouseEvent) { a.point(true) }

// MouseMoved implements desktop.Hoverable.
func (a *touchArea) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (a *touchArea) MouseOut() { a.point(false) }

func (a *touchArea) point(at bool) {
	if a.pointed != nil {
		a.pointed(at)
	}
}

// CreateRenderer implements fyne.Widget.
func (a *touchArea) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(a.content) }
