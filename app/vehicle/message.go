package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

// files are where a command reads from and writes to.
type files struct{ in, out string }

func (f *files) flags(cmd *cobra.Command, in, out string) {
	cmd.Flags().StringVar(&f.in, "in", "", in+" (default standard input)")
	cmd.Flags().StringVar(&f.out, "out", "", out+" (default standard output)")
}

// received is a verified message as JSON shows it.
type received struct {
	Sender        string    `json:"sender"`
	Time          time.Time `json:"time"`
	Mode          string    `json:"mode"`
	Stale         bool      `json:"stale"`
	NewerThanList bool      `json:"newer_than_list"`
	Payload       []byte    `json:"payload"`
}

func receivedOf(m *device.Message) received {
	return received{
		Sender: m.Sender.String(), Time: m.Time.UTC(), Mode: m.Mode.String(),
		Stale: m.Stale, NewerThanList: m.NewerThanList, Payload: m.Payload,
	}
}

// show writes a message: its payload to where it belongs and, for a person, what was verified to standard error.
func show(cmd *cobra.Command, f files, m *device.Message, asJSON bool) error {
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), receivedOf(m))
	}
	describe(cmd.ErrOrStderr(), m)
	return terminal.Write(cmd.OutOrStdout(), f.out, m.Payload, true)
}

func describe(w io.Writer, m *device.Message) {
	fmt.Fprintf(w, "%s from %s, signed at %s\n", m.Mode, m.Sender, m.Time.UTC().Format(time.RFC3339))
	if m.Stale {
		fmt.Fprintln(w, "note: the revocation list is past its next update; apply a newer one")
	}
	if m.NewerThanList {
		fmt.Fprintln(w, "note: the sender was enrolled after the revocation list was made; apply a newer one")
	}
}
