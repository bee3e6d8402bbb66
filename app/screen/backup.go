package screen

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// backupView draws flow.Backup: the copy and where it goes, or the present task, on the left; how cards, TPM and platform stand on the right.
type backupView struct {
	shell  *Shell
	model  *flow.Backup
	status *flow.Status
	typing *cardBox
	second *secondPanel

	folder, realm, key, secret *Field
	write, stop, choose, leave *KeyButton
	commit                     *KeyButton
	tasks                      map[flow.BackupTask]*KeyButton
	drawn                      flow.BackupTask // what the fields are for
}

// backupKeys are the keys of the tasks, and the names of their texts and icons.
var backupKeys = []struct {
	task      flow.BackupTask
	key, name string
	icon      string
}{
	{flow.BackupCard, "F5", "card", "check"},
	{flow.BackupDrill, "Ctrl+R", "drill", "refresh"},
	{flow.BackupWaive, "F6", "waive", ""},
	{flow.BackupPlatform, "Ctrl+P", "platform", "chip"},
	{flow.BackupLockout, "Ctrl+E", "lockout", "unlock"},
	{flow.BackupDiscard, "Ctrl+B", "discard", ""},
}

func newBackupView(s *Shell) *backupView {
	v := &backupView{
		shell: s, model: s.console.Backup, status: s.console.Status, tasks: map[flow.BackupTask]*KeyButton{},
		folder: NewField("/media/stick"), realm: NewField(""), key: NewField("/media/stick/approval-key.pem"), secret: NewSecretField(),
	}
	v.typing, v.second = newCardBox(v.model, s.Draw), newSecondPanel(v.model.Second, s.Draw, s.Draw)
	v.write = NewKeyButton("", "lifebuoy", "Enter", v.enter).Primary()
	v.commit = NewKeyButton("", "", "Enter", v.enter).Primary()
	v.stop = NewKeyButton("", "", "Esc", v.model.Stop)
	v.choose = NewKeyButton("", "folder", "Ctrl+O", v.chooseFile)
	v.leave = NewKeyButton("", "previous", "Esc", v.model.Close)
	for _, k := range backupKeys {
		v.tasks[k.task] = NewKeyButton("", k.icon, k.key, func() { v.model.Begin(k.task) })
	}
	v.folder.OnChanged = func(path string) { v.model.SetFolder(path); s.Draw() }
	for _, f := range []*Field{v.realm, v.key, v.secret} {
		f.OnChanged = func(string) { s.Draw() }
	}
	return v
}

func (v *backupView) box() *Field { return v.typing.group }

// scanned takes a share card on this screen, and the lockout authorisation where it is asked for; other codes go where they belong.
func (v *backupView) scanned(code string) {
	switch {
	case flow.LooksLikeCard(code):
		v.model.Scan(code)
	case v.model.Task == flow.BackupLockout && v.model.CheckLockout(code).IsZero():
		v.secret.SetText(code)
	default:
		v.shell.console.Scan(code)
	}
}

func (v *backupView) refused(error) {}

func (v *backupView) focus() fyne.Focusable {
	switch v.model.Task {
	case flow.BackupNone:
		return v.folder
	case flow.BackupCard, flow.BackupDrill:
		return v.typing.group
	case flow.BackupWaive, flow.BackupDiscard:
		return v.realm
	case flow.BackupPlatform:
		return v.key
	case flow.BackupLockout:
		return v.secret
	}
	return nil
}

// whyNot says what is missing before Enter does something.
func (v *backupView) whyNot() flow.Text {
	switch v.model.Task {
	case flow.BackupNone:
		return v.model.CheckFolder()
	case flow.BackupWaive, flow.BackupDiscard:
		if v.realm.Text != v.status.Now.Realm {
			return flow.Say("backup.waive.type", "Realm", v.status.Now.Realm)
		}
	case flow.BackupPlatform:
		if v.key.Text == "" {
			return flow.Say("backup.platform.key")
		}
		if v.model.NeedsSecond() && !v.second.filled() {
			return flow.Say("backup.platform.second")
		}
	case flow.BackupLockout:
		return v.model.CheckLockout(v.secret.Text)
	case flow.BackupCard, flow.BackupDrill:
		if !v.model.Entry.Whole() {
			return flow.Say("backup.card.type")
		}
	}
	return flow.Text{}
}

