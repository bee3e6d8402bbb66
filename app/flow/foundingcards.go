package flow

import (
	"errors"
	"slices"
)

// joinLost says that the papers, and with them the cards, are lost, whether the authority could be taken back or not.
func joinLost(err, discarded error) error {
	return errors.Join(ErrPapersLost, err, discarded)
}

// resume goes on with the ceremony of an authority that exists, after its founding and after every unlocking.
func (f *Founding) resume() {
	f.clearCards()
	f.console.Sticks.watch()
	sheets := func() ([]Sheet, error) { return nil, nil }
	if f.tools.Papers != nil {
		sheets = f.tools.Papers.Sheets
	}
	background(&f.model, sheets, func(sheets []Sheet, err error) {
		f.Sheets = sheets
		if err != nil {
			f.Problem = explain(err, "founding.failed")
		}
		if len(sheets) > 0 || f.Ahead() {
			f.continues()
		}
		f.changed()
	})
}

// continues shows the first step that is not done.
func (f *Founding) continues() {
	k := &f.console.Status.Custody
	if !f.Ahead() {
		f.Resumed = true
		f.note("ceremony.note.resumed")
	}
	f.made = State{Authority: f.console.Status.Now, Custody: *k}
	switch {
	case slices.ContainsFunc(f.Cards(), func(c Card) bool { return !c.Seen }):
		f.Step = FoundingShares
		f.choose()
	case k.Drill == DrillPending:
		f.Step = FoundingDrill
	case len(f.Sheets) > 0:
		f.Step = FoundingRecord
	default:
		f.Step = FoundingWords
	}
}

// Later leaves the ceremony for the screens: it goes on after the next unlocking, or from the screen of backups and drills.
func (f *Founding) Later() {
	if !f.Ahead() || f.Checking {
		return
	}
	f.clearCards()
	f.Step = FoundingRealm
	f.console.changed()
	f.changed()
}

// Continue goes on with a ceremony that was left.
func (f *Founding) Continue() {
	if !f.Ahead() && f.console.Unlocked() {
		f.resume()
	}
}

// suspend forgets the cards that are typed: the vault was locked, or the service is gone.
func (f *Founding) suspend() {
	f.clearCards()
	f.secrets.Clear()
	if f.Ahead() {
		f.forget()
	}
}

// Cards returns all share cards of the realm.
func (f *Founding) Cards() []Card { return cardsIn(&f.console.Status.Custody) }

func cardsIn(k *Custody) (all []Card) {
	for purpose, set := range []Cards{k.Backup, k.Next} {
		for i := range set.Total {
			all = append(all, Card{Purpose: CardPurpose(purpose), Index: i + 1, Total: set.Total, Seen: slices.Contains(set.Seen, i+1)})
		}
	}
	return all
}

// choose asks for the first card that was not typed in again yet.
func (f *Founding) choose() {
	f.Chosen = Card{}
	for _, c := range f.Cards() {
		if !c.Seen {
			f.Chosen = c
			return
		}
	}
}

// Choose asks for another card, by steps through those that were not typed in yet.
func (f *Founding) Choose(by int) {
	if f.Step != FoundingShares || f.Checking || !f.Entry.Empty() {
		return
	}
	open := slices.DeleteFunc(f.Cards(), func(c Card) bool { return c.Seen })
	if i := slices.Index(open, f.Chosen); len(open) > 0 {
		f.Chosen = open[((i+by)%len(open)+len(open))%len(open)]
		f.changed()
	}
}

// Unseen counts the cards that were not typed in again yet.
func (f *Founding) Unseen() (n int) {
	for _, c := range f.Cards() {
		if !c.Seen {
			n++
		}
	}
	return n
}

// Taking reports whether cards are typed now.
func (f *Founding) Taking() bool {
	return !f.Checking && (f.Step == FoundingShares || f.Step == FoundingDrill)
}

// Group takes the present group of the card that is typed, and verifies the card after its last.
func (f *Founding) Group(typed string) { takeGroup(f, &f.model, typed) }

// Scan takes a whole card from the code on its paper.
func (f *Founding) Scan(code string) {
	if f.Taking() {
		f.Problem = scanCard(f, code)
		f.changed()
	}
}

// GroupBack shows the group before, to be compared and typed over.
func (f *Founding) GroupBack() { f.Entry.Back(); f.changed() }

