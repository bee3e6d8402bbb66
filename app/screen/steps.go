package screen

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// Steps shows where a task of several steps stands, in a line. at counts from 0; len(names) means all are done.
func Steps(names []string, at int) fyne.CanvasObject {
	row := line(8)
	for i, name := range names {
		if i > 0 {
			dash := canvas.NewRectangle(colour(colourLine))
			dash.SetMinSize(fyne.NewSize(20, 1))
			row.Add(middle(dash))
		}
		row.Add(middle(stepMark(i, at)))
		row.Add(middle(stepName(name, i, at, sizeRow)))
	}
	return row
}

// StepColumn shows the steps below each other.
func StepColumn(names []string, at int) fyne.CanvasObject {
	rows := column(4)
	for i, name := range names {
		row := padded(line(10, stepMark(i, at), stepName(name, i, at, sizeBody)), 6, 6, 10, 10)
		if i == at {
			rows.Add(container.NewStack(box(colourAccentSoft, "", radius), row))
		} else {
			rows.Add(row)
		}
	}
	return rows
}

func stepName(name string, i, at int, size fyne.ThemeSizeName) *canvas.Text {
	switch {
	case i == at:
		return text(name, size, colourText, bold)
	case i < at:
		return text(name, size, colourText, plain)
	}
	return text(name, size, colourText2, plain)
}

func stepMark(i, at int) fyne.CanvasObject {
	const diameter = 20
	number := func(c fyne.ThemeColorName, s fyne.TextStyle) fyne.CanvasObject {
		return container.NewCenter(text(strconv.Itoa(i+1), sizeLabel, c, s))
	}
	circle := box(colourOKSoft, "", diameter/2)
	var inside fyne.CanvasObject
	switch {
	case i < at:
		inside = container.NewCenter(icon("check", 13, colourOK))
	case i == at:
		circle.FillColor = colour(colourAccent)
		inside = number(colourOnAccent, bold)
	default:
		circle = outline(colourControl, diameter/2)
		inside = number(colourText2, plain)
	}
	return sized(container.NewStack(circle, inside), diameter, diameter)
}