// enter does what the primary button says.
func (v *backupView) enter() {
	if !v.whyNot().IsZero() || v.model.Checking || v.model.Writing {
		return
	}
	switch v.model.Task {
	case flow.BackupNone:
		v.model.Write()
	case flow.BackupWaive:
		v.model.Waive(v.realm.Text)
	case flow.BackupDiscard:
		v.model.Discard(v.realm.Text)
	case flow.BackupPlatform:
		v.model.Approve(v.key.Text, v.second.take())
	case flow.BackupLockout:
		v.model.ResetLockout(v.secret.Take())
	case flow.BackupCard, flow.BackupDrill:
		v.model.Check()
	}
}

func (v *backupView) bindings() []binding {
	m := v.model
	if m.Writing {
		return []binding{{"Esc", say("backup.stop"), m.Stop}}
	}
	var b []binding
	switch m.Task {
	case flow.BackupNone:
		b = append(b, binding{"Enter", say("backup.write"), v.enter}, binding{"Ctrl+O", say("backup.choose"), v.chooseFile})
	case flow.BackupCard, flow.BackupDrill:
		b = append(b, binding{"Backspace", "", m.GroupBack})
		if m.Entry.Whole() {
			b = append(b, binding{"Enter", say("ceremony.check"), m.Check})
		}
	case flow.BackupPlatform:
		b = append(b, binding{"Enter", say("backup.verb.platform"), v.enter}, binding{"Ctrl+O", say("backup.choose"), v.chooseFile},
			binding{"F6", v.retireHint(), v.retire})
		if m.NeedsSecond() {
			b = append(b, v.second.bindings()...)
		}
	case flow.BackupWaive, flow.BackupLockout, flow.BackupDiscard:
		b = append(b, binding{"Enter", say("backup.verb." + v.name()), v.enter})
	}
	for _, k := range backupKeys {
		if m.Task != k.task && m.Can(k.task) && (k.task != flow.BackupWaive && k.task != flow.BackupDiscard || m.Task == flow.BackupNone) {
			hint := ""
			if m.Task == flow.BackupNone && (k.task == flow.BackupCard || k.task == flow.BackupDrill) {
				hint = say("backup.task." + k.name)
			}
			b = append(b, binding{k.key, hint, func() { m.Begin(k.task) }})
		}
	}
	if m.Task != flow.BackupNone {
		b = append(b, binding{"Esc", say("back"), m.Close})
	}
	return b
}

// name is the key part of the present task.
func (v *backupView) name() string {
	for _, k := range backupKeys {
		if k.task == v.model.Task {
			return k.name
		}
	}
	return "write"
}

func (v *backupView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	if m.Task != v.drawn {
		v.drawn = m.Task
		for _, f := range []*Field{v.realm, v.key, v.secret} {
			set(f, "")
		}
		v.typing.clear()
		v.second.clear()
	}
	if m.Folder == "" && len(m.Places()) > 0 {
		m.SetFolder(m.Places()[0])
	}
	set(v.folder, m.Folder)
	left := v.task()
	side := float32(340)
	if narrow {
		side = 300
	}
	body := container.NewVScroll(padded(left, 0, 3, 3, 8))
	if narrow && m.Task != flow.BackupNone {
		return page(narrow, title("backup"), v.bar(), body)
	}
	const edge = 2 // of the cards, which the scroller would cut off
	right := padded(container.NewVScroll(padded(v.state(), edge, edge, edge, edge)), -edge, -edge, -edge, -edge)
	return page(narrow, title("backup"), v.bar(), container.NewBorder(nil, nil, nil, padded(sized(right, side, 0), 0, 0, 4, 0), body))
}

