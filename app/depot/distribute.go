package depot

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"marque/device/wire"
)

// packageExtension is that of key packages.
const packageExtension = ".mqp"

// Distribution is what came of a folder that the authority wrote.
type Distribution struct {
	Checked

	Items   []Item     // got a package, in the order of the files
	Foreign []string   // packages for requests that were not collected here
	List    wire.Order // the newest list of the folder; zero without one
}

// Distribute verifies a folder that the authority wrote, all of it or nothing, and notes which package is for which request. keep, if it
// is not nil, then gets those packages, and the other files of the manifest, such as lists and the core. A file that is no
// package of this realm counts as wrong. Errors: those of [CheckFolder] and keep, [ErrManifest]; the distribution says which files.
func (d *Depot) Distribute(dir string, keep func(name string, b []byte) error) (*Distribution, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	run := &distribution{d: d, packages: make(map[int]item)}
	root, m, err := openFolder(dir, d.core)
	if err != nil {
		return nil, err
	}
	defer root.Close() // nothing was written
	checked, err := checkFolder(root, m, run.look)
	if err != nil {
		return nil, err
	}
	out := &Distribution{Checked: *checked, Foreign: run.foreign, List: run.list}
	out.Wrong = append(out.Wrong, run.wrong...)
	if len(out.Wrong) > 0 {
		out.Foreign, out.Extra = nil, nil
		return out, ErrManifest
	}
	if keep != nil {
		kept, err := checkFolder(root, m, run.keep(keep))
		if err != nil {
			return out, err
		}
		if len(kept.Wrong) > 0 { // it was in order a moment ago
			out.Wrong, out.Foreign, out.Extra = kept.Wrong, nil, nil
			return out, ErrManifest
		}
	}
	if err := d.change(run.note); err != nil {
		return out, err
	}
	for _, i := range run.order {
		it, err := d.st.Items[i].open()
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, *it)
	}
	return out, nil
}

// distribution is one run of Distribute.
type distribution struct {
	d        *Depot
	packages map[int]item     // by the number of the item
	next     map[[32]byte]int // by the hash of the request that a receipt stands for, or a package answers; nil before it is asked for
	order    []int
	foreign  []string
	wrong    []string
	skip     map[string]bool
	list     wire.Order
}

// look finds out whom a file is for.
func (r *distribution) look(name string, b []byte) error {
	if !strings.HasSuffix(name, packageExtension) {
		r.lookAtList(b)
		return nil
	}
	p, core, err := wire.OpenPackage(b)
	if err != nil || core.Hash() != r.d.core.Hash() {
		r.wrong = append(r.wrong, name+" is no package of this realm")
		return nil //nolint:nilerr // the others are looked at, too
	}
	i := r.d.find(p.RequestHash)
	if i < 0 {
		if i, err = r.renewed(p.RequestHash); err != nil {
			return err
		}
	}
	if i < 0 {
		r.foreign = append(r.foreign, name)
		return nil
	}
	if p.Sequence < max(r.d.st.Items[i].Sequence, r.packages[i].Sequence) {
		return nil // the device has a later one
	}
	sum := sha256.Sum256(b)
	if _, seen := r.packages[i]; !seen {
		r.order = append(r.order, i)
	}
	r.packages[i] = item{Package: name, Hash: sum[:], Sequence: p.Sequence, Answers: p.RequestHash[:]}
	return nil
}

// renewed returns whose receipt, that was shown here, a package answers, or −1. Whoever got that package already may get it again.
func (r *distribution) renewed(hash [32]byte) (int, error) {
	if r.next == nil {
		r.next = make(map[[32]byte]int)
		for i := range r.d.st.Items {
			it, err := r.d.st.Items[i].open()
			if err != nil {
				return 0, err
			}
			r.next[it.answers] = i
			if it.Receipt != nil {
				next := it.Receipt.Next(it.Request.Kind, it.answers)
				r.next[next.Hash()] = i
			}
		}
	}
	if i, ok := r.next[hash]; ok {
		return i, nil
	}
	return -1, nil
}

// lookAtList notes the newest list of the folder. What else lies there is only passed on.
func (r *distribution) lookAtList(b []byte) {
	if order, err := wire.OpenListOrder(b, r.d.core); err == nil && order.Compare(r.list) > 0 {
		r.list = order
	}
}

// keep passes on what was not for others.
func (r *distribution) keep(to func(name string, b []byte) error) func(string, []byte) error {
	r.skip = make(map[string]bool)
	for _, name := range r.foreign {
		r.skip[name] = true
	}
	return func(name string, b []byte) error {
		if r.skip[name] {
			return nil
		}
		if err := to(path.Base(name), b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

// note records who got what. The same package again is no news.
func (r *distribution) note(st *state) {
	now := r.d.now()
	if r.list.Compare(st.List) > 0 {
		st.List = r.list
	}
	for i, got := range r.packages {
		it := &st.Items[i]
		if string(it.Hash) == string(got.Hash) {
			continue
		}
		it.Package, it.Hash, it.Sequence, it.Answers, it.HandedOut = path.Base(got.Package), got.Hash, got.Sequence, got.Answers, now
		it.Receipt, it.Receipts = nil, 0
	}
}
