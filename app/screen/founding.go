package screen

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// foundingView draws flow.Founding: the steps on the left, the task in the middle, what to read aloud on the right.
type foundingView struct {
	shell *Shell
	model *flow.Founding

	realm, tpm, officer, passphrase, again *Field
	times                                  [5]*Field // epoch, next update, hard expiry, past, future
	numbers                                [4]*Field // backup cards and how many are needed, and of the next core
	folder                                 *Field    // where files are carried to
	typing                                 *cardBox

	back, next, other, load, print, later *KeyButton
	drawn                                 flow.FoundingStep // what the fields were filled for
	whose                                 string            // the secret is that the fields are for
	guarded                               bool              // a TPM was chosen when it was drawn last
	row                                   int               // officer that is chosen
	cards                                 *foundingCards
}

func newFoundingView(s *Shell) *foundingView {
	v := &foundingView{
		shell: s, model: s.console.Founding, drawn: -1,
		realm: NewField("fleet.example"), tpm: NewField("/dev/tpmrm0"), officer: NewField(""), passphrase: NewSecretField(), again: NewSecretField(),
		folder: NewField("/media/stick"),
	}
	v.typing = newCardBox(v.model, s.Draw)
	for i := range v.times {
		v.times[i] = NewField("")
		v.times[i].whole = true
	}
	for i := range v.numbers {
		v.numbers[i] = NewField("")
		v.numbers[i].whole = true
	}
	v.cards = &foundingCards{v}
	v.back = NewKeyButton("", "previous", "Esc", v.leave)
	v.next = NewKeyButton("", "", "Enter", v.commit).Primary()
	v.other = NewKeyButton("", "", "F6", v.otherwise)
	v.load = NewKeyButton("", "paper", "Ctrl+O", v.choose)
	v.print = NewKeyButton("", "print", "F9", v.printSheet)
	v.later = NewKeyButton("", "previous", "Esc", v.leave)
	fields := append(append([]*Field{v.realm, v.tpm, v.officer, v.passphrase, v.again, v.folder}, v.times[:]...), v.numbers[:]...)
	for _, f := range fields {
		f.OnChanged = func(string) { v.typed(f) }
	}
	return v
}

// present returns the view for the present step: where cards are typed, one that takes scans as well.
func (v *foundingView) present() view {
	switch v.model.Step {
	case flow.FoundingShares, flow.FoundingDrill:
		return v.cards
	default:
		return v
	}
}

// typed draws anew what a field says about itself.
func (v *foundingView) typed(f *Field) {
	if f == v.tpm {
		v.model.SetTPM(f.Text)
	}
	v.shell.Draw()
}

// fill puts into the fields what the model has, when a step begins.
func (v *foundingView) fill() {
	m := v.model
	if who := m.AskedName(); m.Step == flow.FoundingSecrets && who != v.whose {
		v.whose = who
		set(v.passphrase, "")
		set(v.again, "")
	}
	if m.Step == flow.FoundingVault && m.Custodial() && v.tpm.Text == "" && !v.guarded {
		set(v.tpm, m.Plan.Vault.TPM)
	}
	v.guarded = m.Custodial()
	if places := v.shell.console.Backup.Places(); m.Step == flow.FoundingRecord && v.folder.Text == "" && len(places) > 0 {
		set(v.folder, places[0])
	}
	if m.Step == v.drawn {
		return
	}
	before := v.drawn
	v.drawn = m.Step
	set(v.tpm, m.Plan.Vault.TPM)
	set(v.officer, "")
	v.typing.clear()
	if m.Step == flow.FoundingRealm {
		set(v.realm, m.Plan.Realm)
	}
	if m.Step != flow.FoundingBusy && before != flow.FoundingBusy || m.Step > flow.FoundingBusy {
		set(v.passphrase, "")
		set(v.again, "")
	}
	t := m.PlannedTimes()
	for i, text := range []string{t.Epoch, t.NextUpdate, t.HardExpiry, t.Past, t.Future} {
		set(v.times[i], text)
	}
	for i, n := range []int{m.Plan.Backup.Total, m.Plan.Backup.Needed, m.Plan.Next.Total, m.Plan.Next.Needed} {
		set(v.numbers[i], number(n))
	}
}

