package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/onem2m"
	"marque/app/terminal"
	"marque/device"
)

// letter is what is to be posted: a payload sealed to addresses or signed for all, or a message that exists.
type letter struct {
	to        []string
	broadcast bool
	message   bool
}

func newPost(f *folder) *cobra.Command {
	var l letter
	var c container
	var in string
	cmd := &cobra.Command{
		Use:   "post --dir FOLDER --at CONTAINER --as ORIGINATOR {--to ADDRESS… | --broadcast | --message}",
		Short: "Put a message into a container of a oneM2M CSE",
		Long:  "Seals a payload to an address or several, or signs it for all, and stores the message on a CSE, where fetch finds it.\n" + carriageHelp,
		Example: `  echo 'ticket 17' | marque-vehicle post --dir bus-4711 --to //fleet.example/Sparking~2 --at http://cse.example:8080/cse-in/parking/inbox --as Cbus
  marque-vehicle post --dir bus-4711 --message --in ticket --at mqtt://broker.example/~/id-in/cse-in/parking/inbox --as Cbus`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return advice.Wrap("nothing was posted", f.use(func(d *device.Device) error {
				return c.use(func(client *onem2m.Client) error { return post(cmd, d, client, l, in) })
			}))
		},
	}
	cmd.Flags().StringArrayVar(&l.to, "to", nil, "seal the payload to this address, such as //fleet.example/Sbus-4711~0; again for each of several")
	cmd.Flags().BoolVar(&l.broadcast, "broadcast", false, "sign the payload for all")
	cmd.Flags().BoolVar(&l.message, "message", false, "the input is a message that seal or sign made")
	cmd.MarkFlagsOneRequired("to", "broadcast", "message")
	cmd.MarkFlagsMutuallyExclusive("to", "broadcast", "message")
	cmd.Flags().StringVar(&in, "in", "", "the payload, at most 65,536 octets (default standard input)")
	c.flags(cmd)
	return cmd
}

func post(cmd *cobra.Command, d *device.Device, client *onem2m.Client, l letter, in string) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	message, err := terminal.Read(cmd.InOrStdin(), in, maxMessage)
	if err != nil {
		return err
	}
	mode := "message"
	switch {
	case l.message && len(message) == 0:
		return errors.New("the input is empty; give the message with --in")
	case l.broadcast:
		message, err = d.Sign(message, device.SignOptions{})
		mode = device.ModeBroadcast.String()
	case !l.message:
		var m device.Mode
		message, m, err = seal(d, l.to, message, device.SealOptions{})
		mode = m.String()
	}
	if err != nil {
		return err
	}
	id, err := client.Post(ctx, message)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s, %d octets, stored as %s\n", mode, len(message), orUnnamed(id))
	return nil
}

// orUnnamed is what a message is called that the CSE gave no name.
func orUnnamed(id string) string {
	if id == "" {
		return "(the CSE gave no name)"
	}
	return id
}
