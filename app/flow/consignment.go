package flow

import (
	"fmt"
	"strconv"
	"strings"

	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// Publisher is what [Publish] needs of the service. Consignment returns the newest list and what goes out with it: what leads to it from
// earlier ones, the core and a signed manifest of all, last.
//
// PastLists returns lists that were published, the newest first, at most n, and how many hold
// them, of how many; below zero as long as that is counted.
type Publisher interface {
	Publish() (*authority.Published, error)
	NewestList() (sequence uint32, list []byte, err error)
	Consignment() (*Consignment, error)
	PastLists(n int) (lists []PastList, of int, err error)
}

// Consignment is what is written to a stick for one list.
type Consignment struct {
	Sequence uint32
	Core     *wire.Core
	Changes  []authority.ListChange // that lead to the list; none for the first of a base
	Files    []usb.File
}

// NewConsignment returns what goes out with a list, save the manifest: the list, what leads to it, the core. Errors: those of wire.OpenCore.
func NewConsignment(sequence uint32, list []byte, changes []authority.ListChange, core []byte) (*Consignment, error) {
	opened, err := wire.OpenCore(core)
	if err != nil {
		return nil, fmt.Errorf("carry list %d: %w", sequence, err)
	}
	files := []usb.File{{Name: ListFile(sequence), Content: list}}
	for _, c := range changes {
		files = append(files, usb.File{Name: ChangeFile(sequence, c.From), Content: c.Statement})
	}
	return &Consignment{Sequence: sequence, Core: opened, Changes: changes, Files: append(files, usb.File{Name: CoreFile, Content: core})}, nil
}

// List returns the statement that is the list.
func (c *Consignment) List() []byte { return c.content(ListFile(c.Sequence)) }

// content returns that of a file; nil when there is none of that name.
func (c *Consignment) content(name string) []byte {
	for _, f := range c.Files {
		if f.Name == name {
			return f.Content
		}
	}
	return nil
}

// The names of files, as the commands write them.
const (
	CoreFile     = "core.mqs"
	ManifestFile = "manifest.mqm"
	listBefore   = "list-"
	listFrom     = "-from-"
	listAfter    = ".mql"
)

// ListFile is the name of a list's file.
func ListFile(sequence uint32) string {
	return listBefore + strconv.FormatUint(uint64(sequence), 10) + listAfter
}

// ChangeFile is the name of the file with the change that leads from one list to another.
func ChangeFile(sequence, from uint32) string {
	return listBefore + strconv.FormatUint(uint64(sequence), 10) + listFrom + strconv.FormatUint(uint64(from), 10) + listAfter
}

// listNumber returns the number of the list that a file's name speaks of. Those of changes are no lists.
func listNumber(name string) (sequence uint32, ok bool) {
	number, before := strings.CutPrefix(name, listBefore)
	number, after := strings.CutSuffix(number, listAfter)
	n, err := strconv.ParseUint(number, 10, 32)
	return uint32(n), before && after && err == nil
}