// set writes into a field without drawing anew.
func set(f *Field, text string) {
	if f.Text == text {
		return
	}
	changed := f.OnChanged
	f.OnChanged = nil
	f.SetText(text)
	f.OnChanged = changed
}

func (v *foundingView) typedTimes() flow.Times {
	t := v.times
	return flow.Times{Epoch: t[0].Text, NextUpdate: t[1].Text, HardExpiry: t[2].Text, Past: t[3].Text, Future: t[4].Text}
}

// whyNot says what is missing before the next step.
func (v *foundingView) whyNot() flow.Text {
	m := v.model
	switch m.Step {
	case flow.FoundingRealm:
		if filepath.IsAbs(strings.TrimSpace(v.realm.Text)) { // a ceremony file
			return flow.Text{}
		}
		return m.CheckRealm(v.realm.Text)
	case flow.FoundingVault:
		if m.Custodial() {
			if strings.TrimSpace(v.tpm.Text) == "" {
				return flow.Say("ceremony.tpm.empty")
			}
			return flow.Text{}
		}
		return m.CheckSecret([]byte(v.passphrase.Text), []byte(v.again.Text))
	case flow.FoundingOfficers:
		if v.officer.Text != "" {
			return m.CheckOfficer(v.officer.Text)
		}
		return m.CheckOfficers()
	case flow.FoundingTimes:
		_, why := m.CheckTimes(v.typedTimes())
		return why
	case flow.FoundingNumbers:
		if why := m.CheckCards(v.numbers[0].Text, v.numbers[1].Text); !why.IsZero() {
			return why
		}
		return m.CheckCards(v.numbers[2].Text, v.numbers[3].Text)
	case flow.FoundingSecrets:
		return m.CheckAsked([]byte(v.passphrase.Text), []byte(v.again.Text))
	case flow.FoundingRecord:
		if m.MustCarry() {
			return flow.Say("ceremony.carry.missing")
		}
	case flow.FoundingBusy, flow.FoundingWords, flow.FoundingShares, flow.FoundingDrill:
	}
	return flow.Text{}
}

// commit does what the primary button says.
func (v *foundingView) commit() {
	m := v.model
	if !v.whyNot().IsZero() {
		v.onward()
		return
	}
	switch m.Step {
	case flow.FoundingRealm:
		if path := strings.TrimSpace(v.realm.Text); filepath.IsAbs(path) {
			set(v.realm, "")
			v.model.Open(path)
			return
		}
		m.SetRealm(v.realm.Text)
	case flow.FoundingVault:
		if m.Custodial() {
			m.Further()
			return
		}
		m.Found(v.take())
	case flow.FoundingOfficers:
		if v.officer.Text != "" {
			m.AddOfficer(v.officer.Text)
			v.row = len(m.Plan.Officers) - 1
			v.officer.SetText("")
			return
		}
		m.SetOfficers()
	case flow.FoundingTimes:
		m.SetTimes(v.typedTimes())
	case flow.FoundingNumbers:
		n := v.numbers
		m.SetCards([2]string{n[0].Text, n[1].Text}, [2]string{n[2].Text, n[3].Text})
	case flow.FoundingSecrets:
		m.EnterSecret(v.take())
		v.shell.window.Canvas().Focus(v.passphrase)
	case flow.FoundingRecord, flow.FoundingWords:
		m.Finish()
	case flow.FoundingBusy, flow.FoundingShares, flow.FoundingDrill:
	}
}

// onward moves the focus to what is still empty: Enter after a passphrase leads to its repetition, and after a folder copies to it.
func (v *foundingView) onward() {
	switch v.model.Step {
	case flow.FoundingVault, flow.FoundingSecrets:
		if v.passphrase.Text != "" && v.again.Text == "" {
			v.shell.window.Canvas().Focus(v.again)
		}
	case flow.FoundingRecord:
		v.carry()
	default:
	}
}

// take returns the passphrase, and empties both fields.
func (v *foundingView) take() []byte {
	b := []byte(v.passphrase.Text)
	set(v.passphrase, "")
	set(v.again, "")
	return b
}

// leave goes back, or leaves the ceremony for later.
func (v *foundingView) leave() {
	if v.model.Ahead() {
		v.model.Later()
		return
	}
	v.model.Back()
}

