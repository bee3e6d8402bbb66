package flow

import (
	"fmt"
	"path/filepath"
	"time"

	"marque/app/words"
	"marque/authority"
)

// EnrolStep is where an enrolment stands.
type EnrolStep int

// The steps.
const (
	EnrolWaiting   EnrolStep = iota // for a picture or a code
	EnrolReading                    // reading it, checking it
	EnrolReview                     // the officer compares words
	EnrolIssuing                    // making keys, then writing the package
	EnrolDone                       // the package is on the medium, and is shown as codes; its receipt is waited for
	EnrolUnwritten                  // the keys are issued and recorded, the package is not on the medium
	EnrolConfirmed                  // its receipt came: the device checked and stored all keys
)

// Enrol is the view-model of enrolling by the codes of requests.
//
//	                ┌──────problem─────┐             ┌────problem───┐
//	                ▼                  │             ▼              │
//	┌──────────▶ waiting ──Choose──▶ reading ────▶ review ──Issue─▶ issuing ──▶ done
//	│                                  ▲             │               │  ▲        │
//	│                                  ├────Next─────┼───────────────┼──┼────────┤
//	│                                  │             │               ▼  │        │
//	│                                  └─────────────┤      unwritten ──Write    │
//	└────────────────────Discard─────────────────────┴───────────────────────────┘
//
// A receipt may come at any time; that of the package on the card leads from done to confirmed. What cannot be read, or is of another
// vehicle, leaves a package that is done where it is.
type Enrol struct {
	model
	enroller Enroller
	scanner  Scanner
	save     Saver
	clock    func() time.Time
	fallback string // folder for packages whose request came without a picture
	console  *Console
	drives   Drives
	label    LabelPrinter
	sticking model // what is written to a stick
	printing model
	here     bool // its screen is shown
	lensOn   bool // as of when it was drawn last

	lensProblem *Problem // likewise

	pictures []string // those still to be read
	request  []byte
	issued   *authority.Issued
	again    func() // what the loss of the service or of the session cut off; nil for nothing

	Step    EnrolStep
	Problem *Problem
	Blocked *Problem          // why nothing can be issued at all
	Series  *Series           // of which one part was read last; nil for none
	Source  string            // the picture that is shown, a path; empty for a code
	Review  *authority.Review // of the request on the card; nil before
	Folder  string            // where packages go; empty for beside the picture
	Done    []Enrolled        // in this session, newest first; not to be changed
	Receipt *Receipted        // that came last; nil for none
	Looking bool              // something was scanned while a package is shown
	Stick   *StickCopy        // of the package that is shown; nil for none
	Codes   *Codes            // of the package that is shown
	Lens    *Lens
	Label   LabelState
	Batch   *EnrolBatch
	Many    bool // the batch is shown, in place of one request after the other
}

// Enrolled is one request that was granted.
type Enrolled struct {
	Issued  authority.Issued // without the package's octets
	Review  *authority.Review
	Path    string // of the package
	Size    int    // of the package, octets
	Written bool
	Receipt bool // it came
}

func newEnrol(c *Console, p Parts) *Enrol {
	e := &Enrol{
		model: model{loop: p.Loop}, scanner: p.Scanner, save: p.Save, clock: p.Clock, fallback: p.Packages,
		console: c, drives: p.Drives, label: p.Label, sticking: model{loop: p.Loop}, printing: model{loop: p.Loop}, Codes: NewCodes(p.Loop),
	}
	e.Lens = newLens(p.Loop, p.Camera, func(code string) bool {
		if !e.Ready() {
			return false
		}
		e.console.Scan(code)
		return true
	})
	e.Batch = newEnrolBatch(e, c.lost)
	e.Lens.OnChange(e.lensChanged)
	c.Sticks.OnChange(e.copyToStick)
	c.OnChange(e.shown)
	return e
}

// reset begins anew, locked: for somebody else, perhaps.
func (e *Enrol) reset() {
	e.forget()
	e.enroller, e.request, e.issued, e.again, e.pictures, e.Done = nil, nil, nil, nil, nil, nil
	e.clean()
	e.Lens.Stop()
	e.Batch.reset()
	e.changed()
}

// clean leaves what is on the card.
func (e *Enrol) clean() {
	e.sticking.forget()
	e.printing.forget()
	e.Step, e.Problem, e.Series, e.Source, e.Review, e.Receipt, e.Looking = EnrolWaiting, nil, nil, "", nil, nil, false
	e.Stick, e.Label = nil, LabelState{}
	e.Codes.Stop()
}

