package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

// defaultAt is reachable from this machine only.
const defaultAt = "127.0.0.1:4711"

func newListen(f *folder) *cobra.Command {
	var at string
	var once, udp bool
	cmd := &cobra.Command{
		Use:   "listen --dir FOLDER [--at HOST:PORT]",
		Short: "Accept sessions, and carry lines between them and the terminal",
		Long: `Accepts sessions, one after the other. Lines of standard input go to the peer, lines of the peer to standard output. A session ends when
the peer hangs up, or when an applied list revokes it. Who was refused, and why, goes to standard error. Meanwhile a later revocation list
goes from whoever has it to the other.

With --early it also takes sessions that begin with a line (dial --early), and prints that line first. Such a line was said by the peer within the last
minutes and is taken once, but the authority can read it, and the peer may say it again.`,
		Example: "  marque-vehicle listen --dir bus-4712 --at 127.0.0.1:4711 --once",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.refused, f.learned = true, true
			return f.use(func(d *device.Device) error {
				return advice.Wrap("the session did not go well", listen(cmd, d, udp, at, once))
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", defaultAt, "where to listen (TCP, or UDP with --udp)")
	cmd.Flags().BoolVar(&udp, "udp", false, "by datagrams: lines may get lost, and lists do not spread")
	cmd.Flags().BoolVar(&f.hybrid, "hybrid", false, "refuse callers without ML-KEM-768 beside X25519, as a realm's policy may")
	f.sharing(cmd)
	cmd.Flags().BoolVar(&f.early, "early", false, "take sessions that begin with a line, and print it")
	cmd.Flags().BoolVar(&once, "once", false, "end after the first session")
	cmd.MarkFlagsMutuallyExclusive("udp", "early")
	return cmd
}

func listen(cmd *cobra.Command, d *device.Device, udp bool, at string, once bool) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	l, err := listenOn(ctx, d, udp, at)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = l.close() }) // wakes accept
	fmt.Fprintf(cmd.ErrOrStderr(), "listening on %s as %s\n", l.at, d.Status().Address)
	in := readLines(ctx, cmd.InOrStdin())
	for {
		s, err := l.accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(err, l.close())
		}
		fmt.Fprintln(cmd.ErrOrStderr(), introduction(s))
		out := cmd.OutOrStdout()
		if err = greet(s, out, cmd.ErrOrStderr()); err == nil {
			err = talk(ctx, s, in, out, -1, nil)
		}
		if once {
			return errors.Join(err, l.close())
		}
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "session with %s ended: %v\n", s.Peer(), err)
		}
	}
}

// greet prints what the peer said with its call, if it called so.
func greet(s session, out, notes io.Writer) error {
	stream, ok := s.(*device.Session)
	if !ok {
		return nil
	}
	line, ok := stream.Early()
	if !ok {
		return nil
	}
	fmt.Fprintf(notes, "%d octets came with the call\n", len(line))
	_, err := terminal.ForPeople(out).Write(line)
	return err
}

// printRefused says who was turned away. It is generic in the type of a network address so that nothing here needs package net.
func printRefused[A fmt.Stringer](remote A, err error) {
	fmt.Fprintf(os.Stderr, "refused %s: %v\n", remote, err)
}
