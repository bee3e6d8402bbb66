package flow

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// Revoker is what [Revoke] needs of the service. Revoke, Undo and Release report whether it was done, or waits for other officers.
type Revoker interface {
	Impact(of []wire.Address) (*authority.Impact, error)
	Arrivals() (*authority.Arrivals, error) // nil while the service still counts
	Undoable() ([]authority.Identity, error)
	Revoke(addresses []wire.Address, reason wire.Reason, since time.Time) (done bool, err error)
	Undo(addresses []wire.Address) (done bool, err error)
	Release(addresses []wire.Address) (done bool, err error)
}

// RevokeStep is where revoking stands.
type RevokeStep int

// The steps.
const (
	RevokeEmpty  RevokeStep = iota // nobody was chosen; what no list has yet is shown
	RevokeChosen                   // who, why, and since when
	RevokeUndo                     // whose revocation is to be taken back, or whose suspension ends
	RevokeBusy
	RevokeDone // it was done, or waits for other officers
)

// Reasons are those that are offered, the gravest first.
var Reasons = []wire.Reason{
	wire.ReasonKeyCompromise, wire.ReasonStolen, wire.ReasonLost, wire.ReasonOutOfService, wire.ReasonPrivilegeWithdrawn,
	wire.ReasonSuperseded, wire.ReasonSuspended, wire.ReasonUnspecified,
}

// Revoke is the view-model of the screen about withdrawing or suspending identities, about taking that back, and about releasing.
//
//	          ┌──Take, Add──▶ chosen ──Commit, Ask──┐           ┌──▶ done ──Leave──┐
//	empty ────┤                 ▲                   ├──▶ busy ──┤                  ▼
//	  ▲       └──TakeBack────▶ undo ──Commit, Ask───┘           └─problem─▶       empty
//	  └──Leave, or the last one removed──┘
type Revoke struct {
	model
	looking model // at what it does, at arrivals, and at what no list has
	finding model
	console *Console
	clock   func() time.Time
	service Service
	undoing bool // while busy and done

	Step      RevokeStep
	Releasing bool // with RevokeUndo: who is suspended is released
	Second    *Second
	Items     []authority.Identity // who was chosen; not to be changed
	Reason    wire.Reason          // zero for none yet
	Since     string               // as typed; empty for now
	FromDate  bool                 // a date is asked for
	Typed     string               // how many, as typed
	Problem   *Problem
	Note      Text                 // what came of the last one that was looked for
	Matches   []authority.Identity // several have what was looked for; not to be changed
	Impact    *authority.Impact    // nil before it is known
	Arrivals  *authority.Arrivals  // nil before they are known
	Undoable  []authority.Identity // revoked, and on no list yet; not to be changed
	Result    *Revocation          // while done
}

// Revocation is what came of it.
type Revocation struct {
	Undone    bool // it was a taking back
	Released  bool // it was a release
	Suspended bool // it was a suspension
	Count     int
	Names     []string // of some
	Waits     bool     // for other officers
	List      int      // the list that tells of it
}

// Identity is who is revoked, or was.
type Identity = authority.Identity

// maxMatches is how many are shown of those that have what was looked for.
const maxMatches = 8

func newRevoke(c *Console, p Parts) *Revoke {
	r := &Revoke{
		model: model{loop: p.Loop}, looking: model{loop: p.Loop}, finding: model{loop: p.Loop},
		console: c, clock: p.Clock, Second: newSecond(c),
	}
	size := uint64(0)
	c.Status.OnChange(func() {
		if s := c.Status; s.Known && s.Now.LogSize != size {
			size = s.Now.LogSize
			r.look()
		}
	})
	return r
}

func (r *Revoke) suspend() {
	r.forget()
	r.looking.forget()
	r.finding.forget()
	r.service = nil
	if r.Step == RevokeBusy { // nobody knows whether it was done; the service says so when it is looked at again
		r.Step = r.before()
	}
}

func (r *Revoke) resume(s Service) {
	r.service = s
	r.look()
	r.changed()
}

func (r *Revoke) reset() {
	r.suspend()
	r.clear()
	r.Undoable, r.Arrivals = nil, nil
	r.Second.reset()
	r.changed()
}

func (r *Revoke) clear() {
	r.finding.forget()
	r.Step, r.Items, r.Reason, r.Since, r.FromDate, r.Typed = RevokeEmpty, nil, 0, "", false, ""
	r.Releasing = false
	r.Problem, r.Note, r.Matches, r.Impact, r.Result = nil, Text{}, nil, nil, nil
	r.Second.Wrong = false
}

// before is the step that busy was entered from.
func (r *Revoke) before() RevokeStep {
	if r.undoing {
		return RevokeUndo
	}
	return RevokeChosen
}

// Refresh reads again what is shown.
func (r *Revoke) Refresh() { r.look() }

