package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device/wire"
)

// What is looked for on media.
const (
	maxMediaFiles = 4096
	listSuffix    = ".mql"
)

var (
	errNoLists   = errors.New("no list was found; name lists with --list, or media with --media: depots, sticks and vehicles have them")
	errManyLists = errors.New("there are too many lists on that medium; name the newest ones with --list")
)

// reopened is how an authority goes on, as JSON shows it.
type reopened struct {
	Generation uint32   `json:"generation"`
	NextSerial uint32   `json:"next_serial"`
	Merged     int      `json:"merged"`
	Lists      []string `json:"lists"` // files
}

func newReopen() *cobra.Command {
	var h home
	var lists, media []string
	var none, asJSON bool
	cmd := &cobra.Command{
		Use:   "reopen --dir FOLDER --officer NAME… {--list FILE | --media FOLDER}…",
		Short: "End read-only after a restore, a recovery, or a rollback",
		Long: `Merges the newest published lists that can be found anywhere, so that nobody is un-revoked. Lists go on in a new generation, and serials jump
by 65,536, so that no serial is given twice. --media searches a folder and everything in it for lists (*.mql).

Search everywhere that a newer list may be before you do this: depots, sticks, vehicles. It takes as many officers as restoring does.`,
		Example: "  marque authority reopen --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' --media /media/stick --media /media/depot",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the authority stays read-only"
			files, err := findLists(lists, media)
			if err == nil && len(files) == 0 && !none {
				err = errNoLists
			}
			var r localapi.Reopening
			if err == nil {
				r.Lists, err = readLists(files)
			}
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				end := terminal.Progress("merging lists")
				done, err := c.Reopen(r)
				end()
				if err != nil {
					return advice.Wrap(what, err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), reopened{done.Generation, done.NextSerial, done.Merged, files})
				}
				cmd.Printf("the authority works again: lists of generation %d, next serial %d, %d serials stay revoked by %d lists; publish now\n",
					done.Generation, done.NextSerial, done.Merged, len(files))
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringArrayVar(&lists, "list", nil, "a published list, once for each")
	cmd.Flags().StringArrayVar(&media, "media", nil, "a folder to search for lists, once for each")
	cmd.Flags().BoolVar(&none, "no-lists", false, "no list was ever published after the copy: merge none")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// findLists returns the files that are named and those that lie on the media.
func findLists(files, media []string) ([]string, error) {
	for _, folder := range media {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil && path == folder:
				return err
			case err != nil: // a folder of others on the medium
				return fs.SkipDir
			case e.Type().IsRegular() && strings.EqualFold(filepath.Ext(path), listSuffix):
				files = append(files, path)
			}
			if len(files) > maxMediaFiles {
				return errManyLists
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func readLists(files []string) (lists [][]byte, err error) {
	for _, file := range files {
		b, err := terminal.Read(nil, file, wire.MaxBundle)
		if err != nil {
			return nil, err
		}
		lists = append(lists, b)
	}
	return lists, nil
}
