package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device/wire"
)

// What is looked for on media.
const (
	maxMediaFiles = 4096
	maxMerged     = 4 // the newest of them: each has what the older ones had
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
by 65,536, so that no serial is given twice. --media searches a folder and everything in it for lists (*.mql) of this realm, of which the newest are merged.

Search everywhere that a newer list may be before you do this: depots, sticks, vehicles. It takes as many officers as restoring does.`,
		Example: "  marque authority reopen --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' --media /media/stick --media /media/depot",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, s *localapi.Status) error {
				const what = "the authority stays read-only"
				r, files, err := gather(c, lists, media)
				if err == nil && len(files) == 0 && !none {
					err = errNoLists
				}
				if err == nil {
					err = h.unlock(c, s)
				}
				if err != nil {
					return advice.Wrap(what, err)
				}
				end := terminal.Progress("merging lists")
				done, err := c.Reopen(*r)
				end()
				if err != nil {
					return advice.Wrap(what, err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), reopened{done.Generation, done.NextSerial, done.Merged, files})
				}
				cmd.Printf("the authority works again: lists of generation %d, next serial %d, %d serials stay revoked by %s\n"+
					"the newest list has that; write it out for the devices: marque authority publish\n",
					done.Generation, done.NextSerial, done.Merged, count(len(files), "list"))
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

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// mediaList is a list on a medium.
type mediaList struct {
	file  string
	list  []byte
	order wire.Order
}

// gather reads the lists that are named, and the newest ones of this realm that lie on the media.
func gather(c *localapi.Client, named, media []string) (*localapi.Reopening, []string, error) {
	r, files := &localapi.Reopening{}, []string{}
	for _, file := range named {
		b, err := terminal.Read(nil, file, wire.MaxBundle)
		if err != nil {
			return nil, nil, err
		}
		r.Lists, files = append(r.Lists, b), append(files, file)
	}
	core, err := readCore(c)
	if err != nil {
		return nil, nil, err
	}
	lying, err := search(media, core)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range lying {
		r.Lists, files = append(r.Lists, f.list), append(files, f.file)
	}
	return r, files, nil
}

// search returns the newest lists of a realm on media, the newest first. Files that are none of its lists are passed over.
func search(media []string, core *wire.Core) (lists []mediaList, err error) {
	seen := 0
	for _, folder := range media {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil && path == folder:
				return err
			case err != nil:
				return nil //nolint:nilerr // folders of others on the medium are passed over
			case !e.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), listSuffix):
				return nil
			case seen == maxMediaFiles:
				return errManyLists
			}
			seen++
			if f := openList(path, core); f != nil {
				lists = append(lists, *f)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(lists, func(a, b mediaList) int { return b.order.Compare(a.order) })
		lists = slices.CompactFunc(lists, func(a, b mediaList) bool { return bytes.Equal(a.list, b.list) })
		lists = lists[:min(len(lists), maxMerged)]
	}
	return lists, nil
}

// openList returns nil for what is no list of this realm, or cannot be read.
func openList(path string, core *wire.Core) *mediaList {
	b, err := terminal.Read(nil, path, wire.MaxBundle)
	if err != nil {
		return nil
	}
	payload, err := wire.OpenStatement(b, wire.TypeBundle, core.Realm, core.StatementKey)
	if err != nil {
		return nil
	}
	bundle, err := wire.ParseBundle(payload)
	if err != nil || bundle.Core != core.Hash() {
		return nil
	}
	return &mediaList{file: path, list: b, order: bundle.Order()}
}
