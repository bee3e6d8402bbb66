package flow

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"marque/app/batch"
	"marque/authority"
	"marque/device/wire"
)

// BatchEnroller is what enrolling many at once needs of an authority. OpenBatch reads what a depot signed and takes nothing; TakeBatch
// notes that it was taken.
type BatchEnroller interface {
	ReviewAll(requests [][]byte) ([]authority.Verdict, error)
	EnrolAll(requests [][]byte) ([]authority.Granted, error)
	OpenBatch(statement []byte) (*wire.Batch, error)
	TakeBatch(statement []byte) error
	SignManifest(files []wire.File) ([]byte, error)
}

// isBatch reports whether a path is that of many requests: a folder, a table, or what a depot signed.
func isBatch(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".mqd":
		return true
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// BatchStep is where a batch stands.
type BatchStep int

// The steps.
const (
	BatchEmpty    BatchStep = iota
	BatchReading            // files, then what would come of each request
	BatchPreview            // nothing is written yet
	BatchGranting           // making keys, writing packages
	BatchDone
)

// EnrolBatch is the view-model of enrolling many at once: a folder of requests, a table, or what a depot signed.
//
//	empty ──Choose──▶ reading ──▶ preview ──Issue──▶ granting ──▶ done
//	  ▲───problem───────┘            ▲  ▲──problem, Stop──┘          │
//	  └──────────Discard─────────────┴──────────────────────────────┘
//
// After Stop, and after a crash of anybody, the same batch goes on where it was: what was granted gives the same package again.
type EnrolBatch struct {
	model
	enrol     *Enrol
	service   Service
	stop      context.CancelFunc
	statement []byte // of a depot; nil for another source
	kept      map[int]batch.Row

	Step    BatchStep
	Problem *Problem
	Stopped bool
	Source  string      // path
	Signed  *wire.Batch // by a depot; nil for another source
	Preview *batch.Preview
	Filter  batch.Action // which rows are shown; empty for all
	Order   []int        // the rows that are shown: what needs somebody first. Not to be changed
	Done    int          // of Total, while reading or granting
	Total   int
	Report  string // path of the table of errors that was written; empty for none
}

func newEnrolBatch(e *Enrol, failed func(error)) *EnrolBatch {
	b := &EnrolBatch{model: model{loop: e.loop, failed: failed}, enrol: e}
	b.OnChange(e.changed)
	return b
}

func (b *EnrolBatch) suspend() {
	b.service = nil
	if b.stop != nil {
		b.stop()
	}
}

func (b *EnrolBatch) resume(s Service) { b.service = s }

func (b *EnrolBatch) reset() {
	b.suspend()
	b.clean()
}

func (b *EnrolBatch) clean() {
	b.forget()
	b.Step, b.Problem, b.Stopped, b.Source, b.Signed, b.Preview, b.Filter, b.Order, b.Done, b.Total, b.Report = BatchEmpty, nil, false, "", nil, nil, "", nil, 0, 0, ""
	b.statement, b.kept, b.stop = nil, nil, nil
}

// Busy reports whether something is being read or granted.
func (b *EnrolBatch) Busy() bool { return b.Step == BatchReading || b.Step == BatchGranting }

// previewed is a batch that was read.
type previewed struct {
	statement []byte
	signed    *wire.Batch
	preview   *batch.Preview
}

// Choose reads a folder, a table, or a file that a depot signed. Nothing is written.
func (b *EnrolBatch) Choose(path string) {
	if b.Busy() || b.service == nil {
		return
	}
	b.clean()
	b.Step, b.Source = BatchReading, path
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	service, progress := b.service, b.progress()
	background(&b.model, func() (p previewed, err error) {
		defer stop()
		items, err := p.read(ctx, path, service, progress)
		if err != nil {
			return p, err
		}
		p.preview, err = batch.NewPreview(ctx, items, service.ReviewAll, progress)
		return p, err
	}, func(p previewed, err error) {
		b.stop = nil
		if err != nil {
			b.clean()
			if !errors.Is(err, context.Canceled) {
				b.Problem = explain(err, "enrol.batch.unread")
			}
			b.changed()
			return
		}
		b.Step, b.statement, b.Signed, b.Preview, b.kept = BatchPreview, p.statement, p.signed, p.preview, map[int]batch.Row{}
		b.arrange()
		b.changed()
	})
	b.changed()
}

func (p *previewed) read(ctx context.Context, path string, service Service, progress batch.Progress) ([]batch.Item, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(ErrNoFile, err)
	}
	if !info.Mode().IsRegular() || info.Size() > wire.MaxBatch || strings.EqualFold(filepath.Ext(path), ".csv") {
		return batch.Read(ctx, path, progress)
	}
	statement, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Join(ErrNoFile, err)
	}
	if wire.Sniff(statement) != wire.FoundBatch {
		return batch.Read(ctx, path, progress)
	}
	if p.signed, err = service.OpenBatch(statement); err != nil {
		return nil, err
	}
	p.statement = statement
	requests := make([][]byte, 0, len(p.signed.Requests))
	for _, r := range p.signed.Requests {
		requests = append(requests, r.Request)
	}
	return batch.Of(p.signed.Name, requests)
}

