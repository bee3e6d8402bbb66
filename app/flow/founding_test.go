package flow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/flow/sheets"
	"marque/hsm/hsmtest"
)

// ceremonial gives a window the papers of its authority, and a TPM.
func ceremonial(t *testing.T) (*window, *sheets.Folder) {
	t.Helper()
	w := newWindow(t)
	papers := sheets.Beside(w.dir, w.clock)
	w.tools = flow.Ceremony{
		Papers: papers, Drafts: sheets.DraftBeside(w.dir), Carry: papers.Carry, Archive: sheets.Archive,
		Read:  func(path string, _ int) ([]byte, error) { return os.ReadFile(path) },
		Print: func(path string) error { w.printed <- filepath.Base(path); return nil },
	}
	w.open()
	return w, papers
}

// cardsOn reads the cards back from their sheets, as their holders do.
func cardsOn(t *testing.T, papers *sheets.Folder, purpose string) (cards []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(papers.Path(), purpose+"-*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cards: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		cards = append(cards, strings.Join(strings.Fields(text[strings.Index(text, "MQ1S"):]), ""))
	}
	return cards
}

// types types a card as on a keyboard, group by group.
func (w *window) types(card string) {
	w.t.Helper()
	f := w.console.Founding
	for i := 0; i < len(card); i += flow.CardGroup {
		f.Group(strings.ToLower(card[i:min(i+flow.CardGroup, len(card))]))
	}
	w.until("the card to be verified", func() bool { return !f.Checking })
}

// plan takes all steps that ask for no secret.
func plan(t *testing.T, f *flow.Founding, tpm string) {
	t.Helper()
	f.SetRealm("fleet.example")
	f.Guard(true)
	f.SetTPM(tpm)
	f.Further()
	for _, name := range []string{"Ada Byron", "Ben Okri", "Cem Yilmaz"} {
		f.AddOfficer(name)
	}
	f.TurnRole(2)
	f.TurnRole(2)
	f.SetOfficers()
	times := f.PlannedTimes()
	times.Epoch = "14d"
	f.SetTimes(times)
	f.SetCards([2]string{"3", "2"}, [2]string{"2", "1"})
	if f.Step != flow.FoundingSecrets || f.Plan.Unlock != 2 || f.Plan.Security() != 2 {
		t.Fatalf("step %d, problem %+v, %d of %d", f.Step, f.Problem, f.Plan.Unlock, f.Plan.Security())
	}
}