// look finds out what revoking those chosen does, how fast lists arrive, and what no list has yet.
func (r *Revoke) look() {
	if r.service == nil || r.Step == RevokeBusy {
		return
	}
	type looked struct {
		impact   *authority.Impact
		arrivals *authority.Arrivals
		undoable []authority.Identity
	}
	service, of := r.service, []wire.Address(nil)
	if r.Step == RevokeChosen {
		of = r.addresses()
	}
	background(&r.looking, func() (l looked, err error) {
		if l.undoable, err = service.Undoable(); err != nil {
			return l, err
		}
		if len(of) > 0 {
			if l.impact, err = service.Impact(of); err != nil {
				return l, err
			}
		}
		l.arrivals, err = service.Arrivals()
		return l, err
	}, func(l looked, err error) {
		if err != nil {
			if !cutOff(err) && r.Step != RevokeEmpty && r.Problem == nil {
				r.Problem = explain(err, "revoke.look.failed")
			}
		} else {
			r.Impact, r.Undoable = l.impact, l.undoable
			if l.arrivals != nil {
				r.Arrivals = l.arrivals
			}
		}
		r.changed()
	})
}

func (r *Revoke) addresses() []wire.Address {
	all := make([]wire.Address, len(r.Items))
	for i := range r.Items {
		all[i] = r.Items[i].Address
	}
	return all
}

// Take begins anew with these identities, which somebody marked elsewhere.
func (r *Revoke) Take(addresses []wire.Address) {
	if r.Step == RevokeBusy || r.service == nil || len(addresses) == 0 {
		return
	}
	r.clear()
	r.add(addresses[:min(len(addresses), authority.MaxBatch)])
	if len(addresses) > authority.MaxBatch {
		r.Note = Say("revoke.toomany", "Count", authority.MaxBatch)
	}
}

// add looks identities up and chooses them.
func (r *Revoke) add(addresses []wire.Address) {
	service := r.service
	background(&r.finding, func() (ids []authority.Identity, err error) {
		for _, address := range addresses {
			h, err := service.History(address)
			if err != nil {
				return nil, err
			}
			ids = append(ids, h.Identity)
		}
		return ids, nil
	}, func(ids []authority.Identity, err error) {
		if r.Problem = explain(err, "revoke.find.failed"); err == nil {
			r.choose(ids...)
		}
		r.changed()
	})
	r.changed()
}

// Add chooses one more: by its address, its name, or a receipt of its device. Where several have such a name, they are offered.
func (r *Revoke) Add(typed string) {
	typed = strings.TrimSpace(typed)
	if r.Step == RevokeBusy || r.service == nil || typed == "" {
		return
	}
	if r.Step == RevokeDone || r.Step == RevokeUndo {
		r.clear()
	}
	r.Note, r.Matches, r.Problem = Text{}, nil, nil
	if b, err := wire.ParseReceiptText(typed); err == nil {
		receipt, err := wire.ParseReceipt(b)
		if err != nil {
			r.Note = Say("revoke.foreign")
			r.changed()
			return
		}
		typed = receipt.Address.String()
	}
	if len(typed) > authority.MaxQuery {
		r.Note = Say("revoke.foreign")
		r.changed()
		return
	}
	service := r.service
	background(&r.finding, func() (*authority.Results, error) {
		found, err := service.Search(authority.Query{Text: typed, Standings: revocable, Count: maxMatches})
		if err != nil || found.Matches > 0 {
			return found, err
		}
		return service.Search(authority.Query{Text: typed, Count: 1}) // it may be revoked, or have no keys any more
	}, func(found *authority.Results, err error) {
		if r.Problem = explain(err, "revoke.find.failed"); err == nil {
			r.found(typed, found)
		}
		r.changed()
	})
	r.changed()
}

// revocable is how those stand who can be revoked.
var revocable = []authority.Standing{authority.StandingActive, authority.StandingSuspended}

// Refuse says why a scan brought nothing.
func (r *Revoke) Refuse(why error) {
	r.Problem = explain(why, "revoke.find.failed")
	r.changed()
}

// found chooses what was looked for, if there is one such: a name as it stands counts more than a part of one.
func (r *Revoke) found(typed string, found *authority.Results) {
	var exact, all []authority.Identity
	for _, row := range found.Rows {
		if row.Revoked != nil && !row.Revoked.Suspended() {
			continue
		}
		all = append(all, row.Identity)
		if row.Address.String() == typed || strings.EqualFold(row.Address.Name(), typed) {
			exact = append(exact, row.Identity)
		}
	}
	switch {
	case len(exact) == 1:
		r.choose(exact[0])
	case found.Matches == 1 && len(all) == 1:
		r.choose(all[0])
	case len(all) > 0:
		r.Matches = all
		r.Note = Say("revoke.several", "Count", found.Matches, "Typed", typed)
	case len(found.Rows) > 0:
		r.Note = Say("revoke.already", "Name", found.Rows[0].Address.Name())
	default:
		r.Note = Say("revoke.nobody", "Typed", typed)
	}
}