// progress returns what tells the window how far the work is that begins next.
func (b *EnrolBatch) progress() batch.Progress {
	round := b.round + 1
	return func(done, total int) {
		b.loop.Post(func() {
			if b.round == round {
				b.Done, b.Total = done, total
				b.changed()
			}
		})
	}
}

// actions in the order in which rows are shown.
var actions = []batch.Action{batch.Error, batch.Skip, batch.Renew, batch.Create}

// arrange puts the rows that are shown in order.
func (b *EnrolBatch) arrange() {
	b.Order = nil
	for i := range b.Preview.Rows {
		if a := b.Preview.Rows[i].Action; b.Filter == "" || a == b.Filter {
			b.Order = append(b.Order, i)
		}
	}
	slices.SortStableFunc(b.Order, func(x, y int) int {
		return slices.Index(actions, b.Preview.Rows[x].Action) - slices.Index(actions, b.Preview.Rows[y].Action)
	})
}

// Show shows only rows with an action, or all for the empty one.
func (b *EnrolBatch) Show(only batch.Action) {
	if b.Preview != nil && b.Filter != only {
		b.Filter = only
		b.arrange()
		b.changed()
	}
}

// Row returns a row that is shown.
func (b *EnrolBatch) Row(i int) *batch.Row { return &b.Preview.Rows[b.Order[i]] }

// Left reports whether a row that is shown was left out by hand.
func (b *EnrolBatch) Left(i int) bool {
	_, left := b.kept[b.Order[i]]
	return left
}

// Toggle leaves a row that is shown out, or takes it in again.
func (b *EnrolBatch) Toggle(i int) {
	if b.Step != BatchPreview || i < 0 || i >= len(b.Order) {
		return
	}
	row := b.Row(i)
	if before, left := b.kept[b.Order[i]]; left {
		row.Action, row.Reason = before.Action, before.Reason
		delete(b.kept, b.Order[i])
	} else if row.Action == batch.Create || row.Action == batch.Renew {
		b.kept[b.Order[i]] = *row
		row.Action, row.Reason = batch.Skip, leftOut
	}
	b.changed() // the row stays where it is
}

// leftOut is the reason of a row that was left out by hand.
const leftOut = "left out by hand"

// Keys is how many identities would get a package.
func (b *EnrolBatch) Keys() int {
	if b.Preview == nil {
		return 0
	}
	return b.Preview.Count(batch.Create) + b.Preview.Count(batch.Renew)
}

// Folder is where the packages go: one of its own for each batch.
func (b *EnrolBatch) Folder() string {
	name := strings.TrimSuffix(filepath.Base(b.Source), filepath.Ext(b.Source))
	if name == "." || name == ".." { // whoever names a file does not choose another folder
		name = "batch"
	}
	base := b.enrol.Folder
	if base == "" {
		base = b.enrol.fallback
	}
	return filepath.Join(base, name)
}

