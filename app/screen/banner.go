package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// Banner says what happened, why, and what to do next.
func Banner(name string, t tone, what, why string) fyne.CanvasObject {
	edge := canvas.NewRectangle(colour(t.text))
	edge.TopLeftCornerRadius, edge.BottomLeftCornerRadius = 3, 3
	edge.SetMinSize(fyne.NewSize(4, 1))
	words := column(2, paragraph(what, sizeBody, colourText, bold))
	if why != "" {
		words.Add(paragraph(why, sizeRow, colourText2, plain))
	}
	sign := padded(icon(name, 18, t.text), 1, 0, 0, 0)
	content := container.NewBorder(nil, nil, padded(column(0, sign), 0, 0, 0, 6), nil, words)
	return container.NewStack(box(t.soft, "", 4), container.NewBorder(nil, nil, edge, nil, padded(content, 9, 10, 6, 12)))
}

// CommandLine is a command to be typed elsewhere, exactly as it stands there.
func CommandLine(command string) fyne.CanvasObject {
	return container.NewStack(box(colourSunken, colourLine, 4), padded(paragraph(command, sizeRow, colourText, mono), 7, 7, 10, 10))
}

// problemBanner is the banner of a problem, with the command that ends it, if one does.
func problemBanner(p *flow.Problem) fyne.CanvasObject {
	banner := Banner("alert", toneDanger, sayText(p.What), sayText(p.Why)+" "+sayText(p.Next))
	command, ok := p.Next.Args["Command"].(string)
	if !ok {
		return banner
	}
	return column(0, banner, padded(CommandLine(command), 6, 0, 0, 0))
}
