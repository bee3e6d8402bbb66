package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"marque/app/terminal"
)

// secrets is where PIN and passphrases come from: files that are named one by one, files in a folder, or the terminal. What they return is
// for the caller to clear.
type secrets struct {
	folder          string
	pinFile         string
	passphraseFiles []string
}

func (s *secrets) passphraseFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&s.passphraseFiles, "passphrase-file", nil,
		"a file with the passphrase in its first line; once for each officer, in their order (default: ask at the terminal)")
	cmd.Flags().StringVar(&s.folder, "secrets", "",
		"for tests and rehearsals: a folder with the files pin, passphrase, and NAME.passphrase for each officer")
}

func (s *secrets) pinFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.pinFile, "pin-file", "", "of a TPM vault: a file with the PIN in its first line (default: ask at the terminal)")
}

// file is the n-th file that was named, or the one in the folder, or none.
func (s *secrets) file(n int, name string) string {
	switch {
	case n < len(s.passphraseFiles):
		return s.passphraseFiles[n]
	case s.folder != "":
		return filepath.Join(s.folder, name)
	}
	return ""
}

// vault is the passphrase of a passphrase vault.
func (s *secrets) vault(prompt string, fresh bool) ([]byte, error) {
	return terminal.Passphrase(s.file(0, "passphrase"), prompt, fresh)
}

// officer is the passphrase of the n-th officer of a command, from 0.
func (s *secrets) officer(n int, name, prompt string, fresh bool) ([]byte, error) {
	p, err := terminal.Passphrase(s.file(n, name+".passphrase"), prompt, fresh)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// pin is the PIN for the TPM.
func (s *secrets) pin(prompt string, fresh bool) ([]byte, error) {
	file := s.pinFile
	if file == "" && s.folder != "" {
		file = filepath.Join(s.folder, "pin")
	}
	pin, err := terminal.Passphrase(file, prompt, fresh)
	if err != nil {
		return nil, fmt.Errorf("the PIN: %w", err)
	}
	return pin, nil
}
