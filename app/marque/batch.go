package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"marque/app/batch"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

var (
	errAgree    = errors.New("nobody at a terminal agreed; look at it with --preview, then say --yes")
	errNotNow   = errors.New("nobody agreed; run this again when it is as it should be")
	errContinue = errors.New("it was interrupted; run the same command again, which goes on from there")
)

// maxExplained is how many refused requests are explained at the terminal; all of them are in the report.
const maxExplained = 20

// batchRun is `enrol --batch`.
type batchRun struct {
	from    string
	depot   string   // file of a depot's batch, in place of from
	renews  *renewal // receipts in place of requests; nil for requests
	preview bool
	report  string

	out         string
	yes, asJSON bool

	statement []byte           // of the depot
	taken     *authority.Taken // nil without a depot, and in a preview
}

// given says whether there is a batch.
func (b *batchRun) given() bool { return b.from != "" || b.depot != "" }

func (b *batchRun) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.from, "batch", "", "a folder of requests or pictures, or a table (CSV), in place of REQUEST…")
	cmd.Flags().StringVar(&b.depot, "depot", "", "a batch that a registered depot signed (.mqd), in place of REQUEST…")
	cmd.MarkFlagsMutuallyExclusive("batch", "depot")
	cmd.Flags().BoolVar(&b.preview, "preview", false, "of a batch: show what would become of it, and write nothing but the report")
	cmd.Flags().StringVar(&b.report, "report", "", "of a batch: the file for a table of what became of each request; replaced if it is there")
}

// check looks at the command line.
func (b *batchRun) check(out string, args []string) error {
	switch {
	case b.given() && len(args) > 0:
		return errors.New("requests come from --batch or by their names, not both")
	case !b.given() && len(args) == 0:
		return errors.New("name the requests, or a --batch of them")
	case !b.given() && (b.preview || b.report != ""):
		return errors.New("--preview and --report are of a --batch")
	case out == "" && !b.preview:
		return errors.New(`required flag(s) "out" not set`)
	}
	return nil
}

// batchResult is what became of a batch.
type batchResult struct {
	*realmFiles

	Depot string     `json:"depot,omitempty"`
	Batch uint32     `json:"batch,omitempty"` // its number at the depot
	Again bool       `json:"again,omitempty"` // it was taken before
	Rows  []batchRow `json:"requests"`
}

type batchRow struct {
	Line    int    `json:"line"`
	File    string `json:"file,omitempty"`
	Name    string `json:"name,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Result  string `json:"result"`
	Address string `json:"address,omitempty"`
	Package string `json:"package,omitempty"`
	Words   string `json:"words,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

func (b *batchRun) run(cmd *cobra.Command, c *localapi.Client) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, err := b.look(ctx, c)
	if err != nil {
		return advice.Wrap(b.nothing(), err)
	}
	var realm *realmFiles
	if !b.preview {
		if realm, err = b.agree(cmd.ErrOrStderr(), c, p); err != nil {
			return advice.Wrap(b.nothing(), err)
		}
		err = b.grant(ctx, c, p)
		err = errors.Join(err, writeManifest(c, b.out, realm.written(packagesOf(p)...)...))
	}
	if b.renews != nil && b.renews.left > 0 {
		cmd.PrintErrf("%d more are due than one batch takes: run the same command again for those\n", b.renews.left)
	}
	err = errors.Join(err, b.writeReport(p))
	return errors.Join(advice.Wrap("not all of the batch was done", err), b.show(cmd, realm, p), b.problem(cmd.ErrOrStderr(), p))
}

func (b *batchRun) nothing() string {
	if b.renews != nil {
		return "nothing was renewed"
	}
	return "nothing was enrolled"
}

// question asks for what is about to be done.
func (b *batchRun) question(p *batch.Preview) string {
	if b.renews != nil {
		return summary(p) + ". Make these packages?"
	}
	return summary(p) + ". Enrol them?"
}

// look reads the batch and finds out what would become of it.
func (b *batchRun) look(ctx context.Context, c *localapi.Client) (*batch.Preview, error) {
	reading, done := counting("reading")
	items, err := b.read(ctx, c, reading)
	done()
	if err != nil {
		return nil, interrupted(err)
	}
	checking, done := counting("checking")
	defer done()
	p, err := batch.NewPreview(ctx, items, c.ReviewAll, checking)
	return p, interrupted(err)
}

// read reads the requests of the batch.
func (b *batchRun) read(ctx context.Context, c *localapi.Client, reading batch.Progress) (items []batch.Item, err error) {
	if b.renews != nil {
		return b.renews.read(ctx, c, reading)
	}
	if b.depot == "" {
		return batch.Read(ctx, b.from, reading)
	}
	if b.statement, err = readOurs(ctx, wire.FoundBatch, wire.MaxBatch, b.depot); err != nil {
		return nil, err
	}
	signed, err := depotBatch(c, b.statement)
	if err != nil {
		return nil, err
	}
	var requests [][]byte
	for _, r := range signed.Requests {
		requests = append(requests, r.Request)
	}
	return batch.Of(signed.Name, requests)
}

// agree asks whether to go on, and begins to write.
func (b *batchRun) agree(w io.Writer, c *localapi.Client, p *batch.Preview) (*realmFiles, error) {
	if !b.yes {
		b.explain(w, p)
		yes, err := terminal.Confirm(b.question(p))
		switch {
		case errors.Is(err, terminal.ErrNoTerminal):
			return nil, errAgree
		case err == nil && !yes:
			err = errNotNow
		}
		if err != nil {
			return nil, err
		}
	}
	if b.depot != "" {
		var err error
		if b.taken, err = c.TakeBatch(b.statement); err != nil {
			return nil, err
		}
	}
	return writeRealm(c, b.out)
}

