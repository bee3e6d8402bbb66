package flow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/app/qr"
	"marque/app/usb"
	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// listCodes is the type of a series that holds a list.
const listCodes qr.Type = 'L'

// PublishStep is where publishing stands.
type PublishStep int

// The steps.
const (
	PublishResting PublishStep = iota
	PublishSigning             // a new list
	PublishWriting             // the newest list, to a drive
	PublishWritten             // it is there: flushed, and read back
	PublishPulled              // the drive was pulled while it was written to; it is waited for
)

// Destination is a drive that a list can be written to, and what is known of it.
type Destination struct {
	Drive

	Looked  bool   // whether what it holds is known
	Held    uint32 // the newest list of this realm on it; 0 for none
	Written bool   // the newest list was written to it, and it was not asked for since
}

// Publish is the view-model of the screen about signing a list and carrying it out.
//
//	            ┌─────────────problem────────────┐
//	            ▼                                │
//	 ┌───▶ resting ──Sign──▶ signing ──▶ (Write, if a drive is chosen)
//	 │       │  ▲                                │
//	Next   Write└──problem, Stop──┐              │
//	 │       ▼                    │              │
//	 │     writing ◀──────────────┼──────────────┘
//	 │       │  ▲                 │
//	 │       │  └─Write──┐        │
//	 │       ▼           │        │
//	 └── written      pulled ─────┘ inserted again: it holds something else
//	         ▲           │
//	         └───────────┘ inserted again: it holds the list
type Publish struct {
	model
	looking model // at drives
	telling model // of past lists
	console *Console
	service Publisher
	drives  Drives
	stop    context.CancelFunc // of what is written; nil for nothing
	load    *Consignment       // of the newest list; nil before it was fetched
	folder  *Drive             // that was chosen; nil for none

	unpublished int // as of the last status

	Step         PublishStep
	Problem      *Problem
	Destinations []Destination // drives, then the folder that was chosen; not to be changed
	Chosen       int           // which of them; -1 for none
	Progress     usb.Progress  // while writing
	Lost         *Destination  // that was pulled
	Proof        *Proof        // while written
	History      []PastList    // newest first; not to be changed
	Codes        *Codes        // of the newest list; dark unless it was asked for
	Fleet        int           // identities that ought to hold the newest list; 0 while they are counted

	short         int    // serials that the list signed here last lacks of its padding
	shortSequence uint32 // of that list
}

// PastList is a list that was signed.
type PastList struct {
	Sequence   uint32
	Issued     time.Time
	NextUpdate time.Time // stale from then on
	Size       int       // octets
	Revoked    int       // serials on it
	Held       int       // identities that hold it, by their newest receipts
}

// Proof says what a drive holds.
type Proof struct {
	Drive    Drive
	Sequence uint32
	Size     int // of the list, octets
	Hash     [32]byte
	Again    bool // the drive had been pulled, and was found to hold all
}

// Words returns the eight words of the list's hash, as commands at a depot say them.
func (p *Proof) Words() [words.Count]string { return words.Of(p.Hash[:]) }

func newPublish(c *Console, p Parts) *Publish {
	v := &Publish{model: model{loop: p.Loop}, looking: model{loop: p.Loop}, telling: model{loop: p.Loop}, console: c, drives: p.Drives, Chosen: -1, Codes: NewCodes(p.Loop)}
	c.Sticks.OnChange(v.follow)
	c.Status.OnChange(func() {
		newest := c.Status.Now.List.Sequence
		if v.load != nil && v.load.Sequence != newest && !v.Busy() { // signed elsewhere
			v.load = nil
			v.look()
		}
		if now := c.Status.Now.Unpublished; now != v.unpublished {
			v.unpublished = now
			c.Revoke.Refresh()
		}
		if len(v.History) > 0 && v.History[0].Sequence < newest {
			v.recall()
		}
	})
	return v
}