func (v *backupView) bar() fyne.CanvasObject {
	m := v.model
	why := v.whyNot()
	ready := why.IsZero() && !m.Checking && !m.Writing
	if m.Task == flow.BackupNone {
		v.write.SetLabel(say("backup.write"))
		v.write.Enable(ready)
		return commitBar(nil, sayText(why), v.write)
	}
	v.leave.SetLabel(say("back"))
	if m.Checking {
		return commitBar(v.leave, say("backup.busy"))
	}
	if m.Task == flow.BackupCard || m.Task == flow.BackupDrill {
		return commitBar(v.leave, sayText(why))
	}
	v.commit.SetLabel(say("backup.verb." + v.name()))
	v.commit.Enable(ready)
	return commitBar(v.leave, sayText(why), v.commit)
}

// task is what is done now.
func (v *backupView) task() fyne.CanvasObject {
	m := v.model
	content := column(gap, paragraph(say("backup.about."+v.name(), v.cards()...), sizeBody, colourText2, plain))
	if p := m.Problem; p != nil {
		content.Add(problemBanner(p))
	}
	if !m.Done.IsZero() {
		content.Add(Banner("done", toneOK, sayText(m.Done), ""))
	}
	switch m.Task {
	case flow.BackupNone:
		v.writeTask(content)
	case flow.BackupCard:
		if c := m.Checked; c != nil {
			card := cardTitle(flow.Card{Purpose: c.Purpose, Index: c.Index, Total: c.Total})
			content.Add(Banner("done", toneOK, say("backup.card.right", "Card", card), say("backup.card.seen", "Seen", c.Seen, "Total", c.Total)))
		}
		content.Add(v.typing.draw(v.cardHead(say("backup.card.any"))))
	case flow.BackupDrill:
		needed := v.status.Custody.Backup.Needed
		marks := line(8)
		for i := range needed {
			mark, t := "", toneQuiet
			if i < m.Entered() {
				mark, t = "check", toneOK
			}
			marks.Add(Pill(mark, say("ceremony.drill.card", "Index", i+1), t))
		}
		content.Add(marks)
		content.Add(v.typing.draw(v.cardHead(say("ceremony.drill.enter", "Index", min(m.Entered()+1, needed)))))
	case flow.BackupWaive:
		content.Add(Card(labelled(say("backup.waive.label"), v.realm)))
		content.Add(Banner("warning", toneDanger, say("backup.waive.what"), say("backup.waive.why")))
	case flow.BackupDiscard:
		content.Add(Card(labelled(say("backup.waive.label"), v.realm)))
		content.Add(Banner("warning", toneDanger, say("backup.discard.what"), say("backup.discard.why")))
	case flow.BackupPlatform:
		v.platformTask(content)
	case flow.BackupLockout:
		content.Add(Card(labelled(say("backup.lockout.label"), v.secret)))
		content.Add(Banner("warning", toneWarning, say("backup.lockout.care"), say("backup.lockout.care.why")))
	}
	return content
}

func (v *backupView) cards() []any {
	k := &v.status.Custody
	return []any{"Needed", k.Backup.Needed, "Total", k.Backup.Total}
}

func (v *backupView) cardHead(words string) fyne.CanvasObject {
	state := v.typing.progress()
	if v.model.Checking {
		state = say("ceremony.checking")
	}
	return line(12, icon("scan", 20, colourAccent), text(words, sizeBody, colourText, bold), layout.NewSpacer(), text(state, sizeRow, colourText2, plain))
}