// GroupOn shows the group after.
func (f *Founding) GroupOn() { f.Entry.On(); f.changed() }

// Check verifies the card that was typed.
func (f *Founding) Check() {
	f.Problem = nil
	f.verify(&f.model, f.console.service, f.checked)
}

func (f *Founding) checked(c checked, err error) {
	if err != nil {
		f.Problem = explain(err, "ceremony.card.failed")
		f.changed()
		return
	}
	f.console.Status.take(c.state)
	f.note("ceremony.note.card", "Index", c.Index, "Purpose", int(c.Purpose))
	if f.Step == FoundingShares {
		clear(c.card)
		f.choose()
		if f.Unseen() == 0 {
			f.continues()
		}
		f.changed()
		return
	}
	f.rehearse(c)
}

// rehearse takes a card for the drill, and makes the drill with the last one.
func (f *Founding) rehearse(c checked) {
	f.Problem = f.admit(c)
	if len(f.entered) < f.console.Status.Custody.Backup.Needed {
		f.changed()
		return
	}
	f.rehearseWith(&f.model, f.console.service, func(now State, err error) {
		if err != nil {
			f.Problem = explain(err, "ceremony.drill.failed")
			f.changed()
			return
		}
		f.console.Status.take(now)
		f.console.Status.changed()
		f.note("ceremony.note.drill")
		f.continues()
		f.changed()
	})
}

// SheetOf returns the page of a card, nil when it is not on this computer any more.
func (f *Founding) SheetOf(c Card) *Sheet {
	kind := SheetBackup
	if c.Purpose == CardNext {
		kind = SheetNext
	}
	return f.sheet(kind, c.Index)
}

func (f *Founding) sheet(kind SheetKind, index int) *Sheet {
	for i := range f.Sheets {
		if f.Sheets[i].Kind == kind && f.Sheets[i].Index == index {
			return &f.Sheets[i]
		}
	}
	return nil
}

// Print sends a page to the printer.
func (f *Founding) Print(s *Sheet) {
	if s == nil || f.tools.Print == nil || !f.Ahead() || f.Checking {
		return
	}
	f.Problem = nil
	printing, path, kind, index := f.tools.Print, s.Path, s.Kind, s.Index
	background(&f.model, func() (struct{}, error) { return struct{}{}, printing(path) }, func(_ struct{}, err error) {
		if err != nil {
			f.Problem = explain(err, "ceremony.print.failed")
		} else {
			f.note("ceremony.note.printed", "Index", index, "Kind", int(kind))
		}
		f.changed()
	})
	f.changed()
}

// MustCarry reports whether files are still to be copied to a stick: the approval key is the officers' and must not stay.
func (f *Founding) MustCarry() bool { return f.sheet(SheetApprovalKey, 0) != nil && f.Carried == "" }

// Carry copies what is no paper to a folder: approval key, core and record.
func (f *Founding) Carry(folder string) {
	if f.Step != FoundingRecord || f.tools.Carry == nil || f.Checking {
		return
	}
	f.Checking, f.Problem = true, nil
	carry := f.tools.Carry
	background(&f.model, func() (struct{}, error) { return struct{}{}, carry(folder) }, func(_ struct{}, err error) {
		f.Checking = false
		if err != nil {
			f.Problem = explain(err, "ceremony.carry.failed")
		} else {
			f.Carried = folder
			f.note("ceremony.note.carried")
		}
		f.changed()
	})
	f.changed()
}

// Finish goes on from the record, whose papers are erased then, and from the words, to the authority.
func (f *Founding) Finish() {
	switch {
	case f.Step == FoundingWords:
		f.Step = FoundingRealm
		f.Plan, f.Notes, f.Resumed, f.Carried = *Evaluation(""), nil, false, ""
		f.console.changed()
		f.changed()
	case f.Step == FoundingRecord && !f.MustCarry() && !f.Checking:
		f.Checking, f.Problem = true, nil
		papers := f.tools.Papers
		background(&f.model, func() (struct{}, error) { return struct{}{}, papers.Clear() }, func(_ struct{}, err error) {
			f.Checking = false
			if err != nil {
				f.Problem = explain(err, "ceremony.clear.failed")
			} else {
				f.Sheets, f.Step = nil, FoundingWords
			}
			f.changed()
		})
		f.changed()
	}
}
