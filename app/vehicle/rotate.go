package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/app/words"
	"marque/device"
	"marque/device/wire"
)

// rotated is what `rotate` did, as JSON shows it.
type rotated struct {
	Realm      string `json:"realm"`
	Generation uint32 `json:"generation"`
	Words      string `json:"words"` // of the core
	Again      bool   `json:"again"`
	Request    *made  `json:"request,omitempty"` // none when keys of this core are installed
}

func newRotate(f *folder) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rotate --dir FOLDER CORE",
		Short: "Give up a compromised core for the next one, and ask for new keys",
		Long: `Takes the file of the realm's next core, which the authority reveals when the present one was compromised. It is accepted
only if it is the one that the present core committed to, so nobody has to compare words.

The old keys are erased, and everything signed under the old core is refused from then on: it may come from anybody. A new
request is written to request.png and request.mqr. The device can do nothing before the package that answers it is installed
(install), and reaches only those who have rotated, too. This cannot be undone. Doing it twice changes nothing.`,
		Example: "  marque-vehicle rotate --dir bus-4711 core.mqs",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.use(func(d *device.Device) error {
				r, err := rotate(f.dir, d, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), r)
				}
				cmd.Print(r.text(f.dir))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func rotate(dir string, d *device.Device, file string) (*rotated, error) {
	core, err := terminal.Read(nil, file, wire.MaxStatement)
	if err != nil {
		return nil, advice.Wrap("the device was not rotated", err)
	}
	done, err := d.Rotate(core)
	if err != nil {
		return nil, advice.Wrap("the device was not rotated", err)
	}
	r := &rotated{Realm: done.Core.Realm, Generation: done.Core.Generation, Words: words.Text(done.CoreHash[:]), Again: done.Again}
	m, err := writeRequest(dir, d, func(name string, b []byte) error { return terminal.Write(nil, name, b, false) })
	switch {
	case errors.Is(err, device.ErrInstalled):
		return r, nil
	case err != nil:
		return nil, advice.Wrap("the device was rotated, but its new request was not written; rotate again", err)
	}
	r.Request = &m
	return r, nil
}

func (r *rotated) text(dir string) string {
	s := fmt.Sprintf("realm    %s, generation %d\nwords    %s\n", r.Realm, r.Generation, r.Words)
	switch {
	case r.Request == nil:
		return s + "nothing changed: this core is in force here, with keys\n"
	case r.Again:
		s += "nothing changed: the device was rotated to this core before\n"
	default:
		s += "the old keys are erased; whatever comes from the old core is refused from now on\n"
	}
	return s + r.Request.text() + fmt.Sprintf("next: show the request to the authority, then marque-vehicle install --dir %s PACKAGE\n", dir)
}