// writeTask says where the backup goes, and what came of the last one.
func (v *backupView) writeTask(content *fyne.Container) {
	m := v.model
	if m.Writing {
		v.stop.SetLabel(say("backup.stop"))
		content.Add(Card(column(8,
			line(8, text(say("backup.writing", "Size", sizeText(m.Octets)), sizeBody, colourText, bold), layout.NewSpacer(), v.stop),
			paragraph(shortenPath(m.Path, 480, sizes[sizeRow], mono), sizeRow, colourText2, mono))))
		return
	}
	if w := m.Written; w != nil {
		content.Add(Banner("done", toneOK, say("backup.done", "Size", sizeText(w.Size)), say("backup.done.why", "List", number(int(w.List)), "Entries", number(int(w.LogSize)))))
		content.Add(CommandLine(fromHome(m.Path)))
	}
	v.choose.SetLabel(say("backup.choose"))
	where := column(8, labelled(say("backup.folder"), container.NewBorder(nil, nil, nil, padded(v.choose, 0, 0, 8, 0), v.folder)))
	if places := m.Places(); len(places) > 0 {
		row := line(8, text(say("backup.places"), sizeRow, colourText2, plain))
		for _, p := range places {
			row.Add(NewKeyButton(shortenPath(p, 160, sizes[sizeBody], plain), "", "", func() { m.SetFolder(p); v.shell.Draw() }))
		}
		where.Add(row)
	}
	where.Add(paragraph(say("backup.name", "Name", m.Name()), sizeRow, colourText2, plain))
	content.Add(Card(where))
	content.Add(headedCard(say("backup.restore"), nil, column(8, paragraph(say("backup.restore.why"), sizeRow, colourText2, plain), CommandLine(m.RestoreCommand()))))
}

func (v *backupView) platformTask(content *fyne.Container) {
	m := v.model
	p := m.Platform
	if p == nil {
		return
	}
	if p.Changed != "" {
		content.Add(Banner("warning", toneWarning, say("backup.platform.changed", "Registers", p.Changed), say("backup.platform.changed.why")))
	} else {
		content.Add(Banner("done", toneOK, say("backup.platform.same"), say("backup.platform.same.why", "Count", p.Approvals)))
	}
	rows := column(2)
	for _, r := range p.Registers {
		rows.Add(text(registerText(r), sizeLabel, colourText, mono))
	}
	content.Add(headedCard(say("backup.platform.now"), nil, rows))
	v.choose.SetLabel(say("backup.choose"))
	content.Add(Card(labelled(say("backup.platform.file"), container.NewBorder(nil, nil, nil, padded(v.choose, 0, 0, 8, 0), v.key))))
	if m.NeedsSecond() {
		content.Add(Card(v.second.draw(say("backup.second"), m.Checking)))
	}
	if p.Changed == "" && p.Approvals > 1 {
		content.Add(line(10, NewKeyButton(say("backup.retire"), "", "F6", v.retire), text(say("backup.retire.hint"), sizeRow, colourText2, plain)))
	}
}

// registerText is a register as it is compared: its number, and the beginning and the end of its digest.
func registerText(r flow.PlatformRegister) string {
	const ends = 12 // octets
	if len(r.Digest) < 2*ends {
		return fmt.Sprintf("PCR %2d  %x", r.Index, r.Digest)
	}
	return fmt.Sprintf("PCR %2d  %x … %x", r.Index, r.Digest[:ends], r.Digest[len(r.Digest)-ends:])
}

// retireHint names the key that withdraws approvals, where there are any to withdraw.
func (v *backupView) retireHint() string {
	if p := v.model.Platform; p == nil || p.Changed != "" || p.Approvals < 2 {
		return ""
	}
	return say("backup.retire")
}

func (v *backupView) retire() { v.model.Retire(v.second.take()) }

// state says on the right how everything stands.
func (v *backupView) state() fyne.CanvasObject {
	return column(gap, v.copyState(), v.cardState(), v.chipState())
}

// Ages at which the last backup is worth a warning.
const (
	backupSoon = 24 * time.Hour
	backupLate = 7 * 24 * time.Hour
)

