package main

import (
	"errors"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/app/usb"
	"marque/device"
	"marque/device/wire"
)

func newNew(f *folder) *cobra.Command {
	var name, kind string
	var asJSON bool
	var to mailbox
	cmd := &cobra.Command{
		Use:   "new --dir FOLDER --name NAME [--kind vehicle|application]",
		Short: "Make a device folder and its enrolment request",
		Long: `Makes a device folder with an enrolment request in it: request.png, the QR code to show to the authority, and
request.mqr, the same for a stick; with --usb it is written to one. Prints the request's eight words, which the authority sees too.`,
		Example: "  marque-vehicle new --dir bus-4711 --name bus-4711 --kind vehicle",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the device folder was not made"
			var s usb.Drive
			var err error
			if to.Given { // before there is anything
				if _, s, err = to.choose(cmd, true); err != nil {
					return advice.Wrap(what, err)
				}
			}
			made, err := create(f, name, kind)
			if err != nil {
				return advice.Wrap(what, err)
			}
			if asJSON {
				err = terminal.JSON(cmd.OutOrStdout(), made)
			} else {
				cmd.Print(made.text())
			}
			if to.Given {
				err = errors.Join(err, advice.Wrap("the request is made, but not on the stick", to.deliver(cmd, s, made, asJSON)))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the name asked for: 1 to 48 letters, digits, and - . _")
	cmd.Flags().StringVar(&kind, "kind", "vehicle", "vehicle or application")
	to.Add(cmd, "write the request to a stick as well")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
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
	return writeRequest(f.dir, d, terminal.WriteNew)
}
