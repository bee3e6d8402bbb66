package terminal_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"marque/app/terminal"
)

var (
	errSemicolon = errors.New("the lamp is broken; fetch another one")
	errColon     = errors.New("the lamp is broken: fetch another one")
	errReplaced  = errors.New("the fuse is gone: call an electrician")
	errSilent    = errors.New("the lamp is broken")
	errLibrary   = errors.New("lamp: broken")
)

func TestExplain(t *testing.T) {
	const what = "marque: the cellar stays dark\n"
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"advice after a semicolon": {errSemicolon, "  why:  the lamp is broken\n  next: fetch another one\n"},
		"advice after a colon":     {errColon, "  why:  the lamp is broken\n  next: fetch another one\n"},
		"advice in the middle":     {fmt.Errorf("light: %w: %w", errSemicolon, errLibrary), "  why:  light: the lamp is broken: lamp: broken\n  next: fetch another one\n"},
		"no advice":                {fmt.Errorf("light: %w", errSilent), "  why:  light: the lamp is broken\n"},
		"no advice from a library": {fmt.Errorf("light: %w", errLibrary), "  why:  light: lamp: broken\n"},
		"advice of the program":    {fmt.Errorf("light: %w", fs.ErrNotExist), "  why:  light: file does not exist\n  next: buy a lamp\n"},
		"advice replaced":          {fmt.Errorf("light: %w: %w", errReplaced, errLibrary), "  why:  light: the fuse is gone: lamp: broken\n  next: call the program's own electrician\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			advice := terminal.Advice{{Is: fs.ErrNotExist, Next: "buy a lamp"}, {Is: errReplaced, Next: "call the program's own electrician"}}
			terminal.Explain(&out, "marque", advice.Wrap("the cellar stays dark", c.err))
			if out.String() != what+c.want {
				t.Errorf("%q, want %q", out.String(), what+c.want)
			}
		})
	}
}

func TestExplainAnythingElse(t *testing.T) {
	var out strings.Builder
	terminal.Explain(&out, "marque", errColon)
	if want := "marque: the lamp is broken: fetch another one\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if err := terminal.Wrap("the cellar stays dark", nil); err != nil {
		t.Errorf("a problem out of nothing: %v", err)
	}
	if err := terminal.Wrap("the cellar stays dark", errSilent); !errors.Is(err, errSilent) {
		t.Errorf("%v hides its reason", err)
	}
}

func TestExitCodes(t *testing.T) {
	for line, want := range map[string]int{
		"": terminal.ExitUsage, "--help": terminal.ExitDone, "nonsense": terminal.ExitUsage, "--nonsense": terminal.ExitUsage,
		"work": terminal.ExitUsage, "work --hard": terminal.ExitDone, "work --hard more": terminal.ExitUsage, "fail": terminal.ExitFailure,
		"group": terminal.ExitUsage, "group nonsense": terminal.ExitUsage, "group fail": terminal.ExitFailure,
	} {
		root := &cobra.Command{Use: "program"}
		root.SetErr(io.Discard)
		work := &cobra.Command{Use: "work", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }}
		work.Flags().Bool("hard", false, "")
		terminal.Required(work, "hard")
		fail := func() *cobra.Command {
			return &cobra.Command{Use: "fail", RunE: func(*cobra.Command, []string) error { return errSilent }}
		}
		group := &cobra.Command{Use: "group"}
		group.AddCommand(fail())
		root.AddCommand(work, fail(), group)
		if got := terminal.Run(root, strings.Fields(line)); got != want {
			t.Errorf("%q exits with %d, want %d", line, got, want)
		}
	}
}

func TestPassphraseFile(t *testing.T) {
	long := strings.Repeat("x", terminal.MaxPassphrase)
	for name, c := range map[string]struct {
		content, want string
		err           error
	}{
		"one line":      {"six words\n", "six words", nil},
		"no end":        {"six words", "six words", nil},
		"windows":       {"six words\r\n", "six words", nil},
		"spaces stay":   {" six words \n", " six words ", nil},
		"more lines":    {"six words\na note\n", "six words", nil},
		"longest":       {long + "\n", long, nil},
		"longest, bare": {long, long, nil},
		"too long":      {long + "x", "", terminal.ErrLongPassphrase},
		"far too long":  {long + long + long, "", terminal.ErrLongPassphrase},
		"empty":         {"", "", terminal.ErrEmptyPassphrase},
		"empty line":    {"\nsix words\n", "", terminal.ErrEmptyPassphrase},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "passphrase")
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := terminal.Passphrase(file, "Passphrase", true)
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
	if _, err := terminal.Passphrase(filepath.Join(t.TempDir(), "none"), "Passphrase", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestReadWithoutStandardInput(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"", "-"} {
		if _, err := terminal.Read(nil, name, 4); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestReadHasALimit(t *testing.T) {
	for _, in := range []string{"", "1234", "12345"} {
		got, err := terminal.Read(strings.NewReader(in), "-", 4)
		if tooLong := len(in) > 4; errors.Is(err, terminal.ErrTooLong) != tooLong || !tooLong && string(got) != in {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}
