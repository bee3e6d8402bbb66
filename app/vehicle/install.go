package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/terminal"
	"marque/app/words"
	"marque/device"
	"marque/device/wire"
)

var (
	errOtherWords = errors.New("the package's authority has other words; compare them with the authority again, and install nothing until they agree")
	errDeclined   = errors.New("the words were not confirmed; compare them with the authority and start again")
	errUnpinned   = errors.New("nobody can be asked whether this is the right authority; give its eight words with --words, or its core with --core")
)

// pin says which authority is the right one: by words, by a file, or, when both are empty, by asking.
type pin struct{ words, core string }

// keys is what was installed, as JSON shows it.
type keys struct {
	Address    string    `json:"address"`
	Words      string    `json:"words"`
	FirstEpoch uint32    `json:"first_epoch"`
	LastEpoch  uint32    `json:"last_epoch"`
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	List       *list     `json:"list,omitempty"` // that lay beside the package
	Problem    string    `json:"list_problem,omitempty"`
	Next       string    `json:"next,omitempty"`
}

func newInstall(f *folder) *cobra.Command {
	var p pin
	var asJSON bool
	var from mailbox
	cmd := &cobra.Command{
		Use:   "install --dir FOLDER {PACKAGE | PICTURE… | --usb[=DEVICE|FOLDER]}",
		Short: "Install the key package that the authority answered with",
		Long: `Checks every key of the package and installs all of it or nothing.

Whoever made the package is trusted from then on. So the authority must be confirmed: by its eight words (--words), by its
core in a file that came another way (--core), or by a person who compares the words that this command shows. Nothing has to
be confirmed after rotate: the core before it committed to this one.

The package comes from a file, from pictures of its codes in any order (PNG, JPEG, GIF, or folders of them), or, with --usb, from the folder
marque/inbox of a stick, where it is found by itself.

The revocation list with the highest number that lies beside the package (list-N.mql) is applied too. Without one the keys are
installed all the same, and the list is applied later (apply).`,
		Example: `  marque-vehicle install --dir bus-4711 bus-4711~0.mqp
  marque-vehicle install --dir bus-4711 --words "hint quality …" bus-4711~0.mqp`,
		Args: from.or("a package"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.use(func(d *device.Device) error {
				installed, b, err := installFrom(cmd, d, p, &from, args)
				if err != nil {
					return advice.Wrap("the package was not installed", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), keysOf(installed, b, f.dir))
				}
				cmd.Printf("%s has keys for epochs %d to %d, until %s\n%s",
					installed.Address, installed.FirstEpoch, installed.LastEpoch, installed.Until.UTC().Format(time.RFC3339), b.text(f.dir))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&p.words, "words", "", "the eight words of the authority")
	cmd.Flags().StringVar(&p.core, "core", "", "the file of the authority's core (core.mqs)")
	cmd.MarkFlagsMutuallyExclusive("words", "core")
	from.Add(cmd, "take package and list from a stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func keysOf(installed *device.Installed, b beside, dir string) keys {
	k := keys{
		Address: installed.Address.String(), Words: words.Text(installed.CoreHash[:]), FirstEpoch: installed.FirstEpoch,
		LastEpoch: installed.LastEpoch, From: installed.From.UTC(), Until: installed.Until.UTC(),
	}
	if k.Problem = b.problem(); k.Problem != "" {
		k.Next = b.advice(dir)
	} else {
		l := listOf(b.applied)
		k.List = &l
	}
	return k
}

// installFrom installs a package, and applies the newest list beside it.
func installFrom(cmd *cobra.Command, d *device.Device, p pin, from *mailbox, paths []string) (*device.Installed, beside, error) {
	if !from.Given {
		pkg, err := carry.Read(cmd.Context(), wire.FoundPackage, wire.MaxPackage, paths...)
		if err != nil {
			return nil, beside{}, err
		}
		installed, err := install(d, p, pkg)
		if err != nil {
			return nil, beside{}, err
		}
		return installed, applyBeside(d, paths[0]), nil
	}
	files, err := from.read(cmd)
	if err != nil {
		return nil, beside{}, err
	}
	pkg, err := packageFor(d, files)
	if err != nil {
		return nil, beside{}, err
	}
	installed, err := install(d, p, pkg)
	if err != nil {
		return nil, beside{}, err
	}
	return installed, applyNewest(d, files), nil
}

func install(d *device.Device, p pin, pkg []byte) (*device.Installed, error) {
	offer, err := d.Inspect(pkg)
	if err != nil {
		return nil, err
	}
	confirmed, err := p.confirm(offer)
	if err != nil {
		return nil, err
	}
	return d.Install(pkg, confirmed)
}

// confirm returns the hash of the core that is right, and an error when nobody says which one is.
func (p pin) confirm(offer *device.Offer) ([32]byte, error) {
	hash := offer.CoreHash
	switch {
	case offer.Pinned && p == pin{}: // and Install refuses any other core than that
		return hash, nil
	case p.core != "":
		b, err := terminal.Read(nil, p.core, wire.MaxStatement)
		if err != nil {
			return hash, err
		}
		core, err := wire.OpenCore(b)
		if err != nil {
			return hash, fmt.Errorf("%s: %w", p.core, err)
		}
		return core.Hash(), nil
	case p.words != "":
		if !words.Match(p.words, hash[:]) {
			return hash, errOtherWords
		}
		return hash, nil
	}
	yes, err := terminal.Confirm(fmt.Sprintf("The package comes from the authority of %s with the words\n\n    %s\n\nDoes the authority show the same eight words?",
		offer.Core.Realm, words.Text(hash[:])))
	switch {
	case errors.Is(err, terminal.ErrNoTerminal):
		return hash, errUnpinned
	case err == nil && !yes:
		return hash, errDeclined
	}
	return hash, err
}
