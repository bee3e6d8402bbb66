package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"

	"marque/app/flow"
)

// task is what is to be done in the present step.
func (v *foundingView) task(narrow bool) fyne.CanvasObject {
	content := column(gap, paragraph(say("ceremony.about."+v.name(), v.about()...), sizeBody, colourText2, plain))
	if p := v.model.Problem; p != nil {
		content.Add(problemBanner(p))
	}
	switch v.model.Step {
	case flow.FoundingRealm:
		v.realmTask(content)
		if len(v.model.Mistakes) > 0 {
			return container.NewBorder(content, nil, nil, nil, padded(v.mistakes(), gap-4, 0, 0, 0))
		}
	case flow.FoundingVault:
		v.vaultTask(content)
	case flow.FoundingOfficers:
		v.officersTask(content, narrow)
	case flow.FoundingTimes:
		v.timesTask(content)
	case flow.FoundingNumbers:
		v.numbersTask(content)
	case flow.FoundingSecrets:
		v.secretsTask(content, narrow)
	case flow.FoundingBusy:
		content.Add(Card(column(4, text(say("founding.busy.what"), sizeBody, colourText, bold),
			paragraph(say("founding.busy.why"), sizeRow, colourText2, plain))))
	case flow.FoundingShares:
		return container.NewBorder(content, nil, nil, nil, v.cards.shares(narrow))
	case flow.FoundingDrill:
		return container.NewBorder(content, nil, nil, nil, v.cards.drill())
	case flow.FoundingRecord:
		v.recordTask(content)
	case flow.FoundingWords:
		content.Add(Banner("done", toneOK, say("founding.done", "Realm", v.model.Realm()), say("founding.done.why")))
		content.Add(headedCard(say("founding.words"), nil, padded(WordList(v.model.Words(), sizeAloud, 2), 4, 4, 6, 6)))
	}
	return content
}

// about fills in the sentence below the title.
func (v *foundingView) about() []any {
	k := &v.shell.console.Status.Custody
	return []any{"Needed", k.Backup.Needed, "Total", k.Backup.Total}
}

func labelled(label string, f fyne.CanvasObject) fyne.CanvasObject {
	return column(4, text(label, sizeLabel, colourText2, plain), f)
}

func (v *foundingView) realmTask(content *fyne.Container) {
	content.Add(Card(column(4, text(say("founding.realm"), sizeLabel, colourText2, plain), v.realm, space(2),
		paragraph(say("founding.realm.hint"), sizeRow, colourText2, plain))))
	v.load.SetLabel(say("ceremony.load"))
	if len(v.model.Mistakes) == 0 {
		content.Add(line(10, v.load, text(say("ceremony.load.hint"), sizeRow, colourText2, plain)))
	}
}

// mistakes lists what is wrong with a ceremony file.
func (v *foundingView) mistakes() fyne.CanvasObject {
	rows := column(6)
	for _, m := range v.model.Mistakes {
		where := say("ceremony.mistake.file")
		if m.Line > 0 {
			where = say("ceremony.mistake.line", "Line", m.Line)
		}
		label := sized(column(0, text(where, sizeRow, colourText2, bold)), 70, 0)
		rows.Add(container.NewBorder(nil, nil, label, nil, paragraph(m.Text, sizeRow, colourText, plain)))
	}
	return frame(container.NewVScroll(padded(rows, 12, 12, 14, 16)))
}

func (v *foundingView) vaultTask(content *fyne.Container) {
	m := v.model
	tile := func(tpm bool, name, title, why string) fyne.CanvasObject {
		chosen := m.Custodial() == tpm
		ink, border, ground := colourText2, colourLine, colourSurface
		if chosen {
			ink, border, ground = colourAccent, colourAccent, colourAccentSoft
		}
		words := column(2, text(say(title), sizeBody, colourText, bold), paragraph(say(why), sizeRow, colourText2, plain))
		mark := icon(name, 22, ink)
		body := container.NewBorder(nil, nil, padded(mark, 2, 0, 0, 8), nil, words)
		card := container.NewStack(box(ground, border, cardRadius), padded(body, 10, 10, 14, 14))
		return newTouchArea(card, func() { m.Guard(tpm) }, nil)
	}
	content.Add(column(8,
		tile(true, "chip", "ceremony.vault.tpm", "ceremony.vault.tpm.why"),
		tile(false, "key", "ceremony.vault.passphrase", "ceremony.vault.passphrase.why")))
	if m.Custodial() {
		content.Add(Card(column(4, text(say("ceremony.tpm"), sizeLabel, colourText2, plain), v.tpm, space(2),
			paragraph(say("ceremony.tpm.hint"), sizeRow, colourText2, plain))))
		return
	}
	content.Add(Card(container.New(gridColumns(2),
		labelled(say("founding.secret"), v.passphrase), labelled(say("founding.secret.repeat"), v.again))))
	content.Add(Banner("warning", toneWarning, say("founding.grade"), say("founding.grade.why")))
}

