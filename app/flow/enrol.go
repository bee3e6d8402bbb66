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
	EnrolDone                       // the package is on the medium
	EnrolUnwritten                  // the keys are issued and recorded, the package is not on the medium
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
type Enrol struct {
	model
	enroller Enroller
	scanner  Scanner
	save     Saver
	clock    func() time.Time
	fallback string // folder for packages whose request came without a picture

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
}

// Enrolled is one request that was granted.
type Enrolled struct {
	Issued  authority.Issued // without the package's octets
	Review  *authority.Review
	Path    string // of the package
	Size    int    // of the package, octets
	Written bool
}

func newEnrol(p Parts) *Enrol {
	return &Enrol{model: model{loop: p.Loop}, scanner: p.Scanner, save: p.Save, clock: p.Clock, fallback: p.Packages}
}

// reset begins anew, locked: for somebody else, perhaps.
func (e *Enrol) reset() {
	e.forget()
	*e = Enrol{model: e.model, scanner: e.scanner, save: e.save, clock: e.clock, fallback: e.fallback, Folder: e.Folder, Blocked: e.Blocked}
	e.changed()
}

// suspend keeps everything until resume.
func (e *Enrol) suspend() { e.enroller = nil }

// resume goes on where it was, if anywhere.
func (e *Enrol) resume(s Service) {
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
	return e.enroller != nil && e.Step != EnrolReading && e.Step != EnrolIssuing && e.Step != EnrolUnwritten
}

// Choose reads the first of some files, mostly pictures of codes; the others wait for [Enrol.Next].
func (e *Enrol) Choose(paths ...string) {
	if !e.Ready() || len(paths) == 0 {
		return
	}
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
		e.pictures = nil
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
	case EnrolWaiting, EnrolReading, EnrolReview, EnrolDone:
	}
	e.forget()
	e.Step, e.Problem, e.Review, e.Source, e.Series, e.pictures, e.again = EnrolWaiting, nil, nil, "", nil, nil, nil
	e.changed()
}

type reviewed struct {
	request []byte
	review  *authority.Review
}

func (e *Enrol) read(source string, get func() ([]byte, error)) {
	e.Step, e.Problem, e.Review, e.Series, e.Source, e.again = EnrolReading, nil, nil, nil, source, nil
	enroller := e.enroller
	background(&e.model, func() (reviewed, error) {
		request, err := get()
		if err != nil {
			return reviewed{}, err
		}
		review, err := enroller.Review(request)
		return reviewed{request, review}, err
	}, func(r reviewed, err error) {
		if e.Series = partOf(err); e.Series != nil {
			e.Step = EnrolWaiting
			e.changed()
			e.Next()
			return
		}
		e.Step, e.Problem = EnrolReview, explain(err, "enrol.unread")
		e.request, e.Review = r.request, r.review
		if err != nil {
			e.Step = EnrolWaiting
			if cutOff(err) {
				e.again = func() { e.read(source, get) }
			}
		} else if r.review.Problem != nil {
			e.Problem = explain(r.review.Problem, "enrol.refused")
		}
		e.changed()
	})
	e.changed()
}

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
	if e.issued == nil || (e.Step != EnrolDone && e.Step != EnrolUnwritten) {
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
	path := filepath.Join(folder, fmt.Sprintf("%s~%d.mqp", e.issued.Address.Name(), e.issued.Address.Serial()))
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
	return save(filepath.Join(folder, fmt.Sprintf("list-%d.mql", sequence)), list)
}