// otherwise is the other decision of a step.
func (v *foundingView) otherwise() {
	m := v.model
	switch m.Step {
	case flow.FoundingVault:
		m.Further()
	case flow.FoundingOfficers:
		m.TurnRole(v.row)
	case flow.FoundingNumbers:
		m.Plan.Waived = !m.Plan.Waived
		v.shell.Draw()
	default:
	}
}

func (v *foundingView) focus() fyne.Focusable {
	switch v.model.Step {
	case flow.FoundingRealm:
		return v.realm
	case flow.FoundingVault:
		if v.model.Custodial() {
			return v.tpm
		}
		return v.passphrase
	case flow.FoundingOfficers:
		return v.officer
	case flow.FoundingTimes:
		return v.times[0]
	case flow.FoundingNumbers:
		return v.numbers[0]
	case flow.FoundingSecrets:
		return v.passphrase
	case flow.FoundingShares:
		if v.model.Chosen.Index > 0 {
			return v.typing.group
		}
	case flow.FoundingDrill:
		return v.typing.group
	case flow.FoundingRecord:
		return v.folder
	case flow.FoundingBusy, flow.FoundingWords:
	}
	return nil
}

// stepNames are the keys of the steps' texts.
var stepNames = map[flow.FoundingStep]string{
	flow.FoundingRealm: "realm", flow.FoundingVault: "vault", flow.FoundingOfficers: "officers", flow.FoundingTimes: "times", flow.FoundingNumbers: "numbers",
	flow.FoundingSecrets: "secrets", flow.FoundingBusy: "busy", flow.FoundingShares: "shares", flow.FoundingDrill: "drill", flow.FoundingRecord: "record",
	flow.FoundingWords: "words",
}

// name is the key part of the step that is shown.
func (v *foundingView) name() string {
	return stepNames[v.model.Steps()[v.model.At()]]
}

func (v *foundingView) draw(narrow bool) fyne.CanvasObject {
	v.fill()
	steps := v.model.Steps()
	names := []string{say("ceremony.step.selftest")} // the service does not start without
	for _, s := range steps {
		names = append(names, say("ceremony.step."+stepNames[s]))
	}
	at := v.model.At() + 1
	list := column(8, padded(text(say("founding"), sizeSub, colourText, bold), 6, 4, 10, 0), StepColumn(names, at))
	left := container.NewBorder(list, v.begun(), nil, nil)
	side := container.NewStack(box(colourSunken, "", 0), flush{right: rule(), middle: padded(left, 10, 10, 8, 8)}.container())

	head := container.NewBorder(nil, nil, title("ceremony.title."+v.name()), text(say("founding.count", "At", at+1, "Of", len(names)), sizeRow, colourText2, plain))
	middle := v.task(narrow)
	if !narrow {
		middle = container.NewBorder(nil, nil, nil, padded(sized(v.script(), 260, 0), 0, 0, 10, 0), middle)
	}
	width := float32(262)
	if narrow {
		width = 220
	}
	return flush{left: sized(side, width, 0), middle: page(narrow, head, v.bar(narrow), middle)}.container()
}

// begun says when it began.
func (v *foundingView) begun() fyne.CanvasObject {
	if v.model.Began.IsZero() {
		return space(0)
	}
	words := say("ceremony.begun", "Time", v.model.Began.Local().Format("15:04"))
	return padded(text(words, sizeLabel, colourText2, plain), 0, 6, 10, 0)
}

func (v *foundingView) bar(narrow bool) fyne.CanvasObject {
	m := v.model
	why := v.whyNot()
	v.next.Enable(m.Step != flow.FoundingBusy && !m.Checking && why.IsZero())
	v.next.SetLabel(say(v.verb()))
	var leave fyne.CanvasObject
	switch {
	case m.Step == flow.FoundingWords, m.Step == flow.FoundingBusy, m.Step == flow.FoundingRealm:
	case m.Ahead():
		v.later.SetLabel(say("ceremony.later"))
		leave = v.later
	default:
		v.back.SetLabel(say("back"))
		leave = v.back
	}
	if m.Step == flow.FoundingShares || m.Step == flow.FoundingDrill {
		return commitBar(leave, v.cards.missing())
	}
	words := sayText(why)
	if m.Step == flow.FoundingVault && !m.Custodial() {
		v.other.SetLabel(say("ceremony.further"))
		if narrow {
			words = ""
		}
		return commitBar(leave, words, v.other, v.next)
	}
	return commitBar(leave, words, v.next)
}