// CanIssue reports whether there is something to issue, and it can be.
func (b *EnrolBatch) CanIssue() bool {
	return b.Step == BatchPreview && b.service != nil && b.enrol.Blocked == nil && b.Keys() > 0
}

// Issue has all granted that the preview says can be, and writes the packages. [EnrolBatch.Stop] ends it after those that are being made.
func (b *EnrolBatch) Issue() {
	if !b.CanIssue() {
		return
	}
	b.Step, b.Problem, b.Stopped, b.Done, b.Total = BatchGranting, nil, false, 0, b.Keys()
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	work := granting{service: b.service, statement: b.statement, folder: b.Folder(), save: b.enrol.save}
	preview, progress := &batch.Preview{Rows: slices.Clone(b.Preview.Rows)}, b.progress() // the window shows the other
	background(&b.model, func() (*batch.Preview, error) {
		defer stop()
		return preview, work.run(ctx, preview, progress)
	}, func(done *batch.Preview, err error) {
		b.stop, b.Preview, b.kept = nil, done, map[int]batch.Row{}
		b.Step, b.Stopped = BatchDone, errors.Is(err, context.Canceled)
		if b.Stopped || err != nil {
			b.Step = BatchPreview
		}
		if err != nil && !b.Stopped {
			b.Problem = explain(err, "enrol.batch.failed")
		}
		b.arrange()
		b.changed()
		b.enrol.console.refresh()
	})
	b.changed()
}

// granting is what is done while a batch is granted.
type granting struct {
	service   Service
	statement []byte
	folder    string
	save      Saver
	files     []wire.File
}

func (g *granting) run(ctx context.Context, p *batch.Preview, progress batch.Progress) error {
	if g.statement != nil {
		if err := g.service.TakeBatch(g.statement); err != nil {
			return err
		}
	}
	load, err := g.service.Consignment()
	if err != nil {
		return err
	}
	for _, name := range []string{ListFile(load.Sequence), CoreFile} { // no changes: whoever is new has no list that they lead from
		if err := g.write(name, load.content(name)); err != nil {
			return err
		}
	}
	if err := p.Grant(ctx, g.service.EnrolAll, g.keep, progress); err != nil {
		return err
	}
	manifest, err := g.service.SignManifest(g.files)
	if err != nil {
		return err
	}
	if err := g.save(filepath.Join(g.folder, ManifestFile), manifest); err != nil && !errors.Is(err, ErrFileExists) { // it lists the same files
		return err
	}
	return nil
}

func (g *granting) write(name string, content []byte) error {
	if err := g.save(filepath.Join(g.folder, name), content); err != nil {
		return err
	}
	g.files = append(g.files, wire.File{Path: name, Size: uint64(len(content)), Hash: sha256.Sum256(content)})
	return nil
}

// keep writes a package. Another file of that name is the trouble of that package alone.
func (g *granting) keep(row *batch.Row, issued *authority.Issued) error {
	name := packageFile(issued)
	err := g.write(name, issued.Package)
	if errors.Is(err, ErrFileExists) {
		row.Lose(err)
		return nil
	}
	row.Package = filepath.Join(g.folder, name)
	return err
}

// Stop ends reading, or granting after what is being made.
func (b *EnrolBatch) Stop() {
	if b.stop != nil {
		b.stop()
	}
}

// Discard leaves the batch. What was granted stays so.
func (b *EnrolBatch) Discard() {
	if !b.Busy() {
		b.clean()
		b.changed()
	}
}

// Export writes the rows with errors as a table into the folder of the batch.
func (b *EnrolBatch) Export() {
	if b.Preview == nil || b.Busy() || b.Preview.Count(batch.Error) == 0 {
		return
	}
	var table bytes.Buffer
	if err := batch.WriteCSV(&table, b.Preview.Errors()); err != nil { // to memory
		return
	}
	path, save := filepath.Join(b.Folder(), "errors.csv"), b.enrol.save
	background(&b.model, func() (string, error) { return path, save(path, table.Bytes()) }, func(path string, err error) {
		if b.Problem = explain(err, "enrol.batch.report.failed"); err == nil {
			b.Report = path
		}
		b.changed()
	})
}
