package flow

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"marque/authority"
)

// Task is something that needs somebody.
type Task struct {
	Kind    TaskKind
	Urgency Urgency
	What    Text
	Why     Text
	Do      Text // what the button says
	open    func()
}

// TaskKind is what a task is about. Its value is part of the keys of its texts.
type TaskKind string

// The kinds.
const (
	TaskReadOnly  TaskKind = "readonly"
	TaskAlarm     TaskKind = "alarm"     // receipts showed that keys are in two hands, or that somebody else issues some
	TaskChanges   TaskKind = "changes"   // no list has them
	TaskList      TaskKind = "list"      // the newest one is old
	TaskDrill     TaskKind = "drill"     // before the first keys
	TaskApproval  TaskKind = "approval"  // by whoever is signed on here
	TaskEnding    TaskKind = "ending"    // keys
	TaskLaggards  TaskKind = "laggards"  // hold old lists
	TaskListless  TaskKind = "listless"  // hold no list
	TaskReceipts  TaskKind = "receipts"  // are missing
	TaskDepots    TaskKind = "depots"    // did not say that they have the newest list
	TaskTPM       TaskKind = "tpm"       // it is locked, or the platform is another one
	TaskDisk      TaskKind = "disk"      // little room is left
	TaskRehearse  TaskKind = "rehearse"  // the next drill comes soon
	TaskOverdue   TaskKind = "overdue"   // the drill
	TaskBackup    TaskKind = "backup"    // the last one is old
	TaskUnsaved   TaskKind = "unsaved"   // there is none
	TaskProposals TaskKind = "proposals" // somebody else has to approve
)

// Urgency is how much somebody is needed.
type Urgency int

// From more to less.
const (
	Danger Urgency = iota
	Asked          // somebody waits for it
	Warned
	Planned
)

const (
	backupEvery = 7 * 24 * time.Hour
	drillEvery  = 90 * 24 * time.Hour // a restore drill
	drillNotice = 14 * 24 * time.Hour // it is told so long before
	depotsWait  = 48 * time.Hour      // for depots to say that a list came
	leastRoom   = 2 << 30             // octets on the disk
	leastShare  = 20                  // of the disk: one in so many
)

// taskList collects tasks.
type taskList struct {
	c   *Console
	all []Task
}

// add notes a task. what and why are added to the key of its kind; args are for both texts.
func (l *taskList) add(kind TaskKind, u Urgency, to Place, variant string, args ...any) {
	l.put(kind, u, variant, func() { l.c.Open(to) }, args...)
}

// list notes a task about identities, which a filter finds.
func (l *taskList) list(kind TaskKind, f Filter, variant string, args ...any) {
	l.put(kind, Warned, variant, func() {
		l.c.Open(PlaceIdentities)
		l.c.Identities.Clear()
		l.c.Identities.SetFilter(f)
	}, args...)
}

func (l *taskList) put(kind TaskKind, u Urgency, variant string, open func(), args ...any) {
	key := "home.task." + string(kind)
	l.all = append(l.all, Task{
		Kind: kind, Urgency: u, What: Say(key, args...), Why: Say(key+".why"+variant, args...), Do: Say(key + ".do"), open: open,
	})
}

// tasks lists what needs somebody, the most urgent first.
func (h *Home) tasks(o *Outlook) []Task {
	s := h.console.Status
	if !s.Known || h.service == nil {
		return nil
	}
	l := &taskList{c: h.console}
	l.custody(s)
	l.lists(s, o)
	if o != nil {
		l.officers(s, o)
		l.fleet(o)
		l.room(o.Disk)
		l.rehearsal(s, o, h.clock())
	}
	l.backup(s, h.clock())
	if n := s.Now.Unreceived; n > 0 {
		l.list(TaskReceipts, Filter{Active: true, NoReceipt: true}, "", "Count", n)
	}
	slices.SortStableFunc(l.all, func(a, b Task) int { return cmp.Compare(a.Urgency, b.Urgency) })
	return l.all
}

// custody is about how the master secret is kept.
func (l *taskList) custody(s *Status) {
	c := &s.Custody
	if p := s.ReadOnly(); p != nil {
		l.all = append(l.all, Task{Kind: TaskReadOnly, Urgency: Danger, What: p.What, Why: p.Why, Do: Say("home.show"), open: func() { l.c.Open(PlaceBackup) }})
	}
	if n := s.Now.Alarms; n > 0 {
		l.add(TaskAlarm, Danger, PlaceAudit, "", "Count", n)
	}
	if c.Drill == DrillPending {
		l.add(TaskDrill, Warned, PlaceBackup, "")
	}
	switch {
	case c.Chip == nil:
	case c.Chip.LockedOut:
		l.add(TaskTPM, Warned, PlaceBackup, ".lockedout", "Until", c.Chip.Until)
	case c.Chip.Changed != "":
		l.add(TaskTPM, Warned, PlaceBackup, ".platform")
	}
}