func (v *foundingView) officersTask(content *fyne.Container, narrow bool) {
	m := v.model
	content.Add(Card(container.NewBorder(nil, nil, nil, nil, labelled(say("ceremony.officer.name"), v.officer))))
	rows := column(0)
	v.row = min(max(v.row, 0), max(0, len(m.Plan.Officers)-1))
	for i, o := range m.Plan.Officers {
		rows.Add(v.officerRow(i, o.Name, flow.RoleOf(o.Role)))
	}
	if len(m.Plan.Officers) == 0 {
		return
	}
	most := 6
	if narrow {
		most = 3
	}
	if len(m.Plan.Officers) > most {
		scroll := container.NewVScroll(rows)
		scroll.SetMinSize(fyne.NewSize(0, officerHigh*float32(most)))
		scroll.Offset = fyne.NewPos(0, officerHigh*float32(min(max(v.row-most/2, 0), len(m.Plan.Officers)-most)))
		content.Add(frame(scroll))
	} else {
		content.Add(frame(rows))
	}
	fewer := NewKeyButton("−", "", "", func() { m.TurnQuorum(-1) })
	more := NewKeyButton("+", "", "", func() { m.TurnQuorum(1) })
	fewer.Enable(m.Plan.Unlock > 1)
	more.Enable(m.Plan.Unlock < m.Plan.Security())
	quorum := line(8, text(say("ceremony.quorum"), sizeBody, colourText, plain), fewer,
		text(say("ceremony.quorum.value", "Needed", m.Plan.Unlock, "Of", m.Plan.Security()), sizeBody, colourText, bold), more)
	content.Add(quorum)
	if m.Plan.Unlock == 1 {
		content.Add(Banner("warning", toneWarning, say("ceremony.quorum.alone"), ""))
	}
}

func (v *foundingView) officerRow(i int, name string, role flow.Role) fyne.CanvasObject {
	ink, ground := colourText2, colourSurface
	if i == v.row {
		ink, ground = colourAccent, colourAccentSoft
	}
	names := column(0, text(shorten(name, 300, sizes[sizeBody], bold), sizeBody, colourText, bold), text(say(roleKey(role)), sizeLabel, colourText2, plain))
	row := line(10, icon("person", 20, ink), names, layout.NewSpacer())
	if i == v.row {
		v.other.SetLabel(say("ceremony.role"))
		row.Add(middle(v.other))
		row.Add(middle(NewKeyButton(say("ceremony.remove"), "", "", func() { v.model.RemoveOfficer(i) })))
	}
	body := container.NewStack(box(ground, "", 0), padded(row, 0, 0, 12, 8))
	edge := rule()
	if i == 0 {
		edge = space(1)
	}
	return newTouchArea(sized(flush{top: edge, middle: body}.container(), 0, officerHigh), func() { v.row = i; v.shell.Draw() }, nil)
}

func (v *foundingView) timesTask(content *fyne.Container) {
	wrong, _ := v.model.CheckTimes(v.typedTimes())
	var cells []fyne.CanvasObject
	for i, f := range v.times {
		f.SetWrong(i == wrong)
		key := "ceremony.times." + number(i)
		cells = append(cells, column(4, text(say(key), sizeLabel, colourText2, plain), f, paragraph(say(key+".why"), sizeRow, colourText2, plain)))
	}
	grid := container.New(gridColumns(3), cells...)
	content.Add(Card(grid))
}

func (v *foundingView) numbersTask(content *fyne.Container) {
	m := v.model
	for i, key := range []string{"ceremony.cards.backup", "ceremony.cards.next"} {
		total, needed := v.numbers[2*i], v.numbers[2*i+1]
		why := m.CheckCards(total.Text, needed.Text)
		total.SetWrong(why.Key == "ceremony.cards.total")
		needed.SetWrong(why.Key == "ceremony.cards.needed")
		fields := container.New(gridColumns(2), labelled(say("ceremony.cards.many"), total), labelled(say("ceremony.cards.need"), needed))
		words := column(2, text(say(key), sizeBody, colourText, bold), paragraph(say(key+".why"), sizeRow, colourText2, plain))
		content.Add(Card(container.New(gridColumns(2), words, fields)))
	}
	state, tone := say("ceremony.drill.before"), toneOK
	if m.Plan.Waived {
		state, tone = say("ceremony.drill.waived"), toneWarning
	}
	v.other.SetLabel(say("ceremony.drill.turn"))
	content.Add(line(10, text(say("fact.drill"), sizeBody, colourText, plain), Pill("", state, tone), layout.NewSpacer(), v.other))
}