// Pick chooses one of Matches.
func (r *Revoke) Pick(i int) {
	if i < 0 || i >= len(r.Matches) || r.Step == RevokeBusy {
		return
	}
	id := r.Matches[i]
	r.Matches, r.Note = nil, Text{}
	r.choose(id)
	r.changed()
}

func (r *Revoke) choose(ids ...authority.Identity) {
	added := 0
	for _, id := range ids {
		same := func(o authority.Identity) bool { return o.Address == id.Address }
		switch {
		case id.Revoked != nil && !id.Revoked.Suspended():
			r.Note = Say("revoke.already", "Name", id.Address.Name())
		case slices.ContainsFunc(r.Items, same):
			r.Note = Say("revoke.twice", "Name", id.Address.Name())
		case len(r.Items) >= authority.MaxBatch:
			r.Note = Say("revoke.toomany", "Count", authority.MaxBatch)
		default:
			r.Items = append(r.Items, id)
			added++
		}
	}
	if len(r.Items) == 0 {
		return
	}
	r.Step = RevokeChosen
	if added > 0 {
		r.Typed, r.Impact = "", nil
	}
	r.look()
}

// Remove takes the last one that was chosen away again.
func (r *Revoke) Remove(i int) {
	if r.Step != RevokeChosen && r.Step != RevokeUndo || i < 0 || i >= len(r.Items) {
		return
	}
	r.Items = slices.Delete(slices.Clone(r.Items), i, i+1)
	r.Typed, r.Impact, r.Note = "", nil, Text{}
	if len(r.Items) == 0 {
		r.clear()
	}
	r.look()
	r.changed()
}

// TakeBack begins with taking revocations back that no list has yet.
func (r *Revoke) TakeBack(ids ...authority.Identity) {
	if r.Step == RevokeBusy || r.service == nil || len(ids) == 0 {
		return
	}
	r.clear()
	r.Step, r.Items = RevokeUndo, ids[:min(len(ids), authority.MaxBatch)]
	r.changed()
}

// Release begins with ending suspensions.
func (r *Revoke) Release(ids ...authority.Identity) {
	r.TakeBack(ids...)
	if r.Step == RevokeUndo {
		r.Releasing = true
		r.changed()
	}
}

// Back goes on with what else no list has yet, or begins with all of it.
func (r *Revoke) Back() {
	if len(r.Undoable) > 0 {
		r.TakeBack(r.Undoable...)
	}
}

// SetReason says why.
func (r *Revoke) SetReason(reason wire.Reason) {
	if r.Step == RevokeChosen {
		r.Reason = reason
		r.changed()
	}
}

// Suspending reports whether what was chosen is a suspension.
func (r *Revoke) Suspending() bool { return r.Reason == wire.ReasonSuspended }

// MoveReason chooses the reason that is so many further down.
func (r *Revoke) MoveReason(by int) {
	at := slices.Index(Reasons, r.Reason)
	if at < 0 && by < 0 {
		at = 0
	}
	r.SetReason(Reasons[((at+by)%len(Reasons)+len(Reasons))%len(Reasons)])
}

// SetFromDate asks for a date since when messages must not be believed, or says that it is from now.
func (r *Revoke) SetFromDate(on bool) {
	if r.Step == RevokeChosen {
		r.FromDate = on
		r.changed()
	}
}

// dateForms are how a date is typed.
var dateForms = []string{"2006-01-02 15:04", "2006-01-02", "2.1.2006 15:04", "2.1.2006"}

// Effective returns since when messages must not be believed; zero for now. ok says whether what was typed is a time that has come.
func (r *Revoke) Effective() (since time.Time, ok bool) {
	if !r.FromDate {
		return time.Time{}, true
	}
	now := r.clock()
	for _, form := range dateForms {
		t, err := time.ParseInLocation(form, strings.TrimSpace(r.Since), now.Location())
		if err == nil {
			return t, !t.After(now)
		}
	}
	return time.Time{}, false
}

// Counts reports whether the number has to be typed, and whether it was.
func (r *Revoke) Counts() (needed, right bool) {
	if r.Step != RevokeChosen || len(r.Items) < 2 {
		return false, true
	}
	n, err := strconv.Atoi(strings.TrimSpace(r.Typed))
	return true, err == nil && n == len(r.Items)
}

// Needs reports whether another officer's passphrase is asked for, and whether it can be left out, because who is here suffices.
func (r *Revoke) Needs() (second, optional bool) {
	if !r.Second.Exists() || r.Second.Index() < 0 {
		return false, true
	}
	if r.Step == RevokeUndo || r.undoing && r.Step == RevokeBusy {
		return true, !r.Releasing // one who revoked alone takes it back alone
	}
	return len(r.Items) > 1 && (r.Impact == nil || r.Impact.Needed > 1), false
}

