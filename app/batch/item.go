package batch

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"marque/app/qr"
	"marque/device/wire"
)

// Item is one request as it came, or what came in its place.
type Item struct {
	Line    int    // of the table, from 1, its head included; elsewhere the number of the request, from 1
	Source  string // where it stands: printable, at most 80 characters; empty for the line itself
	Name    string // that the table says the request asks for; empty when it does not say
	Kind    string // likewise, in lower case
	Request []byte // or a receipt, which stands for the next one; at most wire.MaxReceipt octets, not parsed yet; nil with Skip or Err
	Skip    string // why this is nothing to look at; empty otherwise
	Err     error  // why there is no request
}

// Of makes items of requests that came some other way, such as in a depot's batch, which source names.
func Of(source string, requests [][]byte) ([]Item, error) {
	switch {
	case len(requests) == 0:
		return nil, ErrEmpty
	case len(requests) > MaxRequests:
		return nil, ErrTooMany
	}
	items := make([]Item, len(requests))
	for i, request := range requests {
		items[i] = Item{Line: i + 1, Source: printable(source), Request: request}
	}
	return items, nil
}

// Progress is told how many of all are done. It is called by one goroutine at a time, but not always the same.
type Progress func(done, total int)

// load is an item whose request has to be read from a file.
type load struct {
	item *Item
	file string
}

// loadAll reads the files, several at a time. What is wrong with one of them concerns that item. Only the end of ctx is an error.
func loadAll(ctx context.Context, f *folder, loads []load, progress Progress) error {
	var next atomic.Int64
	var group sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(len(loads), runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(loads) {
					return
				}
				l := loads[i]
				l.item.Request, l.item.Err = f.request(l.file)
				mu.Lock()
				done++
				progress(done, len(loads))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

// request reads one request, or receipt, from a file that holds it, its text, or a picture of its code.
func (f *folder) request(name string) ([]byte, error) {
	b, err := f.read(name, qr.MaxFile)
	if err != nil {
		return nil, err
	}
	switch found := wire.Sniff(b); {
	case found == wire.FoundRequest && len(b) > wire.MaxRequest:
		return nil, wire.ErrTooLong
	case found == wire.FoundRequest:
		return b, nil
	case found == wire.FoundReceipt && len(b) > wire.MaxReceipt:
		return nil, wire.ErrTooLong
	case found == wire.FoundReceipt:
		return b, nil
	case isText(string(b)):
		return ofText(strings.TrimSpace(string(b)))
	case found != wire.FoundUnknown:
		return nil, fmt.Errorf("%w but a %s", errForeign, found)
	case !bytes.HasPrefix(b, []byte("\x89PNG")) && !bytes.HasPrefix(b, []byte("\xff\xd8")):
		return nil, errForeign
	}
	text, err := qr.DecodeData(b)
	if err != nil {
		return nil, err
	}
	if !isText(text) {
		return nil, fmt.Errorf("%w; its code seems to be %s", errForeign, qr.Describe(text))
	}
	return ofText(text)
}

// printable makes a text that came from anywhere fit to be shown, and to stand in a table.
func printable(s string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		switch {
		case i == maxSource:
			b.WriteRune('…')
			return b.String()
		case r < ' ' || r == 0x7f || r > 0x7e && !isLetter(r):
			b.WriteRune('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isText reports whether a cell holds the text of the code of a request or a receipt, and no file's name.
func isText(s string) bool {
	found := wire.Sniff([]byte(s))
	return found == wire.FoundRequestText || found == wire.FoundReceiptText
}

func ofText(s string) ([]byte, error) {
	if wire.Sniff([]byte(s)) == wire.FoundReceiptText {
		return wire.ParseReceiptText(s)
	}
	return wire.ParseRequestText(s)
}
