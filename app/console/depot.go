package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"marque/app/depot"
	"marque/app/flow"
	"marque/app/screen"
)

// folder implements flow.DepotFolder for a folder of this machine.
type folder string

// Open implements flow.DepotFolder.
func (f folder) Open(passphrase []byte) (flow.DepotKeeper, error) {
	d, err := depot.Open(string(f), passphrase, depot.Options{Clock: time.Now})
	if err != nil {
		return nil, err // not a nil *depot.Depot
	}
	return d, nil
}

// Create implements flow.DepotFolder.
func (f folder) Create(name string, core, passphrase []byte) (flow.DepotKeeper, error) {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFolder, err)
	}
	d, err := depot.Create(string(f), name, core, passphrase, depot.Options{Clock: time.Now})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// runDepot opens the window of a depot. It reaches no service.
func runDepot(o options) error {
	dir, err := filepath.Abs(o.depot)
	if err != nil {
		return err
	}
	_, absent := os.Stat(dir)
	app.SetMetadata(metadata())
	a := app.New()
	if err := screen.LoadTexts(); err != nil {
		return err
	}
	d := flow.NewDepot(flow.DepotParts{
		Loop:     flow.Loop{Run: func(work func()) { go work() }, Post: fyne.Do, After: after},
		Clock:    time.Now,
		Folder:   folder(dir),
		Exists:   absent == nil,
		Dir:      dir,
		Read:     read,
		Save:     save,
		Requests: requests(),
		Receipts: receipts(),
	})
	w := a.NewWindow("Marque")
	shell := screen.NewDepotShell(w, d)
	unplug, err := listen(context.Background(), o.scanner, shell.Scanned)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	defer unplug()
	w.Resize(fyne.NewSize(1280, 800))
	w.CenterOnScreen()
	stop := every(tick, func() { fyne.Do(shell.Tick) })
	w.ShowAndRun()
	stop()
	return d.Close()
}
