package flow

import (
	"bytes"
	"strings"

	"marque/app/depot"
	"marque/device/wire"
)

// HandOut is the view-model of handing out what the authority wrote for a depot.
//
//	empty ──Choose──▶ busy ──▶ checked ──Mark──▶ busy ──▶ done
//	   ▲────────problem─┘          └─Discard─▶ empty
type HandOut struct {
	model
	depot *Depot

	Busy    bool
	Problem *Problem
	Folder  string         // that was chosen; empty before
	Checked *depot.Checked // nil before
	Rows    []HandOutRow   // packages, in the order of the manifest
	Done    bool           // the packages for requests of this depot are marked as handed out
}

// HandOutRow is a package in the folder.
type HandOutRow struct {
	File string
	Item *depot.Item // that it is for; nil when it was not collected here
	Sane bool        // it is a package of this realm
}

func (h *HandOut) reset() {
	h.forget()
	*h = HandOut{model: h.model, depot: h.depot}
	h.changed()
}

// Ours is how many packages are for requests that were collected here.
func (h *HandOut) Ours() (n int) {
	for _, r := range h.Rows {
		if r.Item != nil {
			n++
		}
	}
	return n
}

// Sound reports whether every file is as the authority wrote it.
func (h *HandOut) Sound() bool {
	if h.Checked == nil || len(h.Checked.Wrong) > 0 {
		return false
	}
	for _, r := range h.Rows {
		if !r.Sane {
			return false
		}
	}
	return true
}

// CanMark reports whether the packages can be handed out now.
func (h *HandOut) CanMark() bool {
	return !h.Busy && !h.Done && h.Sound() && h.Ours() > 0 && h.depot.keeper != nil
}

type handOutFound struct {
	checked *depot.Checked
	rows    []HandOutRow
}

// Choose verifies a folder against the manifest in it, and finds out which package is for which request. Nothing is changed.
func (h *HandOut) Choose(folder string) {
	if h.Busy || h.depot.keeper == nil {
		return
	}
	h.Busy, h.Problem, h.Folder, h.Checked, h.Rows, h.Done = true, nil, folder, nil, nil, false
	core, items := h.depot.Core, h.depot.Items
	background(&h.model, func() (found handOutFound, err error) {
		found.checked, err = depot.CheckFolder(folder, core, func(name string, b []byte) error {
			if strings.HasSuffix(name, ".mqp") {
				found.rows = append(found.rows, handOutRow(name, b, core, items))
			}
			return nil
		})
		return found, err
	}, func(found handOutFound, err error) {
		h.Busy, h.Checked, h.Rows, h.Problem = false, found.checked, found.rows, explain(err, "depot.folder.failed")
		if err == nil && !h.Sound() {
			h.Problem = explain(depot.ErrManifest, "")
		}
		h.changed()
	})
	h.changed()
}

// handOutRow finds out whom a package is for.
func handOutRow(name string, b []byte, core *wire.Core, items []depot.Item) HandOutRow {
	row := HandOutRow{File: name}
	p, of, err := wire.OpenPackage(b)
	if err != nil || of.Hash() != core.Hash() {
		return row
	}
	row.Sane = true
	for i := range items {
		if bytes.Equal(items[i].Hash[:], p.RequestHash[:]) {
			row.Item = &items[i]
		}
	}
	return row
}

// Mark notes that the packages for requests of this depot are handed out. Everything is verified once more.
func (h *HandOut) Mark() {
	if !h.CanMark() {
		return
	}
	h.Busy, h.Problem = true, nil
	keeper, folder := h.depot.keeper, h.Folder
	background(&h.model, func() ([]depot.Item, error) {
		if _, err := keeper.Distribute(folder, nil); err != nil {
			return nil, err
		}
		return keeper.Items()
	}, func(items []depot.Item, err error) {
		h.Busy, h.Done, h.Problem = false, err == nil, explain(err, "depot.handout.failed")
		h.depot.took(items)
		h.changed()
	})
	h.changed()
}

// Discard leaves the folder.
func (h *HandOut) Discard() {
	if !h.Busy {
		h.reset()
	}
}
