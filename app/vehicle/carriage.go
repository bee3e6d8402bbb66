package main

import (
	"errors"

	"github.com/spf13/cobra"

	"marque/app/onem2m"
	"marque/app/terminal"
)

var errNoUser = errors.New("a password needs a user; give it with --user")

// container is a container on a CSE and who asks, as the command line names them.
type container struct {
	at, as, release    string
	user, passwordFile string
}

const carriageHelp = `
The container is named by its address on the CSE (oneM2M), over HTTP or through an MQTT broker:

    http://HOST:PORT/CSE-NAME/…/CONTAINER
    http://HOST:PORT/~/CSE-ID/CSE-NAME/…/CONTAINER
    mqtt://HOST:PORT/~/CSE-ID/CSE-NAME/…/CONTAINER

The CSE and the broker are not trusted. They can keep messages back, but can neither read nor alter nor forge them, and a message that they
repeat is refused. They do see who asks for what, and when. TLS is not spoken: where it is wanted, a proxy on this machine adds it.`

func (c *container) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.at, "at", "", "the address of the container (required)")
	cmd.Flags().StringVar(&c.as, "as", "", "the oneM2M originator that this device is registered as, such as Cbus (required)")
	cmd.Flags().StringVar(&c.release, "release", "3", "the oneM2M release to speak")
	cmd.Flags().StringVar(&c.user, "user", "", "a user that the HTTP server or the MQTT broker knows; name and password go there in the clear")
	cmd.Flags().StringVar(&c.passwordFile, "password-file", "", "the password of that user, in this file's first line")
	terminal.Required(cmd, "at", "as")
}

// use makes a client, runs do, and ends its connections.
func (c *container) use(do func(client *onem2m.Client) error) error {
	o := onem2m.Options{Container: c.at, Originator: c.as, Release: c.release, User: c.user}
	if c.passwordFile != "" {
		if c.user == "" {
			return errNoUser
		}
		p, err := terminal.Passphrase(c.passwordFile, "Password", false)
		if err != nil {
			return err
		}
		o.Password = string(p)
		clear(p)
	}
	client, err := onem2m.New(o)
	if err != nil {
		return err
	}
	return errors.Join(do(client), client.Close())
}
