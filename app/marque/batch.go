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
	preview bool
	report  string

	out         string
	yes, asJSON bool
}

func (b *batchRun) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.from, "batch", "", "a folder of requests or pictures, or a table (CSV), in place of REQUEST…")
	cmd.Flags().BoolVar(&b.preview, "preview", false, "of a batch: show what would become of it, and write nothing but the report")
	cmd.Flags().StringVar(&b.report, "report", "", "of a batch: the file for a table of what became of each request; replaced if it is there")
}

// check looks at the command line.
func (b *batchRun) check(out string, args []string) error {
	switch {
	case b.from != "" && len(args) > 0:
		return errors.New("requests come from --batch or by their names, not both")
	case b.from == "" && len(args) == 0:
		return errors.New("name the requests, or a --batch of them")
	case b.from == "" && (b.preview || b.report != ""):
		return errors.New("--preview and --report are of a --batch")
	case out == "" && !b.preview:
		return errors.New(`required flag(s) "out" not set`)
	}
	return nil
}

// batchResult is what became of a batch.
type batchResult struct {
	*realmFiles

	Rows []batchRow `json:"requests"`
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
		return advice.Wrap("nothing was enrolled", err)
	}
	var realm *realmFiles
	if !b.preview {
		if realm, err = b.agree(cmd.ErrOrStderr(), c, p); err != nil {
			return advice.Wrap("nothing was enrolled", err)
		}
		err = b.grant(ctx, c, p)
	}
	err = errors.Join(err, b.writeReport(p))
	return errors.Join(advice.Wrap("not all of the batch was done", err), b.show(cmd, realm, p), b.problem(cmd.ErrOrStderr(), p))
}

// look reads the batch and finds out what would become of it.
func (b *batchRun) look(ctx context.Context, c *localapi.Client) (*batch.Preview, error) {
	reading, done := counting("reading")
	items, err := batch.Read(ctx, b.from, reading)
	done()
	if err != nil {
		return nil, interrupted(err)
	}
	checking, done := counting("checking")
	defer done()
	p, err := batch.NewPreview(ctx, items, c.ReviewAll, checking)
	return p, interrupted(err)
}

// agree asks whether to go on, and begins to write.
func (b *batchRun) agree(w io.Writer, c *localapi.Client, p *batch.Preview) (*realmFiles, error) {
	if !b.yes {
		explain(w, p)
		yes, err := terminal.Confirm(summary(p) + ". Enrol them?")
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
	fmt.Fprintln(w, summary(p))
	return nil
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
	return fmt.Sprintf("%s: %d new, %d enrolled before, %d skipped, %d in error", text,
		p.Count(batch.Create), p.Count(batch.Renew), p.Count(batch.Skip), p.Count(batch.Error))
}

// problem explains what was refused, and returns what to say at the end. A preview is no failure, whatever it shows.
func (b *batchRun) problem(w io.Writer, p *batch.Preview) error {
	failed := p.Count(batch.Error)
	if failed == 0 || b.preview {
		return nil
	}
	explain(w, p)
	return terminal.Wrap(fmt.Sprintf("%d of %d requests were not enrolled", failed, len(p.Rows)), errSome)
}

// explain says what is wrong with the first requests that something is wrong with.
func explain(w io.Writer, p *batch.Preview) {
	bad := p.Errors()
	for i := range bad[:min(len(bad), maxExplained)] {
		terminal.Explain(w, "marque", terminal.Wrap(place(&bad[i])+" cannot be enrolled", errors.New(bad[i].Reason)))
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
