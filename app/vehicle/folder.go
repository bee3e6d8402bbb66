package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

// folder is the device folder that a command works on, as the command line names it.
type folder struct {
	dir            string
	passphraseFile string
	ask            bool
	refused        bool // print who is turned away
	alone          bool // take no lists from peers, and give none
	hybrid         bool // demand that sessions are
	early          bool // take sessions that begin with data
	learned        bool // print which lists came from peers
}

func (f *folder) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "dir", "", "the device folder (required)")
	cmd.Flags().StringVar(&f.passphraseFile, "passphrase-file", "", "the passphrase in this file's first line opens the folder, not its key file")
	cmd.Flags().BoolVar(&f.ask, "ask-passphrase", false, "a passphrase typed at the terminal opens the folder, not its key file")
	terminal.Required(cmd, "dir")
}

// phrase says whether a passphrase opens the folder.
func (f *folder) phrase() bool { return f.passphraseFile != "" || f.ask }

// options reads the passphrase, if there is one. A new one is asked for twice.
func (f *folder) options(fresh bool) (device.Options, error) {
	o := device.Options{Clock: time.Now, Key: device.FileKey()}
	if f.refused {
		o.Refused = printRefused
	}
	if !fresh {
		c, err := findCounter(f.dir)
		if err != nil {
			return o, err
		}
		sealed := device.IsSealed(f.dir)
		switch {
		case c == nil && sealed:
			return o, fmt.Errorf("%s is missing, which names the TPM: %w", filepath.Join(f.dir, counterFile), device.ErrSealed)
		case sealed:
			o.Key = device.SealedKey(c.Sealer())
		}
		if c != nil {
			o.Counter = c
		}
	}
	if f.learned {
		o.Learned = printLearned
	}
	o.Share.Off, o.Early, o.Hybrid = f.alone, f.early, f.hybrid
	if !f.phrase() {
		return o, nil
	}
	p, err := terminal.Passphrase(f.passphraseFile, "Passphrase of the device folder", fresh)
	if err != nil {
		return o, err
	}
	o.Key = device.Passphrase(p)
	clear(p)
	return o, nil
}

// use opens the device, runs do, and closes it again.
func (f *folder) use(do func(d *device.Device) error) error {
	o, err := f.options(false)
	if err != nil {
		return advice.Wrap("the device folder was not opened", err)
	}
	d, err := device.Load(f.dir, o)
	if err != nil {
		return advice.Wrap("the device folder was not opened", err)
	}
	err = do(d)
	if cerr := d.Close(); err == nil {
		err = advice.Wrap("the device folder was not closed properly", cerr)
	}
	return err
}
