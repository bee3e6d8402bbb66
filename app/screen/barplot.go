package screen

import (
	"image/color"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Bar is one bar of a plot.
type Bar struct {
	Number int // below it
	Value  int // zero or more
}

// BarPlot draws a number over time: a title, the newest value beside it, and bars that stand on one axis, the newest of them solid, on
// the right. Where there are more bars than fit, the oldest are left out. The value of a bar under the pointer takes the place of the
// newest.
type BarPlot struct {
	widget.BaseWidget

	title   string
	bars    []Bar // from old to new
	values  func(n int) string
	ink     fyne.ThemeColorName
	pointed int // index of the bar under the pointer; -1 for none
}

var _ desktop.Hoverable = (*BarPlot)(nil)

// NewBarPlot returns a plot of bars, from old to new, in a colour. values writes a value, in the title and along the axis.
func NewBarPlot(title string, bars []Bar, values func(n int) string, ink fyne.ThemeColorName) *BarPlot {
	p := &BarPlot{title: title, bars: bars, values: values, ink: ink, pointed: -1}
	p.ExtendBaseWidget(p)
	return p
}

// Measures of a plot.
const (
	plotHead    float32 = 24
	plotFoot    float32 = 20
	plotGap     float32 = 8  // between the axis and its numbers
	plotRoom    float32 = 14 // above the highest bar
	plotLeast   float32 = 52 // height of the bars
	slotLeast   float32 = 5  // of a bar and the gap beside it
	slotMost    float32 = 40
	barShare            = 0.76 // of its slot
	oldStrength         = 0.68 // of the colour of all bars but the newest
)

// MouseIn implements desktop.Hoverable.
func (p *BarPlot) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (p *BarPlot) MouseMoved(e *desktop.MouseEvent) {
	l := p.measure(p.Size())
	at := -1
	if i := int(math.Floor(float64((e.Position.X - l.left) / l.slot))); i >= 0 && i < len(l.bars) && e.Position.X >= l.left {
		at = i
	}
	p.point(at)
}

// MouseOut implements desktop.Hoverable.
func (p *BarPlot) MouseOut() { p.point(-1) }

func (p *BarPlot) point(at int) {
	if at != p.pointed {
		p.pointed = at
		p.Refresh()
	}
}

// plotted is how a plot comes out in a size.
type plotted struct {
	bars                  []Bar // those that fit
	most, step            int   // value of the highest bar; between numbers along the axis
	left, top, high, slot float32
}

func (p *BarPlot) measure(size fyne.Size) plotted {
	most := 0
	for _, b := range p.bars {
		most = max(most, b.Value)
	}
	l := plotted{most: most, step: stepOf(most), top: plotHead + plotRoom}
	l.high = max(size.Height-l.top-plotFoot, plotLeast)
	for n := 0; n <= most; n += l.step {
		l.left = max(l.left, fyne.MeasureText(p.values(n), sizes[sizeCap], plain).Width)
	}
	l.left = float32(math.Ceil(float64(l.left + plotGap)))
	room := max(size.Width-l.left, slotLeast)
	l.bars = p.bars[max(len(p.bars)-int(room/slotLeast), 0):]
	l.slot = min(room/float32(max(len(l.bars), 1)), slotMost)
	return l
}

// stepOf returns 1, 2 or 5 times a power of ten that goes into most at least twice, if one does.
func stepOf(most int) int {
	step := 1
	for power := 1; power <= most; power *= 10 {
		for _, s := range []int{power, 2 * power, 5 * power} {
			if most/s >= 2 {
				step = s
			}
		}
	}
	return step
}

// every returns which multiples stand below the bars, so that labels of a width keep apart.
func (l *plotted) every(width float32) int {
	for power := 1; ; power *= 10 {
		for _, s := range []int{power, 5 * power} {
			if float32(s)*l.slot >= width+2*plotGap {
				return s
			}
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (p *BarPlot) CreateRenderer() fyne.WidgetRenderer { return &barPlotRenderer{plot: p} }

type barPlotRenderer struct {
	plot    *BarPlot
	objects []fyne.CanvasObject
}

func (r *barPlotRenderer) Destroy() {}

func (r *barPlotRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *barPlotRenderer) MinSize() fyne.Size {
	return fyne.NewSize(200, plotHead+plotRoom+plotLeast+plotFoot)
}

func (r *barPlotRenderer) Refresh() {
	r.Layout(r.plot.Size())
	canvas.Refresh(r.plot)
}

func (r *barPlotRenderer) Layout(size fyne.Size) {
	p := r.plot
	l := p.measure(size)
	r.objects = r.objects[:0]
	r.head(&l, size.Width)
	for n := 0; n <= l.most; n += l.step {
		y := l.y(n)
		r.put(text(p.values(n), sizeCap, colourText3, plain), l.left-plotGap, y, right)
		grid := canvas.NewRectangle(colour(colourLine))
		r.objects = append(r.objects, grid)
		place(grid, l.left, y, size.Width-l.left, 1)
	}
	for i, b := range l.bars {
		r.bar(&l, i, b)
	}
	r.numbers(&l, size.Width)
}

// head is the title, and the value of the newest bar or of the one under the pointer.
func (r *barPlotRenderer) head(l *plotted, width float32) {
	p := r.plot
	r.put(text(p.title, sizeRow, colourText2, plain), 0, plotHead/2, left)
	if len(l.bars) == 0 {
		return
	}
	at := len(l.bars) - 1
	if p.pointed >= 0 && p.pointed < len(l.bars) {
		at = p.pointed
		number := text(strconv.Itoa(l.bars[at].Number), sizeRow, colourText3, plain)
		least := fyne.MeasureText(p.values(l.bars[at].Value), sizes[sizeRow], bold).Width
		r.put(number, width-least-plotGap, plotHead/2, right)
	}
	r.put(text(p.values(l.bars[at].Value), sizeRow, colourText, bold), width, plotHead/2, right)
}

func (r *barPlotRenderer) bar(l *plotted, i int, b Bar) {
	shape := canvas.NewRectangle(faded(colour(r.plot.ink)))
	if i == len(l.bars)-1 || i == r.plot.pointed {
		shape.FillColor = colour(r.plot.ink)
	}
	wide := max(float32(math.Round(float64(l.slot*barShare))), 2)
	x := float32(math.Round(float64(l.left + float32(i)*l.slot + (l.slot-wide)/2)))
	y := l.y(b.Value)
	if b.Value > 0 {
		y = min(y, l.y(0)-1) // little is not nothing
	}
	shape.TopLeftCornerRadius, shape.TopRightCornerRadius = min(2, wide/3), min(2, wide/3)
	r.objects = append(r.objects, shape)
	place(shape, x, y, wide, l.y(0)-y)
}

// numbers stand below the bars: that of the newest, and others as far as they keep apart.
func (r *barPlotRenderer) numbers(l *plotted, width float32) {
	if len(l.bars) == 0 {
		return
	}
	last := len(l.bars) - 1
	widest := fyne.MeasureText(strconv.Itoa(l.bars[last].Number), sizes[sizeCap], plain).Width
	every := l.every(widest)
	for i, b := range l.bars {
		apart := float32(last-i)*l.slot >= 1.5*widest+plotGap
		if i == last || b.Number%every == 0 && apart {
			label := text(strconv.Itoa(b.Number), sizeCap, colourText3, plain)
			x := min(max(l.left+(float32(i)+0.5)*l.slot, l.left+widest/2), width-widest/2)
			r.put(label, x, l.y(0)+plotFoot/2+1, centre)
		}
	}
}

// y is where a value is.
func (l *plotted) y(value int) float32 {
	share := float64(value) / float64(max(l.most, 1))
	return l.top + float32(math.Round(float64(l.high)*(1-share)))
}

// What of a text lies at the place that it is put to.
const (
	left   float32 = 0
	centre float32 = 0.5
	right  float32 = 1
)

// put places a text beside x, centred upon y.
func (r *barPlotRenderer) put(t *canvas.Text, x, y, part float32) {
	least := t.MinSize()
	r.objects = append(r.objects, t)
	place(t, float32(math.Round(float64(x-part*least.Width))), float32(math.Round(float64(y-least.Height/2))), least.Width, least.Height)
}

// faded mixes a colour with the ground.
func faded(c color.Color) color.Color {
	over, under := color.NRGBAModel.Convert(c).(color.NRGBA), color.NRGBAModel.Convert(colour(colourSurface)).(color.NRGBA)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(oldStrength*float64(a) + (1-oldStrength)*float64(b))) }
	return color.NRGBA{R: mix(over.R, under.R), G: mix(over.G, under.G), B: mix(over.B, under.B), A: 0xFF}
}