func (v *backupView) copyState() fyne.CanvasObject {
	last := v.status.Custody.LastBackup
	if last == nil {
		return headedCard(say("backup.last"), Pill("warning", say("backup.last.none"), toneWarning), paragraph(say("backup.last.none.why"), sizeRow, colourText2, plain))
	}
	age := v.status.Time().Sub(last.Time)
	t, mark := toneOK, "check"
	if age > backupLate {
		t, mark = toneDanger, "alert"
	} else if age > backupSoon {
		t, mark = toneWarning, "clock"
	}
	facts := column(5, fact(say("backup.fact.time"), moment(last.Time.Local())), fact(say("backup.fact.size"), sizeText(last.Size)),
		fact(say("backup.fact.list"), number(int(last.List))), fact(say("backup.fact.log"), say("backup.fact.entries", "Count", int(last.LogSize))))
	return headedCard(say("backup.last"), Pill(mark, ageText(age), t), facts)
}

// sizeText returns a size of a file that may be large.
func sizeText(n int64) string {
	const mega = 1_000_000
	if n < mega {
		return octets(int(n))
	}
	return say("backup.megabytes", "Whole", number(int(n/mega)), "Tenth", n%mega/(mega/10))
}

// ageText says how long ago something was.
func ageText(age time.Duration) string {
	switch {
	case age < time.Hour:
		return say("backup.age.minutes", "Count", max(0, int(age.Minutes())))
	case age < 2*24*time.Hour:
		return say("backup.age.hours", "Count", int(age.Hours()))
	}
	return say("backup.age.days", "Count", int(age.Hours()/24))
}

func (v *backupView) cardState() fyne.CanvasObject {
	k := &v.status.Custody
	t, mark := toneQuiet, ""
	switch k.Drill {
	case flow.DrillPassed:
		t, mark = toneOK, "check"
	case flow.DrillPending, flow.DrillWaived:
		t, mark = toneWarning, "warning"
	case flow.DrillNone:
	}
	body := column(8)
	for _, set := range []struct {
		label string
		flow.Cards
	}{{"fact.backup", k.Backup}, {"fact.next", k.Next}} {
		value := say("fact.cards.none")
		if set.Total > 0 {
			value = say("backup.cards.seen", "Needed", set.Needed, "Total", set.Total, "Seen", len(set.Seen))
		}
		body.Add(fact(say(set.label), value))
	}
	for _, task := range []flow.BackupTask{flow.BackupCard, flow.BackupDrill, flow.BackupWaive, flow.BackupDiscard} {
		if v.model.Can(task) {
			body.Add(v.button(task))
		}
	}
	if len(v.shell.console.Founding.Sheets) > 0 {
		body.Add(NewKeyButton(say("backup.ceremony"), "paper", "", v.shell.console.Founding.Continue))
	}
	return headedCard(say("fact.drill"), Pill(mark, say("drill."+number(int(k.Drill))), t), body)
}

func (v *backupView) button(task flow.BackupTask) fyne.CanvasObject {
	b := v.tasks[task]
	for _, k := range backupKeys {
		if k.task == task {
			b.SetLabel(say("backup.task." + k.name))
		}
	}
	b.Enable(v.model.Task != task && !v.model.Checking && !v.model.Writing)
	return b
}

func (v *backupView) chipState() fyne.CanvasObject {
	if !v.status.Custody.TPM {
		return space(0)
	}
	body := column(6)
	for _, f := range chipFacts(v.status) {
		body.Add(f)
	}
	body.Add(v.button(flow.BackupPlatform))
	body.Add(v.button(flow.BackupLockout))
	return headedCard(say("fact.tpm"), nil, body)
}

// chooseFile lets a folder be chosen, or the file of the approval key.
func (v *backupView) chooseFile() {
	size := v.shell.window.Canvas().Size().Subtract(fyne.NewSize(160, 120))
	if v.model.Task == flow.BackupPlatform {
		d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
			if err == nil && f != nil {
				path := f.URI().Path()
				if f.Close() == nil {
					v.key.SetText(path)
				}
			}
		}, v.shell.window)
		d.Resize(size)
		d.Show()
		return
	}
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		if err == nil && f != nil {
			v.folder.SetText(f.Path())
		}
	}, v.shell.window)
	d.Resize(size)
	d.Show()
}
