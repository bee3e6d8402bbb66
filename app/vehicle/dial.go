package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"

	"marque/device"
	"marque/device/wire"
)

// call is what `dial` was asked to do.
type call struct {
	to, at string
	wait   time.Duration
	expect int
	udp    bool
	early  string
	says   bool // early is set
}

func newDial(f *folder) *cobra.Command {
	var c call
	cmd := &cobra.Command{
		Use:   "dial --dir FOLDER --to ADDRESS [--at HOST:PORT]",
		Short: "Open a session, and carry lines between it and the terminal",
		Long: `Opens a session with the device that has the address, which must prove it before it learns who calls. Lines of standard input go to
the peer, lines of the peer to standard output. Hangs up when standard input has ended and --expect lines came from the peer. Meanwhile a later revocation list goes from whoever has
it to the other; for that the call lasts up to three seconds longer.

With --early a line goes along with the call, so that it can be answered one way of the network earlier, if the other side listens with --early.
The authority can read that line, and nothing that follows; and it may be done there though no answer comes back. So say what may be said twice.`,
		Example: "  echo 'how long is the queue?' | marque-vehicle dial --dir bus-4711 --to //fleet.example/Sbus-4712~1 --expect 1\n" +
			"  marque-vehicle dial --dir bus-4711 --to //fleet.example/Sbus-4712~1 --early 'how long is the queue?' --expect 1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.learned, c.says = true, cmd.Flags().Changed("early")
			return f.use(func(d *device.Device) error {
				ctx, stop := interruptible(cmd)
				defer stop()
				s, err := c.dial(ctx, d)
				if err != nil {
					return advice.Wrap("there is no session", err)
				}
				fmt.Fprintln(cmd.ErrOrStderr(), introduction(s))
				err = talk(ctx, s, readLines(ctx, cmd.InOrStdin()), cmd.OutOrStdout(), c.expect, f.levelling(d, s))
				return advice.Wrap("the session did not go well", err)
			})
		},
	}
	cmd.Flags().StringVar(&c.to, "to", "", "the address of the device that is called (required)")
	cmd.Flags().StringVar(&c.at, "at", defaultAt, "where it listens (TCP, or UDP with --udp)")
	cmd.Flags().BoolVar(&c.udp, "udp", false, "by datagrams: lines may get lost, and lists do not spread")
	cmd.Flags().BoolVar(&f.hybrid, "hybrid", false, "with ML-KEM-768 beside X25519, as a realm's policy may demand")
	cmd.Flags().DurationVar(&c.wait, "wait", 0, "how long to try again while nobody listens there, such as 10s")
	cmd.Flags().IntVar(&c.expect, "expect", 0, "hang up only after this many lines of the peer")
	cmd.Flags().StringVar(&c.early, "early", "", "a line that goes along with the call, at most 16,383 octets: the authority can read it")
	f.sharing(cmd)
	cmd.MarkFlagsMutuallyExclusive("udp", "early")
	terminal.Required(cmd, "to")
	return cmd
}

// dial tries once, and while nobody listens again until the time is over. What a peer refuses is not tried again.
func (c *call) dial(ctx context.Context, d *device.Device) (session, error) {
	to, err := wire.ParseAddress(c.to)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(c.wait); ; {
		s, err := c.once(ctx, d, to)
		absent := errors.Is(err, syscall.ECONNREFUSED) || c.udp && errors.Is(err, context.DeadlineExceeded)
		if err == nil || !absent || time.Now().After(end) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (c *call) once(ctx context.Context, d *device.Device, to wire.Address) (session, error) {
	switch {
	case c.udp:
		return datagrams(d.DialPacket(ctx, "udp", c.at, to))
	case !c.says:
		return stream(d.Dial(ctx, "tcp", c.at, to))
	}
	s, err := d.DialEarly(ctx, "tcp", c.at, to, []byte(c.early+"\n"))
	if errors.Is(err, device.ErrHandshake) {
		err = fmt.Errorf("%w; or it takes nothing with a call: leave --early out", err)
	}
	return stream(s, err)
}
