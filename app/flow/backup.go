package flow

import (
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Keeper is what [Backup] needs of the service.
type Keeper interface {
	CardReader
	Copier
	PlatformKeeper
	Forgiver
}

// CardReader verifies share cards that were typed in again. The cards stay with the caller, who clears them. Errors: [ErrCardText],
// [ErrOtherCards], [ErrCardWrong], [ErrSameCard], [ErrNoCards], [ErrDrill].
type CardReader interface {
	CheckCard(card []byte) (CardCheck, error)
	Drill(cards [][]byte) error
	WaiveDrill() error
}

// Copier writes an encrypted copy of the authority while it works. What was written before an error is no backup.
type Copier interface {
	Backup(w io.Writer) (*BackupInfo, error)
}

// PlatformKeeper says what firmware and boot loader measured, and lets the officers approve it with their key, PKCS #8 in PEM, or withdraw
// what they approved before. Error: [ErrApproval].
type PlatformKeeper interface {
	Platform() (Platform, error)
	ApprovePlatform(key []byte) error
	RetirePlatforms() error
}

// Forgiver makes the TPM forget wrong PINs. Error: [ErrLockoutAuth].
type Forgiver interface {
	ResetLockout(auth []byte) error
}

// BackupInfo is what a backup holds.
type BackupInfo struct {
	Size    int64 // octets
	Hash    [32]byte
	LogSize uint64
	List    uint32 // number of the newest list
	Time    time.Time
}

// Platform is what the TPM measured, and what the officers approved.
type Platform struct {
	Registers []PlatformRegister
	Changed   string // which registers no approval fits; empty when one does
	Approvals int
	Retired   uint64
}

// PlatformRegister is one register of the TPM.
type PlatformRegister struct {
	Index  int
	Digest []byte // 32 octets
}

// BackupTask is what is done on the screen of backups and drills, besides backing up.
type BackupTask int

// The tasks.
const (
	BackupNone     BackupTask = iota
	BackupCard                // a card is verified
	BackupDrill               // backup cards give the master secret back
	BackupWaive               // the realm does without, for ever
	BackupPlatform            // firmware and boot loader are approved
	BackupLockout             // the TPM forgets wrong PINs
	BackupDiscard             // an authority whose cards got lost before anything was issued is taken back
)

// Backup is the view-model of the screen about copies of the authority, and drills.
//
//	      ┌──problem, Stop──┐
//	      ▼                 │
//	idle ──Write──▶ Writing ──▶ idle, Written
//	  │ ▲
//	  ▼ └─Close─┐
//	 Task ──────┘
type Backup struct {
	model
	cardTaker

	console *Console
	service Service
	tools   Ceremony
	clock   func() time.Time
	stop    *atomic.Bool

	Task     BackupTask
	Folder   string // where backups go
	Writing  bool
	Octets   int64       // written so far
	Written  *BackupInfo // the one that was made just now
	Path     string      // of it
	Checked  *CardCheck  // the card that was verified just now
	Done     Text        // what was done just now
	Problem  *Problem
	Platform *Platform
	Second   *Second // who decides about the platform beside who is here
}

func newBackup(c *Console, p Parts) *Backup {
	return &Backup{model: model{loop: p.Loop}, console: c, tools: p.Ceremony, clock: p.Clock, Second: newSecond(c)}
}

func (b *Backup) suspend() {
	b.forget()
	b.clearCards()
	b.Writing = false
	b.service = nil
}

func (b *Backup) resume(s Service) {
	b.service = s
	b.console.Sticks.watch()
	b.changed()
}

func (b *Backup) reset() {
	b.suspend()
	b.Second.reset()
	b.Task, b.Written, b.Checked, b.Done, b.Problem, b.Platform = BackupNone, nil, nil, Text{}, nil, nil
	b.changed()
}

// Name is the file name of a backup that is made now.
func (b *Backup) Name() string {
	return b.console.Status.Now.Realm + "-" + b.clock().UTC().Format("20060102-1504") + ".mqb"
}

// Places returns the folders of the drives that can be written to.
func (b *Backup) Places() (all []string) {
	for _, d := range b.console.Sticks.Found {
		if d.Ready() {
			all = append(all, d.Mount)
		}
	}
	return all
}

// SetFolder chooses where backups go.
func (b *Backup) SetFolder(path string) {
	if !b.Writing {
		b.Folder = strings.TrimSpace(path)
	}
}

// CheckFolder says why no backup can be written there.
func (b *Backup) CheckFolder() Text {
	switch {
	case b.Folder == "":
		return Say("backup.folder.empty")
	case !filepath.IsAbs(b.Folder):
		return Say("backup.folder.absolute")
	}
	return Text{}
}

// Write writes a backup into the folder.
func (b *Backup) Write() {
	if b.Writing || b.service == nil || b.tools.Archive == nil || !b.CheckFolder().IsZero() {
		return
	}
	b.Writing, b.Octets, b.Written, b.Problem, b.Done = true, 0, nil, nil, Text{}
	b.stop = new(atomic.Bool)
	b.Path = filepath.Join(b.Folder, b.Name())
	service, archive, path, stop := b.service, b.tools.Archive, b.Path, b.stop
	meter := &meter{stop: stop, report: func(n int64) {
		b.loop.Post(func() {
			if b.Writing && b.stop == stop {
				b.Octets = n
				b.changed()
			}
		})
	}}
	background(&b.model, func() (State, error) {
		var info *BackupInfo
		err := archive(path, func(w io.Writer) (hash [32]byte, err error) {
			meter.to = w
			if info, err = service.Backup(meter); err != nil {
				return hash, cmp.Or(meter.err, err) // what the medium said, rather than that the service was cut off by it
			}
			return info.Hash, nil
		})
		if err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) {
		b.Writing = false
		switch {
		case errors.Is(err, errStopped):
			b.Done = Say("backup.stopped")
		case err != nil:
			b.Problem = explain(err, "backup.failed")
		default:
			b.console.Status.take(now)
			b.console.Status.changed()
			b.Written = now.Custody.LastBackup
		}
		b.changed()
	})
	b.changed()
}

// Stop ends a backup that is being written; what was written of it is removed.
func (b *Backup) Stop() {
	if b.Writing {
		b.stop.Store(true)
	}
}

// meter counts what goes through it, and stops when it is told to.
type meter struct {
	to     io.Writer
	stop   *atomic.Bool
	report func(n int64)
	n, at  int64
	err    error // why it takes no more
}

// reportEvery is how many octets are written between two reports.
const reportEvery = 1 << 20

// Write implements io.Writer.
func (m *meter) Write(p []byte) (int, error) {
	if m.stop.Load() {
		m.err = errStopped
		return 0, m.err
	}
	n, err := m.to.Write(p)
	m.err = err
	if m.n += int64(n); m.n-m.at >= reportEvery {
		m.at = m.n
		m.report(m.n)
	}
	return n, err //nolint:wrapcheck // the caller's writer
}

// Begin opens a task.
func (b *Backup) Begin(t BackupTask) {
	if b.Writing || b.Checking || b.service == nil || b.Task == t || !b.Can(t) {
		return
	}
	b.clearCards()
	b.Task, b.Problem, b.Checked, b.Done = t, nil, nil, Text{}
	if t == BackupPlatform {
		background(&b.model, b.service.Platform, func(p Platform, err error) {
			if b.Problem = explain(err, "backup.platform.failed"); err == nil {
				b.Platform = &p
			}
			b.changed()
		})
	}
	b.changed()
}

// Can reports whether there is something for a task to be done with.
func (b *Backup) Can(t BackupTask) bool {
	k := &b.console.Status.Custody
	switch t {
	case BackupCard:
		return k.Backup.Total+k.Next.Total > 0
	case BackupDrill:
		return k.Backup.Total > 0
	case BackupWaive, BackupDiscard:
		return k.Drill == DrillPending
	case BackupPlatform, BackupLockout:
		return k.TPM
	case BackupNone:
	}
	return false
}

// Close leaves a task. Cards that were entered are forgotten.
func (b *Backup) Close() {
	if !b.Checking {
		b.clearCards()
		b.Task, b.Problem = BackupNone, nil
		b.changed()
	}
}

// Taking reports whether cards are typed now.
func (b *Backup) Taking() bool {
	return !b.Checking && b.service != nil && (b.Task == BackupCard || b.Task == BackupDrill)
}

// Group takes the present group of the card that is typed, and verifies the card after its last.
func (b *Backup) Group(typed string) { takeGroup(b, &b.model, typed) }

// Scan takes a whole card from the code on its paper; outside of a task it begins that of verifying.
func (b *Backup) Scan(code string) {
	if b.Task == BackupNone {
		b.Begin(BackupCard)
	}
	if b.Taking() {
		b.Problem = scanCard(b, code)
		b.changed()
	}
}

// GroupBack shows the group before, to be compared and typed over.
func (b *Backup) GroupBack() { b.Entry.Back(); b.changed() }

// GroupOn shows the group after.
func (b *Backup) GroupOn() { b.Entry.On(); b.changed() }

// Check verifies the card that was typed.
func (b *Backup) Check() {
	b.Problem, b.Checked, b.Done = nil, nil, Text{}
	b.verify(&b.model, b.service, b.checked)
}

func (b *Backup) checked(c checked, err error) {
	if err != nil {
		b.Problem = explain(err, "ceremony.card.failed")
		b.changed()
		return
	}
	b.console.Status.take(c.state)
	if b.Task == BackupCard {
		clear(c.card)
		b.Checked = &c.CardCheck
		b.changed()
		return
	}
	b.Problem = b.admit(c)
	if b.Entered() < b.console.Status.Custody.Backup.Needed {
		b.changed()
		return
	}
	b.rehearseWith(&b.model, b.service, b.finished("ceremony.drill.failed", "backup.drill.done"))
}

// finished ends a task: with what was done, or why not.
func (b *Backup) finished(failed, done string) func(State, error) {
	return func(now State, err error) {
		b.Checking = false
		if err != nil {
			b.Problem = explain(err, failed)
			b.changed()
			return
		}
		b.Task, b.Done = BackupNone, Say(done)
		b.console.Status.take(now)
		b.console.Status.changed()
		b.changed()
	}
}

// run does something at the service that ends a task, beside a second officer if their passphrase is given. It is cleared.
func (b *Backup) run(failed, done string, passphrase []byte, work func(s Service) error) {
	if b.Checking || b.service == nil {
		clear(passphrase)
		return
	}
	b.Checking, b.Problem = true, nil
	beside(&b.model, b.Second, passphrase, func(service Service) (State, error) {
		if err := work(service); err != nil {
			return State{}, err
		}
		return service.State()
	}, b.finished(failed, done))
	b.changed()
}

// platformDeciders is how many security officers decide about the platform.
const platformDeciders = 2

// NeedsSecond reports whether a second officer has to decide about the platform here.
func (b *Backup) NeedsSecond() bool {
	return b.Task == BackupPlatform && b.Second.Exists() && !b.Second.Enough(platformDeciders)
}

// Waive puts into the log that the realm does without a drill, for ever. realm is its name, typed.
func (b *Backup) Waive(realm string) {
	if b.Task == BackupWaive && strings.TrimSpace(realm) == b.console.Status.Now.Realm {
		b.run("backup.waive.failed", "backup.waive.done", nil, func(s Service) error { return s.WaiveDrill() })
	}
}

// Discard takes back an authority that issued nothing, such as one whose papers were not written. realm is its name, typed.
func (b *Backup) Discard(realm string) {
	if b.Task != BackupDiscard || b.Checking || b.service == nil || strings.TrimSpace(realm) != b.console.Status.Now.Realm {
		return
	}
	b.Checking, b.Problem = true, nil
	service := b.service
	background(&b.model, func() (State, error) {
		if err := service.Discard(); err != nil {
			return State{}, err
		}
		return service.State()
	}, func(now State, err error) {
		b.Checking = false
		if err != nil {
			b.Problem = explain(err, "backup.discard.failed")
			b.changed()
			return
		}
		b.console.discarded(now)
	})
	b.changed()
}

// maxApprovalKey is the longest file of an approval key that is read, in octets.
const maxApprovalKey = 4096

// Approve approves the platform that runs, with the key in a file, together with the second officer, if they typed their passphrase.
func (b *Backup) Approve(file string, passphrase []byte) {
	if b.Task != BackupPlatform || b.tools.Read == nil {
		clear(passphrase)
		return
	}
	read := b.tools.Read
	b.run("backup.platform.failed", "backup.platform.done", passphrase, func(s Service) error {
		key, err := read(strings.TrimSpace(file), maxApprovalKey)
		if err != nil {
			return err
		}
		defer clear(key)
		return s.ApprovePlatform(key)
	})
}

// Retire withdraws all approvals but that of the platform that runs.
func (b *Backup) Retire(passphrase []byte) {
	if b.Task != BackupPlatform || b.Platform == nil || b.Platform.Changed != "" {
		clear(passphrase)
		return
	}
	b.run("backup.retire.failed", "backup.retire.done", passphrase, func(s Service) error { return s.RetirePlatforms() })
}

// lockoutSize is the length of a lockout authorisation, in letters and digits.
const lockoutSize = 32

// CheckLockout says why what was typed cannot be a lockout authorisation: a wrong one costs a day.
func (b *Backup) CheckLockout(typed string) Text {
	switch n := len(plainGroup(typed)); {
	case strings.ContainsFunc(plainGroup(typed), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') }):
		return Say("backup.lockout.letters")
	case n < lockoutSize:
		return Say("backup.lockout.short", "Count", lockoutSize-n)
	case n > lockoutSize:
		return Say("backup.lockout.long", "Most", lockoutSize)
	}
	return Text{}
}

// ResetLockout makes the TPM forget wrong PINs. What was typed is cleared.
func (b *Backup) ResetLockout(typed []byte) {
	if b.Task != BackupLockout || !b.CheckLockout(string(typed)).IsZero() {
		clear(typed)
		return
	}
	auth := []byte(plainGroup(string(typed)))
	clear(typed)
	b.run("backup.lockout.failed", "backup.lockout.done", nil, func(s Service) error {
		defer clear(auth)
		return s.ResetLockout(auth)
	})
}

// RestoreCommand is the command that puts a backup back.
func (b *Backup) RestoreCommand() string {
	return "marque authority restore --dir FOLDER --backup FILE"
}