func (b *batchRun) grant(ctx context.Context, c *localapi.Client, p *batch.Preview) error {
	enrolling, done := counting("enrolling")
	defer done()
	keep := func(row *batch.Row, issued *authority.Issued) error {
		row.Package = packageFile(b.out, issued)
		err := terminal.WriteNew(row.Package, issued.Package)
		if errors.Is(err, terminal.ErrExists) { // that one's trouble
			row.Package = ""
			row.Lose(err)
			return nil
		}
		return err
	}
	return interrupted(p.Grant(ctx, c.EnrolAll, keep, enrolling))
}

func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return errContinue
	}
	return err
}

func (b *batchRun) writeReport(p *batch.Preview) error {
	if b.report == "" {
		return nil
	}
	var table bytes.Buffer
	if err := batch.WriteCSV(&table, p.Rows); err != nil {
		return err
	}
	return terminal.Write(nil, b.report, table.Bytes(), false)
}

// show writes what became of the batch, or would.
func (b *batchRun) show(cmd *cobra.Command, realm *realmFiles, p *batch.Preview) error {
	w := cmd.OutOrStdout()
	if b.asJSON {
		r := batchResult{realmFiles: realm, Rows: make([]batchRow, 0, len(p.Rows))}
		if b.taken != nil {
			r.Depot, r.Batch, r.Again = b.taken.Depot.Name, b.taken.Batch.Sequence, b.taken.Again
		}
		for i := range p.Rows {
			row := &p.Rows[i]
			r.Rows = append(r.Rows, batchRow{
				row.Line, row.Source, row.Name, row.Kind, row.Result(), row.Address, row.Package, row.Words, row.Reason,
			})
		}
		return terminal.JSON(w, r)
	}
	if realm != nil {
		realm.print(w)
	} else {
		printPreview(w, p)
	}
	if b.taken != nil {
		note := ""
		if b.taken.Again {
			note = ", taken before"
		}
		fmt.Fprintf(w, "depot %s, batch %d%s\n", b.taken.Depot.Name, b.taken.Batch.Sequence, note)
	}
	fmt.Fprintln(w, summary(p))
	return nil
}

// packagesOf names the files of the packages that were written.
func packagesOf(p *batch.Preview) (files []string) {
	for i := range p.Rows {
		files = append(files, p.Rows[i].Package)
	}
	return files
}

func printPreview(w io.Writer, p *batch.Preview) {
	for i := range p.Rows {
		row := &p.Rows[i]
		fmt.Fprintf(w, "%s: %s", place(row), row.Result())
		for _, part := range []string{row.Name, row.Kind, row.Address, row.Words, row.Reason} {
			if part != "" {
				fmt.Fprintf(w, ", %s", part)
			}
		}
		fmt.Fprintln(w)
	}
}

func place(row *batch.Row) string {
	if row.Source == "" {
		return fmt.Sprintf("line %d", row.Line)
	}
	return fmt.Sprintf("%d %s", row.Line, row.Source)
}

// summary counts what is, or was, to be done.
func summary(p *batch.Preview) string {
	text := "to do"
	if created := p.Done(); created > 0 {
		text = fmt.Sprintf("%d done", created)
	}
	if renewed := p.Count(batch.Renew) - p.Again(); renewed > 0 {
		return fmt.Sprintf("%s: %d renewed, %d new, %d made before, %d skipped, %d in error", text,
			renewed, p.Count(batch.Create), p.Again(), p.Count(batch.Skip), p.Count(batch.Error))
	}
	return fmt.Sprintf("%s: %d new, %d enrolled before, %d skipped, %d in error", text,
		p.Count(batch.Create), p.Again(), p.Count(batch.Skip), p.Count(batch.Error))
}

// problem explains what was refused, and returns what to say at the end. A preview is no failure, whatever it shows.
func (b *batchRun) problem(w io.Writer, p *batch.Preview) error {
	failed := p.Count(batch.Error)
	if failed == 0 || b.preview {
		return nil
	}
	b.explain(w, p)
	return terminal.Wrap(fmt.Sprintf("%d of %d requests were not %s", failed, len(p.Rows), b.done()), errSome)
}

func (b *batchRun) done() string {
	if b.renews != nil {
		return "renewed"
	}
	return "enrolled"
}

// explain says what is wrong with the first requests that something is wrong with.
func (b *batchRun) explain(w io.Writer, p *batch.Preview) {
	bad := p.Errors()
	for i := range bad[:min(len(bad), maxExplained)] {
		terminal.Explain(w, "marque", terminal.Wrap(place(&bad[i])+" cannot be "+b.done(), errors.New(bad[i].Reason)))
	}
	if len(bad) > maxExplained {
		fmt.Fprintf(w, "marque: and %d more, which --report lists\n", len(bad)-maxExplained)
	}
}

// counting tells the person at the terminal how far it is, and returns what takes that away.
func counting(what string) (progress batch.Progress, end func()) {
	clearLine := terminal.Progress(what)
	return func(done, total int) {
		clearLine()
		clearLine = terminal.Progress(fmt.Sprintf("%s %d of %d", what, done, total))
	}, func() { clearLine() }
}
