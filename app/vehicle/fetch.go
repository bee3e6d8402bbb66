package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marque/app/onem2m"
	"marque/app/terminal"
	"marque/device"
)

// delivery is a verified message and the name of its contentInstance, as JSON shows them.
type delivery struct {
	ID string `json:"id"`
	received
}

// fetcher takes messages from a container to standard output.
type fetcher struct {
	cmd    *cobra.Command
	d      *device.Device
	client *onem2m.Client
	asJSON bool
	seen   map[string]bool // contentInstances of which nothing new can be expected
	// how many messages were accepted, had been received before, and were refused
	accepted, again, refused int
}

func newFetch(f *folder) *cobra.Command {
	var c container
	var asJSON, latest, oldest bool
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "fetch --dir FOLDER --at CONTAINER --as ORIGINATOR [--latest | --oldest | --watch DURATION]",
		Short: "Take messages from a container of a oneM2M CSE and open them",
		Long: `Fetches the messages of a container, opens or verifies each, and prints the payloads of those that are genuine, for this device, fresh and new.
The others are counted; of each that was refused standard error says why. With --latest or --oldest it is one message, and refusing it is an error.` + "\n" + carriageHelp,
		Example: `  marque-vehicle fetch --dir parking --at http://cse.example:8080/cse-in/parking/inbox --as Cparking
  marque-vehicle fetch --dir parking --at mqtt://broker.example/~/id-in/cse-in/parking/inbox --as Cparking --watch 5s --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return advice.Wrap("the messages were not fetched", f.use(func(d *device.Device) error {
				return c.use(func(client *onem2m.Client) error {
					ctx, stop := interruptible(cmd)
					defer stop()
					t := &fetcher{cmd: cmd, d: d, client: client, asJSON: asJSON, seen: map[string]bool{}}
					switch {
					case latest:
						return t.one(ctx, client.Latest)
					case oldest:
						return t.one(ctx, client.Oldest)
					}
					return t.all(ctx, every)
				})
			}))
		},
	}
	cmd.Flags().BoolVar(&latest, "latest", false, "only the newest message")
	cmd.Flags().BoolVar(&oldest, "oldest", false, "only the oldest message")
	cmd.Flags().DurationVar(&every, "watch", 0, "look again after this time, until interrupted; at least 1s")
	cmd.MarkFlagsMutuallyExclusive("latest", "oldest", "watch")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each message: name, sender, time and payload (Base64)")
	c.flags(cmd)
	return cmd
}

// one takes one message.
func (t *fetcher) one(ctx context.Context, get func(context.Context) (*onem2m.Instance, error)) error {
	i, err := get(ctx)
	if err != nil {
		return err
	}
	m, err := t.accept(ctx, i.Message)
	if err != nil {
		return err
	}
	return t.show(i.ID, m)
}

// all takes all messages, and looks again and again if every is not zero.
func (t *fetcher) all(ctx context.Context, every time.Duration) error {
	for {
		err := t.look(ctx)
		if every == 0 {
			fmt.Fprintf(t.cmd.ErrOrStderr(), "%d accepted, %d received before, %d refused\n", t.accepted, t.again, t.refused)
			return err
		}
		if errors.Is(err, onem2m.ErrUnreachable) { // and may come back
			fmt.Fprintf(t.cmd.ErrOrStderr(), "%v\n", err)
		} else if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(every, time.Second)):
		}
	}
}

// look takes what is in the container and was not looked at yet.
func (t *fetcher) look(ctx context.Context) error {
	ids, err := t.client.List(ctx)
	if err != nil {
		return err
	}
	if len(t.seen) > maxSeen {
		clear(t.seen) // the record of messages still knows them
	}
	for _, id := range ids {
		if t.seen[id] {
			continue
		}
		i, err := t.client.Get(ctx, id)
		switch {
		case errors.Is(err, onem2m.ErrNothing) || errors.Is(err, onem2m.ErrAnswer): // deleted meanwhile, or no message
			t.refuse(id, err)
			continue
		case err != nil:
			return err
		}
		m, err := t.accept(ctx, i.Message)
		switch {
		case errors.Is(err, device.ErrReplay):
			t.again++
			t.seen[id] = true
		case err != nil:
			t.refuse(id, err)
		default:
			t.accepted++
			t.seen[id] = true
			if err := t.show(id, m); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (t *fetcher) refuse(id string, err error) {
	t.refused++
	t.seen[id] = !errors.Is(err, device.ErrBusy)
	fmt.Fprintf(t.cmd.ErrOrStderr(), "%s refused: %v\n", id, err)
}

// accept opens or verifies a message. Cold messages are opened no faster than the device lets anybody have them opened.
func (t *fetcher) accept(ctx context.Context, message []byte) (*device.Message, error) {
	const pause, tries = 100 * time.Millisecond, 50
	for try := 1; ; try++ {
		m, err := accept(t.d, message)
		if !errors.Is(err, device.ErrBusy) || try == tries {
			return m, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// accept verifies a broadcast and opens anything else.
func accept(d *device.Device, message []byte) (*device.Message, error) {
	if len(message) > 0 && (device.Mode(message[0]) == device.ModeBroadcast || device.Mode(message[0]) == device.ModeBroadcastShort) {
		return d.Verify(message)
	}
	return d.Open(message)
}

func (t *fetcher) show(id string, m *device.Message) error {
	if t.asJSON {
		e := json.NewEncoder(t.cmd.OutOrStdout())
		e.SetEscapeHTML(false)
		return e.Encode(delivery{id, receivedOf(m)})
	}
	describe(t.cmd.ErrOrStderr(), m)
	line := m.Payload
	if !bytes.HasSuffix(line, []byte("\n")) {
		line = append(line, '\n')
	}
	return terminal.Write(t.cmd.OutOrStdout(), "", line, true)
}
