package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

// defaultLists is where lists are answered for, over UDP: reachable from this machine only.
const defaultLists = "127.0.0.1:4713"

// sharing adds the flag that keeps a session's part in carrying lists from being played.
func (f *folder) sharing(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.alone, "no-lists", false, "take no revocation list from the peer, and give it none")
}

// levelling returns what waits until both sides of a session have the same list, for three seconds at most: the other side may share none.
func (f *folder) levelling(d *device.Device, s session) func(context.Context) {
	stream, ok := s.(*device.Session)
	if !ok { // lists do not spread over datagrams
		return func(context.Context) {}
	}
	return func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		for !f.alone && ctx.Err() == nil && stream.PeerList() != d.Status().List.Order.Sequence {
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// printLearned says which list a peer brought, or why what it brought was refused.
func printLearned(peer wire.Address, a *device.Applied, err error) {
	if a == nil {
		fmt.Fprintf(os.Stderr, "a list that %s brought was refused: %v\n", peer, err)
		return
	}
	fmt.Fprintf(os.Stderr, "%s brought list %d: %d of %d revoked\n", peer, a.Order.Sequence, a.Count, a.N)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func newLists(f *folder) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lists",
		Short: "Give revocation lists to others, and ask for them, by datagrams",
		Long: `Gives revocation lists to others, and asks for them, by single UDP datagrams, without a session. Lists are signed by the authority, so it
does not matter who answers; an answer is never longer than the question. (In sessions, dial and listen, lists spread by themselves.)`,
	}
	cmd.AddCommand(newListsServe(f), newListsAsk(f))
	for _, c := range cmd.Commands() {
		f.flags(c)
	}
	return cmd
}

func newListsServe(f *folder) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:     "serve --dir FOLDER [--at HOST:PORT]",
		Short:   "Answer whoever asks for a later list",
		Long:    "Answers whoever asks for a later list, until it is interrupted: some 600 answers in an hour at most, each no longer than its question.",
		Example: "  marque-vehicle lists serve --dir bus-4711",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				ctx, stop := interruptible(cmd)
				defer stop()
				err := d.AnswerOn(ctx, "udp", at, func(bound string) {
					fmt.Fprintf(cmd.ErrOrStderr(), "answering on %s with list %d\n", bound, d.Status().List.Order.Sequence)
				})
				return advice.Wrap("no lists are given", err)
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", defaultLists, "where to answer (UDP)")
	return cmd
}

func newListsAsk(f *folder) *cobra.Command {
	var at string
	var size int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ask --dir FOLDER [--at HOST:PORT]",
		Short:   "Ask for a later list and take it into force",
		Example: "  marque-vehicle lists ask --dir bus-4712 --size 4000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				ctx, stop := interruptible(cmd)
				defer stop()
				a, err := d.AskAt(ctx, "udp", at, size)
				if err != nil {
					return advice.Wrap("no later list was found", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), listOf(a))
				}
				cmd.Print(applied(a))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", defaultLists, "whom to ask (UDP)")
	cmd.Flags().IntVar(&size, "size", device.DefaultListRequest, fmt.Sprintf("octets of the question, which the answer is no longer than; at most %d", wire.MaxListQuery))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