// lists is about what is to be published.
func (l *taskList) lists(s *Status, o *Outlook) {
	next := int(s.Now.List.Sequence) + 1
	if n := s.Now.Unpublished; n > 0 {
		if o == nil || len(o.Unpublished) == 0 {
			l.add(TaskChanges, Danger, PlacePublish, "", "Count", n, "List", next)
		} else {
			names, variant := strings.Join(o.Unpublished, ", "), ".names"
			if n > len(o.Unpublished) {
				variant = ".more"
			}
			l.add(TaskChanges, Danger, PlacePublish, variant, "Count", n, "List", next, "Names", names)
		}
	}
	list := int(s.Now.List.Sequence)
	switch s.ListState() {
	case ListRefused:
		l.add(TaskList, Danger, PlacePublish, ".refused", "List", list, "Date", s.Now.List.HardExpiry)
	case ListStale:
		l.add(TaskList, Warned, PlacePublish, ".stale", "List", list, "Date", s.Now.List.HardExpiry)
	case ListEnding:
		l.add(TaskList, Warned, PlacePublish, ".ending", "List", list, "Date", s.Now.List.NextUpdate)
	case ListGood:
	}
	if n := s.Now.Behind; n > 0 && s.Time().Sub(s.Now.List.Issued) >= depotsWait {
		l.add(TaskDepots, Planned, PlaceDepots, "", "Count", n, "List", list)
	}
}

// officers is about proposals.
func (l *taskList) officers(s *Status, o *Outlook) {
	var yours, others []Waiting
	for _, w := range o.Waiting {
		if w.Yours {
			yours = append(yours, w)
		} else {
			others = append(others, w)
		}
	}
	put := func(kind TaskKind, u Urgency, all []Waiting) {
		if len(all) == 0 {
			return
		}
		w := all[0]
		l.add(kind, u, PlaceApprovals, "", "Count", len(all))
		l.all[len(l.all)-1].Why = Say("home.asks."+string(w.Action), "Name", w.Requester, "Number", w.Count, "Since", s.Time().Sub(w.Time).Truncate(time.Minute))
	}
	put(TaskApproval, Asked, yours)
	put(TaskProposals, Planned, others)
}

// fleet is about keys and lists of the identities.
func (l *taskList) fleet(o *Outlook) {
	if n := o.Ending.Count; n > 0 {
		l.list(TaskEnding, Filter{Active: true, Within: authority.EndingSoon}, "", "Count", n, "Date", o.Ending.First)
	}
	f := o.Fleet
	if f == nil || f.Older.Count == 0 {
		return
	}
	kind, variant := TaskLaggards, ""
	switch {
	case f.Older.List == 0:
		kind = TaskListless
	case f.Depot != "":
		variant = ".depot"
	}
	l.list(kind, Filter{Active: true, Behind: true}, variant, "Count", f.Older.Count, "List", int(f.Older.List), "Depot", f.Depot)
}

// room is about the disk of the service.
func (l *taskList) room(d Disk) {
	if d.Total > 0 && d.Free < leastRoom && d.Free < d.Total/leastShare {
		l.add(TaskDisk, Danger, PlaceBackup, "", "Free", int(d.Free/1_000_000))
	}
}

// backup is about copies of what was issued: without one, all of it is lost with the disk.
func (l *taskList) backup(s *Status, now time.Time) {
	last := s.Custody.LastBackup
	switch {
	case s.Now.Identities == 0:
	case last == nil:
		l.add(TaskUnsaved, Planned, PlaceBackup, "", "Count", int(s.Now.Identities))
	case now.Sub(last.Time) >= backupEvery:
		l.add(TaskBackup, Planned, PlaceBackup, "", "Count", int(now.Sub(last.Time)/(24*time.Hour)), "Date", last.Time)
	}
}

// rehearsal is about the next drill, where one was passed.
func (l *taskList) rehearsal(s *Status, o *Outlook, now time.Time) {
	if s.Custody.Drill != DrillPassed || o.Drilled.IsZero() {
		return
	}
	left := o.Drilled.Add(drillEvery).Sub(now)
	switch days := int(left / (24 * time.Hour)); {
	case left > drillNotice:
	case left <= 0:
		l.add(TaskOverdue, Warned, PlaceBackup, "", "Date", o.Drilled)
	default:
		l.add(TaskRehearse, Planned, PlaceBackup, "", "Count", days+1, "Date", o.Drilled)
	}
}
