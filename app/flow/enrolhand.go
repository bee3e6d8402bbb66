package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// packageCodes is the type of a series of codes that carries a package.
const packageCodes = 'P'

// Receipted is what became of a receipt.
type Receipted struct {
	Address wire.Address
	Again   bool // it said nothing new
	Odd     bool // it holds a list that is newer than any that is known here
}

// inspect finds out what was read. A receipt is handed in at once: it says what happened, and asks for nothing.
func inspect(enroller Enroller, get func() ([]byte, error)) (s scanned, err error) {
	b, err := get()
	if err != nil {
		return s, err
	}
	if wire.Sniff(b) == wire.FoundReceipt {
		s.receipt, err = handIn(enroller, b)
		return s, err
	}
	s.request = b
	s.review, err = enroller.Review(b)
	return s, err
}

func handIn(enroller Enroller, b []byte) (*Receipted, error) {
	r, err := wire.ParseReceipt(b)
	if err != nil {
		return nil, err
	}
	handed, err := enroller.AcceptReceipts(b)
	switch {
	case err != nil:
		return nil, err
	case len(handed.Refused) > 0:
		return nil, handed.Refused[0]
	}
	return &Receipted{Address: r.Address, Again: handed.Again > 0, Odd: handed.Odd > 0}, nil
}

// received notes a receipt. That of the package which is shown ends its enrolment.
func (e *Enrol) received(r *Receipted) {
	e.Receipt = r
	for i := range e.Done {
		if e.Done[i].Issued.Address == r.Address {
			e.Done[i].Receipt = true
		}
	}
	if g := e.Granted(); g != nil && g.Issued.Address == r.Address && e.Step == EnrolDone {
		e.Step = EnrolConfirmed
		e.Codes.Stop()
		e.Lens.Stop()
	}
}

// StickStep is where a copy on a stick stands.
type StickStep int

// The steps.
const (
	StickWriting StickStep = iota
	StickWritten           // flushed, read back, identical
	StickFailed
)

// StickCopy is a package on a stick.
type StickCopy struct {
	Drive   Drive
	File    string
	Size    int // octets
	Step    StickStep
	Problem *Problem
}

// copyToStick writes the package that is shown, and the newest list, to the first stick that can be written to. A stick that was pulled
// too early is waited for.
func (e *Enrol) copyToStick() {
	if (e.Step != EnrolDone && e.Step != EnrolUnwritten) || e.issued == nil || e.enroller == nil || e.drives == nil {
		return
	}
	if e.Stick != nil && e.Stick.Step != StickFailed {
		return
	}
	ready := func(d Drive) bool { return d.Ready() && (e.Stick == nil || !d.is(&e.Stick.Drive)) }
	i := slices.IndexFunc(e.console.Sticks.Found, ready)
	if i < 0 {
		return
	}
	e.toStick(e.console.Sticks.Found[i])
}

// AgainToStick writes to the stick again that it failed on.
func (e *Enrol) AgainToStick() {
	if e.Stick != nil && e.Stick.Step == StickFailed && e.issued != nil && e.enroller != nil {
		e.toStick(e.Stick.Drive)
	}
}

func (e *Enrol) toStick(to Drive) {
	pkg := usb.File{Name: packageFile(e.issued), Content: e.issued.Package}
	e.Stick = &StickCopy{Drive: to, File: pkg.Name, Size: len(pkg.Content)}
	enroller, drives, copied := e.enroller, e.drives, e.Stick
	background(&e.sticking, func() (struct{}, error) {
		sequence, list, err := enroller.NewestList()
		if err != nil {
			return struct{}{}, err
		}
		_, err = drives.Write(context.Background(), to, []usb.File{pkg, {Name: ListFile(sequence), Content: list}}, nil)
		return struct{}{}, err
	}, func(_ struct{}, err error) {
		copied.Step = StickWritten
		if err != nil {
			copied.Step, copied.Problem = StickFailed, explain(err, "enrol.stick.failed")
		}
		e.changed()
	})
	e.changed()
}

// packageFile is the name of a package's file. That of a next package has its number, so that none takes the place of another.
func packageFile(issued *authority.Issued) string {
	name := fmt.Sprintf("%s~%d", issued.Address.Name(), issued.Address.Serial())
	if issued.Sequence > 1 {
		name += fmt.Sprintf("-%d", issued.Sequence)
	}
	return name + ".mqp"
}

// NameTaken returns the name that the request on the card asks for and another one has; empty when it is not so.
func (e *Enrol) NameTaken() string {
	if e.Step == EnrolReview && errors.Is(e.Review.Problem, authority.ErrUsedName) {
		return e.Review.Request.Name
	}
	return ""
}

// Replace leads to revoking the identity that has the name of the request on the card, as superseded. The card stays, and is looked at
// anew when somebody comes back to it.
func (e *Enrol) Replace() {
	name, r := e.NameTaken(), e.console.Revoke
	if name == "" {
		return
	}
	if r.Step == RevokeBusy {
		e.console.lookFor(name)
		return
	}
	r.clear()
	r.Add(name)
	r.Reason = wire.ReasonSuperseded
	e.console.Open(PlaceRevoke)
}

// shown looks at a request anew whose name was taken, when its screen is opened again.
func (e *Enrol) shown() {
	at := e.console.Place == PlaceEnrol
	back := at && !e.here
	e.here = at
	if !at {
		e.Lens.Stop()
	}
	if back && e.NameTaken() != "" && e.Ready() {
		source, request := e.Source, e.request
		e.read(source, func() ([]byte, error) { return request, nil })
	}
}

// LabelPrinter makes a label of an identity, and prints it where there is a printer; else it keeps it as a file, and returns its path.
type LabelPrinter func(l Label) (path string, err error)

// Label is what stands on a label.
type Label struct {
	Address wire.Address
	Realm   string
}

// LabelState is what became of the label of the package that is shown.
type LabelState struct {
	Busy    bool
	Printed bool
	Path    string // of its file, where there was no printer
	Problem *Problem
}

// LabelOf returns the label of the package that is shown; nil for none.
func (e *Enrol) LabelOf() *Label {
	g := e.Granted()
	if g == nil {
		return nil
	}
	return &Label{Address: g.Issued.Address, Realm: e.console.Status.Now.Realm}
}

// PrintLabel prints the label of the package that is shown.
func (e *Enrol) PrintLabel() {
	l := e.LabelOf()
	if l == nil || e.label == nil || e.Label.Busy {
		return
	}
	e.Label = LabelState{Busy: true}
	label := e.label
	background(&e.printing, func() (string, error) { return label(*l) }, func(path string, err error) {
		e.Label = LabelState{Printed: err == nil, Path: path, Problem: explain(err, "enrol.label.failed")}
		e.changed()
	})
	e.changed()
}

// lensChanged redraws the screen when the camera goes on or off; its pictures, who shows them redraws.
func (e *Enrol) lensChanged() {
	if now := e.Lens.On; now != e.lensOn || e.Lens.Problem != e.lensProblem {
		e.lensOn, e.lensProblem = now, e.Lens.Problem
		e.changed()
	}
}
