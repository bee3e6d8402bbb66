package main

import (
	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

func newOpen(f *folder) *cobra.Command {
	var paths files
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "open --dir FOLDER",
		Short:   "Open a sealed message and print its payload",
		Long:    "Opens a message that was sealed to this device, after checking who sent it, and that it is whole, fresh and new. Prints the payload.",
		Example: "  marque-vehicle open --dir parking --in ticket",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				message, err := terminal.Read(cmd.InOrStdin(), paths.in, maxMessage)
				if err != nil {
					return advice.Wrap("the message was not opened", err)
				}
				m, err := d.Open(message)
				if err != nil {
					return advice.Wrap("the message was not opened", err)
				}
				return advice.Wrap("the payload was not written", show(cmd, paths, m, asJSON))
			})
		},
	}
	paths.flags(cmd, "the message", "the payload")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print sender, time and payload (Base64) as JSON")
	return cmd
}
