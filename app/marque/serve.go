package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"marque/app/confine"
	"marque/app/localapi"
	"marque/app/selftest"
	"marque/app/terminal"
)

func newServe() *cobra.Command {
	var o localapi.ServerOptions
	var group string
	var attached bool
	cmd := &cobra.Command{
		Use:   "serve --dir FOLDER",
		Short: "Run the service that owns an authority and its master secret",
		Long: `Runs the service that owns an authority's folder and, while it is unlocked, its master secret. All other commands and the console
talk to it over a Unix socket; where none runs they start one of their own, which ends with them.

The service gives up the network, core dumps and, where the system allows, swapping, before it opens the folder, and tests its
algorithms. Only its own account and root reach the socket, and with --group the members of a group. When nobody who is signed on
did anything for long, it forgets the master secret. It ends at an interrupt.`,
		Example: "  marque authority serve --dir fleet\n  marque authority serve --dir /var/lib/marque/fleet --socket /run/marque/fleet.socket --group marque",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Log, o.Clock, o.Version = cmd.ErrOrStderr(), time.Now, version
			if attached {
				o.Attached, o.Ready = os.Stdin, cmd.OutOrStdout()
			}
			if err := findGroup(&o, group); err != nil {
				return advice.Wrap("the service was not started", localapi.Refuse(o.Ready, err))
			}
			return advice.Wrap("the service ended", serve(cmd.Context(), o))
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "", "the authority's folder, which may not exist yet (required)")
	cmd.Flags().StringVar(&o.Socket, "socket", "", "the Unix socket (default: beside --dir, .NAME.socket)")
	cmd.Flags().DurationVar(&o.Idle, "idle", localapi.DefaultIdle, "after which it locks when nobody does anything")
	cmd.Flags().StringVar(&o.TPM, "tpm", "", "of a TPM vault: the TPM's device, or the Unix socket of swtpm (default /dev/tpmrm0)")
	cmd.Flags().StringVar(&group, "group", "", "a group whose members may connect")
	cmd.Flags().BoolVar(&attached, "attached", false, "end when standard input ends and the last client is gone")
	terminal.Required(cmd, "dir")
	return cmd
}

func findGroup(o *localapi.ServerOptions, name string) error {
	if name == "" {
		return nil
	}
	group, err := user.LookupGroup(name)
	if err != nil {
		return fmt.Errorf("look up the group: %w", err)
	}
	if o.Group, err = strconv.Atoi(group.Gid); err != nil || o.Group == 0 {
		return errors.Join(errGroup, err)
	}
	return nil
}

var errGroup = errors.New("the group of root is nobody's; name another one")

// serve confines the process, tests the algorithms, and answers until it is told to end.
func serve(ctx context.Context, o localapi.ServerOptions) error {
	signal.Ignore(syscall.SIGPIPE) // a parent that is gone reads no more, and others may still use the service
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	var err error
	if o.Confined, o.Exposed, err = confine.Confine(); err != nil {
		return localapi.Refuse(o.Ready, err)
	}
	if err := selftest.Run(rand.Reader); err != nil {
		return localapi.Refuse(o.Ready, err)
	}
	s, err := localapi.New(o)
	if err != nil {
		return localapi.Refuse(o.Ready, err)
	}
	return s.Serve(ctx)
}