// suspend keeps everything until resume.
func (e *Enrol) suspend() {
	e.enroller = nil
	e.Lens.Stop()
	e.Batch.suspend()
}

// resume goes on where it was, if anywhere.
func (e *Enrol) resume(s Service) {
	e.Batch.resume(s)
	e.enroller = s
	if again := e.again; again != nil {
		e.again, e.Problem = nil, nil
		again()
		return
	}
	e.changed()
}

// block says why the authority would refuse every request, if it would.
func (e *Enrol) block(s *Status) {
	var why *Problem
	switch {
	case !s.Known:
	case s.Custody.ReadOnly != Changeable:
		why = s.ReadOnly()
	case s.Custody.Drill == DrillPending:
		why = problem("drill", "Command", s.DrillCommand())
	}
	if (why == nil) != (e.Blocked == nil) || why != nil && why.What.Key != e.Blocked.What.Key {
		e.Blocked = why
		e.changed()
		return
	}
	e.Blocked = why
}

// Ready reports whether a picture or a code may be given now.
func (e *Enrol) Ready() bool {
	return e.enroller != nil && !e.Looking && e.Step != EnrolReading && e.Step != EnrolIssuing && e.Step != EnrolUnwritten
}

// Choose reads the first of some files, mostly pictures of codes; the others wait for [Enrol.Next].
func (e *Enrol) Choose(paths ...string) {
	if !e.Ready() || len(paths) == 0 {
		return
	}
	if len(paths) == 1 && isBatch(paths[0]) {
		e.Many = true
		e.Batch.Choose(paths[0])
		e.changed()
		return
	}
	e.Many = false
	if len(paths) > maxPictures {
		e.Problem = problem("toomany", "Most", maxPictures)
		e.changed()
		return
	}
	e.pictures = append([]string(nil), paths...)
	e.Next()
}

// Scan takes the text of a code, as a hand scanner types it.
func (e *Enrol) Scan(code string) {
	if e.Ready() {
		e.pictures, e.Many = nil, false
		scanner := e.scanner // e may be used anew while the work goes on
		e.read("", func() ([]byte, error) { return scanner.Text(code) })
	}
}

// Refuse says why the text of a hand scanner was not taken; err is one of package scan. What is on the card stays.
func (e *Enrol) Refuse(err error) {
	if e.Ready() {
		e.Problem = explain(err, "scan.failed")
		e.changed()
	}
}

// Switch shows the batch, or one request after the other.
func (e *Enrol) Switch(many bool) {
	if e.Many != many {
		e.Many = many
		e.Lens.Stop()
		e.changed()
	}
}

// Waiting is how many chosen files are still to be read.
func (e *Enrol) Waiting() int { return len(e.pictures) }

// Next reads the next of the chosen files. What is on the card is left aside.
func (e *Enrol) Next() {
	if !e.Ready() || len(e.pictures) == 0 {
		return
	}
	path, scanner := e.pictures[0], e.scanner
	e.pictures = e.pictures[1:]
	e.read(sourceOf(path), func() ([]byte, error) { return scanner.File(path) })
}

// Discard leaves the request and all files that are still to be read. Nothing was written for it, unless it is done.
func (e *Enrol) Discard() {
	switch e.Step {
	case EnrolIssuing, EnrolUnwritten:
		return
	case EnrolWaiting, EnrolReading, EnrolReview, EnrolDone, EnrolConfirmed:
	}
	e.forget()
	e.clean()
	e.pictures, e.again = nil, nil
	e.changed()
}

// scanned is what was read: a request and what would come of it, or a receipt and what became of it.
type scanned struct {
	request []byte
	review  *authority.Review
	receipt *Receipted
}

// read reads a code or a file. A package that is shown stays, until what was read turns out to be a request.
func (e *Enrol) read(source string, get func() ([]byte, error)) {
	before := e.Step
	e.Problem, e.Series, e.again = nil, nil, nil
	if e.handing() {
		e.Looking = true
	} else {
		e.Step, e.Source = EnrolReading, source
	}
	enroller := e.enroller
	background(&e.model, func() (scanned, error) { return inspect(enroller, get) }, func(s scanned, err error) {
		e.Looking = false
		if e.Step == EnrolReading {
			e.Step = EnrolWaiting
			if before == EnrolReview && (err == nil && s.receipt != nil) { // a receipt leaves the card as it is
				e.Step = EnrolReview
			}
		}
		switch {
		case partOf(err) != nil:
			e.Series = partOf(err)
			e.leaveCard()
			e.changed()
			e.Next()
			return
		case err != nil:
			e.Problem = explain(err, "enrol.unread")
			e.leaveCard()
			if cutOff(err) {
				e.again = func() { e.read(source, get) }
			}
		case s.receipt != nil:
			e.received(s.receipt)
		default:
			e.clean()
			e.Step, e.Source, e.request, e.Review, e.Problem = EnrolReview, source, s.request, s.review, explain(s.review.Problem, "enrol.refused")
			e.Lens.Stop()
		}
		e.changed()
	})
	e.changed()
}

