package flow

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"marque/assets"
	"marque/authority"
)

// Depots have two days to say that a list came.
func TestDepotsThatAreBehind(t *testing.T) {
	now := time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC)
	c := NewConsole(Parts{Clock: func() time.Time { return now }})
	c.Home.service, c.Status.Known, c.Status.Now.Depots, c.Status.Now.Behind = nobody{}, true, 2, 1
	for age, want := range map[time.Duration]bool{time.Hour: false, 47 * time.Hour: false, 49 * time.Hour: true} {
		c.Status.Now.List = authority.List{Sequence: 7, Issued: now.Add(-age), NextUpdate: now.Add(100 * time.Hour), HardExpiry: now.Add(200 * time.Hour)}
		got := slices.ContainsFunc(c.Home.tasks(nil), func(t Task) bool { return t.Kind == TaskDepots && t.Urgency == Planned })
		if got != want {
			t.Errorf("after %v: %v", age, got)
		}
	}
}

// Every task has its texts, in every language.
func TestTasksHaveTexts(t *testing.T) {
	now := time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC)
	c := NewConsole(Parts{Clock: func() time.Time { return now }})
	h, s := c.Home, c.Status
	h.service = nobody{}
	o := &Outlook{Waiting: []Waiting{{}}, Disk: Disk{Free: 1, Total: 100 << 30}, Fleet: &Fleet{Older: Held{Count: 1}}}
	o.Ending.Count, o.Drilled = 1, now.Add(-drillEvery)
	s.Known, s.Now.Unpublished, s.Now.Unreceived, s.Now.Alarms, s.Now.Identities, s.Now.Behind = true, 4, 1, 1, 1, 1
	var tasks []Task
	collect := func() { tasks = append(tasks, h.tasks(o)...) }
	s.Custody.Chip = &Chip{LockedOut: true}
	for _, a := range []authority.Action{
		authority.ActionRevoke, authority.ActionBatch, authority.ActionUndo, authority.ActionUndoMany, authority.ActionRelease,
		authority.ActionPolicy, authority.ActionPadding, authority.ActionTrust, authority.ActionClock, authority.ActionRestore, authority.ActionOfficers, authority.ActionRecovery,
		authority.ActionRotation, authority.ActionPlatform, authority.ActionDepot, authority.ActionDepotRevoke,
	} {
		for _, yours := range []bool{true, false} {
			o.Waiting[0] = Waiting{Action: a, Yours: yours}
			collect()
		}
	}
	s.Custody = Custody{Chip: &Chip{Changed: "PCR 4"}, Drill: DrillPending, ReadOnly: Restored, LastBackup: &BackupInfo{Time: now.Add(-backupEvery)}}
	o.Unpublished, o.Fleet.Older.List = []string{"bus-1"}, 1
	collect()
	s.Custody.Drill, s.Now.Unpublished, o.Fleet.Depot = DrillPassed, 1, "Nord"
	for _, l := range []authority.List{
		{HardExpiry: now.Add(9e17), NextUpdate: now.Add(time.Hour)}, {HardExpiry: now.Add(9e17), NextUpdate: now.Add(-time.Hour)}, {},
	} {
		s.Now.List = l
		collect()
	}
	o.Drilled = now.Add(drillNotice - drillEvery)
	collect()

	kinds := map[TaskKind]bool{}
	for _, language := range assets.Languages {
		b, err := assets.Texts(language)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			kinds[task.Kind] = true
			for _, text := range []Text{task.What, task.Why, task.Do} {
				if texts[text.Key] == nil {
					t.Errorf("%s: no text %q", language, text.Key)
				}
			}
		}
	}
	const all = 18
	if len(kinds) != all {
		t.Errorf("%d kinds of tasks, want %d", len(kinds), all)
	}
}

// nobody is a service that is there, and is not asked.
type nobody struct{ Overviewer }

func TestShifts(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 10, 14, hour, 30, 0, 0, time.UTC) }
	for hour, want := range map[int]struct {
		shift Shift
		begun int
	}{0: {Night, -2}, 5: {Night, -2}, 6: {Morning, 6}, 13: {Morning, 6}, 14: {Late, 14}, 21: {Late, 14}, 22: {Night, 22}, 23: {Night, 22}} {
		shift, begun := shiftOf(at(hour))
		if shift != want.shift || !begun.Equal(at(0).Add(time.Duration(want.begun)*time.Hour-30*time.Minute)) {
			t.Errorf("at %d: %d since %v", hour, shift, begun)
		}
	}
}
