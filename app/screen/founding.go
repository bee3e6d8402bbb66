package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// foundingView draws flow.Founding: the steps on the left, the task in the middle, what to read aloud on the right.
type foundingView struct {
	model                    *flow.Founding
	dir                      string // where it goes
	realm, passphrase, again *Field
	back, next               *KeyButton
}

func newFoundingView(c *flow.Console, redraw func()) *foundingView {
	m := c.Founding
	v := &foundingView{model: m, dir: c.Dir, realm: NewField("fleet.example"), passphrase: NewSecretField(), again: NewSecretField()}
	v.back = NewKeyButton("", "previous", "Esc", m.Back)
	v.next = NewKeyButton("", "", "Enter", v.commit).Primary()
	for _, f := range []*Field{v.realm, v.passphrase, v.again} {
		f.OnChanged = func(string) { redraw() }
	}
	return v
}

// whyNot says what is missing before the next step.
func (v *foundingView) whyNot() flow.Text {
	switch v.model.Step {
	case flow.FoundingRealm:
		return v.model.CheckRealm(v.realm.Text)
	case flow.FoundingSecret:
		return v.model.CheckSecret([]byte(v.passphrase.Text), []byte(v.again.Text))
	case flow.FoundingBusy, flow.FoundingWords:
	}
	return flow.Text{}
}

// commit does what the primary button says.
func (v *foundingView) commit() {
	if !v.whyNot().IsZero() {
		if v.model.Step == flow.FoundingSecret && v.passphrase.Text != "" && v.again.Text == "" {
			fyne.CurrentApp().Driver().CanvasForObject(v.again).Focus(v.again)
		}
		return
	}
	switch v.model.Step {
	case flow.FoundingRealm:
		v.model.SetRealm(v.realm.Text)
	case flow.FoundingSecret:
		passphrase := v.passphrase.Take()
		v.again.SetText("")
		v.model.Found(passphrase)
	case flow.FoundingWords:
		v.model.Finish()
	case flow.FoundingBusy:
	}
}

func (v *foundingView) focus() fyne.Focusable {
	switch v.model.Step {
	case flow.FoundingRealm:
		return v.realm
	case flow.FoundingSecret:
		return v.passphrase
	case flow.FoundingBusy, flow.FoundingWords:
	}
	return nil
}

func (v *foundingView) bindings() []binding {
	switch v.model.Step {
	case flow.FoundingRealm:
		return []binding{{"Enter", say("founding.next"), v.commit}}
	case flow.FoundingSecret:
		return []binding{{"Enter", say("founding.found"), v.commit}, {"Esc", say("back"), v.model.Back}}
	case flow.FoundingWords:
		return []binding{{"Enter", say("founding.finish"), v.commit}}
	case flow.FoundingBusy:
	}
	return nil
}

// at is the number of the step that is shown.
func (v *foundingView) at() int {
	switch v.model.Step {
	case flow.FoundingRealm:
		return 0
	case flow.FoundingSecret, flow.FoundingBusy:
		return 1
	case flow.FoundingWords:
	}
	return 2
}

func (v *foundingView) draw(narrow bool) fyne.CanvasObject {
	names := []string{say("founding.step.realm"), say("founding.step.secret"), say("founding.step.words")}
	steps := column(8, padded(text(say("founding"), sizeSub, colourText, bold), 6, 4, 10, 0), StepColumn(names, v.at()))
	left := container.NewStack(box(colourSunken, "", 0), flush{right: rule(), middle: padded(steps, 10, 10, 8, 8)}.container())

	head := container.NewBorder(nil, nil, title(stepKey("founding.title.", v.at())), text(say("founding.count", "At", v.at()+1, "Of", len(names)), sizeRow, colourText2, plain))
	middle := v.task()
	var right fyne.CanvasObject
	if !narrow {
		right = sized(v.script(), 260, 0)
		middle = container.NewBorder(nil, nil, nil, padded(right, 0, 0, 10, 0), middle)
	}
	width := float32(262)
	if narrow {
		width = 220
	}
	return flush{left: sized(left, width, 0), middle: page(narrow, head, v.bar(), middle)}.container()
}

func stepKey(prefix string, at int) string {
	return prefix + [...]string{"realm", "secret", "words"}[at]
}

func (v *foundingView) bar() fyne.CanvasObject {
	v.next.Enable(v.model.Step != flow.FoundingBusy && v.whyNot().IsZero())
	v.back.SetLabel(say("back"))
	var leave fyne.CanvasObject
	switch v.model.Step {
	case flow.FoundingRealm:
		v.next.SetLabel(say("founding.next"))
	case flow.FoundingSecret:
		v.next.SetLabel(say("founding.found"))
		leave = v.back
	case flow.FoundingBusy:
		v.next.SetLabel(say("founding.busy"))
	case flow.FoundingWords:
		v.next.SetLabel(say("founding.finish"))
	}
	return commitBar(leave, sayText(v.whyNot()), v.next)
}

// task is what is to be done in the present step.
func (v *foundingView) task() fyne.CanvasObject {
	content := column(gap, paragraph(say(stepKey("founding.about.", v.at())), sizeBody, colourText2, plain))
	switch v.model.Step {
	case flow.FoundingRealm:
		content.Add(Card(column(4, text(say("founding.realm"), sizeLabel, colourText2, plain), v.realm, space(2),
			paragraph(say("founding.realm.hint"), sizeRow, colourText2, plain))))
		content.Add(column(6, paragraph(say("founding.ceremony"), sizeRow, colourText2, plain), CommandLine(flow.FoundCommand(v.dir))))
	case flow.FoundingSecret:
		content.Add(Card(column(4,
			text(say("founding.secret"), sizeLabel, colourText2, plain), v.passphrase, space(8),
			text(say("founding.secret.repeat"), sizeLabel, colourText2, plain), v.again)))
		content.Add(Banner("warning", toneWarning, say("founding.grade"), say("founding.grade.why")))
	case flow.FoundingBusy:
		content.Add(Card(column(4, text(say("founding.busy.what"), sizeBody, colourText, bold),
			paragraph(say("founding.busy.why"), sizeRow, colourText2, plain))))
	case flow.FoundingWords:
		content.Add(Banner("done", toneOK, say("founding.done", "Realm", v.model.Realm), say("founding.done.why")))
		content.Add(headedCard(say("founding.words"), nil, padded(WordList(v.model.Words(), sizeAloud, 2), 4, 4, 6, 6)))
	}
	if p := v.model.Problem; p != nil {
		content.Add(problemBanner(p))
	}
	return content
}

// script is what the person who leads the ceremony reads aloud.
func (v *foundingView) script() fyne.CanvasObject {
	facts := column(8,
		text(say("founding.aloud"), sizeLabel, colourText2, plain),
		paragraph(say(stepKey("founding.aloud.", v.at())), sizeBody, colourText, plain),
		space(4),
		text(say("founding.care"), sizeLabel, colourText2, plain),
		paragraph(say(stepKey("founding.care.", v.at())), sizeRow, colourText2, plain),
	)
	return headedCard(say("founding.script"), nil, facts)
}
