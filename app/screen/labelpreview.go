package screen

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"marque/app/flow"
	"marque/app/qr"
)

// The size of a label's preview: 62 by 29 millimetres.
const (
	labelWide float32 = 210
	labelHigh float32 = labelWide * 29 / 62
)

var (
	labelPaper = color.White
	labelInk   = color.Black
)

// LabelPreview shows a label as it is printed, black on white: the address as a code, the name, the realm, and the serial.
func LabelPreview(l *flow.Label) fyne.CanvasObject {
	paper := canvas.NewRectangle(labelPaper)
	paper.StrokeColor, paper.StrokeWidth, paper.CornerRadius = colour(colourControl), 1, 3
	write := func(s string, size float32, style fyne.TextStyle) fyne.CanvasObject {
		t := canvas.NewText(shorten(s, labelWide-labelHigh-6, size, style), labelInk)
		t.TextSize, t.TextStyle = size, style
		return t
	}
	lines := column(0, write(l.Address.Name(), 15, bold), write(l.Realm, 11, plain),
		write("~"+strconv.FormatUint(uint64(l.Address.Serial()), 10), 11, mono))
	body := container.NewBorder(nil, nil, sized(newCodePicture(l.Address.String()), labelHigh-2, labelHigh-2), nil, padded(middle(lines), 0, 0, 4, 4))
	return middle(sized(container.NewStack(paper, padded(body, 1, 1, 1, 1)), labelWide, labelHigh))
}

// newCodePicture is one code with whole pixels to the module; nothing where it cannot be made.
func newCodePicture(text string) fyne.CanvasObject {
	modules, err := qr.Modules(text)
	if err != nil {
		return canvas.NewRectangle(color.Transparent)
	}
	v := &QRView{codes: &flow.Codes{Modules: modules}}
	v.raster = canvas.NewRaster(v.paint)
	v.raster.ScaleMode = canvas.ImageScalePixels
	return v.raster
}

// cameraView shows the live picture of a camera, and redraws itself alone.
type cameraView struct {
	widget.BaseWidget

	lens    *flow.Lens
	picture *canvas.Image
	ground  *canvas.Rectangle
}

func newCameraView(lens *flow.Lens) *cameraView {
	v := &cameraView{lens: lens, picture: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}, ground: canvas.NewRectangle(color.Black)}
	v.ground.CornerRadius = radius
	v.ground.SetMinSize(fyne.NewSize(200, 120))
	v.ExtendBaseWidget(v)
	lens.OnChange(v.show)
	return v
}

func (v *cameraView) show() {
	v.picture.Image = v.lens.Picture
	if v.lens.On {
		v.picture.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (v *cameraView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(v.ground, padded(v.picture, 4, 4, 4, 4)))
}
