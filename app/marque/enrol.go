package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

var (
	errSome  = errors.New("each is explained above; mend those and run this again, since a request that was enrolled gives the same package again")
	errWords = errors.New("the words were not confirmed; compare them with those that the device shows, and do not enrol it until they agree")
)

// enrolled is what became of one request.
type enrolled struct {
	Request string `json:"request"`
	Address string `json:"address,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Words   string `json:"words,omitempty"`
	Package string `json:"package,omitempty"`
	Again   bool   `json:"again,omitempty"`
	Warning string `json:"warning,omitempty"`
	Error   string `json:"error,omitempty"`
	err     error
}

// realmFiles is whose packages they are, and what every device needs besides.
type realmFiles struct {
	Realm string `json:"realm"`
	Words string `json:"words"`
	Core  string `json:"core"`
	List  string `json:"list"`
}

// enrolment is what became of all requests of one call.
type enrolment struct {
	realmFiles

	Requests []enrolled        `json:"requests"`
	Stick    []carry.Delivered `json:"stick,omitempty"` // what was written to a stick
}

const enrolHelp = `Reads enrolment requests from pictures of their QR codes (PNG or JPEG) or from .mqr files, enrols each under its name and the next
serial, and writes to --out for each the key package NAME~SERIAL.mqp, and besides the newest revocation list (list-N.mql) and the
core (core.mqs). Each request is a transaction of its own: bad ones are reported and left out, and enrolling the same request again gives
the same package. No file is ever overwritten with other contents.

Only the eight words, compared with those that the device shows, say that a request comes from that device. At a terminal, each
new request is shown with its words and enrolled when they are confirmed. A script answers for its requests itself.

With --usb the requests are those in the stick's folder marque/inbox, unless others are named or scanned, and what was written to --out is
written there, too, with a signed manifest. With --scan each request comes from a hand scanner, until Ctrl-C.

With --batch, up to 10,000 requests come from a folder, or from a table: CSV in UTF-8, with commas or semicolons, whose first line
names the columns: request, which holds the text of a code or the name of a file beside the table, and perhaps name and kind, which
then must agree with the request. First it is shown what would become of each (--preview: and nothing else), and nothing is written
before somebody agrees. An interruption finishes what is being made; after it, or a crash, the same command goes on from there.

With --depot the requests are those of a batch that a registered depot signed: it compared the words. Otherwise it is a batch like any
other. A batch that is older than the depot's newest is refused.

What was written to --out is listed in its manifest.mqm, which the authority signs (marque audit manifest).`

func newEnrol() *cobra.Command {
	var h home
	var out string
	var yes, asJSON bool
	var many batchRun
	var from arrivals
	cmd := &cobra.Command{
		Use:   "enrol --dir FOLDER --out FOLDER [REQUEST… | --usb | --scan | --batch FILE | --depot FILE.mqd]",
		Short: "Enrol devices by the QR codes or files of their requests",
		Long:  enrolHelp,
		Example: `  marque authority enrol --dir fleet --out packages bus-4711/request.png bus-4712/request.png
  marque authority enrol --dir fleet --out packages --usb
  marque authority enrol --dir fleet --batch depot.csv --preview
  marque authority enrol --dir fleet --batch depot.csv --out packages --report report.csv
  marque authority enrol --dir fleet --depot south-1.mqd --out packages --yes`,
		Args: func(_ *cobra.Command, args []string) error { return many.check(out, from.names(args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if many.given() {
				many.out, many.yes, many.asJSON = out, yes, asJSON
				return h.unlocked(func(c *localapi.Client) error { return many.run(cmd, c) })
			}
			return from.run(cmd, &h, args, func(c *localapi.Client, requests iter.Seq[arrival], stick *bearer) error {
				b, err := enrolAll(c, out, requests, !yes)
				if err != nil {
					return advice.Wrap("nothing was enrolled", err)
				}
				return b.finish(cmd, c, out, stick, asJSON)
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the folder for packages, list and core; made if it is missing (required, but for --preview)")
	cmd.Flags().BoolVar(&yes, "yes", false, "the words of all requests were compared: ask nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	many.flags(cmd)
	from.flags(cmd)
	return cmd
}

// finish signs what is in the folder, writes to the stick, if there is one, and says what became of all.
func (b *enrolment) finish(cmd *cobra.Command, c *localapi.Client, out string, stick *bearer, asJSON bool) error {
	err := advice.Wrap("the manifest was not written", writeManifest(c, out, b.written(b.packages()...)...))
	err = errors.Join(err, b.carry(cmd, c, stick))
	if asJSON {
		err = errors.Join(err, terminal.JSON(cmd.OutOrStdout(), b))
	} else {
		b.print(cmd.OutOrStdout())
		stick.printStick(cmd.OutOrStdout(), b.Stick)
	}
	return errors.Join(err, b.problem(cmd.ErrOrStderr()))
}

// enrolAll enrols what it can. With ask, the person at the terminal has the last word on each.
func enrolAll(c *localapi.Client, out string, requests iter.Seq[arrival], ask bool) (*enrolment, error) {
	about, err := writeRealm(c, out)
	if err != nil {
		return nil, err
	}
	b := &enrolment{realmFiles: *about}
	for request := range requests {
		e := enrolled{Request: request.name}
		if e.err = e.enrol(c, out, &request, ask); e.err != nil {
			e.Error = e.err.Error()
		}
		b.Requests = append(b.Requests, e)
	}
	return b, nil
}

// packages names the files of the packages that were written.
func (b *enrolment) packages() (files []string) {
	for _, e := range b.Requests {
		if e.err == nil {
			files = append(files, e.Package)
		}
	}
	return files
}

// enrol reads one request, enrols it, and writes its package. The identity is recorded before the package exists anywhere else.
func (e *enrolled) enrol(c *localapi.Client, out string, a *arrival, ask bool) error {
	request, err := a.read()
	if err != nil {
		return err
	}
	review, err := c.Review(request)
	if err != nil {
		return err
	}
	e.Kind, e.Words, e.Warning = review.Request.Kind.String(), words.Text(review.Hash[:]), review.Warning
	if ask && !review.Again && review.Problem == nil {
		if err := e.confirm(review.Request.Name); err != nil {
			return err
		}
	}
	issued, err := c.Enrol(request)
	if err != nil {
		return err
	}
	e.Address, e.Again = issued.Address.String(), issued.Again
	e.Package = packageFile(out, issued)
	return terminal.WriteNew(e.Package, issued.Package)
}

// confirm asks whether the device shows the same words. Where nobody can be asked, nobody is.
func (e *enrolled) confirm(name string) error {
	question := fmt.Sprintf("%s, %s\n\n    %s\n\n", name, e.Kind, e.Words)
	if e.Warning != "" {
		question += "Warning: " + e.Warning + "\n"
	}
	yes, err := terminal.YesNo(question + "Are these the words on the device?")
	switch {
	case errors.Is(err, terminal.ErrNoTerminal):
		return nil
	case err == nil && !yes:
		return errWords
	}
	return err
}

// problem explains the failures to w when there were several requests, and returns what to say at the end.
func (b *enrolment) problem(w io.Writer) error {
	failed := 0
	for _, e := range b.Requests {
		if e.err == nil {
			continue
		}
		failed++
		problem := advice.Wrap(e.Request+" was not enrolled", e.err)
		if len(b.Requests) == 1 {
			return problem
		}
		terminal.Explain(w, "marque", problem)
	}
	if failed == 0 {
		return nil
	}
	return terminal.Wrap(fmt.Sprintf("%d of %d requests were not enrolled", failed, len(b.Requests)), errSome)
}

func (b *enrolment) print(out io.Writer) {
	b.realmFiles.print(out)
	for _, e := range b.Requests {
		if e.err != nil {
			continue
		}
		note := ""
		if e.Again {
			note = ", enrolled before: this is the same package again"
		}
		fmt.Fprintf(out, "%s, %s%s\n  words    %s\n  package  %s\n", e.Address, e.Kind, note, e.Words, e.Package)
		if e.Warning != "" {
			fmt.Fprintf(out, "  warning  %s\n", e.Warning)
		}
	}
}

// packageFile names the file of a package: NAME~SERIAL.mqp, and every later one by its number, NAME~SERIAL-2.mqp, so that none takes the
// place of another.
func packageFile(out string, issued *authority.Issued) string {
	name := fmt.Sprintf("%s~%d", issued.Address.Name(), issued.Address.Serial())
	if issued.Sequence > 1 {
		name += fmt.Sprintf("-%d", issued.Sequence)
	}
	return filepath.Join(out, name+".mqp")
}

// writeRealm makes the folder, and writes to it what every device needs besides its package: before anything is enrolled, which does not
// change it.
func writeRealm(c *localapi.Client, out string) (*realmFiles, error) {
	if err := makeFolder(out); err != nil {
		return nil, err
	}
	core, err := readCore(c)
	if err != nil {
		return nil, err
	}
	hash := core.Hash()
	r := &realmFiles{Realm: core.Realm, Words: words.Text(hash[:])}
	if r.Core, err = writeCore(c, out); err != nil {
		return nil, err
	}
	r.List, err = writeNewestList(c, out)
	return r, err
}

func (r *realmFiles) print(out io.Writer) {
	fmt.Fprintf(out, "realm %s\n  words    %s\n  core     %s\n  list     %s\n", r.Realm, r.Words, r.Core, r.List)
}

func readCore(c *localapi.Client) (*wire.Core, error) {
	core := c.Core()
	if core == nil {
		return nil, localapi.ErrGone
	}
	return core, nil
}

// writeCore writes the signed core, which devices can be given at the factory.
func writeCore(c *localapi.Client, out string) (string, error) {
	core, err := c.CoreStatement()
	if err != nil {
		return "", err
	}
	file := filepath.Join(out, papers.CoreFile)
	return file, terminal.WriteNew(file, core)
}
