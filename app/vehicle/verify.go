package main

import (
	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

func newVerify(f *folder) *cobra.Command {
	var paths files
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "verify --dir FOLDER",
		Short:   "Verify a broadcast and print its payload",
		Long:    "Verifies who signed a broadcast, that it is whole, fresh and new, and that its sender is not revoked. Prints the payload.",
		Example: "  marque-vehicle verify --dir bus-4712 --in beacon",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				message, err := terminal.Read(cmd.InOrStdin(), paths.in, maxMessage)
				if err != nil {
					return advice.Wrap("the message was refused", err)
				}
				m, err := d.Verify(message)
				if err != nil {
					return advice.Wrap("the message was refused", err)
				}
				return advice.Wrap("the payload was not written", show(cmd, paths, m, asJSON))
			})
		},
	}
	paths.flags(cmd, "the message", "the payload")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print sender, time and payload (Base64) as JSON")
	return cmd
}
