package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// depotEntryView draws flow.Depot while it is not open: it asks for the passphrase, or for what a new depot needs.
type depotEntryView struct {
	model                    *flow.Depot
	window                   fyne.Window
	name, passphrase, again  *Field
	unlock, make, chooseCore *KeyButton
}

func newDepotEntryView(d *flow.Depot, w fyne.Window, redraw func()) *depotEntryView {
	v := &depotEntryView{model: d, window: w, name: NewField("depot-south"), passphrase: NewSecretField(), again: NewSecretField()}
	v.unlock = NewKeyButton("", "unlock", "Enter", v.enter).Primary()
	v.make = NewKeyButton("", "key", "Enter", v.enter).Primary()
	v.chooseCore = NewKeyButton("", "folder", "Ctrl+O", v.choose)
	for _, f := range []*Field{v.name, v.passphrase, v.again} {
		f.OnChanged = func(string) { redraw() }
	}
	return v
}

func (v *depotEntryView) absent() bool { return v.model.Phase == flow.DepotAbsent }

// whyNot says what is missing; zero when nothing is.
func (v *depotEntryView) whyNot() flow.Text {
	if v.absent() {
		return v.model.CheckNew(v.name.Text, []byte(v.passphrase.Text), []byte(v.again.Text))
	}
	return flow.Text{}
}

func (v *depotEntryView) enter() {
	switch {
	case v.model.Busy || v.passphrase.Text == "" && !v.absent():
	case v.absent() && v.whyNot().IsZero():
		passphrase := v.passphrase.Take()
		v.again.SetText("")
		v.model.Make(v.name.Text, passphrase)
	case v.absent():
		v.forward()
	default:
		v.model.Unlock(v.passphrase.Take())
	}
}

// forward puts the focus where something is missing.
func (v *depotEntryView) forward() {
	for _, f := range []*Field{v.name, v.passphrase, v.again} {
		if f.Text == "" {
			v.window.Canvas().Focus(f)
			return
		}
	}
}

func (v *depotEntryView) choose() {
	if !v.absent() || v.model.Busy {
		return
	}
	openFile(v.window, []string{".mqs"}, v.model.ChooseCore)
}

func (v *depotEntryView) dropped(paths []string) { v.model.ChooseCore(paths[0]) }

func (v *depotEntryView) focus() fyne.Focusable {
	if v.absent() {
		return v.name
	}
	return v.passphrase
}

func (v *depotEntryView) bindings() []binding {
	if v.absent() {
		return []binding{{"Enter", say("depot.new.make"), v.enter}, {"Ctrl+O", say("depot.new.choose"), v.choose}}
	}
	return []binding{{"Enter", say("lock.unlock"), v.enter}}
}

func (v *depotEntryView) draw(bool) fyne.CanvasObject {
	v.unlock.SetLabel(say("lock.unlock"))
	v.make.SetLabel(say("depot.new.make"))
	if v.model.Busy {
		v.unlock.SetLabel(say("lock.busy"))
		v.make.SetLabel(say("depot.new.busy"))
	}
	v.chooseCore.SetLabel(say("depot.new.choose"))
	v.unlock.Enable(!v.model.Busy && v.passphrase.Text != "")
	v.make.Enable(!v.model.Busy && v.whyNot().IsZero())
	v.passphrase.SetWrong(v.model.Wrong)
	content := column(gap)
	if v.absent() {
		v.fresh(content)
	} else {
		content.Add(column(4, title("depot.unlock"), paragraph(say("depot.unlock.why"), sizeRow, colourText2, plain)))
		content.Add(column(4, text(say("depot.passphrase"), sizeLabel, colourText2, plain), v.passphrase))
	}
	if p := v.model.Problem; p != nil {
		content.Add(problemBanner(p))
	} else if n := v.model.Notice; n != nil {
		content.Add(Banner("warning", toneWarning, sayText(n.What), sayText(n.Why)+" "+sayText(n.Next)))
	}
	if v.absent() {
		content.Add(line(12, v.make, text(sayText(v.whyNot()), sizeRow, colourText2, plain), layout.NewSpacer()))
	} else {
		content.Add(line(0, v.unlock, layout.NewSpacer()))
	}
	path := text(shortenPath(v.model.Dir, 560, sizes[sizeLabel], mono), sizeLabel, colourText3, mono)
	content.Add(path)
	return container.NewCenter(sized(Card(padded(content, 4, 4, 12, 12)), 640, 0))
}

// fresh asks for what a new depot needs.
func (v *depotEntryView) fresh(content *fyne.Container) {
	content.Add(title("depot.new"))
	if v.model.Core == nil {
		content.Add(paragraph(say("depot.new.why"), sizeRow, colourText2, plain))
		content.Add(line(0, v.chooseCore, layout.NewSpacer()))
	} else {
		content.Add(column(6, line(8, text(v.model.Core.Realm, sizeSub, colourText, bold), layout.NewSpacer(), v.chooseCore),
			text(say("depot.new.compare"), sizeLabel, colourText2, plain), WordList(v.model.Words(), sizeBody, 4)))
	}
	label := func(key string, f *Field) fyne.CanvasObject {
		return column(4, text(say(key), sizeLabel, colourText2, plain), f)
	}
	content.Add(label("depot.new.called", v.name))
	content.Add(container.New(layout.NewGridLayoutWithColumns(2), label("founding.secret", v.passphrase), label("founding.secret.repeat", v.again)))
}

// openFile lets a person choose a file with one of some extensions.
func openFile(w fyne.Window, extensions []string, chosen func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return // the dialog shows its errors itself
		}
		path := f.URI().Path()
		if f.Close() == nil {
			chosen(path)
		}
	}, w)
	d.SetFilter(extensionFilter(extensions))
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}

// openFolder lets a person choose a folder.
func openFolder(w fyne.Window, chosen func(path string)) {
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		if err == nil && f != nil {
			chosen(f.Path())
		}
	}, w)
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}