// verb is what the primary button does.
func (v *foundingView) verb() string {
	m := v.model
	switch m.Step {
	case flow.FoundingBusy:
		return "founding.busy"
	case flow.FoundingVault:
		if !m.Custodial() {
			return "founding.found"
		}
	case flow.FoundingOfficers:
		if v.officer.Text != "" {
			return "ceremony.officer.add"
		}
	case flow.FoundingSecrets:
		if !m.Custodial() || m.AsksPIN() {
			return "founding.found"
		}
		return "ceremony.officer.next"
	case flow.FoundingRecord:
		return "ceremony.erase"
	case flow.FoundingWords:
		return "founding.finish"
	default:
	}
	return "founding.next"
}

func (v *foundingView) bindings() []binding {
	m := v.model
	if m.Step == flow.FoundingBusy {
		return nil
	}
	b := []binding{{"Enter", say(v.verb()), v.commit}}
	switch m.Step {
	case flow.FoundingRealm:
		return append(b, binding{"Ctrl+O", say("ceremony.load"), v.choose})
	case flow.FoundingVault:
		guard := func(tpm bool) func() { return func() { m.Guard(tpm) } }
		b = append(b, binding{"UpDown", say("ceremony.choose"), nil}, binding{"Up", "", guard(true)}, binding{"Down", "", guard(false)})
		if !m.Custodial() {
			b = append(b, binding{"F6", say("ceremony.further"), v.otherwise})
		}
	case flow.FoundingOfficers:
		move := func(by int) func() { return func() { v.move(by) } }
		b = append(b, binding{"UpDown", say("ceremony.choose"), nil}, binding{"Up", "", move(-1)}, binding{"Down", "", move(1)},
			binding{"F6", say("ceremony.role"), v.otherwise})
	case flow.FoundingNumbers:
		b = append(b, binding{"F6", say("ceremony.drill.turn"), v.otherwise})
	case flow.FoundingRecord:
		b = append(b, binding{"F9", say("ceremony.print"), v.printSheet}, binding{"Ctrl+S", say("ceremony.carry"), v.carry})
	case flow.FoundingWords:
		return b
	default:
	}
	leave := say("back")
	if m.Ahead() {
		leave = say("ceremony.later")
	}
	return append(b, binding{"Esc", leave, v.leave})
}

// move chooses another officer.
func (v *foundingView) move(by int) {
	if n := len(v.model.Plan.Officers); n > 0 {
		v.row = ((v.row+by)%n + n) % n
		v.shell.Draw()
	}
}

// script is what the person who leads the ceremony reads aloud.
func (v *foundingView) script() fyne.CanvasObject {
	name := v.name()
	facts := column(8,
		text(say("founding.aloud"), sizeLabel, colourText2, plain),
		paragraph(say("ceremony.aloud."+name), sizeBody, colourText, plain),
		space(4),
		text(say("founding.care"), sizeLabel, colourText2, plain),
		paragraph(say("ceremony.care."+name), sizeRow, colourText2, plain),
	)
	const most = 6
	if notes := v.model.Notes; len(notes) > 0 {
		facts.Add(space(4))
		facts.Add(text(say("ceremony.notes"), sizeLabel, colourText2, plain))
		list := column(0)
		for _, n := range notes[:min(most, len(notes))] {
			list.Add(paragraph(n.Time.Local().Format("15:04")+" "+noteText(n.Text), sizeRow, colourText, plain))
		}
		facts.Add(list)
	}
	return headedCard(say("founding.script"), nil, facts)
}

// noteText says a note; what it is about has texts of its own.
func noteText(t flow.Text) string {
	if p, ok := t.Args["Purpose"].(int); ok {
		t = flow.Say(t.Key, "Index", t.Args["Index"], "Card", say("ceremony.card."+number(p)))
	}
	if k, ok := t.Args["Kind"].(int); ok {
		t = flow.Say(t.Key, "Sheet", sheetName(flow.SheetKind(k), t.Args["Index"].(int)))
	}
	return sayText(t)
}

func sheetName(kind flow.SheetKind, index int) string {
	return say("ceremony.sheet."+number(int(kind)), "Index", index)
}
