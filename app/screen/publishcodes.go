package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// drawCodes is the page of the newest list as codes.
func (v *publishView) drawCodes(narrow bool) fyne.CanvasObject {
	c := v.model.Codes
	if v.model.Problem != nil {
		return column(0, problemBanner(v.model.Problem))
	}
	width := float32(316)
	if narrow {
		width = 280
	}
	facts := column(6, fact(say("publish.column.size"), octets(v.model.Size())))
	if c.Parts > 1 {
		facts.Add(fact(say("publish.codes.parts"), number(c.Parts)))
		facts.Add(fact(say("publish.codes.needed"), say("publish.codes.any", "Count", c.Needed)))
	}
	notes := column(12, facts, rule(), paragraph(say("publish.codes.how"), sizeRow, colourText2, plain))
	left := sized(column(0, headedCard(say("publish.list", "List", v.newest()), nil, notes)), width, 0)
	code := frame(flush{top: cardHead(say("publish.codes.show"), v.codes.Caption()), middle: padded(v.codes, 12, 12, 12, 12)}.container())
	return container.NewBorder(nil, nil, padded(left, 0, 0, 0, gap-4), nil, code)
}
