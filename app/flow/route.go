package flow

import (
	"encoding/base32"
	"errors"
	"path/filepath"
	"strings"

	"marque/device/wire"
)

// Sort is what a code or a file turned out to be. Nothing of it was verified.
type Sort int

// The sorts.
const (
	SortUnknown Sort = iota
	SortRequest
	SortReceipt
	SortAddress
	SortDepot    // a depot's registration
	SortBatch    // a depot's batch of requests
	SortReceipts // a depot's batch of receipts
	SortCard     // a share card: it is secret
	SortOutgoing // what goes out from here, and does not come back: a package, a list, a checkpoint
)

// SortOf recognises a code, a whole one or a part of a series.
func SortOf(code string) Sort {
	code = strings.TrimSpace(code)
	switch wire.Sniff([]byte(code)) { //nolint:exhaustive // the others are no codes
	case wire.FoundRequestText:
		return SortRequest
	case wire.FoundReceiptText:
		return SortReceipt
	case wire.FoundDepotText:
		return SortDepot
	}
	if _, err := wire.ParseAddress(code); err == nil {
		return SortAddress
	}
	if sort, ok := sortOfPart(code); ok {
		return sort
	}
	if strings.HasPrefix(code, cardMark) {
		return SortCard
	}
	return SortUnknown
}

const (
	cardMark = "MQ1S" // begins the text of a share card
	partMark = "MQ1P" // begins a part of a series
	partKind = 8      // where, in the octets after that, the kind of what is split stands
)

// sortOfPart recognises a part of a series by the letter in its head.
func sortOfPart(code string) (Sort, bool) {
	const enough = 16 // characters, of 5 bits each
	text, ok := strings.CutPrefix(code, partMark)
	if !ok || len(text) < enough {
		return SortUnknown, false
	}
	head, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text[:enough])
	if err != nil {
		return SortUnknown, false
	}
	sort, ok := map[byte]Sort{
		'R': SortRequest, 'A': SortReceipt, 'B': SortBatch, 'S': SortCard, 'P': SortOutgoing, 'L': SortOutgoing, 'C': SortOutgoing, 'K': SortOutgoing,
	}[head[partKind]]
	return sort, ok
}

// SortOfFile recognises the contents of a file; a picture is [SortUnknown].
func SortOfFile(b []byte) Sort {
	switch wire.Sniff(b) { //nolint:exhaustive // the others are of no use here
	case wire.FoundRequest:
		return SortRequest
	case wire.FoundReceipt:
		return SortReceipt
	case wire.FoundDepot:
		return SortDepot
	case wire.FoundBatch:
		return SortBatch
	case wire.FoundReceipts:
		return SortReceipts
	case wire.FoundPackage, wire.FoundBundle, wire.FoundManifest, wire.FoundStatement, wire.FoundBroadcast, wire.FoundSealed:
		return SortOutgoing
	case wire.FoundRequestText, wire.FoundReceiptText, wire.FoundDepotText:
		return SortOf(string(b))
	}
	return SortUnknown
}

// Looker says what a file is; of a picture, what its code says. Errors are those of a [Scanner].
type Looker func(path string) (Look, error)

// Look is what there is to see in a file.
type Look struct {
	Sort Sort
	Code string // of a picture
}

// Scan sends a code where it belongs, whatever screen is shown.
func (c *Console) Scan(code string) {
	if !c.Unlocked() {
		return
	}
	c.say(nil)
	sort := SortOf(code)
	switch sort {
	case SortAddress:
		c.lookFor(code)
	case SortRequest, SortReceipt:
		if !c.Enrol.Ready() {
			c.say(problem("route.busy"))
			return
		}
		c.Open(PlaceEnrol)
		c.Enrol.Scan(code)
	case SortDepot:
		if !c.Depots.Ready() {
			c.say(problem("route.busy"))
			return
		}
		c.Open(PlaceDepots)
		c.Depots.Scan(code)
	case SortBatch, SortReceipts:
		c.say(problem("route.file"))
	case SortCard:
		c.Open(PlaceBackup)
		c.say(problem("route.card"))
	case SortOutgoing:
		c.say(problem("route.outgoing"))
	case SortUnknown:
		_, err := c.scanner.Text(code)
		if err == nil {
			err = errors.New("a code of no sort")
		}
		c.say(explain(err, "scan.failed"))
	}
}

// Find takes what a person typed: a code, the path of a file, or something to look for among the identities.
func (c *Console) Find(typed string) {
	if !c.Unlocked() {
		return
	}
	switch {
	case SortOf(typed) != SortUnknown:
		c.Scan(typed)
	case filepath.IsAbs(typed):
		c.Files(typed)
	default:
		c.lookFor(typed)
	}
}

func (c *Console) lookFor(what string) {
	c.say(nil)
	c.Open(PlaceIdentities)
	c.Identities.Clear()
	if SortOf(what) == SortAddress { // however it stands
		c.Identities.SetFilter(Filter{Active: true, Suspended: true, Revoked: true, Expired: true})
	}
	c.Identities.Search(what)
}

// Files sends files where they belong: pictures and files of requests, mostly.
func (c *Console) Files(paths ...string) {
	if !c.Unlocked() || len(paths) == 0 {
		return
	}
	c.say(nil)
	look := c.look
	if look == nil {
		look = func(string) (Look, error) { return Look{Sort: SortRequest}, nil }
	}
	background(&c.routing, func() (Look, error) { return look(paths[0]) }, func(seen Look, err error) {
		if !c.Unlocked() {
			return
		}
		if err != nil {
			seen.Sort = SortUnknown
		}
		c.file(seen, paths)
	})
}

func (c *Console) file(seen Look, paths []string) {
	switch seen.Sort {
	case SortDepot, SortReceipts:
		if !c.Depots.Ready() {
			c.say(problem("route.busy"))
			return
		}
		c.Open(PlaceDepots)
		c.Depots.Choose(paths[0])
	case SortAddress:
		c.lookFor(seen.Code)
	case SortCard:
		c.Open(PlaceBackup)
		c.say(problem("route.card"))
	case SortOutgoing:
		c.say(problem("route.outgoing"))
	case SortRequest, SortReceipt, SortBatch, SortUnknown: // what it cannot read, the screen says itself
		if !c.Enrol.Ready() {
			c.say(problem("route.busy"))
			return
		}
		c.Open(PlaceEnrol)
		c.Enrol.Choose(paths...)
	}
}

// Refuse says why what a hand scanner read was not taken; err is one of package scan.
func (c *Console) Refuse(err error) {
	if c.Unlocked() {
		c.say(explain(err, "scan.failed"))
	}
}

// say shows a notice on whatever screen there is, nil for none.
func (c *Console) say(p *Problem) {
	if c.Notice != p {
		c.Notice = p
		c.changed()
	}
}

// Dismiss takes the notice away, and reports whether there was one.
func (c *Console) Dismiss() bool {
	there := c.Notice != nil
	c.say(nil)
	return there
}
