package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// startView draws flow.Console before there is an authority to work with: while it is opened, and when that failed.
type startView struct {
	model *flow.Console
	retry *KeyButton
}

func newStartView(c *flow.Console) *startView {
	return &startView{model: c, retry: NewKeyButton("", "refresh", "Enter", c.Start).Primary()}
}

func (v *startView) focus() fyne.Focusable { return nil }

func (v *startView) bindings() []binding {
	if v.model.Phase == flow.Shut {
		return []binding{{"Enter", v.verb(), v.model.Start}}
	}
	return nil
}

func (v *startView) verb() string {
	if v.model.Gone {
		return say("start.again")
	}
	return say("start.retry")
}

func (v *startView) draw(bool) fyne.CanvasObject {
	if v.model.Phase != flow.Shut {
		return nothing("logo", say("start.opening"), "")
	}
	return container.NewCenter(sized(Card(padded(v.words(), 16, 8, 12, 12)), 620, 0))
}

// words says what happened, and what can be done.
func (v *startView) words() fyne.CanvasObject {
	logo := line(0, icon("logo", 46, colourAccent))
	if v.model.Phase != flow.Shut {
		return column(gap, logo, text(say("start.opening"), sizeBody, colourText, bold), space(60))
	}
	v.retry.SetLabel(v.verb())
	return column(gap, logo, problemBanner(v.model.Problem), line(0, v.retry, layout.NewSpacer()))
}
