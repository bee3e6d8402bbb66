package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

func newSeal(f *folder) *cobra.Command {
	var paths files
	var to []string
	var o device.SealOptions
	cmd := &cobra.Command{
		Use:   "seal --dir FOLDER --to ADDRESS…",
		Short: "Seal a message to an address, or to several",
		Long: `Signs a message and seals it to one address, of which nothing else has to be known, or to up to 64 at once, 48 octets each: all of them
open the same message, and nobody sees who the others are. Once a signed message of each was verified in the present epoch, messages are sealed
warm: faster, shorter, and unreadable for the authority too.`,
		Example: `  echo 'ticket 17' | marque-vehicle seal --dir bus-4711 --to //fleet.example/Sparking~2 --out ticket
  echo 'line 4 is closed' | marque-vehicle seal --dir bus-4711 --to //fleet.example/Sbus-4712~1 --to //fleet.example/Stram~3 --out closed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				payload, err := terminal.Read(cmd.InOrStdin(), paths.in, device.MaxPayload)
				if err != nil {
					return advice.Wrap("nothing was sealed", err)
				}
				message, mode, err := seal(d, to, payload, o)
				if err != nil {
					return advice.Wrap("nothing was sealed", err)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s to %s, %d octets\n", mode, strings.Join(to, ", "), len(message))
				return advice.Wrap("the message was not written", terminal.Write(cmd.OutOrStdout(), paths.out, message, false))
			})
		},
	}
	paths.flags(cmd, "the payload, at most 65,536 octets", "the message")
	cmd.Flags().StringArrayVar(&to, "to", nil, "a recipient's address, such as //fleet.example/Sbus-4711~0; again for each of several")
	cmd.Flags().BoolVar(&o.RequireWarm, "warm", false, "fail if the message cannot be sealed warm")
	cmd.Flags().BoolVar(&o.RequireCold, "cold", false, "seal cold although the peer is known")
	cmd.MarkFlagsMutuallyExclusive("warm", "cold")
	terminal.Required(cmd, "to")
	return cmd
}

func seal(d *device.Device, to []string, payload []byte, o device.SealOptions) ([]byte, device.Mode, error) {
	all := make([]wire.Address, len(to))
	for i, text := range to {
		var err error
		if all[i], err = wire.ParseAddress(text); err != nil {
			return nil, 0, err
		}
	}
	return d.SealAll(all, payload, o)
}
