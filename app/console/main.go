// Marque-console is the window at which an authority is founded, unlocked, and used: it lists identities and enrols vehicles and
// applications by the codes of their requests. It joins the screens to the machine and to the service that owns the authority,
// which it starts where none runs, and opens no other connection. The master secret never comes here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"marque/app/flow"
	"marque/app/flow/remote"
	"marque/app/localapi"
	"marque/app/screen"
)

// version is set by the linker.
var version = "unknown"

// tick is how often the strip is brought up to date without anybody doing anything.
const tick = 20 * time.Second

func main() {
	o, done, err := arguments(os.Args[1:])
	if done {
		return
	}
	switch {
	case err != nil:
	case o.depot != "":
		err = runDepot(o)
	default:
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "marque-console:", err)
		os.Exit(2)
	}
}

// options are what the flags say.
type options struct {
	localapi.Options

	depot   string // its folder; empty for an authority
	scanner string // its device; empty for one that types into the window, or none
}

// arguments returns where the authority and its service are, or the depot, or says that all is done.
func arguments(args []string) (o options, done bool, err error) {
	flags := flag.NewFlagSet("marque-console", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "Usage: marque-console [--dir FOLDER] [--socket SOCKET] [--tpm PATH] [--scanner DEVICE]\n"+
			"       marque-console --depot FOLDER [--scanner DEVICE]\n\n"+
			"Opens the window of the authority in FOLDER, and offers to found one where there is none; or that of a depot, which has no\n"+
			"secret of an authority and reaches none.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.Dir, "dir", "", "the authority's `FOLDER` (default marque/authority in $XDG_DATA_HOME, or in ~/.local/share)")
	flags.StringVar(&o.Socket, "socket", "", "the `SOCKET` of a service that runs already (default: one beside the folder, or a service of its own)")
	flags.StringVar(&o.TPM, "tpm", "", "of a TPM vault: the TPM's device, or the Unix socket of swtpm, as a `PATH` (default /dev/tpmrm0)")
	flags.StringVar(&o.depot, "depot", "", "work as the depot in this `FOLDER`, and offer to make one where there is none")
	flags.StringVar(&o.scanner, "scanner", "", "the hand scanner's `DEVICE`: under /dev/input it is taken from the system, else it is a serial port")
	show := flags.Bool("version", false, "print the version")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, true, nil
	case err != nil:
		os.Exit(2) // the flag set has said why
	}
	if *show {
		fmt.Printf("marque-console %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return o, true, nil
	}
	if flags.NArg() > 0 {
		return o, false, errors.New("it takes no arguments beside its flags; name the authority's folder with --dir")
	}
	if o.depot != "" && (o.Dir != "" || o.Socket != "" || o.TPM != "") {
		return o, false, errors.New("a depot has no authority: leave out --dir, --socket and --tpm")
	}
	if o.Dir == "" && o.depot == "" {
		o.Dir, err = defaultDir()
	}
	return o, false, err
}

// service returns the program that becomes the service when none runs: marque beside this program, or else in the PATH. It is empty
// when there is none.
func service() string {
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), "marque")
		if _, err := exec.LookPath(beside); err == nil {
			return beside
		}
	}
	found, err := exec.LookPath("marque")
	if err != nil {
		return ""
	}
	return found
}

// defaultDir is where an authority lives that nobody gave a place.
func defaultDir() (string, error) {
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("there is no home folder; name the authority's folder with --dir: %w", err)
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "marque", "authority"), nil
}

func run(o options) (err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if o.Socket == "" {
		o.Program = service()
	}
	app.SetMetadata(metadata())
	a := app.New()
	if err := screen.LoadTexts(); err != nil {
		return err
	}
	authority := remote.New(context.Background(), o.Options)
	console := flow.NewConsole(flow.Parts{
		Loop:     flow.Loop{Run: func(work func()) { go work() }, Post: fyne.Do, After: after},
		Clock:    time.Now,
		Service:  authority,
		Dir:      o.Dir,
		Scanner:  counter(),
		Camera:   openCamera,
		Label:    labels(filepath.Join(filepath.Dir(o.Dir), "labels")),
		Save:     save,
		Look:     look,
		Packages: filepath.Join(filepath.Dir(o.Dir), "packages"),
		Papers:   papers{},
		ReadKey:  readKey,
		Build:    build(),
		Drives:   drives{},
		Ceremony: ceremonial(o),
	})
	w := a.NewWindow("Marque")
	shell := screen.NewShell(w, console)
	w.Resize(fyne.NewSize(1280, 800))
	w.CenterOnScreen()
	unplug, err := listen(context.Background(), o.scanner, shell.Scanned)
	if err != nil {
		return errors.Join(err, authority.Close())
	}
	defer unplug()
	console.Start()
	stop := every(tick, func() { fyne.Do(func() { console.Refresh(); shell.Tick() }) })
	w.ShowAndRun()
	stop()
	return authority.Close()
}

// every calls f again and again until the returned function is called.
func every(d time.Duration, f func()) (stop func()) {
	ticker, done := time.NewTicker(d), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
	}
}

// after runs f in the goroutine of the window after a while.
func after(d time.Duration, f func()) { time.AfterFunc(d, func() { fyne.Do(f) }) }
