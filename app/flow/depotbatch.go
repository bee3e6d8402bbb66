package flow

import (
	"fmt"
	"path/filepath"

	"marque/app/depot"
)

// DepotBatch is the view-model of signing a batch, of requests or of receipts.
//
//	idle ──Sign──▶ busy ──▶ idle, Signed or a problem
type DepotBatch struct {
	model
	save  Saver
	depot *Depot
	sign  func(DepotKeeper) (*depot.Signed, error)
	name  string // of the file: depot's name and sequence are filled in

	Busy    bool
	Problem *Problem
	Folder  string        // where the batch goes
	Signed  *depot.Signed // nil before
	Path    string        // of what was signed
	Written bool
}

func (b *DepotBatch) reset() {
	b.forget()
	b.Busy, b.Problem, b.Signed, b.Path, b.Written = false, nil, nil, "", false
	b.changed()
}

// SetFolder chooses where batches go.
func (b *DepotBatch) SetFolder(folder string) {
	b.Folder = folder
	b.changed()
}

// signed is a batch, and what was collected after it was signed.
type signed struct {
	batch *depot.Signed
	items []depot.Item
	path  string
}

// Sign signs all that is in no batch yet, and writes it. The newest batch is written again while there is nothing new.
func (b *DepotBatch) Sign() {
	if b.Busy || b.depot.keeper == nil {
		return
	}
	b.Busy, b.Problem, b.Signed = true, nil, nil
	keeper, sign, save, folder, name := b.depot.keeper, b.sign, b.save, b.Folder, b.name
	background(&b.model, func() (s signed, err error) {
		if s.batch, err = sign(keeper); err != nil {
			return s, err
		}
		if s.items, err = keeper.Items(); err != nil {
			return s, err
		}
		s.path = filepath.Join(folder, fmt.Sprintf(name, keeper.Name(), s.batch.Sequence))
		return s, save(s.path, s.batch.Statement)
	}, func(s signed, err error) {
		b.Busy, b.Problem, b.Signed, b.Path, b.Written = false, explain(err, "depot.sign.failed"), s.batch, s.path, err == nil
		b.depot.took(s.items)
		b.changed()
	})
	b.changed()
}
