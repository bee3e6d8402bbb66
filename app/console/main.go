// Marque-console is the window at which an authority is founded, unlocked, and used: it lists identities and enrols vehicles and
// applications by the codes of their requests. It joins the screens to the authority's folder and to the machine, and opens no
// connection.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"marque/app/flow"
	"marque/app/screen"
)

// version is set by the linker.
var version = "unknown"

// tick is how often the strip is brought up to date without anybody doing anything.
const tick = 20 * time.Second

func main() {
	dir, done, err := arguments(os.Args[1:])
	if done {
		return
	}
	if err == nil {
		err = run(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "marque-console:", err)
		os.Exit(2)
	}
}

// arguments returns the authority's folder, or says that all is done.
func arguments(args []string) (dir string, done bool, err error) {
	flags := flag.NewFlagSet("marque-console", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "Usage: marque-console [--dir FOLDER]\n\nOpens the window of the authority in FOLDER, and offers to found one where there is none.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&dir, "dir", "", "the authority's `FOLDER` (default marque/authority in $XDG_DATA_HOME, or in ~/.local/share)")
	show := flags.Bool("version", false, "print the version")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return "", true, nil
	case err != nil:
		os.Exit(2) // the flag set has said why
	}
	if *show {
		fmt.Printf("marque-console %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return "", true, nil
	}
	if flags.NArg() > 0 {
		return "", false, errors.New("it takes no arguments beside its flags; name the authority's folder with --dir")
	}
	if dir == "" {
		dir, err = defaultDir()
	}
	return dir, false, err
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

func run(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	app.SetMetadata(metadata())
	a := app.New()
	if err := screen.LoadTexts(); err != nil {
		return err
	}
	place := &place{dir: dir, clock: time.Now}
	console := flow.NewConsole(flow.Parts{
		Loop:     flow.Loop{Run: func(work func()) { go work() }, Post: fyne.Do},
		Clock:    time.Now,
		Founder:  place,
		Safe:     place,
		Scanner:  scanner{},
		Save:     save,
		Packages: filepath.Join(filepath.Dir(dir), "packages"),
	})
	w := a.NewWindow("Marque")
	shell := screen.NewShell(w, console)
	w.Resize(fyne.NewSize(1280, 800))
	w.CenterOnScreen()
	console.Start()
	stop := every(tick, func() { fyne.Do(func() { console.Status.Refresh(); shell.Tick() }) })
	w.ShowAndRun()
	stop()
	return place.close()
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
