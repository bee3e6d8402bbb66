package terminal

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// Run executes the command line args under root and returns the exit code: ExitFailure when a command ran and failed, ExitUsage when none
// could run.
func Run(root *cobra.Command, args []string) int {
	root.SetOut(os.Stdout) // else cmd.Print goes to standard error
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	ran := false
	watch(root, &ran)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(context.Background())
	switch {
	case err == nil:
		return ExitDone
	case ran:
		Explain(root.ErrOrStderr(), root.Name(), err)
		return ExitFailure
	default:
		fmt.Fprintf(root.ErrOrStderr(), "%s: %v\nSee '%s --help'.\n", root.Name(), err, cmd.CommandPath())
		return ExitUsage
	}
}

// watch notes in ran that the command line was understood and a command began.
func watch(cmd *cobra.Command, ran *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*ran = true
			return run(cmd, args)
		}
	} else if cmd.HasSubCommands() {
		cmd.Args = cobra.NoArgs
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			return fmt.Errorf("%q needs a command", cmd.CommandPath())
		}
	}
	for _, sub := range cmd.Commands() {
		watch(sub, ran)
	}
}

// Required marks flags that a command cannot do without.
func Required(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag does not exist: a mistake in the program
		}
	}
}
