package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// cardModel is a view-model that takes share cards.
type cardModel interface {
	Typed() *flow.CardEntry
	Taking() bool
	Group(typed string)
	GroupBack()
	GroupOn()
}

// cardBox is where a share card is typed: groups are taken as soon as they are whole.
type cardBox struct {
	model  cardModel
	group  *Field
	redraw func()
}

func newCardBox(m cardModel, redraw func()) *cardBox {
	c := &cardBox{model: m, group: NewField(""), redraw: redraw}
	c.group.TextStyle = mono
	c.group.OnChanged = c.grouped
	c.group.edge = c.edge
	return c
}

// clear empties the field.
func (c *cardBox) clear() {
	set(c.group, "")
	c.group.SetWrong(false)
}

// grouped takes a group as soon as it is whole.
func (c *cardBox) grouped(typed string) {
	if !c.model.Taking() {
		return
	}
	why := c.model.Typed().CheckGroup(typed)
	c.group.SetWrong(!why.IsZero() && why.Key != "ceremony.group.short")
	if !why.IsZero() {
		c.redraw()
		return
	}
	set(c.group, "")
	c.model.Group(typed)
	set(c.group, c.model.Typed().Group())
	c.group.selectAll()
}

// edge moves between groups with the keys that have nothing to do in an empty field, or at its end.
func (c *cardBox) edge(key fyne.KeyName) bool {
	e := c.model.Typed()
	if !c.model.Taking() {
		return false
	}
	switch {
	case e.At > 0 && (key == fyne.KeyBackspace && c.group.Text == "" || key == fyne.KeyLeft && c.group.CursorColumn == 0):
		c.model.GroupBack()
	case key == fyne.KeyRight && c.group.CursorColumn == len(c.group.Text) && e.At < e.Filled():
		c.model.GroupOn()
	default:
		return false
	}
	c.group.SetWrong(false)
	set(c.group, e.Group())
	c.group.selectAll()
	c.redraw()
	return true
}

func (c *cardBox) progress() string {
	return say("ceremony.group.at", "At", min(c.model.Typed().At+1, flow.CardGroups), "Of", flow.CardGroups)
}

// draw is the framed place where a card is typed, below its head.
func (c *cardBox) draw(head fyne.CanvasObject) fyne.CanvasObject {
	e := c.model.Typed()
	hint := text(say("ceremony.entry.hint"), sizeLabel, colourText2, plain)
	if why := e.CheckGroup(c.group.Text); c.group.Text != "" && !why.IsZero() && why.Key != "ceremony.group.short" {
		hint = text(sayText(why), sizeLabel, colourDanger, bold)
	}
	body := column(8, sized(head, 0, buttonHigh), ShareEntry(e, c.group), hint)
	border := box(colourSurface, colourAccent, cardRadius)
	border.StrokeWidth = 2
	return container.NewStack(border, padded(body, 8, 10, 14, 14))
}