// suspend drops what the service was asked for. What is being written goes on.
func (p *Publish) suspend() {
	p.service = nil
	p.looking.forget()
	p.telling.forget()
	if p.Step == PublishSigning {
		p.forget()
		p.Step = PublishResting
	}
}

func (p *Publish) resume(s Service) {
	p.service, p.load = s, nil
	p.look()
	p.recall()
	p.changed()
}

func (p *Publish) reset() {
	p.suspend()
	p.Stop()
	p.Codes.Stop()
	p.forget()
	p.load, p.folder, p.stop = nil, nil, nil
	p.Step, p.Problem, p.Lost, p.Proof = PublishResting, nil, nil, nil
	p.Destinations, p.Chosen, p.History, p.Fleet = nil, -1, nil, 0
	p.short, p.shortSequence = 0, 0
	p.follow()
}

// ShowCodes shows the newest list as a series of codes, in [Publish.Codes].
func (p *Publish) ShowCodes() {
	if p.Busy() || p.service == nil {
		return
	}
	service := p.service
	p.Problem = nil
	background(&p.model, func() ([]byte, error) {
		_, list, err := service.NewestList()
		return list, err
	}, func(list []byte, err error) {
		if p.Problem = explain(err, "publish.codes.failed"); err == nil {
			p.Codes.Series(listCodes, list)
		}
		p.changed()
	})
}

// recall reads which lists there were.
func (p *Publish) recall() {
	service := p.service
	if service == nil {
		return
	}
	type past struct {
		lists []PastList
		fleet int
	}
	background(&p.telling, func() (h past, err error) {
		h.lists, h.fleet, err = service.PastLists(maxPastLists)
		return h, err
	}, func(h past, err error) {
		if err != nil { // the rest of the screen does not need it
			return
		}
		p.History, p.Fleet = h.lists, max(h.fleet, 0)
		if h.fleet < 0 && p.loop.After != nil {
			p.loop.After(recallAfter, p.recall)
		}
		p.changed()
	})
}

// Busy reports whether something is being signed or written.
func (p *Publish) Busy() bool { return p.Step == PublishSigning || p.Step == PublishWriting }

// Next is the number of the list that is signed next.
func (p *Publish) Next() uint32 { return p.console.Status.Now.List.Sequence + 1 }

// Due reports whether a new list is to be signed, and can be: there are changes that no list has, or the newest one is old.
func (p *Publish) Due() bool {
	s := p.console.Status
	return s.Known && p.console.Phase == Open && (s.Now.Unpublished > 0 || s.ListState() != ListGood)
}

// Changes are the revocations that the next list tells of, as far as they can be taken back; not to be changed.
func (p *Publish) Changes() []authority.Identity {
	if p.console.Status.Now.Unpublished == 0 {
		return nil
	}
	return p.console.Revoke.Undoable
}

// TakeBack leads to where a revocation is taken back that no list has yet; below zero all of them.
func (p *Publish) TakeBack(i int) {
	all := p.Changes()
	if p.Busy() || i >= len(all) || len(all) == 0 {
		return
	}
	if i >= 0 {
		all = all[i : i+1]
	}
	p.console.Revoke.TakeBack(all...)
	p.console.Open(PlaceRevoke)
}

// Size is that of the newest list in octets, 0 when it is not known.
func (p *Publish) Size() int {
	if p.load == nil {
		return 0
	}
	return len(p.load.List())
}

// Short is how many serials the newest list lacks of its padding, since the reserve did not suffice; 0 for none, and for a list that
// another console signed, or this one before it was opened anew.
func (p *Publish) Short() int {
	if p.shortSequence != p.console.Status.Now.List.Sequence {
		return 0
	}
	return p.short
}

// ListChanges are what leads to the newest list: from the one before it, then, if that is another one, from the oldest that a change leads
// from, which does for all in between too. None when they are not known; not to be changed.
func (p *Publish) ListChanges() []authority.ListChange {
	if p.load == nil || p.load.Sequence != p.console.Status.Now.List.Sequence {
		return nil
	}
	return p.load.Changes
}