// TestCeremony founds under a TPM, with cards that are typed in again, a drill, papers that are carried away, and locks in between.
func TestCeremony(t *testing.T) {
	w, papers := ceremonial(t)
	w.tpm = hsmtest.Start(t).Path()
	w.serve()
	w.start(flow.Absent)
	f := w.console.Founding
	plan(t, f, w.tpm)
	for range 3 {
		f.EnterSecret([]byte("the passphrase of " + f.AskedName()))
	}
	if !f.AsksPIN() || f.CheckAsked([]byte("the passphrase of Ben Okri"), nil).Key != "ceremony.pin.same" || f.CheckAsked([]byte("12345"), nil).IsZero() {
		t.Error("a PIN that cannot be one is not refused")
	}
	f.EnterSecret([]byte("271828"))
	w.until("the cards", func() bool { return f.Step == flow.FoundingShares && len(f.Sheets) > 0 || f.Problem != nil })
	if f.Problem != nil || w.console.Phase != flow.Open || f.Unseen() != 5 || len(f.Steps()) != 10 {
		t.Fatalf("problem %+v, phase %d, %d cards, steps %v", f.Problem, w.console.Phase, f.Unseen(), f.Steps())
	}
	backup, next := cardsOn(t, papers, "backup"), cardsOn(t, papers, "next-core")
	f.Print(f.SheetOf(f.Chosen))
	if page := <-w.printed; page != "backup-1-of-3.pdf" {
		t.Errorf("printed %s", page)
	}

	wrong := []byte(backup[0])
	if wrong[100]++; wrong[100] == 'Z'+1 || wrong[100] == '8' {
		wrong[100] = 'A'
	}
	w.types(string(wrong))
	if f.Problem == nil || f.Problem.What.Key != "problem.cardtext.what" || !f.Entry.Wrong || !f.Entry.Whole() {
		t.Fatalf("a mistyped card: %+v", f.Problem)
	}
	for range 18 { // back to the group that was wrong
		f.GroupBack()
	}
	f.Group(backup[0][100:104])
	f.Check()
	w.until("the card to be verified", func() bool { return !f.Checking })
	if f.Problem != nil || f.Unseen() != 4 || f.Chosen.Index != 2 {
		t.Fatalf("the first card: %+v, %d are missing", f.Problem, f.Unseen())
	}
	f.Scan(backup[1])
	w.until("the card to be verified", func() bool { return !f.Checking })
	w.console.Lock()
	w.until("the closed vault", func() bool { return w.console.Status.Phase == flow.Locked })
	w.unlockAs("Ada Byron", "Ben Okri")
	w.until("the ceremony", func() bool { return f.Step == flow.FoundingShares && f.Chosen.Index == 3 })
	for _, card := range append(backup[2:], next...) {
		w.types(card)
	}
	if f.Step != flow.FoundingDrill {
		t.Fatalf("step %d, %+v", f.Step, f.Problem)
	}
	w.drill(backup, next)

	if f.Step != flow.FoundingRecord || !f.MustCarry() {
		t.Fatalf("step %d, %+v", f.Step, f.Problem)
	}
	lockout, err := os.ReadFile(filepath.Join(papers.Path(), "lockout-authorisation.txt"))
	if err != nil {
		t.Fatal(err)
	}
	f.Finish()
	stick := t.TempDir()
	f.Carry(stick)
	w.until("the copies", func() bool { return f.Carried != "" })
	f.Finish()
	w.until("the words", func() bool { return f.Step == flow.FoundingWords })
	if _, err := os.Stat(papers.Path()); !os.IsNotExist(err) {
		t.Errorf("the papers are still there: %v", err)
	}
	for _, name := range []string{"approval-key.pem", "core.mqs", "record.txt", "record.pdf"} {
		if _, err := os.Stat(filepath.Join(stick, name)); err != nil {
			t.Error(err)
		}
	}
	approval, err := os.ReadFile(filepath.Join(stick, "approval-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	w.keeps(backup[1], lockout, approval)
	f.Finish()
	if f.Ahead() || w.console.Phase != flow.Open || f.Words() != w.console.Status.Words() {
		t.Error("the realm is not open")
	}
	if k := w.console.Status.Custody; k.Drill != flow.DrillPassed || len(k.Backup.Seen) != 3 || len(k.Next.Seen) != 2 {
		t.Errorf("%+v", k)
	}
}

// drill tries what a drill does not take, and passes it.
func (w *window) drill(backup, next []string) {
	w.t.Helper()
	f := w.console.Founding
	w.types(next[0])
	if f.Problem == nil || f.Problem.What.Key != "problem.drillpurpose.what" || f.Entered() != 0 {
		w.t.Errorf("a card of the next core: %+v", f.Problem)
	}
	w.types(backup[0])
	w.types(backup[0])
	if f.Problem == nil || f.Problem.What.Key != "problem.samecard.what" || f.Entered() != 1 {
		w.t.Errorf("the same card twice: %+v", f.Problem)
	}
	w.types(backup[2])
	w.until("the drill", func() bool { return f.Step != flow.FoundingDrill || f.Problem != nil })
}

// keeps backs up, verifies a card, and has the TPM forgive wrong PINs.
func (w *window) keeps(card string, lockout, approval []byte) {
	w.t.Helper()
	b := w.console.Backup
	dir := w.t.TempDir()
	b.Write() // nowhere
	b.SetFolder(dir)
	b.Write()
	w.until("the backup", func() bool { return !b.Writing })
	if b.Problem != nil || b.Written == nil || b.Written.Size == 0 || w.console.Status.Custody.LastBackup == nil {
		w.t.Fatalf("%+v, %+v", b.Problem, b.Written)
	}
	if info, err := os.Stat(filepath.Join(dir, b.Name())); err != nil || info.Size() != b.Written.Size {
		w.t.Errorf("the backup: %v, %v", info, err)
	}
	b.Write()
	w.until("the refusal", func() bool { return !b.Writing })
	if b.Problem == nil || b.Problem.What.Key != "problem.exists.what" {
		w.t.Errorf("a second one of the same name: %+v", b.Problem)
	}
	w.pass(time.Minute)
	b.Write()
	b.Stop()
	w.until("the end", func() bool { return !b.Writing })
	if left, _ := os.ReadDir(dir); b.Done.Key != "backup.stopped" || len(left) != 1 {
		w.t.Errorf("stopped: %v, %v", b.Done, left)
	}
	b.Scan(card)
	w.until("the card", func() bool { return !b.Checking })
	if b.Task != flow.BackupCard || b.Checked == nil || b.Checked.Index != 2 || b.Checked.Seen != 3 {
		w.t.Fatalf("%+v, %+v, task %d, checking %v, whole %v, cards %v, step %d", b.Problem, b.Checked, b.Task, b.Checking, b.Entry.Whole(), w.console.Status.Custody.Backup, w.console.Founding.Step)
	}
	b.Begin(flow.BackupPlatform)
	w.until("the platform", func() bool { return b.Platform != nil })
	if b.Platform.Changed != "" || len(b.Platform.Registers) == 0 || b.Platform.Approvals != 1 {
		w.t.Errorf("%+v", b.Platform)
	}
	key := filepath.Join(w.t.TempDir(), "key.pem")
	if err := os.WriteFile(key, approval, 0o600); err != nil {
		w.t.Fatal(err)
	}
	if b.NeedsSecond() {
		w.t.Error("both who unlocked are here, and a second officer is asked for")
	}
	b.Approve(key, nil)
	w.until("the answer", func() bool { return !b.Checking })
	if b.Problem != nil || b.Done.Key != "backup.platform.done" {
		w.t.Errorf("%+v", b.Problem)
	}
	b.Begin(flow.BackupLockout)
	if b.CheckLockout("abc1").Key != "backup.lockout.letters" || b.CheckLockout("abcd").Key != "backup.lockout.short" {
		w.t.Error("what cannot be a lockout authorisation is not refused")
	}
	b.ResetLockout([]byte(strings.ToLower(string(lockout[:32]))))
	w.until("the answer", func() bool { return !b.Checking })
	if b.Problem != nil || b.Done.Key != "backup.lockout.done" {
		w.t.Errorf("%+v", b.Problem)
	}
}

// unlockAs signs officers on and gives the PIN.
func (w *window) unlockAs(names ...string) {
	w.t.Helper()
	u := w.console.Unlock
	for _, name := range names {
		u.Enter([]byte("the passphrase of " + name))
		w.until("an answer", func() bool { return !u.Busy })
	}
	u.Enter([]byte("271828"))
	w.until("the open vault", func() bool { return w.console.Unlocked() })
}

// A crash while it is planned loses nothing but passphrases.
func TestCeremonyDraft(t *testing.T) {
	w, _ := ceremonial(t)
	w.serve()
	w.start(flow.Absent)
	plan(t, w.console.Founding, "/dev/tpm-that-is-not-there")
	w.console.Founding.EnterSecret([]byte("the passphrase of Ada"))
	w.open() // as after a crash
	w.start(flow.Absent)
	f := w.console.Founding
	if f.Step != flow.FoundingSecrets || !f.Resumed || f.Officer != 0 || len(f.Plan.Officers) != 3 || f.PlannedTimes().Epoch != "14d" || f.Plan.Backup.Needed != 2 {
		t.Fatalf("step %d, plan %+v", f.Step, f.Plan)
	}
	for range 3 {
		f.EnterSecret([]byte("the passphrase of " + f.AskedName()))
	}
	f.EnterSecret([]byte("271828"))
	w.until("the missing TPM", func() bool { return f.Problem != nil })
	if f.Problem.What.Key != "problem.notpm.what" || f.Step != flow.FoundingSecrets || f.Officer != 0 {
		t.Errorf("step %d, %+v", f.Step, f.Problem)
	}
}

// TestCeremonyFile loads a ceremony file: with its mistakes, and without.
func TestCeremonyFile(t *testing.T) {
	w, papers := ceremonial(t)
	w.serve()
	w.start(flow.Absent)
	f := w.console.Founding
	file := filepath.Join(t.TempDir(), "ceremony.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Mistakes, f.Problem = nil, nil
		f.Open(file)
		w.until("the file", func() bool { return f.Problem != nil || f.Step == flow.FoundingSecrets })
	}
	write("realm = \"Fleet\"\n[vault]\nkind = \"passphrase\"\n[epochs]\nlength = \"4 weeks\"\n")
	if len(f.Mistakes) != 2 || f.Mistakes[0].Line != 1 || f.Mistakes[1].Line != 5 || f.Step != flow.FoundingRealm {
		t.Fatalf("%+v", f.Mistakes)
	}
	write("realm = \"fleet.example\"\n[vault]\nkind = \"passphrase\"\n[backup]\ncards = 2\nneeded = 1\ndrill = \"waived\"\n")
	if f.Problem != nil || f.Step != flow.FoundingSecrets || f.Custodial() {
		t.Fatalf("step %d, %+v", f.Step, f.Problem)
	}
	f.EnterSecret([]byte(secret))
	w.until("the cards", func() bool { return f.Step == flow.FoundingShares && len(f.Sheets) > 0 || f.Problem != nil })
	f.Later()
	if f.Ahead() {
		t.Error("the ceremony cannot be left")
	}
	f.Continue()
	w.until("the ceremony", f.Ahead)
	for _, card := range cardsOn(t, papers, "backup") {
		w.types(card)
	}
	if f.Step != flow.FoundingRecord || f.MustCarry() { // the drill was waived, and there is no approval key
		t.Errorf("step %d", f.Step)
	}
}

func TestCardGroups(t *testing.T) {
	var e flow.CardEntry
	for typed, key := range map[string]string{"mq1": "ceremony.group.short", "MQ1S": "", "ABCD": "ceremony.group.prefix", "mq1s ": "", "MQ1SA": "ceremony.group.long"} {
		if got := e.CheckGroup(typed).Key; got != key {
			t.Errorf("%q: %q, want %q", typed, got, key)
		}
	}
	e.Accept("mq1s")
	for typed, key := range map[string]string{"AB0": "ceremony.group.digit", "AB1": "ceremony.group.digit", "AB?D": "ceremony.group.letter", "a2c7": ""} {
		if got := e.CheckGroup(typed).Key; got != key {
			t.Errorf("%q: %q, want %q", typed, got, key)
		}
	}
	if e.Scan("MQ1SABCD") || e.Scan(strings.Repeat("A", 172)) || e.Filled() != 1 {
		t.Error("what is no card was taken for one")
	}
}

// A ceremony that is left can be ended by waiving its drill, which takes the name of the realm, typed.
func TestWaiveDrill(t *testing.T) {
	w, _ := ceremonial(t)
	w.serve()
	w.start(flow.Absent)
	f := w.console.Founding
	f.SetRealm("fleet.example")
	f.Further()
	f.SetTimes(f.PlannedTimes())
	f.SetCards([2]string{"2", "2"}, [2]string{"0", ""})
	f.EnterSecret([]byte(secret))
	w.until("the cards", func() bool { return f.Step == flow.FoundingShares && len(f.Sheets) > 0 })
	w.open() // as after a crash
	w.start(flow.Locked)
	w.console.Unlock.Enter([]byte(secret))
	f = w.console.Founding
	b := w.console.Backup
	w.until("the ceremony", func() bool { return f.Step == flow.FoundingShares && f.Resumed })
	f.Later()
	if b.Begin(flow.BackupDiscard); !b.Can(flow.BackupDiscard) || b.Task != flow.BackupDiscard {
		t.Error("a realm that was never used cannot be taken back")
	}
	b.Begin(flow.BackupWaive)
	b.Waive("another.example")
	if b.Checking || b.Task != flow.BackupWaive {
		t.Error("waived without the name of the realm")
	}
	b.Waive("fleet.example")
	w.until("the answer", func() bool { return !b.Checking })
	if b.Problem != nil || w.console.Status.Custody.Drill != flow.DrillWaived || b.Can(flow.BackupWaive) {
		t.Errorf("%+v", b.Problem)
	}
}

// A realm that was never used is taken back, and another one founded.
func TestDiscard(t *testing.T) {
	w, _ := ceremonial(t)
	w.serve()
	w.start(flow.Absent)
	c := w.console
	c.Founding.Load([]byte("realm = \"fleet.example\"\n[vault]\nkind = \"passphrase\"\n[backup]\ncards = 1\nneeded = 1\n"))
	c.Founding.EnterSecret([]byte(secret))
	w.until("the cards", func() bool { return c.Founding.Step == flow.FoundingShares && len(c.Founding.Sheets) > 0 })
	c.Founding.Later()
	c.Backup.Begin(flow.BackupDiscard)
	c.Backup.Discard("fleet.example")
	w.until("the end", func() bool { return c.Phase == flow.Absent || c.Backup.Problem != nil })
	if c.Backup.Problem != nil || c.Founding.Step != flow.FoundingRealm || c.Status.Known {
		t.Fatalf("%+v", c.Backup.Problem)
	}
	c.Founding.SetRealm("other.example")
	c.Founding.Found([]byte(secret))
	w.until("the words", func() bool { return c.Founding.Step == flow.FoundingWords })
}

// TestUsualCards: who gives the console a TPM, and presses Enter from then on, gets cards all the same.
func TestUsualCards(t *testing.T) {
	chosen := newWindow(t).console.Founding
	chosen.SetRealm("fleet.example")
	chosen.Guard(true)
	given := newWindow(t)
	given.tools.TPM = "/dev/tpmrm7"
	given.open()
	if f := given.console.Founding; !f.Custodial() || f.Plan.Vault.TPM != "/dev/tpmrm7" || f.Plan.Backup.None() || f.Plan.Backup != chosen.Plan.Backup || f.Plan.Next != chosen.Plan.Next {
		t.Errorf("%+v; after choosing it %+v", f.Plan, chosen.Plan)
	}
}
