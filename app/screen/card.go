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
