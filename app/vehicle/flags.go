package main

import "github.com/spf13/cobra"

// required marks a flag that the command cannot do without.
func required(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagRequired(flag); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}