// Waits is how many destinations can be written to, and were not.
func (p *Publish) Waits() (n int) {
	for _, d := range p.Destinations {
		if d.Ready() && !d.Written {
			n++
		}
	}
	return n
}

// Destination returns the chosen one; nil for none.
func (p *Publish) Destination() *Destination {
	if p.Chosen < 0 || p.Chosen >= len(p.Destinations) {
		return nil
	}
	return &p.Destinations[p.Chosen]
}

// Choose chooses a destination.
func (p *Publish) Choose(i int) {
	if p.Busy() || i < 0 || i >= len(p.Destinations) {
		return
	}
	p.Chosen = i
	if p.Step == PublishWritten { // what was proved is about another one
		p.Step, p.Proof = PublishResting, nil
	}
	p.changed()
}

// Move chooses the destination that is so many further down, and begins anew after the last.
func (p *Publish) Move(by int) {
	if n := len(p.Destinations); n > 0 {
		p.Choose(((p.Chosen+by)%n + n) % n)
	}
}

// SetFolder makes a folder a destination, and chooses it.
func (p *Publish) SetFolder(path string) {
	if p.Busy() || p.drives == nil {
		return
	}
	drives := p.drives
	background(&p.model, func() (Drive, error) { return drives.Folder(path) }, func(d Drive, err error) {
		if p.Problem = explain(err, "publish.folder.failed"); err == nil {
			p.folder = &d
			p.arrange()
			p.Chosen = len(p.Destinations) - 1
			p.look()
		}
		p.changed()
	})
}

// follow takes the drives that are there now.
func (p *Publish) follow() {
	p.arrange()
	p.look()
	p.changed()
}

// arrange lists the destinations anew. What is known of those that stay is kept, and so is the choice.
func (p *Publish) arrange() {
	chosen := p.Destination()
	var all []Destination
	found := slices.Clone(p.console.Sticks.Found)
	if p.folder != nil {
		found = append(found, *p.folder)
	}
	for _, d := range found {
		now := Destination{Drive: d}
		if i := p.indexOf(&d); i >= 0 {
			now = p.Destinations[i]
			now.Drive = d
		}
		all = append(all, now)
	}
	p.Destinations, p.Chosen = all, -1
	if chosen != nil {
		p.Chosen = p.indexOf(&chosen.Drive)
	}
	if p.Chosen < 0 && !p.Busy() && p.Step != PublishWritten {
		p.Chosen = p.nextReady()
	}
}

func (p *Publish) indexOf(d *Drive) int {
	return slices.IndexFunc(p.Destinations, func(o Destination) bool { return o.is(d) })
}

// nextReady returns the first destination that can be written to and was not; -1 when there is none.
func (p *Publish) nextReady() int {
	return slices.IndexFunc(p.Destinations, func(d Destination) bool { return d.Ready() && !d.Written })
}

// CanSign reports whether a new list can be signed.
func (p *Publish) CanSign() bool {
	return !p.Busy() && p.service != nil && p.console.Phase == Open && p.console.Status.Known
}

// CanWrite reports whether the newest list can be written to the chosen destination.
func (p *Publish) CanWrite() bool {
	d := p.Destination()
	return !p.Busy() && p.service != nil && d != nil && d.Ready()
}

// Sign signs a new list, and writes it to the chosen destination, if there is one that can be written to.
func (p *Publish) Sign() {
	if !p.CanSign() {
		return
	}
	p.Step, p.Problem, p.Proof, p.Lost = PublishSigning, nil, nil, nil
	service := p.service
	background(&p.model, service.Publish, func(signed *authority.Published, err error) {
		p.Step = PublishResting
		if err != nil { // the list may be there all the same
			p.complain(err, "publish.failed")
			if !cutOff(err) {
				p.console.refresh()
			}
			p.changed()
			return
		}
		p.load, p.short, p.shortSequence = nil, signed.Short, signed.Sequence
		for i := range p.Destinations {
			p.Destinations[i].Written = false
		}
		p.console.refresh()
		if p.CanWrite() {
			p.Write()
			return
		}
		p.look()
		p.changed()
	})
	p.changed()
}

