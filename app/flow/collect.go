package flow

import (
	"marque/app/depot"
	"marque/app/words"
)

// CollectStep is where collecting a request stands.
type CollectStep int

// The steps.
const (
	CollectWaiting CollectStep = iota // for a picture or a code
	CollectReading
	CollectReview  // a person compares words
	CollectKeeping // sealing it in the folder
)

// Collect is the view-model of collecting requests at a depot.
//
//	waiting ──Choose, Scan──▶ reading ──▶ review ──Keep──▶ keeping ──▶ waiting
//	   ▲──────────problem────────┘           └──Discard──▶ waiting
type Collect struct {
	model
	scanner  Scanner
	depot    *Depot
	pictures []string
	request  []byte

	Step    CollectStep
	Problem *Problem
	Series  *Series     // of which one part was read last; nil for none
	Source  string      // the picture that is read; empty for a code
	Item    *depot.Item // on the card; nil before
	Kept    string      // name in the request that was kept last; empty for none
	Chosen  int         // which of the depot's items is selected, from the newest; -1 for none
	Removed string      // name in the request that was removed last; empty for none
}

func (c *Collect) idle() bool { return c.Step != CollectReading && c.Step != CollectKeeping }

func (c *Collect) reset() {
	c.forget()
	*c = Collect{model: c.model, scanner: c.scanner, depot: c.depot, Chosen: -1}
	c.changed()
}

// Ready reports whether a picture or a code may be given now.
func (c *Collect) Ready() bool { return c.idle() && c.depot.keeper != nil }

// Choose reads the first of some files; the others follow as each before is kept.
func (c *Collect) Choose(paths ...string) {
	if !c.Ready() || len(paths) == 0 {
		return
	}
	if len(paths) > maxPictures {
		c.Problem = problem("toomany", "Most", maxPictures)
		c.changed()
		return
	}
	c.pictures = append([]string(nil), paths...)
	c.next()
}

// Waiting is how many chosen files are still to be read.
func (c *Collect) Waiting() int { return len(c.pictures) }

// Scan takes the text of a code.
func (c *Collect) Scan(code string) {
	if c.Ready() {
		c.pictures = nil
		scanner := c.scanner
		c.read("", func() ([]byte, error) { return scanner.Text(code) })
	}
}

// Refuse says why the text of a hand scanner was not taken; err is one of package scan.
func (c *Collect) Refuse(err error) {
	if c.Ready() {
		c.Problem = explain(err, "scan.failed")
		c.changed()
	}
}

func (c *Collect) next() {
	if len(c.pictures) == 0 {
		return
	}
	path, scanner := c.pictures[0], c.scanner
	c.pictures = c.pictures[1:]
	c.read(sourceOf(path), func() ([]byte, error) { return scanner.File(path) })
}

// looked is a request that was read.
type looked struct {
	request []byte
	item    *depot.Item
}

func (c *Collect) read(source string, get func() ([]byte, error)) {
	c.Step, c.Problem, c.Series, c.Item, c.Source, c.Kept, c.Removed = CollectReading, nil, nil, nil, source, "", ""
	keeper := c.depot.keeper
	background(&c.model, func() (looked, error) {
		request, err := get()
		if err != nil {
			return looked{}, err
		}
		item, err := keeper.Look(request)
		return looked{request, item}, err
	}, func(l looked, err error) {
		c.Step, c.Problem, c.request, c.Item = CollectReview, nil, l.request, l.item
		if err != nil {
			c.Step, c.Item = CollectWaiting, nil
			if c.Series = partOf(err); c.Series == nil {
				c.Problem = explain(err, "enrol.unread")
			} else if len(c.pictures) > 0 {
				c.next()
				return
			}
		}
		c.changed()
	})
	c.changed()
}

// Known reports that the request on the card was collected before.
func (c *Collect) Known() bool { return c.Item != nil && !c.Item.Confirmed.IsZero() }

// Twin returns the request that was collected before under the name on the card, by another key; nil for none.
func (c *Collect) Twin() *depot.Item {
	if c.Item == nil {
		return nil
	}
	for i := range c.depot.Items {
		if it := &c.depot.Items[i]; it.Request.Name == c.Item.Request.Name && it.Hash != c.Item.Hash {
			return it
		}
	}
	return nil
}

// CanKeep reports whether the request on the card can be kept.
func (c *Collect) CanKeep() bool {
	return c.Step == CollectReview && !c.Known() && c.depot.keeper != nil
}

// Words returns the eight words of the request on the card.
func (c *Collect) Words() [words.Count]string { return words.Of(c.Item.Hash[:]) }

// Keep keeps the request on the card: its words were compared just now.
func (c *Collect) Keep() {
	if !c.CanKeep() {
		return
	}
	c.Step, c.Problem = CollectKeeping, nil
	keeper, request := c.depot.keeper, c.request
	background(&c.model, func() ([]depot.Item, error) {
		if err := keeper.Collect(request); err != nil {
			return nil, err
		}
		return keeper.Items()
	}, func(items []depot.Item, err error) {
		c.Step, c.Problem = CollectReview, explain(err, "depot.keep.failed")
		if err == nil {
			c.Step, c.Kept, c.Item = CollectWaiting, c.Item.Request.Name, nil
			c.depot.took(items)
		}
		c.changed()
		if err == nil {
			c.next()
		}
	})
	c.changed()
}

// Select selects one of the depot's items, from the newest.
func (c *Collect) Select(row int) {
	if row >= -1 && row < len(c.depot.Items) && row != c.Chosen {
		c.Chosen = row
		c.changed()
	}
}

// CanRemove reports whether the selected item can be removed: it is in no batch yet.
func (c *Collect) CanRemove() bool {
	it := c.selected()
	return it != nil && it.Batch == 0 && it.Package == "" && c.Step == CollectWaiting && c.depot.keeper != nil
}

func (c *Collect) selected() *depot.Item {
	if at := len(c.depot.Items) - 1 - c.Chosen; c.Chosen >= 0 && at >= 0 {
		return &c.depot.Items[at]
	}
	return nil
}

// Remove forgets the selected item. It can be collected again.
func (c *Collect) Remove() {
	if !c.CanRemove() {
		return
	}
	keeper, it := c.depot.keeper, *c.selected()
	c.Step, c.Problem, c.Kept, c.Removed = CollectKeeping, nil, "", ""
	background(&c.model, func() ([]depot.Item, error) {
		if err := keeper.Remove(it.Hash); err != nil {
			return nil, err
		}
		items, err := keeper.Items()
		if items == nil {
			items = []depot.Item{}
		}
		return items, err
	}, func(items []depot.Item, err error) {
		c.Step, c.Problem = CollectWaiting, explain(err, "depot.remove.failed")
		if err == nil {
			c.Chosen, c.Removed = -1, it.Request.Name
			c.depot.took(items)
		}
		c.changed()
	})
	c.changed()
}

// Discard leaves the request on the card, and all files that are still to be read. Nothing is kept of it.
func (c *Collect) Discard() {
	if c.Step == CollectKeeping {
		return
	}
	c.forget()
	c.Step, c.Problem, c.Item, c.Series, c.Source, c.Kept, c.Removed, c.Chosen, c.pictures = CollectWaiting, nil, nil, nil, "", "", "", -1, nil
	c.changed()
}
