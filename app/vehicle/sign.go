package main

import (
	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

func newSign(f *folder) *cobra.Command {
	var paths files
	var short bool
	cmd := &cobra.Command{
		Use:     "sign --dir FOLDER",
		Short:   "Sign a broadcast that anyone of the realm can verify",
		Example: "  echo 'lane 2 blocked' | marque-vehicle sign --dir bus-4711 --out beacon",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				payload, err := terminal.Read(cmd.InOrStdin(), paths.in, device.MaxPayload)
				if err != nil {
					return advice.Wrap("nothing was signed", err)
				}
				message, err := d.Sign(payload, device.SignOptions{Short: short})
				if err != nil {
					return advice.Wrap("nothing was signed", err)
				}
				return advice.Wrap("the message was not written", terminal.Write(cmd.OutOrStdout(), paths.out, message, false))
			})
		},
	}
	paths.flags(cmd, "the payload, at most 65,536 octets", "the message")
	cmd.Flags().BoolVar(&short, "short", false, "50 octets shorter, for receivers that verified a full message of this device in this epoch")
	return cmd
}
