package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// PeriodBar shows for which periods an identity has keys, as boxes in a row: those that are past, the present one, those to come. The
// present one is present periods after the first; all are past or to come when it lies outside. With dead, no key counts any more.
func PeriodBar(count, present int, dead bool) *fyne.Container {
	bar := container.New(periodLayout{})
	for i := range count {
		fill, border := colourAccentSoft, colourAccent
		switch {
		case dead || i < present:
			fill, border = colourSunken, colourLine
		case i == present:
			fill = colourAccent
		}
		one := canvas.NewRectangle(colour(fill))
		one.StrokeColor, one.StrokeWidth, one.CornerRadius = colour(border), 1, 3
		bar.Add(one)
	}
	return bar
}

// periodLayout gives each the same width, with whole pixels between them.
type periodLayout struct{}

const (
	periodHigh float32 = 12
	periodGap  float32 = 4
)

func (periodLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(len(objects))*4, periodHigh)
}

func (periodLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	space := periodGap
	if n*6+(n-1)*space > size.Width {
		space = 1
	}
	wide := (size.Width - (n-1)*space) / n
	for i, o := range objects {
		from := float32(int(float32(i) * (wide + space)))
		to := float32(int(float32(i)*(wide+space) + wide))
		o.Move(fyne.NewPos(from, 0))
		o.Resize(fyne.NewSize(max(to-from, 1), size.Height))
	}
}
