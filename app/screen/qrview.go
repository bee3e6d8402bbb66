package screen

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"marque/app/flow"
)

// QRView shows codes, black on white in every look, with whole pixels to the module as large as they fit, and below them which of a series
// is shown and by which keys it is changed. It redraws itself alone whenever the codes change.
type QRView struct {
	widget.BaseWidget

	codes   *flow.Codes
	enlarge func() // F11; nil for a view that stays as it is
	caption *canvas.Text
	raster  *canvas.Raster
	below   *fyne.Container
	marks   []*canvas.Rectangle
	notes   standingCodes // what is drawn below
}

// standingCodes is what the lines below the code depend on, besides the part that is shown.
type standingCodes struct {
	parts, perSecond int
	change, dark     bool
	problem          *flow.Problem
}

// mostMarks is how many parts have a mark each; a longer series has none.
const mostMarks = 24

// NewQRView returns a view of codes. Enlarge is called for F11.
func NewQRView(codes *flow.Codes, enlarge func()) *QRView {
	v := &QRView{codes: codes, enlarge: enlarge, caption: text("", sizeRow, colourText2, plain), below: container.NewStack()}
	v.raster = canvas.NewRaster(v.paint)
	v.raster.ScaleMode = canvas.ImageScalePixels
	v.raster.SetMinSize(fyne.NewSquareSize(140))
	v.ExtendBaseWidget(v)
	codes.OnChange(v.Refresh)
	return v
}

// Caption is the text about which part is shown, for the head of a card.
func (v *QRView) Caption() fyne.CanvasObject { return v.caption }

// bindings are the keys that mean something while codes are shown.
func (v *QRView) bindings() []binding {
	var b []binding
	if v.enlarge != nil && v.codes.Parts > 0 {
		b = append(b, binding{"F11", say("enrol.codes.large"), v.enlarge})
	}
	if v.codes.CanChange() {
		b = append(b,
			binding{"Left", "", func() { v.codes.Speed(-1) }}, binding{"Right", "", func() { v.codes.Speed(1) }},
			binding{"Down", "", v.codes.Thinner}, binding{"Up", "", v.codes.Denser})
	}
	return b
}

// paint draws the code into so many pixels of the screen.
func (v *QRView) paint(wide, high int) image.Image {
	code := v.codes.Modules
	img := image.NewPaletted(image.Rect(0, 0, max(wide, 1), max(high, 1)), color.Palette{color.Transparent, color.White, color.Black})
	if len(code) == 0 {
		return img
	}
	pixels := min(wide, high) / len(code)
	if pixels == 0 {
		return img
	}
	side := pixels * len(code)
	left, top := (wide-side)/2, (high-side)/2
	for y := range side {
		row := img.Pix[(top+y)*img.Stride+left:][:side]
		if y%pixels != 0 {
			copy(row, img.Pix[(top+y-1)*img.Stride+left:][:side])
			continue
		}
		for x := range row {
			row[x] = 1
			if code[y/pixels][x/pixels] {
				row[x] = 2
			}
		}
	}
	return img
}

// CreateRenderer implements fyne.Widget.
func (v *QRView) CreateRenderer() fyne.WidgetRenderer {
	v.update()
	return widget.NewSimpleRenderer(flush{bottom: v.below, middle: v.raster}.container())
}

// Refresh implements fyne.CanvasObject.
func (v *QRView) Refresh() {
	v.update()
	v.raster.Refresh()
	v.caption.Refresh()
	for _, m := range v.marks {
		m.Refresh()
	}
}

// update brings the texts and marks in step with the codes.
func (v *QRView) update() {
	c := v.codes
	v.caption.Color, v.caption.Text = colour(colourText2), ""
	if c.Parts > 1 {
		v.caption.Text = say("enrol.codes.part", "Part", c.Part+1, "Parts", c.Parts)
	}
	notes := standingCodes{c.Parts, c.PerSecond, c.CanChange(), current().dark, c.Problem}
	if notes != v.notes {
		v.notes = notes
		v.below.Objects = []fyne.CanvasObject{v.footing()}
		v.below.Refresh()
	}
	for i, m := range v.marks {
		m.FillColor = colour(colourLine)
		if i == c.Part {
			m.FillColor = colour(colourAccent)
		}
	}
}

// footing is what stands below the code.
func (v *QRView) footing() fyne.CanvasObject {
	v.marks = nil
	if v.codes.Problem != nil {
		return problemBanner(v.codes.Problem)
	}
	rows := container.New(layout.NewCustomPaddedVBoxLayout(7))
	if n := v.codes.Parts; n > 1 && n <= mostMarks {
		marks := container.New(layout.NewCustomPaddedHBoxLayout(4))
		for range n {
			m := box(colourLine, "", 3)
			m.SetMinSize(fyne.NewSize(min(22, 300/float32(n)-4), 6))
			v.marks = append(v.marks, m)
			marks.Add(m)
		}
		rows.Add(container.NewCenter(marks))
	}
	keys := container.New(layout.NewCustomPaddedHBoxLayout(16))
	key := func(what string, caps ...string) {
		group := line(5)
		for _, k := range caps {
			group.Add(middle(Keycap(k)))
		}
		group.Add(middle(text(what, sizeLabel, colourText2, plain)))
		keys.Add(group)
	}
	if v.codes.CanChange() {
		key(say("enrol.codes.speed", "PerSecond", v.codes.PerSecond), "←", "→")
		key(say("enrol.codes.density"), "↓", "↑")
	}
	if v.enlarge != nil && v.codes.Parts > 0 {
		key(say("enrol.codes.large"), "F11")
	}
	if len(keys.Objects) > 0 {
		rows.Add(container.NewCenter(keys))
	}
	return padded(rows, 8, 0, 0, 0)
}
