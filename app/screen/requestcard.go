package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// kindIcon returns the icon of a kind of identity.
func kindIcon(kind string) string {
	if kind == "application" {
		return "application"
	}
	return "vehicle"
}

// badge is the icon of an identity on a square.
func badge(kind string) fyne.CanvasObject {
	return sized(container.NewStack(box(colourAccentSoft, "", radius), container.NewCenter(icon(kindIcon(kind), 26, colourAccent))), 44, 44)
}

// RequestCard shows a request: who asks for what, the proof, and the words to compare.
func RequestCard(m *flow.Enrol, s *flow.Status, width float32, narrow bool) fyne.CanvasObject {
	r := m.Review.Request
	address := "//" + s.Now.Realm + "/S" + r.Name
	if g := m.Granted(); g != nil {
		address = g.Issued.Address.String()
	}
	names := column(1,
		text(shorten(r.Name, width-60, sizes[sizeTitle], bold), sizeTitle, colourText, bold),
		text(shorten(address, width-60, sizes[sizeRow], mono), sizeRow, colourText2, mono))
	facts := column(6,
		fact(say("fact.kind"), say("kind."+r.Kind.String())),
		fact(say("fact.requested"), moment(r.Time.In(s.Time().Location()))),
		factObject(say("fact.proof"), line(6, icon("done", 16, colourOK), text(say("fact.proof.value"), sizeRow, colourOK, plain))),
		fact(say("fact.keys"), say("fact.keys.value", "Count", m.Keys())),
	)
	compare, list := say("enrol.compare"), m.Words()
	switch {
	case m.Step == flow.EnrolConfirmed:
		compare = say("fact.words")
	case m.Granted() != nil: // the request's were compared; the device shows those of the realm when it installs
		compare, list = say("enrol.confirm"), s.Words()
	}
	top := column(0, line(12, badge(r.Kind.String()), names), space(14))
	if m.Granted() == nil || !narrow { // they were looked at, and the label takes their place
		top.Add(column(0, facts, space(14)))
	}
	return column(0, top, rule(), space(12),
		paragraph(compare, sizeLabel, colourText2, plain), space(6),
		WordList(list, sizeSub, 2))
}
