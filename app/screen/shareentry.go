package screen

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// What a card looks like on paper: so many groups on a line.
const lineGroups = 8

// ShareEntry shows a share card as it is typed, in lines as on paper: groups that were accepted are ticks, only the present one can be
// read, in the field.
func ShareEntry(e *flow.CardEntry, field *Field) fyne.CanvasObject {
	lines := column(4)
	for first := 0; first < flow.CardGroups; first += lineGroups {
		cells := []fyne.CanvasObject{}
		for i := first; i < first+lineGroups; i++ {
			cells = append(cells, shareCell(e, i, field))
		}
		label := sized(middle(text(strconv.Itoa(first/lineGroups+1), sizeLabel, colourText3, plain)), 14, 0)
		lines.Add(container.NewBorder(nil, nil, label, nil, container.New(layout.NewGridLayoutWithColumns(lineGroups), cells...)))
	}
	return lines
}

const shareCellHigh = 30

func shareCell(e *flow.CardEntry, i int, field *Field) fyne.CanvasObject {
	switch {
	case i >= flow.CardGroups:
		return space(shareCellHigh)
	case i == e.At:
		return sized(field, 0, shareCellHigh)
	case i >= e.Filled():
		return sized(container.NewStack(outline(colourLine, radius), container.NewCenter(text(strconv.Itoa(i+1), sizeLabel, colourText2, plain))), 0, shareCellHigh)
	case e.Wrong:
		return sized(container.NewStack(box(colourWarningSoft, "", radius), container.NewCenter(icon("check", 15, colourWarning))), 0, shareCellHigh)
	}
	return sized(container.NewStack(box(colourOKSoft, "", radius), container.NewCenter(icon("check", 15, colourOK))), 0, shareCellHigh)
}