// WhyNot says why it cannot be done yet; zero when it can. secret says whether a passphrase was typed.
func (r *Revoke) WhyNot(secret bool) Text {
	needed, optional := r.Needs()
	if needed && !optional && !secret {
		if why := r.missing(); !why.IsZero() {
			return why
		}
		return Say("revoke.why.second")
	}
	return r.missing()
}

// missing says what else than a passphrase is missing.
func (r *Revoke) missing() Text {
	if r.Step == RevokeUndo {
		return Text{}
	}
	if r.Reason == 0 {
		return Say("revoke.why.reason")
	}
	if _, ok := r.Effective(); !ok {
		return Say("revoke.why.date")
	}
	if needed, right := r.Counts(); needed && !right {
		return Say("revoke.why.count")
	}
	return Text{}
}

// CanCommit reports whether it can be done now.
func (r *Revoke) CanCommit(secret bool) bool {
	return (r.Step == RevokeChosen || r.Step == RevokeUndo) && r.service != nil && r.console.Phase == Open && len(r.Items) > 0 && r.WhyNot(secret).IsZero()
}

// CanAsk reports whether it can be put to the other officers, who are not here.
func (r *Revoke) CanAsk() bool {
	needed, optional := r.Needs()
	return (r.Step == RevokeChosen || r.Step == RevokeUndo && r.Releasing) && r.service != nil && r.console.Phase == Open && needed && !optional && r.missing().IsZero() &&
		!r.Second.Enough(r.needed())
}

// Commit revokes, or takes back, with the passphrase of the second officer, which is cleared; nil where it takes none.
func (r *Revoke) Commit(passphrase []byte) {
	if !r.CanCommit(len(passphrase) > 0) {
		clear(passphrase)
		return
	}
	r.run(passphrase)
}

// Ask puts it to the other officers: it waits in Approvals.
func (r *Revoke) Ask() {
	if r.CanAsk() {
		r.run(nil)
	}
}

func (r *Revoke) run(passphrase []byte) {
	r.undoing = r.Step == RevokeUndo
	r.finding.forget() // who is found later was not shown, and not counted
	r.Step, r.Problem, r.Note, r.Matches = RevokeBusy, nil, Text{}, nil
	of, reason, undo, releasing := r.addresses(), r.Reason, r.undoing, r.Releasing
	since, _ := r.Effective()
	beside(&r.model, r.Second, passphrase, func(s Service) (bool, error) {
		switch {
		case releasing:
			return s.Release(of)
		case undo:
			return s.Undo(of)
		}
		return s.Revoke(of, reason, since)
	}, r.ran)
	r.changed()
}

func (r *Revoke) ran(done bool, err error) {
	r.Step = r.before()
	if err != nil {
		key := "revoke.failed"
		switch {
		case r.Releasing:
			key = "revoke.release.failed"
		case r.undoing:
			key = "revoke.undo.failed"
		}
		r.Problem = explain(err, key)
		if errors.Is(err, ErrOfficerPassphrase) {
			r.Problem = nil // the field says so
		}
		r.look()
		r.changed()
		return
	}
	result := &Revocation{
		Undone: r.undoing && !r.Releasing, Released: r.Releasing, Suspended: !r.undoing && r.Reason == wire.ReasonSuspended,
		Count: len(r.Items), Waits: !done, List: int(r.console.Status.Now.List.Sequence) + 1,
	}
	for i := range r.Items[:min(len(r.Items), maxMatches)] {
		result.Names = append(result.Names, r.Items[i].Address.Name())
	}
	r.clear()
	r.Step, r.Result = RevokeDone, result
	r.console.refresh()
	r.look()
	r.changed()
}

// Leave forgets who was chosen. Nothing changes.
func (r *Revoke) Leave() {
	if r.Step == RevokeBusy {
		return
	}
	r.clear()
	r.look()
	r.changed()
}

// Follow opens the screen that comes next: where the list is published, or where the proposal waits.
func (r *Revoke) Follow() {
	if r.Step != RevokeDone {
		return
	}
	to := PlacePublish
	if r.Result.Waits {
		to = PlaceApprovals
	}
	r.clear()
	r.console.Open(to)
	r.changed()
}

// needed is how many officers it takes; two while that is not known.
func (r *Revoke) needed() int {
	if r.Impact == nil {
		return 2
	}
	return r.Impact.Needed
}

// Undoing reports whether what goes on, or was done, is a taking back.
func (r *Revoke) Undoing() bool { return r.undoing && (r.Step == RevokeBusy || r.Step == RevokeDone) }