// leaveCard forgets the request on the card, unless its package is shown.
func (e *Enrol) leaveCard() {
	if !e.handing() {
		e.Review, e.Source = nil, ""
	}
}

// handing reports whether a package is shown, or was until its receipt came.
func (e *Enrol) handing() bool { return e.Step == EnrolDone || e.Step == EnrolConfirmed }

// CanIssue reports whether the request on the card can be granted.
func (e *Enrol) CanIssue() bool {
	return e.Step == EnrolReview && e.Review.Problem == nil && e.Blocked == nil && e.enroller != nil
}

// Words returns the eight words of the request on the card.
func (e *Enrol) Words() [words.Count]string { return words.Of(e.Review.Hash[:]) }

// Keys is how many keys a package brings, one for each of as many periods.
func (e *Enrol) Keys() int { return authority.Epochs }

// Warning says what is odd about the time of the request on the card; zero when nothing is.
func (e *Enrol) Warning() Text {
	switch {
	case e.Review.Warning == "":
		return Text{}
	case e.Review.Request.Time.After(e.clock()):
		return Say("enrol.warning.future")
	}
	return Say("enrol.warning.old")
}

// Granted returns what became of the request on the card, nil before keys were issued.
func (e *Enrol) Granted() *Enrolled {
	if e.issued == nil || (!e.handing() && e.Step != EnrolUnwritten) {
		return nil
	}
	return &e.Done[0]
}

// Target is the folder that the package will be written to.
func (e *Enrol) Target() string {
	switch {
	case e.Folder != "":
		return e.Folder
	case e.Source != "":
		return filepath.Dir(e.Source)
	}
	return e.fallback
}

// SetFolder chooses where packages go from now on, and writes the one that could not be written.
func (e *Enrol) SetFolder(folder string) {
	e.Folder = folder
	if e.Step == EnrolUnwritten {
		e.Write()
		return
	}
	e.changed()
}

// Issue grants the request and writes its package.
func (e *Enrol) Issue() {
	if !e.CanIssue() {
		return
	}
	e.Step, e.Problem = EnrolIssuing, nil
	enroller, request := e.enroller, e.request
	background(&e.model, func() (*authority.Issued, error) { return enroller.Enrol(request) }, func(issued *authority.Issued, err error) {
		if err != nil {
			e.Step, e.Problem = EnrolReview, explain(err, "enrol.failed")
			if cutOff(err) { // the same request gets the same package: the officer asks for it again
				e.again = e.changed
			}
			e.changed()
			return
		}
		e.issued = issued
		done := Enrolled{Issued: *issued, Review: e.Review, Size: len(issued.Package)}
		done.Issued.Package = nil
		e.Done = append([]Enrolled{done}, e.Done...)
		e.Receipt = nil
		e.Codes.Series(packageCodes, issued.Package)
		e.write()
	})
	e.changed()
}

// Write writes the package again that could not be written.
func (e *Enrol) Write() {
	if e.Step == EnrolUnwritten && e.enroller != nil {
		e.write()
	}
}

func (e *Enrol) write() {
	e.Step, e.Problem = EnrolIssuing, nil
	folder, pkg, save, enroller := e.Target(), e.issued.Package, e.save, e.enroller
	path := filepath.Join(folder, packageFile(e.issued))
	background(&e.model, func() (string, error) {
		if err := save(path, pkg); err != nil {
			return path, err
		}
		return path, saveList(enroller, folder, save)
	}, func(path string, err error) {
		e.Step, e.Problem = EnrolDone, explain(err, "enrol.unwritten")
		e.Done[0].Path, e.Done[0].Written = path, err == nil
		if err != nil {
			e.Step = EnrolUnwritten
		}
		e.copyToStick()
		e.changed()
	})
	e.changed()
}

// saveList puts the newest list beside a package: a device needs both.
func saveList(e Enroller, folder string, save Saver) error {
	sequence, list, err := e.NewestList()
	if err != nil {
		return fmt.Errorf("read the newest list: %w", err)
	}
	return save(filepath.Join(folder, ListFile(sequence)), list)
}
