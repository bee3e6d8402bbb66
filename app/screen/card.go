package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// Card is a surface with content, 16 inside.
func Card(content fyne.CanvasObject) *fyne.Container { return frame(padded(content, 16, 16, 16, 16)) }

// frame is a surface whose content reaches its border.
func frame(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(box(colourSurface, colourLine, cardRadius), padded(content, 1, 1, 1, 1))
}

// headedCard is a card with a title; right may be nil.
func headedCard(title string, right, content fyne.CanvasObject) *fyne.Container {
	return frame(container.NewBorder(cardHead(title, right), nil, nil, nil, padded(content, 14, 14, 15, 15)))
}

func cardHead(title string, right fyne.CanvasObject) fyne.CanvasObject {
	head := line(8, text(title, sizeBody, colourText, bold), layout.NewSpacer())
	if right != nil {
		head.Add(middle(right))
	}
	return column(0, sized(padded(head, 0, 0, 15, 12), 0, headHigh-1), rule())
}

// fact is a label and its value.
func fact(label, value string) fyne.CanvasObject {
	return factObject(label, text(value, sizeRow, colourText, plain))
}

func factObject(label string, value fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, sized(text(label, sizeRow, colourText2, plain), 104, 0), nil, value)
}

// gridColumns lays objects out in so many columns of the same width, a gap apart.
func gridColumns(n int) fyne.Layout { return gridLayout{n} }

type gridLayout struct{ columns int }

// MinSize implements fyne.Layout.
func (g gridLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	cell, rows := g.cell(objects)
	n := float32(g.columns)
	return fyne.NewSize(n*cell.Width+(n-1)*gap, float32(rows)*cell.Height+float32(rows-1)*gap)
}

func (g gridLayout) cell(objects []fyne.CanvasObject) (cell fyne.Size, rows int) {
	for _, o := range objects {
		cell = cell.Max(o.MinSize())
	}
	return cell, max(1, (len(objects)+g.columns-1)/g.columns)
}

// Layout implements fyne.Layout.
func (g gridLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	cell, _ := g.cell(objects)
	width := (size.Width - float32(g.columns-1)*gap) / float32(g.columns)
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, cell.Height))
		o.Move(fyne.NewPos(float32(i%g.columns)*(width+gap), float32(i/g.columns)*(cell.Height+gap)))
	}
}