// Write writes the newest list to the chosen destination.
func (p *Publish) Write() {
	if !p.CanWrite() {
		return
	}
	at := *p.Destination()
	ctx, stop := context.WithCancel(context.Background())
	p.Step, p.Problem, p.Proof, p.Lost, p.stop, p.Progress = PublishWriting, nil, nil, nil, stop, usb.Progress{}
	service, load, drives := p.service, p.load, p.drives
	if load != nil && load.Sequence != p.console.Status.Now.List.Sequence { // signed elsewhere
		load = nil
	}
	progress := p.progress()
	background(&p.model, func() (*Consignment, error) {
		defer stop()
		if load == nil {
			var err error
			if load, err = service.Consignment(); err != nil {
				return nil, err
			}
		}
		_, err := drives.Write(ctx, at.Drive, load.Files, progress)
		return load, err
	}, func(load *Consignment, err error) { p.wrote(&at, load, err) })
	p.changed()
}

// progress returns what tells the window how far a write is.
func (p *Publish) progress() func(usb.Progress) {
	round := p.round + 1 // that of the write, which begins next
	return func(now usb.Progress) {
		p.loop.Post(func() {
			if p.round == round {
				p.Progress = now
				p.changed()
			}
		})
	}
}

// Stop ends a write after the step that it is at.
func (p *Publish) Stop() {
	if p.stop != nil {
		p.stop()
	}
}

func (p *Publish) wrote(at *Destination, load *Consignment, err error) {
	p.stop = nil
	if load != nil {
		p.load = load
	}
	switch {
	case err == nil:
		p.prove(at, load, false)
	case errors.Is(err, context.Canceled):
		p.Step = PublishResting
		p.forgetHeld(at)
	case errors.Is(err, usb.ErrGone) && load != nil && !at.IsFolder():
		p.Step, p.Lost = PublishPulled, at
	default:
		p.Step = PublishResting
		p.complain(err, "publish.write.failed")
		p.forgetHeld(at)
	}
	p.look()
	p.changed()
}

// complain says what went wrong, unless the whole console does.
func (p *Publish) complain(err error, fallback string) {
	if !cutOff(err) {
		p.Problem = explain(err, fallback)
	}
}

// prove notes that a drive holds a list.
func (p *Publish) prove(at *Destination, load *Consignment, again bool) {
	list := load.List()
	p.Step, p.Lost, p.Problem = PublishWritten, nil, nil
	p.Proof = &Proof{Drive: at.Drive, Sequence: load.Sequence, Size: len(list), Hash: sha256.Sum256(list), Again: again}
	if i := p.indexOf(&at.Drive); i >= 0 {
		d := &p.Destinations[i]
		d.Written, d.Looked, d.Held = true, true, load.Sequence
		p.Chosen = i
	}
}

// forgetHeld has a drive looked at again.
func (p *Publish) forgetHeld(at *Destination) {
	if i := p.indexOf(&at.Drive); i >= 0 {
		p.Destinations[i].Looked = false
	}
}

// Done goes back to where a list can be signed or written. The drive may be pulled: the system is told to let go of it, which it need not
// do, since all was flushed. Another drive is chosen, if there is one that the list was not written to.
func (p *Publish) Done() {
	if p.Step != PublishWritten {
		return
	}
	at, drives := p.Proof.Drive, p.drives
	p.Step, p.Proof = PublishResting, nil
	if next := p.nextReady(); next >= 0 {
		p.Chosen = next
	}
	if !at.IsFolder() {
		p.loop.Run(func() { _ = drives.Eject(at) })
	}
	p.changed()
}

// Leave forgets about a drive that was pulled, or about a problem.
func (p *Publish) Leave() {
	if p.Busy() {
		p.Stop()
		return
	}
	if p.Step == PublishPulled {
		p.Step, p.Lost = PublishResting, nil
		p.arrange()
	}
	if p.Step == PublishWritten {
		p.Step, p.Proof = PublishResting, nil
	}
	p.Problem = nil
	p.changed()
}

