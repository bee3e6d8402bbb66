package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"marque/app/qr"
	"marque/app/terminal"
	"marque/app/words"
	"marque/device"
	"marque/device/wire"
)

func newNew(f *folder) *cobra.Command {
	var name, kind string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "new --dir FOLDER --name NAME [--kind vehicle|application]",
		Short: "Make a device folder and its enrolment request",
		Long: `Makes a device folder with an enrolment request in it: request.png, the QR code to show to the authority, and
request.mqr, the same for a stick. Prints the request's eight words, which the authority sees too.`,
		Example: "  marque-vehicle new --dir bus-4711 --name bus-4711 --kind vehicle",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := create(f, name, kind)
			if err != nil {
				return advice.Wrap("the device folder was not made", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), made)
			}
			cmd.Printf("%s %s\n  words  %s\n  show   %s\n  or     %s\n", made.Kind, made.Name, made.Words, made.PNG, made.File)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the name asked for: 1 to 48 letters, digits, and - . _")
	cmd.Flags().StringVar(&kind, "kind", "vehicle", "vehicle or application")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// made is what `new` made.
type made struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Words string `json:"words"`
	PNG   string `json:"png"`
	File  string `json:"file"`
}

func create(f *folder, name, kind string) (m made, err error) {
	k, err := wire.ParseKind(kind)
	if err != nil {
		return m, err
	}
	o, err := f.options(true)
	if err != nil {
		return m, err
	}
	d, err := device.Create(f.dir, device.Wanted{Name: name, Kind: k}, o)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	request, err := d.Request()
	if err != nil {
		return m, err
	}
	parsed, err := wire.ParseRequest(request)
	if err != nil {
		return m, err
	}
	hash := parsed.Hash()
	m = made{
		Name: name, Kind: k.String(), Words: words.Text(hash[:]),
		PNG: filepath.Join(f.dir, "request.png"), File: filepath.Join(f.dir, "request.mqr"),
	}
	picture, err := qr.EncodePNG(wire.RequestText(request))
	if err != nil {
		return m, err
	}
	if err := terminal.WriteNew(m.PNG, picture); err != nil {
		return m, fmt.Errorf("write the QR code: %w", err)
	}
	if err := terminal.WriteNew(m.File, request); err != nil {
		return m, fmt.Errorf("write the request: %w", err)
	}
	return m, nil
}