func (v *foundingView) secretsTask(content *fyne.Container, narrow bool) {
	m := v.model
	rows := column(0)
	add := func(i int, name string, what string) {
		mark, ink := "person", colourText2
		var state fyne.CanvasObject = text(say("ceremony.secret.open"), sizeRow, colourText2, plain)
		switch {
		case i < m.Officer:
			mark, ink = "person-check", colourOK
			state = Pill("check", say("ceremony.secret.typed"), toneOK)
		case i == m.Officer:
			ink = colourAccent
			state = text(say("lock.state.asked"), sizeRow, colourAccent, bold)
		}
		names := column(0, text(shorten(name, 420, sizes[sizeBody], bold), sizeBody, colourText, bold), text(what, sizeLabel, colourText2, plain))
		edge := rule()
		if i == 0 {
			edge = space(1)
		}
		rows.Add(sized(flush{top: edge, middle: padded(line(10, icon(mark, 20, ink), names, layout.NewSpacer(), state), 0, 0, 12, 12)}.container(), 0, officerHigh))
	}
	for i, o := range m.Plan.Officers {
		add(i, o.Name, say(roleKey(flow.RoleOf(o.Role))))
	}
	label := say("founding.secret")
	if m.Custodial() {
		add(len(m.Plan.Officers), say("ceremony.pin"), say("ceremony.pin.what"))
		most := 6
		if narrow {
			most = 3
		}
		if n := len(m.Plan.Officers) + 1; n > most {
			scroll := container.NewVScroll(rows)
			scroll.SetMinSize(fyne.NewSize(0, officerHigh*float32(most)))
			scroll.Offset = fyne.NewPos(0, officerHigh*float32(min(max(m.Officer-most/2, 0), n-most)))
			content.Add(frame(scroll))
		} else {
			content.Add(frame(rows))
		}
		if label = say("ceremony.pin.label"); !m.AsksPIN() {
			label = say("ceremony.secret.of", "Name", m.AskedName())
		}
	}
	content.Add(Card(container.New(gridColumns(2), labelled(label, v.passphrase), labelled(say("founding.secret.repeat"), v.again))))
}

func (v *foundingView) recordTask(content *fyne.Container) {
	m := v.model
	rows := column(8)
	for _, s := range m.Sheets {
		if s.Kind == flow.SheetRecord || s.Kind == flow.SheetLockout {
			key := "ceremony.record." + number(int(s.Kind))
			words := column(2, text(sheetName(s.Kind, 0), sizeBody, colourText, bold), paragraph(say(key), sizeRow, colourText2, plain))
			var button fyne.CanvasObject
			if s.Kind == flow.SheetRecord {
				v.print.SetLabel(say("ceremony.print"))
				button = v.print
			} else {
				button = NewKeyButton(say("ceremony.print"), "print", "", func() { m.Print(&s) })
			}
			rows.Add(Card(container.NewBorder(nil, nil, nil, middle(button), words)))
		}
	}
	content.Add(rows)
	words := column(2, text(say("ceremony.carry.what"), sizeBody, colourText, bold), paragraph(say("ceremony.carry.why"), sizeRow, colourText2, plain))
	copying := NewKeyButton(say("ceremony.carry"), "folder", "Ctrl+S", v.carry)
	copying.Enable(!m.Checking)
	body := column(8, words, container.NewBorder(nil, nil, nil, padded(copying, 0, 0, 8, 0), v.folder))
	if m.Carried != "" {
		body.Add(line(8, Pill("check", say("ceremony.carried", "Folder", shortenPath(m.Carried, 300, sizes[sizeLabel], bold)), toneOK)))
	}
	content.Add(Card(body))
	if len(m.Sheets) > 0 {
		content.Add(Banner("warning", toneWarning, say("ceremony.erase.what"), say("ceremony.erase.why")))
	}
}

// printSheet prints the page that the step is about.
func (v *foundingView) printSheet() {
	m := v.model
	if m.Step == flow.FoundingShares {
		m.Print(m.SheetOf(m.Chosen))
		return
	}
	for i := range m.Sheets {
		if m.Sheets[i].Kind == flow.SheetRecord {
			m.Print(&m.Sheets[i])
		}
	}
}

// carry copies the files to the folder that was typed.
func (v *foundingView) carry() {
	if v.folder.Text != "" {
		v.model.Carry(v.folder.Text)
		return
	}
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		if err == nil && f != nil {
			v.folder.SetText(f.Path())
			v.model.Carry(f.Path())
		}
	}, v.shell.window)
	d.Resize(v.shell.window.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}

// choose lets a ceremony file be chosen.
func (v *foundingView) choose() {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return // the dialog shows its errors itself
		}
		path := f.URI().Path()
		if f.Close() == nil {
			v.model.Open(path)
		}
	}, v.shell.window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".toml", ".TOML"}))
	d.Resize(v.shell.window.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}