// seen is what became of looking at drives.
type seen struct {
	held map[usb.Drive]uint32
	back *Drive // that had been pulled; nil if it is not back
	all  bool   // it holds all that was to be written
}

// look finds out what drives hold, as far as that is not known.
func (p *Publish) look() {
	if p.service == nil || p.drives == nil || p.Step == PublishWriting {
		return
	}
	service, drives, load, lost := p.service, p.drives, p.load, p.Lost
	var unknown []Drive
	for _, d := range p.Destinations {
		if d.Mount != "" && !d.Looked {
			unknown = append(unknown, d.Drive)
		}
	}
	if len(unknown) == 0 && load != nil {
		return
	}
	background(&p.looking, func() (s seen, err error) {
		if load == nil {
			if load, err = service.Consignment(); err != nil {
				return s, err
			}
		}
		s.held = map[usb.Drive]uint32{}
		for _, d := range unknown {
			s.held[d.Drive] = heldBy(drives, d, load.Core)
			if lost != nil && d.same(&lost.Drive) {
				if states, err := drives.Examine(d, load.Files); err == nil {
					s.back = &d
					s.all = !slices.ContainsFunc(states, func(s usb.State) bool { return s != usb.StateWritten })
				}
			}
		}
		return s, nil
	}, func(s seen, err error) {
		if err == nil {
			p.load = load
			p.saw(&s)
		}
	})
}

// saw takes what was found on drives.
func (p *Publish) saw(s *seen) {
	for i := range p.Destinations {
		d := &p.Destinations[i]
		if held, ok := s.held[d.Drive.Drive]; ok {
			d.Looked, d.Held = true, held
		}
	}
	if s.back != nil && p.Step == PublishPulled {
		at := Destination{Drive: *s.back}
		if i := p.indexOf(&at.Drive); i >= 0 {
			at = p.Destinations[i]
			p.Chosen = i
		}
		if s.all {
			p.prove(&at, p.load, true)
		} else {
			p.Step, p.Lost = PublishResting, nil
			p.Problem = pulledProblem(&at, p.load.Sequence)
		}
	}
	p.changed()
}

// pulledProblem says what a drive holds that was pulled too early, and is back.
func pulledProblem(at *Destination, wanted uint32) *Problem {
	key := "publish.pulled.old"
	switch at.Held {
	case 0:
		key = "publish.pulled.none"
	case wanted:
		key = "publish.pulled.half"
	}
	args := []any{"Name", at.Name(), "Held", at.Held, "List", wanted}
	return &Problem{What: Say("publish.pulled.what", args...), Why: Say(key, args...), Next: Say("publish.pulled.next", args...)}
}

// heldBy returns the number of the newest list of a realm on a drive, 0 when there is none or it cannot be read.
func heldBy(c Carrier, d Drive, core *wire.Core) uint32 {
	var numbers []uint32
	if _, err := c.Read(d, func(name string) bool {
		if n, ok := listNumber(name); ok {
			numbers = append(numbers, n)
		}
		return false
	}); err != nil {
		return 0
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	for _, n := range numbers[:min(len(numbers), maxListsRead)] {
		files, err := c.Read(d, func(name string) bool { return name == ListFile(n) })
		if err != nil || len(files) != 1 {
			continue
		}
		if b, err := openList(files[0].Content, core); err == nil {
			return b.Sequence
		}
	}
	return 0
}

// openList verifies a list of a realm.
func openList(statement []byte, core *wire.Core) (*wire.Bundle, error) {
	payload, err := wire.OpenStatement(statement, wire.TypeBundle, core.Realm, core.StatementKey)
	if err != nil {
		return nil, fmt.Errorf("open a list: %w", err)
	}
	return wire.ParseBundle(payload)
}

// ListChange brings a device that holds an earlier list to the newest.
type ListChange = authority.ListChange
