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
	var name, kind, tpmPath string
	var asJSON bool
	var to mailbox
	cmd := &cobra.Command{
		Use:   "new --dir FOLDER --name NAME [--kind vehicle|application] [--tpm PATH]",
		Short: "Make a device folder and its enrolment request",
		Long: `Makes a device folder with an enrolment request in it: request.png, the QR code to show to the authority, and
request.mqr, the same for a stick; with --usb it is written to one. Prints the request's eight words, which the authority sees too.

With --tpm the folder's key is sealed to the vehicle's TPM 2.0, unless a passphrase is given: a copy of the folder opens nowhere
else. And a counter in the TPM shows at every start whether the folder was set back to an earlier moment. Then nobody is trusted
before a list is applied that is not past its next update. All later commands need that TPM; if it is cleared or lost, the
device is revoked and enrolled anew.`,
		Example: "  marque-vehicle new --dir bus-4711 --name bus-4711 --kind vehicle\n  marque-vehicle new --dir bus-4712 --name bus-4712 --tpm /dev/tpmrm0",
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
			made, err := create(f, name, kind, tpmPath)
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
	cmd.Flags().StringVar(&tpmPath, "tpm", "", "the TPM at this path seals and protects the folder, such as /dev/tpmrm0 or the socket of swtpm")
	to.Add(cmd, "write the request to a stick as well")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func create(f *folder, name, kind, tpmPath string) (m made, err error) {
	k, err := wire.ParseKind(kind)
	if err != nil {
		return m, err
	}
	o, err := f.options(true)
	if err != nil {
		return m, err
	}
	w := device.Wanted{Name: name, Kind: k}
	var d *device.Device
	if tpmPath == "" {
		d, err = device.Create(f.dir, w, o)
	} else {
		d, err = createCounted(f.dir, tpmPath, w, o, f.phrase())
	}
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return writeRequest(f.dir, d, terminal.WriteNew)
}
