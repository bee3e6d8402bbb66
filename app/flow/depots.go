package flow

import (
	"errors"
	"slices"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// DepotRegister is what [Depots] needs of the service. Officers decide about registering and revoking: done is false when more of them
// have to approve.
type DepotRegister interface {
	Depots() ([]authority.Depot, error)
	Registration(statement []byte) (*wire.Registration, error)
	AddDepot(registration []byte) (done bool, err error)
	RevokeDepot(name string, reason wire.Reason) (done bool, err error)
	AcceptReceipts(b []byte) (*Handed, error)
}

// Handed is what became of receipts.
type Handed struct {
	Depot    string // who handed them over; empty for nobody
	Sequence uint32 // of their statement
	List     uint32 // that the depot says it hands out; 0 when it does not say
	Taken    int    // that said something new
	Again    int    // that did not
	Refused  []error
	Odd      int // taken, with something odd about them
}

// DepotsStep is what is being done about depots.
type DepotsStep int

// The steps.
const (
	DepotsShown   DepotsStep = iota
	DepotsReading            // a file or a code
	DepotsReview             // somebody compares the words of a registration
	DepotsRevoke             // somebody says why a depot is revoked
	DepotsBusy               // the service is at work
)

// DepotCard is a registration that was read.
type DepotCard struct {
	Name  string
	Time  time.Time
	Words [words.Count]string
	Known Text // what is known of that name or key; zero for nothing

	statement []byte
}

// Depots is the view-model of the screen about depots and what they hand over.
//
//	         ┌────────────problem────────────┐
//	         ▼                               │
//	shown ──Choose, Scan──▶ reading ──▶ review ──Register──▶ busy ──▶ shown, with what came of it
//	  │                        └──▶ shown, with Handed: they were receipts
//	  └──Revoke──▶ revoke ──Confirm──▶ busy ──▶ shown, with what came of it
type Depots struct {
	model
	console *Console
	service DepotRegister
	papers  Scanner

	Step     DepotsStep
	Loaded   bool
	Problem  *Problem
	All      []authority.Depot // those that are taken from first; not to be changed
	Selected int               // index of the row; negative for none
	Card     *DepotCard        // in review; nil else
	Second   *Second           // who registers a depot, beside who is here
	Reason   wire.Reason       // of revoking
	Done     Text              // what came of the last thing that was asked for; zero for nothing
	Waiting  bool              // that it waits for more officers
	Handed   *Handed           // the receipts that came last; nil for none
}

func newDepots(c *Console, p Parts) *Depots {
	d := &Depots{model: model{loop: p.Loop}, console: c, papers: p.Papers, Selected: -1, Second: newSecond(c)}
	c.onOpen(PlaceDepots, d.Refresh) // one may have been registered in the approvals
	return d
}

func (d *Depots) suspend() {
	d.forget()
	d.service = nil
	switch d.Step {
	case DepotsReading:
		d.Step = DepotsShown
	case DepotsBusy: // nobody knows whether it was done: it is there to be asked again
		d.Step = DepotsShown
		if d.Card != nil {
			d.Step = DepotsReview
		}
	case DepotsShown, DepotsReview, DepotsRevoke:
	}
}

func (d *Depots) resume(s Service) {
	d.suspend()
	d.service = s
	d.Refresh()
}

func (d *Depots) reset() {
	d.suspend()
	d.Step, d.Loaded, d.Problem, d.All, d.Selected, d.Card = DepotsShown, false, nil, nil, -1, nil
	d.Done, d.Waiting, d.Handed = Text{}, false, nil
	d.Second.reset()
	d.changed()
}

// Refresh reads the depots again; what is shown stays until then. It does nothing while something else goes on.
func (d *Depots) Refresh() {
	if d.service == nil || d.Step == DepotsReading || d.Step == DepotsBusy {
		return
	}
	background(&d.model, d.service.Depots, func(all []authority.Depot, err error) {
		if err != nil {
			d.Problem = explain(err, "depots.failed")
		} else {
			d.take(all)
		}
		d.changed()
	})
	d.changed()
}

// take shows the depots, those that are taken from first, the newest before the others.
func (d *Depots) take(all []authority.Depot) {
	var key [32]byte
	if now := d.Chosen(); now != nil {
		key = now.Key
	}
	rank := func(x authority.Depot) int { return int(DepotState(&x)) }
	slices.SortStableFunc(all, func(x, y authority.Depot) int {
		if by := rank(x) - rank(y); by != 0 {
			return by
		}
		return y.Registered.Compare(x.Registered)
	})
	d.All, d.Loaded = all, true
	d.Selected = slices.IndexFunc(all, func(x authority.Depot) bool { return x.Key == key })
}

// DepotStanding is how a depot stands.
type DepotStanding int

// The standings.
const (
	DepotActive DepotStanding = iota
	DepotLapsed               // a reopening ended the registration
	DepotRevoked
)

// Registered is a depot as the authority knows it.
type Registered = authority.Depot

// DepotState says how a depot stands.
func DepotState(d *Registered) DepotStanding {
	switch {
	case d.Revoked != nil:
		return DepotRevoked
	case d.Lapsed:
		return DepotLapsed
	}
	return DepotActive
}

// Select selects a row.
func (d *Depots) Select(row int) {
	if row >= 0 && row < len(d.All) && row != d.Selected && d.Step == DepotsShown {
		d.Selected = row
		d.changed()
	}
}

// Chosen returns the selected depot, nil when there is none.
func (d *Depots) Chosen() *authority.Depot {
	if d.Selected < 0 || d.Selected >= len(d.All) {
		return nil
	}
	return &d.All[d.Selected]
}

// Words returns the eight words that a depot was registered by.
func (d *Depots) Words(one *authority.Depot) [words.Count]string {
	return words.Of(one.Registration[:])
}

// Ready reports whether a file or a code may be given now.
func (d *Depots) Ready() bool {
	return d.service != nil && d.Step != DepotsReading && d.Step != DepotsBusy
}

// Choose reads a file: a registration or a picture of its code, or receipts.
func (d *Depots) Choose(path string) {
	papers := d.papers
	d.read(func() ([]byte, error) { return papers.File(path) })
}

// Scan takes the text of a code.
func (d *Depots) Scan(code string) {
	papers := d.papers
	d.read(func() ([]byte, error) { return papers.Text(code) })
}

// Refuse says why the text of a hand scanner was not taken; err is one of package scan.
func (d *Depots) Refuse(err error) {
	if d.Ready() {
		d.Problem = explain(err, "scan.failed")
		d.changed()
	}
}

// paper is what was read: one of both.
type paper struct {
	card   *DepotCard
	handed *Handed
}

func (d *Depots) read(get func() ([]byte, error)) {
	if !d.Ready() {
		return
	}
	service := d.service
	d.Step, d.Problem, d.Card, d.Handed, d.Done, d.Waiting = DepotsReading, nil, nil, nil, Text{}, false
	background(&d.model, func() (p paper, err error) {
		b, err := get()
		if err != nil {
			return p, err
		}
		switch wire.Sniff(b) {
		case wire.FoundReceipt, wire.FoundReceipts:
			p.handed, err = service.AcceptReceipts(b)
		case wire.FoundDepot:
			p.card, err = cardOf(service, b)
		default:
			err = ErrDepotPaper
		}
		return p, err
	}, func(p paper, err error) {
		d.Step, d.Card, d.Handed = DepotsShown, p.card, p.handed
		var foreign *ForeignError
		switch {
		case errors.As(err, &foreign):
			d.Problem = problem("foreigndepot", "Seems", foreign.Seems)
		default:
			d.Problem = explain(err, "depots.unread")
		}
		if d.Card != nil {
			d.Step, d.Card.Known = DepotsReview, d.known(d.Card.Name)
		}
		if d.Handed != nil {
			d.console.refresh()
		}
		d.changed()
	})
	d.changed()
}

func cardOf(service DepotRegister, b []byte) (*DepotCard, error) {
	r, err := service.Registration(b)
	if err != nil {
		return nil, err
	}
	hash := wire.RegistrationHash(b)
	return &DepotCard{Name: r.Name, Time: r.Time, Words: words.Of(hash[:]), statement: b}, nil
}

// known says what is known of a depot's name.
func (d *Depots) known(name string) Text {
	for i := range d.All {
		if d.All[i].Name != name {
			continue
		}
		switch DepotState(&d.All[i]) {
		case DepotActive:
			return Say("depots.known.active")
		case DepotLapsed:
			return Say("depots.known.lapsed")
		case DepotRevoked:
			return Say("depots.known.revoked")
		}
	}
	return Text{}
}

// Leave leaves a registration or a revocation; nothing was done for it.
func (d *Depots) Leave() {
	if d.Step != DepotsReview && d.Step != DepotsRevoke {
		return
	}
	d.Step, d.Card, d.Problem = DepotsShown, nil, nil
	d.changed()
}

// registrars is how many officers register a depot.
const registrars = 2

// NeedsSecond reports whether a second officer has to decide about a registration: here, with their passphrase, or later, in the
// approvals.
func (d *Depots) NeedsSecond() bool { return d.Second.Exists() && !d.Second.Enough(registrars) }

// Register asks for the registration on the card, whose words somebody compared, together with the second officer, if their passphrase
// is given. It is cleared.
func (d *Depots) Register(passphrase []byte) {
	if d.Step != DepotsReview || d.service == nil {
		clear(passphrase)
		return
	}
	card := d.Card
	d.ask(DepotsReview, "depots.register.failed", Say("depots.registered", "Name", card.Name), passphrase, func(service Service) (bool, error) {
		return service.AddDepot(card.statement)
	})
}

// Revoke asks why the selected depot is to be revoked.
func (d *Depots) Revoke() {
	if one := d.Chosen(); d.Step == DepotsShown && one != nil && one.Revoked == nil {
		d.Step, d.Problem, d.Reason, d.Done, d.Handed = DepotsRevoke, nil, wire.ReasonUnspecified, Text{}, nil
		d.changed()
	}
}

// DepotReasons are those that a depot is revoked for.
var DepotReasons = []wire.Reason{wire.ReasonKeyCompromise, wire.ReasonStolen, wire.ReasonLost, wire.ReasonOutOfService, wire.ReasonSuperseded}

// SetReason says why.
func (d *Depots) SetReason(r wire.Reason) {
	if d.Step == DepotsRevoke {
		d.Reason = r
		d.changed()
	}
}

// Turn takes the next reason, or the one before.
func (d *Depots) Turn(by int) {
	at := slices.Index(DepotReasons, d.Reason)
	switch {
	case at < 0 && by < 0:
		at = len(DepotReasons) - 1
	case at < 0:
		at = 0
	default:
		at = (at + by + len(DepotReasons)) % len(DepotReasons)
	}
	d.SetReason(DepotReasons[at])
}

// CanConfirm reports whether a reason was given.
func (d *Depots) CanConfirm() bool {
	return d.Step == DepotsRevoke && d.Reason != wire.ReasonUnspecified && d.service != nil && d.Chosen() != nil
}

// Confirm revokes the selected depot.
func (d *Depots) Confirm() {
	if !d.CanConfirm() {
		return
	}
	name, reason := d.Chosen().Name, d.Reason
	d.ask(DepotsRevoke, "depots.revoke.failed", Say("depots.revoked", "Name", name), nil, func(service Service) (bool, error) {
		return service.RevokeDepot(name, reason)
	})
}

// asked is what came of something, and the depots since.
type asked struct {
	done bool
	all  []authority.Depot
}

func (d *Depots) ask(from DepotsStep, failed string, done Text, passphrase []byte, do func(Service) (bool, error)) {
	d.Step, d.Problem, d.Done, d.Waiting = DepotsBusy, nil, Text{}, false
	beside(&d.model, d.Second, passphrase, func(service Service) (a asked, err error) {
		if a.done, err = do(service); err != nil {
			return a, err
		}
		a.all, err = service.Depots()
		return a, err
	}, func(a asked, err error) {
		if d.Problem = explain(err, failed); err != nil {
			d.Step = from
			if errors.Is(err, authority.ErrDepotKnown) { // nothing is left to be done
				d.Step, d.Card = DepotsShown, nil
			}
			d.changed()
			return
		}
		d.Step, d.Card, d.Done, d.Waiting = DepotsShown, nil, done, !a.done
		d.take(a.all)
		d.console.Refresh()
		d.changed()
	})
	d.changed()
}

// Why returns the reason why something was refused, in words.
func Why(err error) Text { return explain(err, "depots.unread").What }
